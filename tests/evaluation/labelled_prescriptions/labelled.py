"""All labelled prescriptions, in a fixed order with fixed identifiers and halves."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from functools import cache

from . import (
    ages,
    allergies,
    antibacterials,
    chinese_medicine,
    compatibility,
    diseases,
    doses,
    duplicates,
    forms,
    indications,
    interactions,
    liver,
    ordinary,
    pregnancy,
    quantities,
    renal,
    unchecked,
    unknown,
)
from .model import Case, Labelled, must_interrupt
from .writing import write

TOPICS = {
    module.__name__.rpartition(".")[2]: module.cases
    for module in (
        interactions, allergies, doses, renal, liver, pregnancy, ages, duplicates, diseases,
        quantities, forms, indications, antibacterials, compatibility, chinese_medicine, unknown,
        unchecked, ordinary,
    )
}  # fmt: skip


def _digest(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()


def _halves(cases: dict[str, Case]) -> dict[str, str]:
    """Splits each topic's planted and clean prescriptions at random, evenly and for ever."""
    strata: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for identifier, case in cases.items():
        strata[case.topic, bool(case.expected)].append(identifier)
    return {
        identifier: "first" if index % 2 == 0 else "second"
        for members in strata.values()
        for index, identifier in enumerate(sorted(members, key=_digest))
    }


@cache
def labelled_prescriptions() -> tuple[Labelled, ...]:
    """Every labelled prescription; the same on every machine and in every run."""
    cases = {
        f"{name}-{index:04d}": case
        for name, make in TOPICS.items()
        for index, case in enumerate(make(), start=1)
    }
    halves = _halves(cases)
    prescriptions = []
    for identifier, case in cases.items():
        request, expected = write(case, identifier)
        prescriptions.append(
            Labelled(
                identifier,
                halves[identifier],
                case.topic,
                bool(expected),
                case.side,
                request,
                expected,
                must_interrupt(case),
                case.tolerated,
            )
        )
    return tuple(prescriptions)
