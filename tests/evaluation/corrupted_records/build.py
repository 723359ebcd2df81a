"""Builds a half of the set: always the same items in the same order."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from tests.evaluation.corrupted_records import sound
from tests.evaluation.corrupted_records.kinds import (
    abbreviations,
    copies,
    missing,
    mixed,
    order,
    persons,
    signatures,
    statements,
    time_limits,
)
from tests.evaluation.corrupted_records.model import Item

HALVES = ("first", "second")
_MAKERS: tuple[Callable[[str], list[Item]], ...] = (
    sound.items,
    time_limits.items,
    missing.items,
    persons.items,
    statements.items,
    order.items,
    copies.items,
    signatures.items,
    abbreviations.items,
    mixed.items,
)


@cache
def build_half(half: str) -> tuple[Item, ...]:
    """The items of ``first`` or ``second``."""
    return tuple(item for make in _MAKERS for item in make(half))


def as_lines(half: str) -> str:
    """The half's requests as JSON Lines in the batch form of an application."""
    lines = (
        json.dumps({"id": item.id, "request": item.request}, ensure_ascii=False)
        for item in build_half(half)
    )
    return "\n".join(lines) + "\n"
