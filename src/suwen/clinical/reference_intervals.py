"""Reference intervals by analyte, sex and age."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Source


@dataclass(frozen=True, slots=True)
class ReferenceInterval:
    """One interval, both limits inside; a limit that does not exist is ``None``.

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

    def applies_to(self, sex: str | None, age_y: int | None) -> bool:
        """Whether it holds for a person; an unknown sex or age fits no narrower interval."""
        if self.sex is not None and self.sex != sex:
            return False
        if age_y is None:
            return False
        return self.age_min_y <= age_y and (self.age_max_y is None or age_y <= self.age_max_y)


@cache
def reference_intervals() -> tuple[ReferenceInterval, ...]:
    """All intervals of the table."""
    table = read_table("reference_intervals")
    return tuple(
        ReferenceInterval(
            analyte=row["analyte"],
            low=Decimal(str(row["low"])) if "low" in row else None,
            high=Decimal(str(row["high"])) if "high" in row else None,
            unit=row["unit"],
            sex=row.get("sex"),
            age_min_y=row["age_min_y"],
            age_max_y=row.get("age_max_y"),
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
        for row in table["intervals"]
    )


def find_reference_interval(
    analyte: str, sex: str | None, age_y: int | None
) -> ReferenceInterval | None:
    """The interval of an analyte for a person; ``None`` when none is known to apply.

    A laboratory's own interval, stated with the value, always goes before this table.
    """
    return next(
        (
            interval
            for interval in reference_intervals()
            if interval.analyte == analyte and interval.applies_to(sex, age_y)
        ),
        None,
    )
