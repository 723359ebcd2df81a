"""The search for unneeded objects rests while a process of ours starts, and not afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from suwen.core.garbage import OBJECTS_BETWEEN_COLLECTIONS, start_uncollected, started


@pytest.fixture(autouse=True)
def unchanged_for_others() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_a_start_is_not_searched_and_what_follows_is() -> None:
    start_uncollected()
    searches = gc.get_stats()[0]["collections"]
    kept = [[] for _ in range(2 * OBJECTS_BETWEEN_COLLECTIONS)]
    assert gc.get_stats()[0]["collections"] == searches
    started()
    assert gc.get_freeze_count() > len(kept)
    kept += [[] for _ in range(2 * OBJECTS_BETWEEN_COLLECTIONS)]
    assert gc.get_stats()[0]["collections"] > searches


def test_a_process_that_was_started_by_others_is_left_alone() -> None:
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)
    started()
    assert gc.get_threshold() == (700, 10, 10)
    assert gc.get_freeze_count() == 0
