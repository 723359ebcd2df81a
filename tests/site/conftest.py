"""A whole platform for the tests of a file, started as a person does it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.database import new_state_folder
from tests.support.site import Rounds, Site


@pytest.fixture
def rounds() -> Rounds:
    """How often each window is struck; the soak run has more."""
    return Rounds(times=10)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with new_state_folder() as folder:
        running = Site(folder / "home", worker=False)
        running.start()
        yield running
        running.stop()
