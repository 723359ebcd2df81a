"""The third set; who writes rules reads its even numbers only."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ..model import Labelled
from ..sheets import Names, names_in, sheets_in
from ..writing import catalogue

FOLDER = Path(__file__).parent


@cache
def names() -> Names:
    """Chinese and English generic name of every key, those of the catalogue included."""
    own = names_in(FOLDER)
    shared = {key: (drug.zh, drug.en) for key, drug in catalogue().items()}
    assert not own.keys() & shared.keys(), "a key of the catalogue is named again"
    return {**shared, **own}


def may_be_read(one: Labelled) -> bool:
    """Whether who writes rules may look at this case: even numbers only, a sheet with its twin."""
    return int(one.id.rpartition("-")[2][:-1]) % 2 == 0


@cache
def third_prescriptions() -> tuple[Labelled, ...]:
    """The planted prescriptions of the third set and their twins."""
    return sheets_in("third", FOLDER, names())
