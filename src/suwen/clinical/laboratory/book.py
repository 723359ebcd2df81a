"""The laboratory's tables as they work: shipped rows, or those with a hospital's changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache

from suwen.clinical.laboratory.limits import CriticalLimit, ReferenceInterval
from suwen.clinical.laboratory.rows import INTERVALS, LIMITS, LaboratoryTables
from suwen.clinical.medicines.rows import Origin, ReviewState, RuleRow
from suwen.clinical.row_changes import RowChange
from suwen.core.language import Bilingual


class LaboratoryBook:
    """Reference intervals and critical limits by analyte, immutable; rows that are off are not in
    it."""

    def __init__(
        self, intervals: Iterable[ReferenceInterval], limits: Iterable[CriticalLimit]
    ) -> None:
        of_interval: dict[str, list[ReferenceInterval]] = defaultdict(list)
        of_limit: dict[str, list[CriticalLimit]] = defaultdict(list)
        self._group: dict[str, str] = {}
        for interval in intervals:
            of_interval[interval.analyte].append(interval)
        for limit in limits:
            for code in (limit.analyte, *limit.same_as):
                of_limit[code].append(limit)
            self._group.update(dict.fromkeys(limit.same_as, limit.analyte))
        self._intervals = {code: tuple(found) for code, found in of_interval.items()}
        self._limits = {code: tuple(found) for code, found in of_limit.items()}

    @property
    def intervals(self) -> tuple[ReferenceInterval, ...]:
        """All reference intervals."""
        return tuple(one for found in self._intervals.values() for one in found)

    @property
    def limits(self) -> tuple[CriticalLimit, ...]:
        """All critical limits."""
        every = (one for found in self._limits.values() for one in found)
        return tuple({one.row: one for one in every}.values())

    def intervals_of(self, analyte: str) -> tuple[ReferenceInterval, ...]:
        """The reference intervals of an analyte, of every sex and age; empty when none is known."""
        return self._intervals.get(analyte, ())

    def limits_of(self, analyte: str) -> tuple[CriticalLimit, ...]:
        """The critical limits of an analyte, for every age; empty when none is known."""
        return self._limits.get(analyte, ())

    def group_of(self, analyte: str) -> str:
        """The analyte whose newer result replaces an older one of this."""
        return self._group.get(analyte, analyte)


@cache
def laboratory_book() -> LaboratoryBook:
    """The shipped tables."""
    return laboratory_book_with(())


def laboratory_book_with(changes: Sequence[RowChange]) -> LaboratoryBook:
    """The shipped tables with a hospital's changes."""
    rows = [row for row in LaboratoryTables().rows(changes) if row.enabled]
    shipped = {row.id for row in LaboratoryTables().rows(()) if row.table == LIMITS}
    return LaboratoryBook(
        (_interval(row) for row in rows if row.table == INTERVALS),
        (_limit(row, row.id in shipped) for row in rows if row.table == LIMITS),
    )


def _interval(row: RuleRow) -> ReferenceInterval:
    return ReferenceInterval(
        analyte=row.text("analyte"),
        low=_decimal(row, "lower"),
        high=_decimal(row, "upper"),
        unit=row.text("unit"),
        sex=row.text("sex") or None,
        age_min_y=int(row.text("age_min_y")),
        age_max_y=_whole(row, "age_max_y"),
        source=row.source,
        confidence=row.confidence,
    )


def _limit(row: RuleRow, was_shipped: bool) -> CriticalLimit:
    unseen = row.origin is Origin.HOSPITAL and row.review_state is ReviewState.AWAITING
    zh, en = row.text("note_zh"), row.text("note_en")
    return CriticalLimit(
        row=row.id,
        analyte=row.text("analyte"),
        same_as=tuple(filter(None, row.text("same_as").split(";"))),
        low=_decimal(row, "lower"),
        high=_decimal(row, "upper"),
        unit=row.text("unit"),
        age_min_y=int(row.text("age_min_y")),
        age_max_y=_whole(row, "age_max_y"),
        clears=was_shipped or not unseen,
        note=Bilingual(zh or en, en or zh) if zh or en else None,
        source=row.source,
        confidence=row.confidence,
    )


def _decimal(row: RuleRow, column: str) -> Decimal | None:
    written = row.text(column)
    return Decimal(written) if written else None


def _whole(row: RuleRow, column: str) -> int | None:
    written = row.text(column)
    return int(written) if written else None
