"""The kills between audit and engine at length: 50, as many as fit into ``SUWEN_SOAK_MINUTES``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.site import test_kill_models as kills
from tests.site.test_kill_models import site
from tests.support.site import Rounds, Site

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

__all__ = ["site"]


def test_fifty_requests_that_are_cut_off(site: Site) -> None:
    minutes = float(os.environ.get("SUWEN_SOAK_MINUTES", "60"))
    rounds = Rounds(times=50, limit_s=minutes * 60)
    kills.test_a_request_that_is_cut_off_was_not_sent_and_is_closed(site, rounds)
    assert rounds.done >= 10
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes:
        line = {"window": "model.after_audit_open", "kills": rounds.done, "wanted": 50}
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
