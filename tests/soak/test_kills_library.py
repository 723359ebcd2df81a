"""The kills of the library at length: 50, as many as fit into ``SUWEN_SOAK_MINUTES``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.test_kill_library import site, test_killed_anywhere_the_library_is_whole
from tests.support.site import Rounds

__all__ = ["site", "test_killed_anywhere_the_library_is_whole"]
pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
WANTED = 50


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Iterator[Rounds]:
    """Many rounds, noted with how many there were."""
    minutes = float(os.environ.get("SUWEN_SOAK_MINUTES", "60"))
    many = Rounds(times=WANTED, limit_s=minutes * 60)
    yield many
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes:
        line = {"window": request.node.name, "kills": many.done, "wanted": WANTED}
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
