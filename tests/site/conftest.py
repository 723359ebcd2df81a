"""A whole platform for the tests of a file: its second start, at the demonstration hospital."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.database import new_state_folder
from tests.support.prepared_homes import PreparedHomes
from tests.support.site import Rounds, Site

KILLS_IN_A_WINDOW = 10


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """How often a fault point is struck: windows with two share the kills; soak has more."""
    points = 2 if "point" in request.fixturenames else 1
    return Rounds(times=KILLS_IN_A_WINDOW // points)


@pytest.fixture(scope="module")
def site(prepared_homes: PreparedHomes) -> Iterator[Site]:
    with new_state_folder() as folder:
        prepared_homes.with_demonstration(folder / "home", folder / "home-anchor.jsonl")
        running = Site(folder / "home", worker=False)
        running.start()
        yield running
        running.stop()
