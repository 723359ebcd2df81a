"""A hospital's own rows over the shipped ones of prescription review, and what they must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from suwen.clinical.medicines.rows import TABLES, RuleRow, columns_of, shipped_rows
from suwen.clinical.prescription_review.row_values import (
    NEEDED,
    KnownNames,
    choices_of,
    value_faults,
    whole_row_faults,
)
from suwen.clinical.prescription_review.rulebook import RuleBook, book_of
from suwen.clinical.row_changes import (
    ChangeKind,
    ChangeProblem,
    RowChange,
    added_row,
    changed_row,
    laid_over,
)
from suwen.clinical.row_values import Fault, head_faults
from suwen.core.errors import ClinicalDataError
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

SET_ID: Final = "prescription"
"""The tables of prescription review, among those that a hospital may change."""

# A further row of these can only find more.
_ADDING_FINDS_MORE: Final = frozenset(
    {"interactions", "renal", "hepatic", "pregnancy", "ages", "diseases", "duplicates",
     "allergies", "routes", "reminders"}
)  # fmt: skip
_GRADES: Final = ("severity", "pregnancy", "lactation", "card_severity", "card_named")
_LOWERED: Final = ("max_single", "max_daily", "absolute_single", "absolute_daily", "max_weekly",
                   "max_days", "max_doses")  # fmt: skip
_RANK: Final = {severity.value: -place for place, severity in enumerate(Severity)}
_ALWAYS_ON: Final = "statements"


class PrescriptionTables:
    """The tables of prescription review as rows that a hospital may change."""

    id = SET_ID
    tables: tuple[str, ...] = TABLES

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns that carry a row's content, in order."""
        return columns_of(table)

    def needed(self, table: str) -> tuple[str, ...]:
        """The columns that no row may be without."""
        return NEEDED[table]

    def choices(self, table: str, column: str) -> tuple[str, ...]:
        """The values that a column may hold; empty where it is not closed."""
        return choices_of(table, column)

    def rows(self, changes: Sequence[RowChange]) -> tuple[RuleRow, ...]:
        """Every row with the changes laid over."""
        return laid_over(_shipped(), changes, self)

    def check(self, changes: Sequence[RowChange]) -> tuple[ChangeProblem, ...]:
        """What is wrong with these changes, one after another; empty when a book can be built."""
        rows = {(row.table, row.id): row for row in _shipped()}
        names = KnownNames(rows.values())
        problems: list[ChangeProblem] = []
        for index, change in enumerate(changes):
            found = _faults(change, rows, names)
            problems.extend(ChangeProblem(index, *fault) for fault in found)
            if found:
                continue
            known = rows.get((change.table, change.row))
            after = added_row(change, columns_of(change.table)) if known is None else None
            rows[change.table, change.row] = after or changed_row(known or _never(), change)
            if change.table in ("medicines", "products", "conditions"):
                names.learn(rows[change.table, change.row])
        return tuple(problems)

    def towards_safety(self, before: RuleRow | None, change: RowChange) -> bool:
        """Whether a change can only find more, or find it as graver."""
        if change.change is ChangeKind.ADD or change.change is ChangeKind.ENABLE:
            return change.table in _ADDING_FINDS_MORE
        if change.change is not ChangeKind.OVERRIDE or before is None or not before.enabled:
            return False
        changed = {n: v for n, v in change.values.items() if v != before.text(n)}
        return bool(changed) and all(_stricter(before, n, v) for n, v in changed.items())


def _never() -> RuleRow:
    raise AssertionError("a change that is no addition has its row")


def _stricter(before: RuleRow, column: str, value: str) -> bool:
    present = before.text(column)
    if column in _GRADES:
        return value in _RANK and (not present or _RANK[value] > _RANK[present])
    if column == "interrupts":
        return value == "yes"
    if column in _LOWERED and before.table != "medicines":
        return bool(value and present) and float(value) < float(present)
    return False


@cache
def _shipped() -> tuple[RuleRow, ...]:
    return tuple(row for table in TABLES for row in shipped_rows(table))


def check_changes(changes: Sequence[RowChange]) -> tuple[ChangeProblem, ...]:
    """What is wrong with these changes; empty when a book can be built of them."""
    return PrescriptionTables().check(changes)


def rule_book_with(changes: Sequence[RowChange]) -> RuleBook:
    """The shipped rows with a hospital's changes.

    Raises:
        ClinicalDataError: ``rule_change_invalid`` with the place of the first fault.
    """
    problems = check_changes(changes)
    if problems:
        first = problems[0]
        field = f"changes[{first.index}].{first.field}"
        message = Bilingual(f"{field}：{first.message.zh}", f"{field}: {first.message.en}")
        raise ClinicalDataError("rule_change_invalid", message, field=field)
    return book_of(PrescriptionTables().rows(changes))


def _faults(
    change: RowChange, rows: Mapping[tuple[str, str], RuleRow], names: KnownNames
) -> list[Fault]:
    if change.table not in TABLES:
        return [("table", "unknown_table", Bilingual("没有这个表", "there is no such table"))]
    known = rows.get((change.table, change.row))
    found = head_faults(change, known)
    if found:
        return found
    if change.table == _ALWAYS_ON and change.change in (ChangeKind.DISABLE, ChangeKind.ADD):
        words = Bilingual("“未能核对”的提示不能停用或新增", "what could not be checked stays told")
        return [("change", "not_to_be_switched_off", words)]
    if change.change in (ChangeKind.ADD, ChangeKind.OVERRIDE):
        found = value_faults(change, columns_of(change.table), names, known)
        if not found:
            after = (
                added_row(change, columns_of(change.table))
                if known is None
                else changed_row(known, change)
            )
            found = whole_row_faults(after)
    return found
