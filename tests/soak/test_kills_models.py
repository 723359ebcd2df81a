"""The kills between audit and engine at length: 50, as many as fit into ``SUWEN_SOAK_MINUTES``."""

from __future__ import annotations

import os

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
