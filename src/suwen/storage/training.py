"""Training and competence that were recorded, and whether the register asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import RowMapping, insert, select, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import AppId, PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.access_tables import register_entry
from suwen.storage.accountability_tables import training_record
from suwen.storage.database import Database

DEMANDED = "training_months"
"""The fact on the register: for how many months a training counts; not written asks for none."""


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """That somebody was trained on an application by somebody else, and with what result.

    Attributes:
        subject: what the training was about, in words.
        competent: whether the trainer found the person fit to use it.
        expires_on: the first day on which it counts no more.
        revoked_by: who took it back, ``None`` while it stands.
    """

    id: str
    person: PrincipalId
    app: AppId
    subject: str
    competent: bool
    trainer: PrincipalId
    trained_on: date
    expires_on: date
    recorded_by: PrincipalId
    recorded_at: datetime
    revoked_by: PrincipalId | None = None
    revoked_at: datetime | None = None
    revoked_reason: str | None = None


class TrainingStore:
    """Training records in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def demanded_months(self, app: AppId) -> int | None:
        """How long a training on the application counts; ``None`` where none is asked for."""
        entry = register_entry.c
        query = (
            select(entry.body[DEMANDED].astext)
            .where(entry.system == app)
            .order_by(entry.version.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return int(found) if found else None

    async def put(self, record: TrainingRecord) -> None:
        """Keeps a record; the database refuses a trainer who is the person trained."""
        values = {n: getattr(record, n) for n in TrainingRecord.__dataclass_fields__}
        async with self._database.transaction() as connection:
            await connection.execute(insert(training_record).values(values))

    async def records(
        self, person: PrincipalId | None = None, app: AppId | None = None, limit: int = 1000
    ) -> Sequence[TrainingRecord]:
        """Records, latest first; what is absent does not narrow."""
        columns = training_record.c
        query = select(training_record).order_by(columns.recorded_at.desc(), columns.id)
        if person is not None:
            query = query.where(columns.person == person)
        if app is not None:
            query = query.where(columns.app == app)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.limit(limit))).mappings()
            return [_record(row) for row in rows]

    async def revoke(self, record: str, by: PrincipalId, at: datetime, reason: str) -> None:
        """Takes a record back.

        Raises:
            NotFoundError: ``no_such_training``.
            ConflictError: ``training_revoked`` when somebody has already.
        """
        columns = training_record.c
        statement = (
            update(training_record)
            .where(columns.id == record, columns.revoked_at.is_(None))
            .values(revoked_by=by, revoked_at=at, revoked_reason=reason)
            .returning(columns.id)
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(statement)).one_or_none() is not None:
                return
            known = await connection.execute(select(columns.id).where(columns.id == record))
            there = known.one_or_none() is not None
        if there:
            raise ConflictError(
                "training_revoked",
                Bilingual("该培训记录已被撤销。", "This training was taken back already."),
            )
        raise NotFoundError(
            "no_such_training",
            Bilingual("没有这条培训记录。", "There is no such training record."),
        )


def _record(row: RowMapping) -> TrainingRecord:
    return TrainingRecord(**{n: row[n] for n in TrainingRecord.__dataclass_fields__})
