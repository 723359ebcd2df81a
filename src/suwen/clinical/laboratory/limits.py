"""What a laboratory's number is held against: the usual range, and where a life is in danger."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual

CRITICAL_FLAGS = frozenset({"HH", "LL", "AA"})
"""How a laboratory marks a critical result. Source: HL7 v3 ObservationInterpretation."""


@dataclass(frozen=True, slots=True)
class ReferenceInterval:
    """One interval, both limits inside; a limit that does not exist is ``None``.

    A laboratory's own interval, stated with the value, always goes before this table.

    Attributes:
        analyte: code of ``suwen.clinical.analytes``.
        unit: UCUM code of the limits.
        sex: ``male``, ``female``, or ``None`` for both.
        age_min_y: lowest age in completed years, inclusive.
        age_max_y: highest age in completed years, inclusive; ``None`` for no upper end.
    """

    analyte: str
    low: Decimal | None
    high: Decimal | None
    unit: str
    sex: str | None
    age_min_y: int
    age_max_y: int | None
    source: Source
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class CriticalLimit:
    """The limits of one analyte for some ages; reaching a limit counts.

    No national list is binding and hospitals' lists differ, so that each row states how well it is
    known; the laboratory's own flag always goes first.

    Attributes:
        row: id of its row.
        analyte: code of ``suwen.clinical.analytes``.
        same_as: codes that count in the same way; a newer result of one replaces the others.
        unit: UCUM code of the limits.
        low: critical at or below; ``None`` where there is no low limit.
        high: critical at or above; ``None`` where there is no high limit.
        age_min_y: lowest age in completed years, inclusive.
        age_max_y: highest age in completed years, inclusive; ``None`` for no upper end.
        clears: whether a result that does not reach it may count as looked at. A row that a
            hospital added and no second person has seen warns, and reassures nobody.
        note: what to rule out.
    """

    row: str
    analyte: str
    same_as: tuple[str, ...]
    low: Decimal | None
    high: Decimal | None
    unit: str
    age_min_y: int
    age_max_y: int | None
    clears: bool
    note: Bilingual | None
    source: Source
    confidence: Confidence

    def holds_at(self, age_y: int) -> bool:
        """Whether it is for somebody of this age in completed years."""
        return self.age_min_y <= age_y and (self.age_max_y is None or age_y <= self.age_max_y)

    def reached_by(self, value: Decimal, comparator: str | None) -> str | None:
        """``high`` or ``low`` when the limit is surely reached, ``undecided`` when the comparator
        leaves it open, ``None`` when it is not.

        Args:
            value: in the unit of the limits.
            comparator: ``<``, ``<=``, ``>=`` or ``>`` where the result is only a bound.
        """
        if comparator in (None, ""):
            if self.high is not None and value >= self.high:
                return "high"
            return "low" if self.low is not None and value <= self.low else None
        upwards = comparator in (">", ">=")
        edge = self.high if upwards else self.low
        if edge is None:
            return None
        if value >= edge if upwards else value <= edge:
            return "high" if upwards else "low"
        return "undecided"
