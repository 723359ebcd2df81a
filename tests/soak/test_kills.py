"""The kill tests at length: 200 kills in each window, as many as fit where time is bounded.

``SUWEN_SOAK_MINUTES`` bounds each window; the notes say how many kills there really were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.conftest import site
from tests.site.test_kill_audit import (
    test_no_acknowledged_audit_event_is_lost_from_a_group,
    test_the_supervisor_is_killed_and_started_again,
)
from tests.site.test_kill_runs import (
    test_a_run_that_is_cut_off_leaves_no_draft,
    test_the_service_is_killed_while_a_model_streams,
)
from tests.site.test_kill_signatures import (
    test_a_signature_is_whole_or_not_there,
    test_the_database_is_killed_inside_a_signature,
)
from tests.support.site import Rounds

__all__ = [
    "site",
    "test_a_run_that_is_cut_off_leaves_no_draft",
    "test_a_signature_is_whole_or_not_there",
    "test_no_acknowledged_audit_event_is_lost_from_a_group",
    "test_the_database_is_killed_inside_a_signature",
    "test_the_service_is_killed_while_a_model_streams",
    "test_the_supervisor_is_killed_and_started_again",
]
pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
WANTED = 200


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
