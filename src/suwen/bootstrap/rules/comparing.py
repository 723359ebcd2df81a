"""What a proposal changes, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from suwen.bootstrap.rules.sets import changes_at
from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.row_changes import RowChange, RowTables, change_of_json
from suwen.storage.rule_proposals import RuleProposal

EVER: Final = datetime.max.replace(tzinfo=UTC)
"""An instant at which everything works that was agreed, also what waits for its moment."""


@dataclass(frozen=True, slots=True)
class RowChanged:
    """A row before and after a proposal, with the columns that differ.

    Attributes:
        before: ``None`` for a row that is added; ``after`` likewise for one that is gone.
    """

    change: RowChange
    before: RuleRow | None
    after: RuleRow | None
    columns: tuple[str, ...]


def compared(
    tables: RowTables, versions: Sequence[RuleProposal], one: RuleProposal
) -> list[RowChanged]:
    """What a proposal changes against the version that it was made on.

    Args:
        versions: what was ever in force of its set, by version.
    """
    base = changes_at([v for v in versions if (v.version or 0) <= one.base], EVER)
    before = rows_by_key(tables, base)
    if one.returns_to is not None:
        return _returned(tables, before, versions, one.returns_to)
    changes = tuple(change_of_json(body, seconded=True) for body in one.changes)
    after = rows_by_key(tables, (*base, *changes))
    return [
        _row_changed(c, before.get((c.table, c.row)), after.get((c.table, c.row))) for c in changes
    ]


def rows_by_key(
    tables: RowTables, changes: Sequence[RowChange]
) -> Mapping[tuple[str, str], RuleRow]:
    """Every row with changes laid over, by table and id."""
    return {(row.table, row.id): row for row in tables.rows(changes)}


def _row_changed(change: RowChange, before: RuleRow | None, after: RuleRow | None) -> RowChanged:
    names = dict.fromkeys((*(before.values if before else ()), *(after.values if after else ())))
    differing = tuple(
        name
        for name in names
        if (before.text(name) if before else "") != (after.text(name) if after else "")
    )
    return RowChanged(change, before, after, differing)


def _returned(
    tables: RowTables,
    before: Mapping[tuple[str, str], RuleRow],
    versions: Sequence[RuleProposal],
    returns_to: int,
) -> list[RowChanged]:
    target = changes_at([v for v in versions if (v.version or 0) <= returns_to], EVER)
    after = rows_by_key(tables, target)
    touched = {key for one in versions for key in one.rows}
    rows = []
    for key in sorted(touched):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        last = next(
            change_of_json(body, seconded=True)
            for one in reversed(versions)
            for body in one.changes
            if (body["table"], body["row"]) == key
        )
        rows.append(_row_changed(last, old, new))
    return rows
