"""Whose records may be past the time for which they are kept: found by what lists are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from suwen.storage.database import Database
from suwen.storage.rows import EVERYBODY

# One row for each person: those who were given up in a merge are counted with who stands for them.
_QUIET: Final = text("""
    SELECT who.id, who.origin, suwen_held(who.id) AS held,
        (SELECT max(signed_at) FROM signed_record JOIN draft ON draft.id = signed_record.draft
            WHERE draft.patient = ANY(suwen_united(who.id))) AS last_signed,
        EXISTS (SELECT FROM erasure WHERE patient = ANY(suwen_united(who.id))
            AND done_at IS NULL AND approved IS DISTINCT FROM false) AS asked_for
    FROM patient AS who
    WHERE who.id > :after AND suwen_survivor(who.id) = who.id
        AND NOT EXISTS (
            SELECT FROM care_encounter AS stay
            WHERE stay.patient = who.id AND (stay.ended_at IS NULL OR stay.ended_at >= :before)
        )
        AND NOT EXISTS (
            SELECT FROM draft JOIN signed_record ON signed_record.draft = draft.id
            WHERE draft.patient = who.id AND signed_at >= :before
        )
    ORDER BY who.id LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class QuietRecord:
    """A patient whom nothing has happened to for long.

    Attributes:
        last_signed: when the last document was signed; ``None`` where none was.
        held: under a legal hold.
        asked_for: an erasure was asked for and is not decided, or not done.
    """

    id: str
    origin: str
    held: bool
    last_signed: datetime | None
    asked_for: bool


class QuietRecordStore:
    """Patients of the general database, by how long nothing has been written about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, before: datetime, after: str, most: int) -> Sequence[QuietRecord]:
        """Those of whom no stay goes on or ended since, and nothing was signed since, by id.

        Args:
            after: the last id of the former page, empty for the first.
        """
        given = {"before": before, "after": after, "most": most}
        async with self._database.transaction(EVERYBODY) as connection:
            rows = (await connection.execute(_QUIET, given)).mappings().all()
        return [QuietRecord(**row) for row in rows]
