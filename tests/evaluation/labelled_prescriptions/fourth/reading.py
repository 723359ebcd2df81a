"""The fourth set; who writes rules reads the files whose name begins with ``read`` only."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ..model import Labelled
from ..sheets import Names, names_in, sheets_in

FOLDER = Path(__file__).parent


@cache
def names() -> Names:
    """Chinese and English generic name of every key; the list is complete in itself."""
    return names_in(FOLDER)


def may_be_read(one: Labelled) -> bool:
    """Whether who writes rules may look at this case."""
    return one.id.startswith("fourth-read_")


@cache
def fourth_prescriptions() -> tuple[Labelled, ...]:
    """The planted prescriptions of the fourth set and their twins."""
    return sheets_in("fourth", FOLDER, names())
