"""A hospital's decisions on rows of tables: confirm, override, disable, enable, add; pure data.

Later decisions win. Nothing is ever removed from the shipped rows. Whoever keeps the decisions and
lets two people agree on them is elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from suwen.clinical.medicines.rows import Origin, ReviewState, RuleRow
from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual


class ChangeKind(StrEnum):
    """What a hospital does with a row."""

    CONFIRM = "confirm"
    OVERRIDE = "override"
    DISABLE = "disable"
    ENABLE = "enable"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One decision on one row.

    Attributes:
        values: the columns that are set, empty ones are emptied; the others stay (override) or
            are empty (add).
        source, edition: where the hospital's row comes from.
        reviewer: who answers for it.
        seconded: whether a second person agreed; before that the row goes on awaiting review.
    """

    table: str
    row: str
    change: ChangeKind
    source: str
    edition: str
    reviewer: str
    reviewed_at: datetime
    reason: str
    values: Mapping[str, str] = field(default_factory=dict)
    seconded: bool = True


@dataclass(frozen=True, slots=True)
class ChangeProblem:
    """Why a change is refused.

    Attributes:
        index: place of the change, from 0.
        field: what is at fault: ``table``, ``row``, ``source`` … or a column.
        code: ``unknown_table``, ``unknown_row``, ``row_exists``, ``unknown_column``,
            ``value_missing``, ``value_wrong``, ``unknown_subject``, ``name_taken`` or
            ``not_to_be_switched_off``.
    """

    index: int
    field: str
    code: str
    message: Bilingual


class RowTables(Protocol):
    """Tables of rows that a hospital may change, with what their rows must be."""

    @property
    def id(self) -> str:
        """Names the set in files, commands and Releases."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Their names, none of which another set has."""

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns that carry a row's content, in order."""

    def needed(self, table: str) -> tuple[str, ...]:
        """The columns that no row may be without."""

    def choices(self, table: str, column: str) -> tuple[str, ...]:
        """The values that a column may hold; empty where it is not closed."""

    def rows(self, changes: Sequence[RowChange]) -> tuple[RuleRow, ...]:
        """Every row with the changes laid over."""

    def check(self, changes: Sequence[RowChange]) -> tuple[ChangeProblem, ...]:
        """What is wrong with these changes, one after another; empty when they can be used."""

    def towards_safety(self, before: RuleRow | None, change: RowChange) -> bool:
        """Whether a change can only find more, or find it as graver."""


def changed_row(row: RuleRow, change: RowChange) -> RuleRow:
    """A row after a decision on it."""
    if change.change in (ChangeKind.DISABLE, ChangeKind.ENABLE):
        return replace(row, enabled=change.change is ChangeKind.ENABLE, reviewer=change.reviewer)
    reviewed = row
    if change.seconded:
        reviewed = replace(row, review_state=ReviewState.REVIEWED, confidence=Confidence.REVIEWED)
    if change.change is ChangeKind.CONFIRM:
        return replace(reviewed, reviewer=change.reviewer) if change.seconded else row
    return replace(
        reviewed,
        values={**row.values, **change.values},
        source=Source(change.source, change.edition),
        origin=Origin.HOSPITAL,
        enabled=True,
        reviewer=change.reviewer,
        review_state=reviewed.review_state if change.seconded else ReviewState.AWAITING,
    )


def added_row(change: RowChange, columns: Iterable[str]) -> RuleRow:
    """The row that a hospital adds."""
    agreed = change.seconded
    return RuleRow(
        id=change.row,
        table=change.table,
        values={name: change.values.get(name, "") for name in columns},
        source=Source(change.source, change.edition),
        confidence=Confidence.REVIEWED if agreed else Confidence.FROM_MEMORY,
        review_state=ReviewState.REVIEWED if agreed else ReviewState.AWAITING,
        origin=Origin.HOSPITAL,
        reviewer=change.reviewer,
    )


Judged = tuple[Sequence[tuple[str, str, Bilingual]], RuleRow | None]
"""What is wrong with a change, each as field, code and words, and the row that it would make."""


def problems_of(
    shipped: Iterable[RuleRow],
    changes: Iterable[RowChange],
    judged: Callable[[RowChange, RuleRow | None], Judged],
) -> tuple[ChangeProblem, ...]:
    """What is wrong with changes, one after another: each meets the rows that those before made.

    Args:
        judged: of a change and the row that there is.
    """
    rows = {(row.table, row.id): row for row in shipped}
    problems: list[ChangeProblem] = []
    for index, change in enumerate(changes):
        key = (change.table, change.row)
        found, after = judged(change, rows.get(key))
        problems.extend(ChangeProblem(index, *fault) for fault in found)
        if not found and after is not None:
            rows[key] = after
    return tuple(problems)


def laid_over(
    shipped: Iterable[RuleRow], changes: Iterable[RowChange], tables: RowTables
) -> tuple[RuleRow, ...]:
    """The shipped rows with a hospital's changes, in order.

    A change of a row that this program has no more changes nothing; ``orphans_of`` names it.
    """
    rows = {(row.table, row.id): row for row in shipped}
    for change in changes:
        key = (change.table, change.row)
        known = rows.get(key)
        if known is not None:
            rows[key] = changed_row(known, change)
        elif change.change is ChangeKind.ADD:
            rows[key] = added_row(change, tables.columns(change.table))
    return tuple(rows.values())


def orphans_of(shipped: Iterable[RuleRow], changes: Iterable[RowChange]) -> tuple[RowChange, ...]:
    """The changes of rows that this program has no more."""
    known = {(row.table, row.id) for row in shipped}
    lost = []
    for change in changes:
        if change.change is ChangeKind.ADD:
            known.add((change.table, change.row))
        elif (change.table, change.row) not in known:
            lost.append(change)
    return tuple(lost)


def change_as_json(change: RowChange) -> dict[str, Any]:
    """A change for a store or a file; ``change_of_json`` reads it."""
    return {
        "table": change.table,
        "row": change.row,
        "change": change.change.value,
        "source": change.source,
        "edition": change.edition,
        "reviewer": change.reviewer,
        "reviewed_at": change.reviewed_at.isoformat(),
        "reason": change.reason,
        "values": dict(change.values),
    }


def change_of_json(body: Mapping[str, Any], *, seconded: bool) -> RowChange:
    """The change that was stored."""
    return RowChange(
        table=body["table"],
        row=body["row"],
        change=ChangeKind(body["change"]),
        source=body["source"],
        edition=body["edition"],
        reviewer=body["reviewer"],
        reviewed_at=datetime.fromisoformat(body["reviewed_at"]),
        reason=body["reason"],
        values=body["values"],
        seconded=seconded,
    )
