"""Where mapped rows go: the port between those who read rows and the record store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from suwen.core.record import Resource
from suwen.core.row_mapper import MappedRow, RowMapper
from suwen.core.row_problems import RowProblem, problem
from suwen.core.row_report import RowTally
from suwen.core.row_values import Row


@dataclass(frozen=True, slots=True)
class NewResource:
    """A resource out of a row, on its way into the store.

    Attributes:
        row: number of its row, to tell a refusal by.
        state_at: when the source made this state, aware; ``None`` when rows do not say.
    """

    row: int
    resource: Resource = field(repr=False)
    state_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SinkCounts:
    """What storing did.

    Attributes:
        changed: resources that are new, or took the place of an older state.
        refused: rows that the store refused, with the reason.
    """

    changed: int
    refused: Sequence[tuple[int, RowProblem]] = ()


ResourceCheck = Callable[[Resource], RowProblem | None]
"""Says why a resource is not valid R4; ``None`` where it is."""


class RowSink(Protocol):
    """Takes resources of rows, and keeps how far a source was read."""

    async def cursor(self, name: str) -> str | None:
        """How far a source was read; ``None`` before the first time."""

    async def store(self, resources: Sequence[NewResource], name: str, cursor: str) -> SinkCounts:
        """Stores resources and moves the cursor, all of it or nothing.

        What the store refuses is left out and told; the others are stored.

        Raises:
            UnavailableError: nothing was stored, the cursor stands.
        """


def map_rows(
    mapper: RowMapper, rows: Iterable[tuple[int, Row]], check: ResourceCheck, tally: RowTally
) -> list[NewResource]:
    """Maps the rows of a page, checks the resources and counts what happened.

    Two rows of one key that say different things are both refused: the key is then not the
    business key, and which of them is right cannot be known, unless both say when they were made.
    """
    found: dict[str, NewResource | None] = {}
    for number, row in rows:
        mapped = mapper.map(row)
        if mapped.resource is not None:
            fault = check(mapped.resource)
            if fault is not None:
                mapped = MappedRow(None, (fault,), mapped.unmapped)
        tally.add(number, row, mapped)
        if mapped.resource is None:
            continue
        identity = mapped.resource["id"]
        new = NewResource(number, mapped.resource, mapped.state_at)
        before = found.setdefault(identity, new)
        if before is new:
            continue
        if before is not None and before.resource == new.resource:
            continue
        later = None if before is None else _later(before, new)
        if later is None:
            for one in (before, new) if before is not None else (new,):
                tally.mapped -= 1
                tally.refuse(one.row, (problem("key_repeated", " + ".join(mapper.source.key)),))
        found[identity] = later
    return [new for new in found.values() if new is not None]


def _later(one: NewResource, other: NewResource) -> NewResource | None:
    """The one whose state was made later; ``None`` when that cannot be told."""
    if one.state_at is None or other.state_at is None or one.state_at == other.state_at:
        return None
    return one if one.state_at > other.state_at else other
