"""The signed records with what they are about, to be found by patient and time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from suwen.core.draft import SignedRecord
from suwen.core.identity import AppId, DraftId, PatientId, SignedRecordId, TraceId
from suwen.storage.database import Database
from suwen.storage.draft_reading import signed_of
from suwen.storage.tables import draft, signed_record


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """A signed record and the draft that it completed.

    Attributes:
        release: hash of the Release that drafted it.
        drafted_at: when it was drafted.
        superseded: whether a later signature took its place.
    """

    record: SignedRecord = field(repr=False)
    draft: DraftId
    app: AppId
    release: str
    trace: TraceId
    patient: PatientId
    encounter: str | None
    drafted_at: datetime
    superseded: bool


@dataclass(frozen=True, slots=True)
class SignedWish:
    """Which signed records are wanted; ``None`` is no filter, an empty collection finds nothing.

    Attributes:
        since: signed at this instant or later; ``before``: earlier than this one.
        ceiling: data class up to which it may be.
        after: signed_at and id of the last one of the former page.
    """

    patients: Collection[str] | None = None
    ids: Collection[str] | None = None
    encounter: str | None = None
    superseded: bool | None = None
    ceiling: int | None = None
    since: datetime | None = None
    before: datetime | None = None
    after: tuple[datetime, str] | None = None


class SignedRecordStore:
    """Signed records about patients, of one partition."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, wish: SignedWish, limit: int) -> list[SignedEntry]:
        """Those wanted, the latest first, without those of erased patients.

        Args:
            limit: at most so many, >= 1.
        """
        query = _wanted(_entries(), wish).order_by(
            signed_record.c.signed_at.desc(), signed_record.c.id.desc()
        )
        if wish.after is not None:
            place = tuple_(signed_record.c.signed_at, signed_record.c.id)
            query = query.where(place < wish.after)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query.limit(limit))).mappings().all()
            opened = await signed_of(self._database.vault, connection, rows)
            return [
                SignedEntry(
                    record=record,
                    draft=DraftId(row["draft"]),
                    app=AppId(row["app"]),
                    release=row["release"],
                    trace=TraceId(row["trace"]),
                    patient=PatientId(row["patient"]),
                    encounter=row["encounter"],
                    drafted_at=row["created_at"],
                    superseded=row["superseded"],
                )
                for row, record in zip(rows, opened, strict=True)
                if record is not None
            ]

    async def count(self, wish: SignedWish) -> int:
        """How many there are, whatever page was asked for."""
        found = _wanted(_entries(), wish).subquery()
        async with self._database.transaction() as connection:
            return int(
                (await connection.execute(select(func.count()).select_from(found))).scalar_one()
            )

    async def read(self, record: SignedRecordId) -> SignedEntry | None:
        """One by its id; ``None`` when there is none, or none about a patient."""
        found = await self.find(SignedWish(ids=[record]), 1)
        return found[0] if found else None


def _entries() -> Select[Any]:
    later = aliased(signed_record)
    superseded = select(later.c.id).where(later.c.supersedes == signed_record.c.id).exists()
    return (
        select(
            signed_record,
            draft.c.app,
            draft.c.release,
            draft.c.trace,
            draft.c.patient,
            draft.c.encounter,
            draft.c.created_at,
            superseded.label("superseded"),
        )
        .join(draft, draft.c.id == signed_record.c.draft)
        .where(draft.c.patient.is_not(None))
    )


def _wanted(query: Select[Any], wish: SignedWish) -> Select[Any]:
    if wish.patients is not None:
        query = query.where(draft.c.patient.in_(sorted(wish.patients)))
    if wish.ids is not None:
        query = query.where(signed_record.c.id.in_(sorted(wish.ids)))
    if wish.encounter is not None:
        own = f"Encounter/{wish.encounter}"
        query = query.where(or_(draft.c.encounter == wish.encounter, draft.c.encounter == own))
    if wish.ceiling is not None:
        query = query.where(draft.c.data_class <= wish.ceiling)
    times = []
    if wish.since is not None:
        times.append(signed_record.c.signed_at >= wish.since)
    if wish.before is not None:
        times.append(signed_record.c.signed_at < wish.before)
    if times:
        query = query.where(and_(*times))
    if wish.superseded is not None:
        later = aliased(signed_record)
        exists = select(later.c.id).where(later.c.supersedes == signed_record.c.id).exists()
        query = query.where(exists if wish.superseded else ~exists)
    return query
