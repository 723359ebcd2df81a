"""The laboratory's tables as rows that a hospital may change, and what they must be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from suwen.clinical.analytes import analytes
from suwen.clinical.medicines.rows import RuleRow, columns_of, shipped_rows
from suwen.clinical.row_changes import (
    ChangeKind,
    ChangeProblem,
    RowChange,
    added_row,
    changed_row,
    laid_over,
    problems_of,
)
from suwen.clinical.row_values import Fault, choice_fault, column_faults, head_faults
from suwen.core.language import Bilingual

SET_ID: Final = "laboratory"
"""The laboratory's tables, among those that a hospital may change."""

INTERVALS: Final = "reference_intervals"
LIMITS: Final = "critical_values"

_TABLES: Final = (LIMITS, INTERVALS)
_NEEDED: Final = ("analyte", "unit", "age_min_y")
_SEXES: Final = ("male", "female")
_NUMBER: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?")
_OLDEST_Y: Final = 150
_NO_NUMBER: Final = "qual"
# Units that turn into one another by a factor; with a molar mass the first two do as well.
_MASS: Final = ("g/L", "g/dL", "mg/L", "mg/dL", "mg/mL", "ug/mL", "ug/L", "ug/dL", "ng/mL",
                "ng/dL", "ng/L", "pg/mL")  # fmt: skip
_SUBSTANCE: Final = ("mol/L", "mmol/L", "umol/L", "nmol/L", "pmol/L", "meq/L")
_FAMILIES: Final = (
    _MASS, _SUBSTANCE,
    ("10*9/L", "10*12/L", "10*3/uL", "10*6/uL", "/uL", "/L"),
    ("U/L", "kU/L", "U/mL"), ("[IU]/L", "m[IU]/L", "m[IU]/mL", "k[IU]/L"),
    ("mm[Hg]", "kPa", "cm[H2O]"), ("%", "1"), ("mg/g", "mg/mmol"), ("s", "min"),
)  # fmt: skip


class LaboratoryTables:
    """Reference intervals and critical values as rows that a hospital may change."""

    id = SET_ID
    tables: tuple[str, ...] = _TABLES

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns that carry a row's content, in order."""
        return columns_of(table, SET_ID)

    def needed(self, table: str) -> tuple[str, ...]:
        """The columns that no row may be without."""
        return _NEEDED

    def choices(self, table: str, column: str) -> tuple[str, ...]:
        """The values that a column may hold; empty where it is not closed."""
        if column == "sex":
            return _SEXES
        return tuple(sorted(_known_analytes())) if column == "analyte" else ()

    def rows(self, changes: Sequence[RowChange]) -> tuple[RuleRow, ...]:
        """Every row with the changes laid over."""
        return laid_over(_shipped(), changes, self)

    def check(self, changes: Sequence[RowChange]) -> tuple[ChangeProblem, ...]:
        """What is wrong with these changes, one after another; empty when they can be used."""
        return problems_of(_shipped(), changes, self._judged)

    def towards_safety(self, before: RuleRow | None, change: RowChange) -> bool:
        """Whether a change can only call more results critical.

        A reference interval says what a statement may cite and which diagnosis a value
        contradicts, so that no change of one only finds more; all of them wait.
        """
        if change.table != LIMITS:
            return False
        if change.change is ChangeKind.ADD:
            # Of analytes that count in the same way a newer result replaces the others.
            return not change.values.get("same_as", "").strip()
        if change.change is ChangeKind.ENABLE:
            return before is not None and not before.text("same_as")
        if change.change is not ChangeKind.OVERRIDE or before is None or not before.enabled:
            return False
        changed = {n: v for n, v in change.values.items() if v != before.text(n)}
        return bool(changed) and all(_sooner(before, n, v) for n, v in changed.items())

    def _judged(
        self, change: RowChange, known: RuleRow | None
    ) -> tuple[list[Fault], RuleRow | None]:
        """What is wrong with a change, and the row that it would make."""
        if change.table not in _TABLES:
            words = Bilingual("没有这个表", "there is no such table")
            return [("table", "unknown_table", words)], None
        found = head_faults(change, known)
        if found:
            return found, None
        columns = self.columns(change.table)
        after = added_row(change, columns) if known is None else changed_row(known, change)
        if change.change in (ChangeKind.ADD, ChangeKind.OVERRIDE):
            found = column_faults(change, columns, _NEEDED, _wrong)
            found = found or _row_faults(after)
        return found, after


def _sooner(before: RuleRow, column: str, value: str) -> bool:
    """Whether another limit is reached by every result that reached the one before."""
    present = before.text(column)
    if column not in ("lower", "upper") or not value:
        return False
    if not present:
        return True
    higher = Decimal(value) > Decimal(present)
    return higher if column == "lower" else not higher


def _wrong(column: str, value: str) -> tuple[str, Bilingual] | None:
    words: Bilingual | None = None
    if column in ("lower", "upper"):
        if not _NUMBER.fullmatch(value):
            words = Bilingual("须为数字", "must be a number")
    elif column in ("age_min_y", "age_max_y"):
        if not (value.isascii() and value.isdigit() and int(value) <= _OLDEST_Y):
            words = Bilingual(f"须为0至{_OLDEST_Y}的整数", f"must be a whole number to {_OLDEST_Y}")
    elif column == "sex":
        words = choice_fault(value, _SEXES)
    elif column in ("analyte", "same_as"):
        unknown = [one for one in value.split(";") if one not in _known_analytes()]
        if unknown or (column == "analyte" and ";" in value):
            words = Bilingual(f"没有这个项目：{unknown[:1]}", f"no such analyte: {unknown[:1]}")
            return ("unknown_subject", words)
    return None if words is None else ("value_wrong", words)


def _row_faults(row: RuleRow) -> list[Fault]:
    """What is wrong with a row as a whole."""
    found: list[Fault] = []
    if not row.text("lower") and not row.text("upper"):
        words = Bilingual("至少须有一个界限", "needs a limit")
        found.append(("upper", "value_missing", words))
    for low, high, equal in (("lower", "upper", False), ("age_min_y", "age_max_y", True)):
        lower, upper = row.text(low), row.text(high)
        if lower and upper and not _in_order(Decimal(lower), Decimal(upper), equal):
            words = Bilingual("下限须小于上限", "the lower end must lie below the upper")
            found.append((low, "value_wrong", words))
    for code in (row.text("analyte"), *filter(None, row.text("same_as").split(";"))):
        units = units_of(code)
        if row.text("unit") not in units:
            listed = ", ".join(units)
            words = Bilingual(f"{code} 的单位须为其一：{listed}", f"{code} is in one of {listed}")
            found.append(("unit", "value_wrong", words))
    return found


def _in_order(lower: Decimal, upper: Decimal, equal: bool) -> bool:
    return lower <= upper if equal else lower < upper


@cache
def units_of(analyte: str) -> tuple[str, ...]:
    """The units (UCUM codes) in which limits of an analyte can be compared with results."""
    known = analytes().get(analyte)
    used = {row.text("unit") for row in _shipped() if row.text("analyte") == analyte}
    if known is not None and known.unit and known.unit != _NO_NUMBER:
        used.add(known.unit)
    molar = known is not None and known.molar_mass_g_per_mol is not None
    found = set(used)
    for family in _FAMILIES:
        if used & set(family):
            found.update(family)
    if molar and found & {*_MASS, *_SUBSTANCE}:
        found.update(_MASS, _SUBSTANCE)
    return tuple(sorted(found))


@cache
def _known_analytes() -> frozenset[str]:
    measured = {code for code, one in analytes().items() if one.category == "laboratory"}
    return frozenset(measured | {row.text("analyte") for row in _shipped()})


@cache
def _shipped() -> tuple[RuleRow, ...]:
    return tuple(row for table in _TABLES for row in shipped_rows(table, SET_ID))


def analyte_names(rows: Sequence[RuleRow]) -> Mapping[str, Bilingual]:
    """How people call the analytes of these rows, by code."""
    found = {}
    for code in {row.text("analyte") for row in rows if row.table in _TABLES}:
        known = analytes().get(code)
        if known is not None:
            zh, en = (*known.zh, code)[0], (*known.en, code)[0]
            found[code] = Bilingual(f"{zh} ({code})", f"{en} ({code})")
    return found
