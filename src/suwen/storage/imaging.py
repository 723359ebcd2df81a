"""What came by DICOM: each object once, by its SOP Instance UID, and the studies made of them."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.exact_json import read_exact
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.storage.database import Database
from suwen.storage.imaging_files import StudyKeys
from suwen.storage.imaging_rows import (
    opened_instances,
    owner_of_study,
    sealed_instance,
    sealed_instances,
)
from suwen.storage.imaging_tables import dicom_instance, dicom_study
from suwen.storage.patient_index import has_identifier
from suwen.storage.record_import import SYNTHETIC, StoredResource, import_rows, rows_of
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import patient, resource
from suwen.storage.vault import opened_texts


class StudyState(StrEnum):
    """Whether it is known whose study it is."""

    WAITING = "waiting"
    LINKED = "linked"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """One object as it is kept.

    Attributes:
        header: what else the header said, JSON-ready.
        digest: SHA-256 of the file, lower-case hexadecimal, under which it is kept.
        size: bytes of the file.
        synthetic: whether it is invented (a demonstration).
    """

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    study_uid: str
    series_uid: str
    patient_number: str | None = field(repr=False)
    patient_issuer: str | None = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    digest: str
    size: int
    connection: str
    synthetic: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Study:
    """A study and whose it is.

    Attributes:
        reason: why it waits or was set aside, as a code; ``None`` when it is linked.
        patient: id of the patient when it is linked.
        resource: id of the ImagingStudy that was made of it.
        started: as FHIR writes it.
        decided_by: the person who linked it or set it aside; ``None`` when nobody had to.
    """

    study_uid: str
    connection: str
    synthetic: bool
    state: StudyState
    reason: str | None
    patient: str | None
    resource: str | None
    started: str | None
    modalities: tuple[str, ...]
    instances: int
    changed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient who has a number that a study names."""

    patient: Resource = field(repr=False)
    synthetic: bool


_IDENTITY = (
    ("study_uid", "(0020,000D) StudyInstanceUID"),
    ("series_uid", "(0020,000E) SeriesInstanceUID"),
    ("sop_class_uid", "(0008,0016) SOPClassUID"),
    ("patient_number", "(0010,0020) PatientID"),
    ("patient_issuer", "(0010,0021) IssuerOfPatientID"),
)


class ImagingStore:
    """Objects and studies in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        instance: StoredInstance,
        file_durable: Awaitable[None] | None = None,
        keys: StudyKeys | None = None,
    ) -> StoredInstance | None:
        """Keeps the row of an object.

        Args:
            file_durable: ends when its file is durable; awaited before the row is committed, and
                whatever it raises takes the row back. ``None`` where the file is durable already.
            keys: of its study, where they are at hand.

        Returns:
            ``None`` when it is new; what is kept of the same object when it was there.

        Raises:
            ConflictError: ``dicom_instance_differs``, with the attribute, when another object has
                its UID.
        """
        async with self._database.transaction() as opened:
            if keys is not None:
                row = sealed_instance(_row(instance), keys)
            else:
                [row] = await sealed_instances(opened, self._database.vault, [_row(instance)])
            statement = (
                insert(dicom_instance)
                .values(**row, mapped=False, file_sealed=self._database.vault is not None)
                .on_conflict_do_nothing(index_elements=["sop_instance_uid"])
                .returning(dicom_instance.c.sop_instance_uid)
            )
            added = (await opened.execute(statement)).scalar_one_or_none()
            if file_durable is not None:
                await file_durable
            fault_point("dicom.before_commit")
        fault_point("dicom.after_commit")
        if added is not None:
            return None
        there = await self.instance(instance.sop_instance_uid)
        for name, attribute in _IDENTITY:
            if getattr(there, name) != getattr(instance, name):
                raise ConflictError(
                    "dicom_instance_differs",
                    Bilingual(
                        zh=f"{attribute}：已有 SOP Instance UID 相同而此项不同的对象，未接收。",
                        en=f"{attribute}: an object of the same SOP Instance UID is kept in which "
                        "this differs; it was not taken.",
                    ),
                    field=attribute,
                )
        return there

    async def study_keys(self, study_uid: str) -> StudyKeys | None:
        """The keys that a study's files are sealed by, durable when this returns; ``None`` where
        the database keeps no keys."""
        vault = self._database.vault
        if vault is None:
            return None
        async with self._database.transaction() as opened:
            current, every = await vault.keys_of(opened, owner_of_study(study_uid))
        return StudyKeys(current, every, vault.ring.opened().state.algorithm)

    async def replace_file(self, sop_instance_uid: str, instance: StoredInstance) -> None:
        """Points a row at a file that is there, when its own was lost."""
        async with self._database.transaction() as opened:
            await opened.execute(
                update(dicom_instance)
                .where(dicom_instance.c.sop_instance_uid == sop_instance_uid)
                .values(
                    digest=instance.digest,
                    size=instance.size,
                    transfer_syntax_uid=instance.transfer_syntax_uid,
                )
            )

    async def instance(self, sop_instance_uid: str) -> StoredInstance:
        """One object.

        Raises:
            NotFoundError: ``no_such_image``.
        """
        wanted = dicom_instance.c.sop_instance_uid == sop_instance_uid
        found = await self._instances(select(dicom_instance).where(wanted))
        if not found:
            raise no_such_image()
        return found[0]

    async def known(self, sop_instance_uids: Sequence[str]) -> dict[str, StoredInstance]:
        """Those of some objects that are kept, by UID."""
        wanted = dicom_instance.c.sop_instance_uid.in_(list(sop_instance_uids))
        found = await self._instances(select(dicom_instance).where(wanted))
        return {one.sop_instance_uid: one for one in found}

    async def of_study(self, study_uid: str) -> list[StoredInstance]:
        """Every object of a study, by series and UID."""
        query = (
            select(dicom_instance)
            .where(dicom_instance.c.study_uid == study_uid)
            .order_by(dicom_instance.c.series_uid, dicom_instance.c.sop_instance_uid)
        )
        return await self._instances(query)

    async def unmapped(
        self, connection: str, *, quiet_since: datetime, begun_before: datetime, limit: int
    ) -> list[str]:
        """Studies with objects that are not in the record yet.

        Args:
            quiet_since: the last object came before, so that the study is probably whole; or
            begun_before: the first of them came before, so that nobody waits longer.
        """
        columns = dicom_instance.c
        query = (
            select(columns.study_uid)
            .where(not_(columns.mapped), columns.connection == connection)
            .group_by(columns.study_uid)
            .having(
                or_(
                    func.max(columns.received_at) < quiet_since,
                    func.min(columns.received_at) < begun_before,
                )
            )
            .order_by(func.min(columns.received_at))
            .limit(limit)
        )
        async with self._database.transaction() as opened:
            return list((await opened.execute(query)).scalars())

    async def settle(
        self, study: Study, resources: Sequence[StoredResource], instances: Sequence[str]
    ) -> None:
        """Keeps whose a study is and what of the record was made of it, all of it or nothing.

        Args:
            instances: SOP Instance UIDs that were looked at.

        Raises:
            ConflictError: ``resource_of_another_patient`` or ``resource_of_another_origin``.
        """
        statement = insert(dicom_study).values(**_study_row(study))
        kept = {c.name: statement.excluded[c.name] for c in dicom_study.c if c.name != "study_uid"}
        async with self._database.transaction(EVERYBODY) as opened:
            if resources:
                await import_rows(
                    opened, rows_of(resources, datetime.now(UTC)), self._database.vault
                )
            await opened.execute(
                statement.on_conflict_do_update(index_elements=["study_uid"], set_=kept)
            )
            await _mark(opened, instances)
            fault_point("dicom.before_mapped")
        fault_point("dicom.after_mapped")

    async def study(self, study_uid: str) -> Study | None:
        """One study, ``None`` before its objects were looked at."""
        found = await self._studies(select(dicom_study).where(dicom_study.c.study_uid == study_uid))
        return found[0] if found else None

    async def studies_of(self, patients: Sequence[str], limit: int) -> list[Study]:
        """Linked studies of some patients, the latest first."""
        query = (
            select(dicom_study)
            .where(
                dicom_study.c.patient.in_(list(patients)),
                dicom_study.c.state == StudyState.LINKED.value,
            )
            .order_by(dicom_study.c.started.desc().nulls_last(), dicom_study.c.study_uid)
            .limit(limit)
        )
        return await self._studies(query)

    async def waiting(
        self, connection: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[Study]:
        """Studies of which it is not known whose they are, those that changed last first."""
        query = select(dicom_study).where(dicom_study.c.state == StudyState.WAITING.value)
        if connection is not None:
            query = query.where(dicom_study.c.connection == connection)
        latest = query.order_by(dicom_study.c.changed_at.desc(), dicom_study.c.study_uid)
        return await self._studies(latest.limit(limit).offset(offset))

    async def count_waiting(self, connection: str) -> int:
        """How many studies of a connection wait for a person."""
        query = select(func.count()).where(
            dicom_study.c.connection == connection,
            dicom_study.c.state == StudyState.WAITING.value,
        )
        async with self._database.transaction() as opened:
            return int((await opened.execute(query)).scalar_one())

    async def candidates(self, number: str) -> list[Candidate]:
        """The patients whose record number is this one, merged ones as the patient they are now."""
        survivor = func.suwen_survivor(patient.c.id)
        vault, kept = self._database.vault, resource.c
        found = has_identifier(vault.ring if vault is not None else None, number)
        query = select(kept.id, kept.version, kept.body, kept.origin).where(
            and_(kept.type == "Patient", kept.id.in_(select(survivor).where(found)))
        )
        async with self._database.transaction(EVERYBODY) as opened:
            rows = (await opened.execute(query.order_by(kept.id))).all()
            stored = [(row.body, resource_place("Patient", row.id, row.version)) for row in rows]
            bodies = await opened_texts(vault, opened, stored)
        return [
            Candidate(read_exact(body), row.origin == SYNTHETIC)
            for row, body in zip(rows, bodies, strict=True)
            if body is not None
        ]

    async def is_synthetic(self, patient_id: str) -> bool | None:
        """Whether a patient is the demonstration's; ``None`` when there is no such patient."""
        query = select(patient.c.origin).where(patient.c.id == patient_id)
        async with self._database.transaction(EVERYBODY) as opened:
            origin = (await opened.execute(query)).scalar_one_or_none()
        return None if origin is None else origin == SYNTHETIC

    async def survivor(self, patient_id: str) -> str:
        """The patient that a merged one is now; the same id where nothing was merged."""
        async with self._database.transaction() as opened:
            found = await opened.execute(select(func.suwen_survivor(patient_id)))
            return str(found.scalar_one())

    async def _instances(self, query: Select[Any]) -> list[StoredInstance]:
        async with self._database.transaction() as opened:
            rows = (await opened.execute(query)).mappings().all()
            whole = await opened_instances(opened, self._database.vault, rows)
        return [_instance(row) for row in whole]

    async def _studies(self, query: Select[Any]) -> list[Study]:
        async with self._database.transaction() as opened:
            rows = (await opened.execute(query)).mappings().all()
        return [_study(row) for row in rows]


async def _mark(opened: AsyncConnection, instances: Sequence[str]) -> None:
    for start in range(0, len(instances), 1000):
        part = list(instances[start : start + 1000])
        await opened.execute(
            update(dicom_instance)
            .where(dicom_instance.c.sop_instance_uid.in_(part))
            .values(mapped=True)
        )


def no_such_image() -> NotFoundError:
    """The answer for an object that is not kept, or may not be known to the one who asks."""
    return NotFoundError(
        "no_such_image", Bilingual(zh="没有该影像。", en="There is no such image.")
    )


def _row(one: StoredInstance) -> dict[str, Any]:
    return {name: getattr(one, name) for name in StoredInstance.__dataclass_fields__} | {
        "header": dict(one.header)
    }


def _instance(row: Mapping[str, Any]) -> StoredInstance:
    return StoredInstance(**{name: row[name] for name in StoredInstance.__dataclass_fields__})


def _study_row(study: Study) -> dict[str, Any]:
    return {name: getattr(study, name) for name in Study.__dataclass_fields__} | {
        "state": study.state.value,
        "modalities": list(study.modalities),
    }


def _study(row: RowMapping) -> Study:
    values = {name: row[name] for name in Study.__dataclass_fields__}
    return Study(
        **{
            **values,
            "state": StudyState(row["state"]),
            "modalities": tuple(row["modalities"]),
        }
    )
