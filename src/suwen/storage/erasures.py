"""Erasures: asked for by one person, decided by another, carried out by destroying keys."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.imaging_tables import dicom_instance, dicom_study
from suwen.storage.key_tables import erasure
from suwen.storage.record_import import take_turn
from suwen.storage.resealing import Resealing


class Basis(StrEnum):
    """Why a patient's data are erased.

    Source: PIPL 2021, article 47 (from memory): purpose reached or period over, consent
    withdrawn, unlawful handling; where a period set by law is not over, data are kept.
    """

    RETENTION_OVER = "retention_over"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    HELD_BY_MISTAKE = "held_by_mistake"
    ORDER = "order"


BEFORE_TIME = frozenset({Basis.HELD_BY_MISTAKE, Basis.ORDER})
"""Bases on which data go although the period set by law is not over."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """A wish to erase a patient's data and what became of it.

    Attributes:
        approved: ``None`` until somebody decided.
        done_at: when the keys were destroyed.
    """

    id: str
    patient: str
    basis: str
    reason: str
    requested_at: datetime
    requested_by: str
    decided_at: datetime | None
    decided_by: str | None
    approved: bool | None
    done_at: datetime | None


class ErasureStore:
    """Erasures of one partition's database.

    Args:
        records: whether the database holds patients' records, as the general one does.
    """

    def __init__(self, database: Database, *, records: bool = True) -> None:
        self._database, self._records = database, records

    async def request(
        self, patient: str, basis: Basis, reason: str, by: str, at: datetime
    ) -> Erasure:
        """Keeps a wish; nothing is erased yet."""
        statement = (
            insert(erasure)
            .values(
                id=str(uuid.uuid4()),
                patient=patient,
                basis=basis.value,
                reason=reason,
                requested_by=by,
                requested_at=at,
            )
            .returning(erasure)
        )
        async with self._database.transaction() as connection:
            return _erasure((await connection.execute(statement)).mappings().one())

    async def decide(self, wanted: str, by: str, at: datetime, *, approved: bool) -> Erasure:
        """Keeps the decision of another person than the one who asked.

        Raises:
            NotFoundError: ``no_such_erasure``.
            ConflictError: ``erasure_decided``, ``erasure_by_another``.
        """
        async with self._database.transaction() as connection:
            row = await _locked(connection, wanted)
            if row["decided_at"] is not None:
                raise ConflictError(
                    "erasure_decided",
                    Bilingual(zh="此删除申请已有决定。", en="This erasure was decided on."),
                )
            if row["requested_by"] == by:
                raise ConflictError(
                    "erasure_by_another",
                    Bilingual(
                        zh="删除须由申请人以外的另一人批准。",
                        en="An erasure is decided by another person than the one who asked.",
                    ),
                )
            statement = (
                update(erasure)
                .where(erasure.c.id == wanted)
                .values(decided_at=at, decided_by=by, approved=approved)
                .returning(erasure)
            )
            return _erasure((await connection.execute(statement)).mappings().one())

    async def read(self, wanted: str) -> Erasure:
        """One of them.

        Raises:
            NotFoundError: ``no_such_erasure``.
        """
        async with self._database.transaction() as connection:
            return _erasure(await _locked(connection, wanted))

    async def list(self, limit: int = 500) -> list[Erasure]:
        """Those not decided first, then the latest."""
        columns = erasure.c
        query = (
            select(erasure)
            .order_by(columns.decided_at.is_not(None), columns.requested_at.desc())
            .limit(limit)
        )
        async with self._database.transaction() as connection:
            return [_erasure(row) for row in (await connection.execute(query)).mappings()]

    async def carry_out(self, wanted: Erasure, at: datetime) -> tuple[str, ...]:
        """Destroys the patient's keys and removes what finds the patient; ids of the keys.

        What is not sealed yet is sealed first, so that nothing stays legible. No import writes
        meanwhile.

        Raises:
            SuwenError: ``database_refused`` without an approval by another, or under a hold.
        """
        vault = self._database.vault
        if vault is None:
            raise ValueError("there are no keys to destroy")
        patients = await self.members(wanted.patient)
        await Resealing(self._database, records=self._records).all(patients)
        async with self._database.transaction() as connection:
            await take_turn(connection)
            found = await connection.execute(select(func.suwen_erase(wanted.id, at)))
            destroyed = tuple(found.scalar_one())
        vault.forget()
        return destroyed

    async def adopt(self, decided: Erasure) -> None:
        """Keeps an erasure that was approved in another partition, to be carried out here too."""
        values = {name: getattr(decided, name) for name in Erasure.__dataclass_fields__}
        statement = insert(erasure).values(**{**values, "done_at": None})
        async with self._database.transaction() as connection:
            await connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))

    async def images_of(self, patients: Sequence[str]) -> tuple[str, ...]:
        """Names of the image files of some patients' studies."""
        query = (
            select(dicom_instance.c.digest)
            .join(dicom_study, dicom_study.c.study_uid == dicom_instance.c.study_uid)
            .where(dicom_study.c.patient.in_(patients))
        )
        async with self._database.transaction() as connection:
            return tuple((await connection.execute(query)).scalars())

    async def kept_images(self, digests: Sequence[str]) -> frozenset[str]:
        """Those of some image files that a study still needs."""
        query = select(dicom_instance.c.digest).where(dicom_instance.c.digest.in_(digests))
        async with self._database.transaction() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def members(self, patient: str) -> tuple[str, ...]:
        """Every id that is one with a patient."""
        if not self._records:
            return (patient,)
        async with self._database.transaction() as connection:
            return tuple(
                (await connection.execute(select(func.suwen_united(patient)))).scalar_one()
            )


async def _locked(connection: AsyncConnection, wanted: str) -> RowMapping:
    found = await connection.execute(
        select(erasure).where(erasure.c.id == wanted).with_for_update()
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFoundError(
            "no_such_erasure",
            Bilingual(zh="没有此删除申请。", en="There is no such erasure."),
        )
    return row


def _erasure(row: RowMapping) -> Erasure:
    return Erasure(**{name: row[name] for name in Erasure.__dataclass_fields__})
