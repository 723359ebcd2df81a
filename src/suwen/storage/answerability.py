"""Who answers for a system, as people wrote it: each entry is kept, the newest of a duty stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import RowMapping, insert, select

from suwen.core.identity import PrincipalId
from suwen.storage.accountability_tables import answerable
from suwen.storage.database import Database


@dataclass(frozen=True, slots=True)
class AnswerableEntry:
    """Who takes over one duty from a day on.

    Attributes:
        release: hash of the one Release that it is for; ``None`` for all that have no entry of
            their own.
        person: an account of this hospital; ``None`` for somebody outside, or for nobody.
        name: as people know them; ``None`` leaves the duty to nobody from that day on.
    """

    system: str
    release: str | None
    duty: str
    person: PrincipalId | None
    name: str | None
    role: str | None
    since: date
    written_by: PrincipalId
    written_at: datetime
    number: int = 0


class AnswerabilityStore:
    """Entries in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, entry: AnswerableEntry) -> None:
        """Keeps an entry; those before stay."""
        values = {n: getattr(entry, n) for n in AnswerableEntry.__dataclass_fields__}
        values.pop("number")
        async with self._database.transaction() as connection:
            await connection.execute(insert(answerable).values(values))

    async def entries(self, system: str | None = None) -> Sequence[AnswerableEntry]:
        """Every entry of a system or of all, oldest first."""
        query = select(answerable).order_by(answerable.c.number)
        if system is not None:
            query = query.where(answerable.c.system == system)
        async with self._database.reading() as connection:
            return [_entry(row) for row in (await connection.execute(query)).mappings()]


def _entry(row: RowMapping) -> AnswerableEntry:
    return AnswerableEntry(**{n: row[n] for n in AnswerableEntry.__dataclass_fields__})
