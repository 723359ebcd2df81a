"""The sets of tables that a hospital may change, and what was agreed of them at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final

from suwen.clinical.row_changes import RowChange, RowTables, change_of_json
from suwen.control.access.decision import Action
from suwen.core.audit import content_hash
from suwen.core.errors import NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.rule_proposals import RuleProposal

PRESCRIPTION: Final = "prescription"
QUALITY: Final = "record_quality"
LABORATORY: Final = "laboratory"

RIGHTS: Final[Mapping[str, Action]] = {
    PRESCRIPTION: Action.EDIT_PRESCRIPTION_RULES,
    QUALITY: Action.EDIT_QUALITY_RULES,
    LABORATORY: Action.EDIT_LABORATORY_TABLES,
}
"""Who may change each set, and agree to what somebody else changed."""


@cache
def rule_sets() -> Mapping[str, RowTables]:
    """The sets by id, in the order of the screens."""
    from suwen.apps.record_quality.rows import QualityTables
    from suwen.clinical.laboratory.rows import LaboratoryTables
    from suwen.clinical.prescription_review.changes import PrescriptionTables

    return {
        PRESCRIPTION: PrescriptionTables(),
        QUALITY: QualityTables(),
        LABORATORY: LaboratoryTables(),
    }


def rule_set_of(table: str) -> RowTables:
    """The set that a table belongs to.

    Raises:
        NotFoundError: ``no_such_table``.
    """
    for found in rule_sets().values():
        if table in found.tables:
            return found
    raise NotFoundError(
        "no_such_table",
        Bilingual(zh="没有这个表。", en="There is no such table."),
        field="table",
    )


def changes_of(proposal: RuleProposal) -> tuple[RowChange, ...]:
    """The decisions of a proposal; those that a second person agreed to count as reviewed."""
    agreed = proposal.decided_by is not None
    return tuple(change_of_json(one, seconded=agreed) for one in proposal.changes)


def changes_at(versions: Iterable[RuleProposal], at: datetime) -> tuple[RowChange, ...]:
    """The decisions of one set that work at an instant.

    Args:
        versions: what was ever in force of the set, by version.
    """
    in_order = list(versions)
    kept = {one.returns_to for one in in_order if one.returns_to is not None}
    stands: dict[int, tuple[RowChange, ...]] = {0: ()}
    present: tuple[RowChange, ...] = ()
    for one in in_order:
        if one.works_from is not None and one.works_from <= at:
            if one.returns_to is None:
                present = (*present, *changes_of(one))
            else:
                present = stands[one.returns_to]
        if one.version in kept:
            stands[one.version or 0] = present
    return present


def next_begin(versions: Iterable[RuleProposal], at: datetime) -> datetime | None:
    """When the next agreed change begins to work; ``None`` where none waits for its moment."""
    later = [one.works_from for one in versions if one.works_from and one.works_from > at]
    return min(later, default=None)


def digest_of(changes: Sequence[RowChange]) -> str:
    """SHA-256 of a hospital's changes; with the shipped tables, that of every row."""
    return content_hash(
        {
            "changes": [
                [c.table, c.row, c.change.value, c.source, c.edition, dict(c.values), c.seconded]
                for c in changes
            ]
        }
    )
