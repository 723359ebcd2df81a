"""Editions for the curator: which is in use, what each holds, what one has that another has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from suwen.storage.knowledge_types import EditionRecord

if TYPE_CHECKING:
    from suwen.knowledge.edition import EditionDifference

MOST_NAMED = 200
"""Documents of a difference that are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class EditionRow:
    """A line of the list of editions.

    Attributes:
        lexical: whether it holds no vectors at all.
        older: whether it is older than the one in use, so that using it is a roll back.
    """

    hash: str
    number: int
    state: str
    origin: str
    at: datetime
    by: str
    documents: int
    passages: int
    vectors: int
    lexical: bool
    current: bool
    older: bool


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """Documents that were added, removed or changed; ``more`` of them are not named."""

    name: str
    count: int
    documents: tuple[str, ...]

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.documents)


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """What a later edition has that an earlier one has not."""

    before: int
    after: int
    groups: tuple[DifferenceGroup, ...]
    same: int
    passages_kept: int
    passages_new: int
    passages_gone: int


def edition_rows(records: Sequence[EditionRecord], current: str | None) -> tuple[EditionRow, ...]:
    """The editions for the screen, in their order."""
    in_use = next((r for r in records if r.info.hash == current), None)
    return tuple(
        EditionRow(
            hash=record.info.hash,
            number=record.info.number,
            state=record.state.value,
            origin=record.origin.value,
            at=record.info.built_at,
            by=record.info.built_by,
            documents=record.info.documents,
            passages=record.info.passages,
            vectors=record.info.vectors,
            lexical=record.info.embedding is None,
            current=record.info.hash == current,
            older=in_use is not None and record.info.built_at < in_use.info.built_at,
        )
        for record in records
    )


def difference_view(difference: EditionDifference) -> DifferenceView:
    """A difference for the screen."""
    groups = (
        ("added", difference.added),
        ("removed", difference.removed),
        ("changed", difference.changed),
    )
    return DifferenceView(
        before=difference.earlier.number,
        after=difference.later.number,
        groups=tuple(
            DifferenceGroup(name, len(names), names[:MOST_NAMED]) for name, names in groups
        ),
        same=difference.same,
        passages_kept=difference.passages_kept,
        passages_new=difference.passages_new,
        passages_gone=difference.passages_gone,
    )
