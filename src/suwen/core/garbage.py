"""When Python looks for circles of objects that nobody needs any more.

Nearly everything that the start of a process makes stays to its end: to look through it costs a
start a tenth of its time and finds nothing.
"""

from __future__ import annotations

import gc

OBJECTS_OF_A_START = 1_000_000
"""More than the start of any part makes; a bound all the same, for what never says it is over."""

OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's 700 would look through the young ones seventy times as often."""


def start_uncollected() -> None:
    """Holds the search back while this process starts, until ``started``."""
    gc.set_threshold(OBJECTS_OF_A_START, 10, 10)


def started() -> None:
    """Ends what ``start_uncollected`` began: what is there by now is never looked through again.

    Without it nothing happens, as in a program that only uses parts of ours.
    """
    if gc.get_threshold()[0] == OBJECTS_OF_A_START:
        gc.freeze()
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
