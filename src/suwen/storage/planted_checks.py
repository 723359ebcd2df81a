"""Known-wrong drafts about invented patients, and how people answered them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, insert, select, update

from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, DraftId, PatientId, PrincipalId, ReleaseHash
from suwen.core.language import Bilingual
from suwen.storage.accountability_tables import planted_check
from suwen.storage.database import Database

_MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """How a check was answered.

    Attributes:
        found: whether the planted error was noticed.
        how: ``signed``, ``rejected``, ``escalated``, ``corrected`` or ``disagreed``.
    """

    person: PrincipalId
    name: str
    at: datetime
    found: bool
    how: str


@dataclass(frozen=True, slots=True)
class PlantedCheck:
    """One known-wrong draft.

    Attributes:
        source_draft: the true draft that it was made of.
        statement: id of the statement that was falsified, in ``section``.
        kind: what was falsified, as ``evaluation.corruption`` names it.
        original: the true statement; ``planted`` stands in its place.
        answer: ``None`` while nobody decided.
    """

    id: str
    draft: DraftId
    source_draft: DraftId
    app: AppId
    release: ReleaseHash
    patient: PatientId
    section: str
    statement: str
    kind: str
    original: str = field(repr=False)
    planted: str = field(repr=False)
    planted_by: PrincipalId
    planted_at: datetime
    answer: CheckAnswer | None = None


class PlantedCheckStore:
    """Planted checks in the general database, which refuses them for a real patient."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, wanted: PlantedCheck) -> None:
        """Keeps a check, before its draft is there."""
        values = {
            name: getattr(wanted, name)
            for name in PlantedCheck.__dataclass_fields__
            if name != "answer"
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(planted_check).values(values))

    async def of_draft(self, draft: DraftId) -> PlantedCheck | None:
        """The check that a draft is, ``None`` for an ordinary draft."""
        found = await self._list(planted_check.c.draft == draft, 1)
        return found[0] if found else None

    async def read(self, wanted: str) -> PlantedCheck:
        """One check.

        Raises:
            NotFoundError: ``no_such_check``.
        """
        found = await self._list(planted_check.c.id == wanted, 1)
        if not found:
            raise NotFoundError(
                "no_such_check", Bilingual("没有这次核查。", "There is no such check.")
            )
        return found[0]

    async def latest(self) -> Sequence[PlantedCheck]:
        """The latest 2,000 checks."""
        return await self._list(None, _MOST_ROWS)

    async def answer(self, wanted: str, answer: CheckAnswer) -> bool:
        """Keeps the first answer; false when there was one already."""
        columns = planted_check.c
        statement = (
            update(planted_check)
            .where(columns.id == wanted, columns.answered_at.is_(None))
            .values(
                answered_by=answer.person,
                answered_name=answer.name,
                answered_at=answer.at,
                found=answer.found,
                how=answer.how,
            )
            .returning(columns.id)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def _list(self, wanted: ColumnElement[bool] | None, limit: int) -> list[PlantedCheck]:
        query = select(planted_check).order_by(planted_check.c.planted_at.desc()).limit(limit)
        if wanted is not None:
            query = query.where(wanted)
        async with self._database.reading() as connection:
            return [_of(row) for row in (await connection.execute(query)).mappings()]


def _of(row: RowMapping) -> PlantedCheck:
    answer = None
    if row["answered_at"] is not None:
        answer = CheckAnswer(
            PrincipalId(row["answered_by"]),
            row["answered_name"],
            row["answered_at"],
            row["found"],
            row["how"],
        )
    plain = {n: row[n] for n in PlantedCheck.__dataclass_fields__ if n != "answer"}
    return PlantedCheck(**plain, answer=answer)
