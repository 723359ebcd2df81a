"""Laboratory values at which a life may be in danger, and somebody must be told at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual

CRITICAL_FLAGS = frozenset({"HH", "LL", "AA"})
"""How a laboratory marks a critical result. Source: HL7 v3 ObservationInterpretation."""


@dataclass(frozen=True, slots=True)
class CriticalLimit:
    """The limits of one analyte for adults; reaching a limit counts.

    No national list is binding and hospitals' lists differ, so that each row states how well it is
    known; the laboratory's own flag always goes first.

    Attributes:
        analyte: code of ``suwen.clinical.analytes``.
        unit: UCUM code of the limits.
        low: critical at or below; ``None`` where there is no low limit.
        high: critical at or above; ``None`` where there is no high limit.
        note: what to rule out.
    """

    analyte: str
    low: Decimal | None
    high: Decimal | None
    unit: str
    note: Bilingual | None
    source: Source
    confidence: Confidence

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


@cache
def adult_from_y() -> int:
    """From which completed year of age the limits hold."""
    years: int = read_table("critical_values")["adult_from_y"]
    return years


@cache
def critical_limits() -> dict[str, CriticalLimit]:
    """The limits by analyte; analytes that count in the same way share them.

    Source: the table's rows, each with its own source and confidence.
    """
    table = read_table("critical_values")
    found: dict[str, CriticalLimit] = {}
    for row in table["limits"]:
        limit = CriticalLimit(
            analyte=row["analyte"],
            low=Decimal(row["low"]) if "low" in row else None,
            high=Decimal(row["high"]) if "high" in row else None,
            unit=row["unit"],
            note=Bilingual(row["note_zh"], row["note_en"]) if "note_zh" in row else None,
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
        for code in (row["analyte"], *row.get("same_as", ())):
            found[code] = limit
    return found
