"""Emergency access that people declared: whom it opens to whom, until when, and who reviewed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, func, insert, or_, select, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import PatientId, PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.access_tables import emergency_access
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher

_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody else decided of an emergency access; ``outcome`` is ``justified`` or
    ``not_justified``."""

    at: datetime
    by: PrincipalId
    outcome: str
    comment: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """One declared emergency.

    Attributes:
        departments: the person's departments at that moment, whose heads are told.
        reason: code of the reason.
        comment: what the person wrote; it may name the patient's state.
        ended_at: when somebody ended it before ``expires_at``; ``None`` when nobody did.
        review: ``None`` while nobody has reviewed it.
    """

    id: str
    person: PrincipalId
    departments: frozenset[str]
    patient: PatientId
    reason: str
    comment: str = field(repr=False)
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: PrincipalId | None = None
    review: Review | None = None

    def is_active(self, at: datetime) -> bool:
        """Whether it opens the record at this instant."""
        return self.ended_at is None and self.opened_at <= at < self.expires_at


class EmergencyStore:
    """Emergency access in the general database; comments are sealed, each to its place."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def put(self, wanted: EmergencyAccess) -> None:
        """Keeps a declared emergency; from now on it opens the record."""
        statement = insert(emergency_access).values(
            id=wanted.id,
            person=wanted.person,
            departments=sorted(wanted.departments),
            patient=wanted.patient,
            reason=wanted.reason,
            comment=self._cipher.seal(wanted.comment, _place(wanted.id, "comment")),
            opened_at=wanted.opened_at,
            expires_at=wanted.expires_at,
        )
        async with self._database.transaction() as connection:
            await connection.execute(statement)

    async def read(self, access: str) -> EmergencyAccess:
        """One emergency access.

        Raises:
            NotFoundError: ``no_such_emergency``.
        """
        found = await self._list(emergency_access.c.id == access, 1)
        if not found:
            raise _no_such_emergency()
        return found[0]

    async def active(self, person: PrincipalId, at: datetime) -> list[EmergencyAccess]:
        """What is open to a person now, the latest first."""
        return await self._list(and_(emergency_access.c.person == person, _active(at)), _MOST_ROWS)

    async def latest(self, *, unreviewed: bool = False) -> list[EmergencyAccess]:
        """The latest 500; with ``unreviewed`` only those that wait for a review."""
        wanted = emergency_access.c.reviewed_at.is_(None) if unreviewed else None
        return await self._list(wanted, _MOST_ROWS)

    async def end(self, access: str, by: PrincipalId, at: datetime) -> bool:
        """Ends it before its time; false when it was over already."""
        statement = (
            update(emergency_access)
            .where(emergency_access.c.id == access, _active(at))
            .values(ended_at=at, ended_by=by)
            .returning(emergency_access.c.id)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def review(self, access: str, review: Review) -> None:
        """Keeps the one review that there is of it.

        Raises:
            ConflictError: ``emergency_reviewed`` when there is one already, or the reviewer is
                whoever declared the emergency.
        """
        statement = (
            update(emergency_access)
            .where(
                emergency_access.c.id == access,
                emergency_access.c.reviewed_at.is_(None),
                emergency_access.c.person != review.by,
            )
            .values(
                reviewed_at=review.at,
                reviewed_by=review.by,
                outcome=review.outcome,
                review_comment=self._cipher.seal(review.comment, _place(access, "review")),
            )
            .returning(emergency_access.c.id)
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(statement)).one_or_none() is None:
                raise ConflictError(
                    "emergency_reviewed",
                    Bilingual(
                        zh="该次紧急访问已由他人审核。",
                        en="Somebody has reviewed this emergency access already.",
                    ),
                )

    async def _list(self, wanted: ColumnElement[bool] | None, limit: int) -> list[EmergencyAccess]:
        query = select(emergency_access).order_by(emergency_access.c.opened_at.desc()).limit(limit)
        if wanted is not None:
            query = query.where(wanted)
        async with self._database.reading() as connection:
            return [self._of(row) for row in (await connection.execute(query)).mappings()]

    def _of(self, row: RowMapping) -> EmergencyAccess:
        access = row["id"]
        review = None
        if row["reviewed_at"] is not None:
            review = Review(
                row["reviewed_at"],
                PrincipalId(row["reviewed_by"]),
                row["outcome"],
                self._cipher.open(row["review_comment"], _place(access, "review")),
            )
        return EmergencyAccess(
            id=access,
            person=PrincipalId(row["person"]),
            departments=frozenset(row["departments"]),
            patient=PatientId(row["patient"]),
            reason=row["reason"],
            comment=self._cipher.open(row["comment"], _place(access, "comment")),
            opened_at=row["opened_at"],
            expires_at=row["expires_at"],
            ended_at=row["ended_at"],
            ended_by=row["ended_by"],
            review=review,
        )


async def in_emergency(database: Database, person: str, patient: str, at: datetime) -> bool:
    """Whether the person declared an emergency for this patient that is not over; for a patient
    who was merged, under every id that stands for the same."""
    query = select(
        select(emergency_access.c.id)
        .where(
            emergency_access.c.person == person,
            or_(
                emergency_access.c.patient == patient,
                func.suwen_survivor(emergency_access.c.patient) == func.suwen_survivor(patient),
            ),
            _active(at),
        )
        .exists()
    )
    async with database.reading() as connection:
        return bool((await connection.execute(query)).scalar_one())


def _active(at: datetime) -> ColumnElement[bool]:
    return and_(
        emergency_access.c.ended_at.is_(None),
        emergency_access.c.opened_at <= at,
        emergency_access.c.expires_at > at,
    )


def _place(access: str, what: str) -> str:
    return f"emergency_access/{access}/{what}"


def _no_such_emergency() -> NotFoundError:
    return NotFoundError(
        "no_such_emergency",
        Bilingual(zh="没有这次紧急访问。", en="There is no such emergency access."),
    )
