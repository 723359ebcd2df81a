"""What a case says before it is written out, and what a labelled prescription is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KINDS = (
    "interaction", "allergy", "dose", "renal", "hepatic", "pregnancy", "lactation", "age",
    "duplicate", "disease", "quantity", "form", "indication", "antibacterial", "compatibility",
    "unknown_drug", "unchecked",
)  # fmt: skip
SEVERITIES = ("info", "minor", "moderate", "major", "contraindicated")
SIDES = ("below", "at", "above", "without")
SETTINGS = ("outpatient", "emergency", "inpatient")


@dataclass(frozen=True)
class Expected:
    """One finding that a review must make.

    Attributes:
        kinds: Any of these kinds is right; the first is what the author had in mind.
        drugs: Keys of the catalogue, or literal names after ``=``; all must be named.
        severity: The least severity that is right.
        interrupts: Whether the prescription must be interrupted for it; None leaves it open.
        basis: The row of facts (file and key) or ``knowledge: …`` where facts have no row.
    """

    kinds: tuple[str, ...]
    drugs: tuple[str, ...]
    severity: str
    interrupts: bool | None
    basis: str


@dataclass(frozen=True)
class Case:
    """A prescription in short hand; ``writing.write`` makes the request of it.

    Attributes:
        topic: The kind of error that it stands for (also where nothing is wrong).
        patient: Short hand, for example ``M56 70kg egfr=25``.
        orders: Short hand, for example ``amlodipine 5mg qd po 7d``; a bare key takes the
            usual order of the catalogue.
        expected: Nothing for a clean prescription.
        diagnoses: None takes the usual diagnosis of each drug ordered.
        side: On which side of a limit it stands, where there is one; ``without`` is the twin
            of a planted error in which the cause is missing.
        tolerated: Kinds of further findings that neither count for nor against.
    """

    topic: str
    patient: str
    orders: tuple[str, ...]
    expected: tuple[Expected, ...] = ()
    diagnoses: tuple[str, ...] | None = None
    current: tuple[str, ...] = ()
    allergies: tuple[str, ...] = ()
    setting: str = "outpatient"
    level: int | None = None
    side: str | None = None
    tolerated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labelled:
    """A labelled prescription as it is handed to whoever evaluates."""

    id: str
    half: str
    topic: str
    planted: bool
    side: str | None
    request: dict[str, Any]
    expected: tuple[dict[str, Any], ...]
    must_interrupt: bool | None
    tolerated: tuple[str, ...]


def must_interrupt(case: Case) -> bool | None:
    """Whether the decision must (True), must not (False) or may (None) be an interruption."""
    if any(finding.interrupts for finding in case.expected):
        return True
    if all(finding.interrupts is False for finding in case.expected):
        return False
    return None


def found(
    kind: str | tuple[str, ...],
    drugs: str | tuple[str, ...],
    severity: str,
    basis: str,
    *,
    interrupts: bool | None = None,
) -> Expected:
    """An expected finding; a contraindicated one always interrupts, below moderate never."""
    kinds = (kind,) if isinstance(kind, str) else kind
    names = (drugs,) if isinstance(drugs, str) else drugs
    if severity == "contraindicated":
        interrupts = True
    if severity == "info":
        interrupts = False
    return Expected(kinds, names, severity, interrupts, basis)
