"""Every corruption that can be planted into one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random
from typing import Final

from suwen.evaluation.corruption.context import CorruptionContext
from suwen.evaluation.corruption.model import Corruption, Replacement
from suwen.evaluation.corruption.persons import wrong_persons
from suwen.evaluation.corruption.quantities import (
    changed_doses,
    changed_numbers,
    changed_units,
    other_patients_numbers,
)
from suwen.evaluation.corruption.wording import (
    flipped_sides,
    inserted_negations,
    removed_negations,
    swapped_drugs,
    wrong_analytes,
    wrong_dates,
)

_Planter = Callable[[str, CorruptionContext, Random], Iterator[Replacement]]
_PLANTERS: Final[tuple[_Planter, ...]] = (
    changed_numbers,
    changed_units,
    swapped_drugs,
    changed_doses,
    flipped_sides,
    removed_negations,
    inserted_negations,
    other_patients_numbers,
    wrong_analytes,
    wrong_dates,
    wrong_persons,
)


def corruptions(statement_text: str, context: CorruptionContext) -> list[Corruption]:
    """Every falsification of a true statement that this planter knows; same input, same output.

    None of them is true of the evidence in ``context`` by accident: what might be is left out.

    Args:
        statement_text: one statement, Chinese or English, true of the evidence.
        context: what the statement rests on; its ``seed`` decides among possible choices.
    """
    digest = sha256(f"{context.seed}|{statement_text}".encode()).digest()
    found: list[Corruption] = []
    for position, planter in enumerate(_PLANTERS):
        random = Random(int.from_bytes(digest[:8], "big") + position)  # noqa: S311 - repeatable
        for replacement in planter(statement_text, context, random):
            corruption = replacement.apply(statement_text)
            if corruption.corrupted != statement_text:
                found.append(corruption)
    return found
