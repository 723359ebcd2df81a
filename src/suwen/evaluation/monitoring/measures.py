"""What is counted of an application's work, by name, and which of it counts as going badly.

A day's counts are cells: a measure, a key within it, how many cases, and a sum where one makes
sense. Everything that is shown or watched is worked out of cells alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

Cells = Mapping[tuple[str, str], tuple[int, float]]
"""Number of cases and sum, by measure and key."""

SIGNED: Final = ("accept", "amend")
DECIDED: Final = (*SIGNED, "reject")
DANGEROUS: Final = ("unsafe", "wrong_patient")
"""Coded reasons of a rejection that tell of a danger to a patient."""


class Measure(StrEnum):
    """Names of what is counted; the keys within are given behind each."""

    OUTCOME = "outcome"  # done, refused, failed
    REFUSED = "refused"  # the code of the refusal
    MODEL = "model"  # used, skipped
    LATENCY = "latency"  # class of milliseconds; sum of milliseconds
    ENGINE = "engine"  # prompt_tokens, output_tokens, milliseconds; sums
    STATEMENTS = "statements"  # verified: runs; supported, unsupported: statements
    UNSUPPORTED = "unsupported"  # why not
    BUILT = "built"  # used, skipped: drafts by whether a model took part
    FINDING = "finding"  # severity
    LANGUAGE = "language"  # of what was written
    LENGTH = "length"  # class of code points
    CODES = "codes"  # chapter letter of the diagnoses in the record
    DECISION = "decision"  # accept, amend, reject, escalate, cosign
    REJECT = "reject"  # coded reason
    EDIT = "edit"  # class of the share that was changed; sum of the distances
    SIGN_TIME = "sign_time"  # class of minutes from building to decision; sum of minutes
    AT_DRAFT = "at_draft"  # class of minutes from opening to decision; sum of minutes
    OVERRIDE = "override"  # open: signed although something was open; sum of open items
    CARD = "card"  # accepted, overridden
    CARD_REASON = "card_reason"  # code of the override
    SEX = "sex"  # group.decision
    AGE = "age"  # band.decision


class Adverse(StrEnum):
    """What may go badly, as a share of cases."""

    UNSAFE = "unsafe"
    REJECTED = "rejected"
    CHANGED = "changed"
    UNSUPPORTED = "unsupported"
    OVERRIDDEN = "overridden"
    REFUSED = "refused"
    FAILED = "failed"


def cases_and_events(cells: Cells, wanted: Adverse) -> tuple[int, int]:
    """Of how many cases how many went badly in this way."""
    decided = sum(number(cells, Measure.DECISION, key) for key in DECIDED)
    runs = sum(number(cells, Measure.OUTCOME, key) for key in ("done", "refused", "failed"))
    if wanted is Adverse.UNSAFE:
        return decided, sum(number(cells, Measure.REJECT, key) for key in DANGEROUS)
    if wanted is Adverse.REJECTED:
        return decided, number(cells, Measure.DECISION, "reject")
    if wanted is Adverse.CHANGED:
        return decided, decided - number(cells, Measure.DECISION, "accept")
    if wanted is Adverse.UNSUPPORTED:
        verified = number(cells, Measure.STATEMENTS, "verified")
        return verified, number(cells, Measure.STATEMENTS, "unsupported")
    if wanted is Adverse.OVERRIDDEN:
        overridden = number(cells, Measure.CARD, "overridden")
        return overridden + number(cells, Measure.CARD, "accepted"), overridden
    return runs, number(cells, Measure.OUTCOME, wanted.value)


def number(cells: Cells, measure: Measure, key: str) -> int:
    """How many cases a cell counts."""
    return cells.get((measure.value, key), (0, 0.0))[0]


def total(cells: Cells, measure: Measure, key: str) -> float:
    """The sum of a cell."""
    return cells.get((measure.value, key), (0, 0.0))[1]


def by_key(cells: Cells, measure: Measure) -> dict[str, int]:
    """How many cases each key of a measure counts."""
    return {key: n for (name, key), (n, _) in cells.items() if name == measure.value}


def sums_by_key(cells: Cells, measure: Measure) -> dict[str, float]:
    """The sum of each key of a measure."""
    return {key: s for (name, key), (_, s) in cells.items() if name == measure.value}


def groups(cells: Cells, measure: Measure) -> dict[str, tuple[int, int]]:
    """Of each group of patients, how many drafts were changed or rejected, of how many decided."""
    bad: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    for key, n in by_key(cells, measure).items():
        group, _, decision = key.rpartition(".")
        if decision in DECIDED:
            decided[group] += n
            bad[group] += 0 if decision == "accept" else n
    return {group: (bad[group], decided[group]) for group in decided}


def merged(parts: Iterable[Cells]) -> dict[tuple[str, str], tuple[int, float]]:
    """Several days, Releases or departments as one."""
    whole: dict[tuple[str, str], tuple[int, float]] = {}
    for cells in parts:
        for name, (n, s) in cells.items():
            before = whole.get(name, (0, 0.0))
            whole[name] = (before[0] + n, before[1] + s)
    return whole
