"""The record store: FHIR resources exactly as received, and lists over them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.exact_json import read_exact
from suwen.core.plain_text import require_plain
from suwen.core.record import Resource
from suwen.storage.database import Database
from suwen.storage.emergency_access import in_emergency
from suwen.storage.patient_index import (
    AMBIGUOUS_FROM,
    has_identifier,
    holds,
    place_of_patient,
)
from suwen.storage.patient_links import (
    is_prior,
    pointing_at,
    survivors_of,
    united,
    with_priors,
)
from suwen.storage.patient_summary import (
    OPEN_STATUSES,
    VOID_STATUSES,
    PatientSummary,
    full_date,
)
from suwen.storage.record_import import (
    SYNTHETIC,
    ImportCounts,
    StoredResource,
    import_rows,
    rows_of,
)
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import EVERYBODY, Rows
from suwen.storage.tables import care_encounter, patient, person, resource
from suwen.storage.vault import opened_texts

_STORED = (resource.c.type, resource.c.id, resource.c.version, resource.c.body)
_FOUND_BY = ("name", "identifier")


@dataclass(frozen=True, slots=True)
class CareTeam:
    """Who has a care relationship with a patient by an encounter that is open or was recent.

    Attributes:
        departments: codes of the departments.
        principals: accounts whose practitioner took part.
    """

    departments: frozenset[str]
    principals: frozenset[str]


@dataclass(frozen=True, slots=True)
class CareFilter:
    """The patients that somebody cares for: by department or by taking part.

    Attributes:
        since: encounters that ended at this instant or later still count.
    """

    principal: str
    departments: frozenset[str]
    since: datetime


class RecordStore:
    """Patients' resources in the general database.

    Patients whom the hospital merged are one: whichever of their ids is asked for, the record is
    that of all of them, under the survivor's id. What is stored stays as it was received, so that
    a merge that is taken back leaves no trace in it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ring = database.vault.ring if database.vault is not None else None

    async def import_unit(self, resources: Sequence[StoredResource]) -> ImportCounts:
        """Stores one unit whole or not at all; the same unit again changes nothing.

        A changed resource replaces the former version, which stays in the history.

        Raises:
            InputError: ``duplicate_resource`` when the unit holds one resource in two forms.
            ConflictError: ``resource_of_another_patient`` or ``resource_of_another_origin``.
        """
        rows = rows_of(resources, datetime.now(UTC))
        if not rows:
            return ImportCounts(0, 0)
        async with self._database.transaction(EVERYBODY) as connection:
            return await import_rows(connection, rows, self._database.vault)

    async def read_patient(self, patient_id: str) -> list[Resource]:
        """Every resource of the patient, unknown times first, then oldest first; may be empty."""
        return (await self._read_united([patient_id], None))[patient_id]

    async def read(self, patient_id: str, types: Collection[str]) -> list[Resource]:
        """The patient's resources of some types, ordered as by ``read_patient``."""
        return (await self._read_united([patient_id], types))[patient_id]

    async def read_several(
        self, patients: Collection[str], types: Collection[str]
    ) -> dict[str, list[Resource]]:
        """As ``read`` for several patients at once, by patient; empty where there is nothing."""
        return await self._read_united(patients, types)

    async def with_priors(self, patients: Collection[str]) -> frozenset[str]:
        """The ids and all that were given up for them, for what is kept by patient elsewhere."""
        async with self._database.transaction() as connection:
            return await with_priors(connection, patients)

    async def read_resource(self, resource_type: str, resource_id: str) -> Resource | None:
        """One resource exactly as received, or ``None``; of a merged patient, the prior one's."""
        found = await self._read(
            and_(resource.c.type == resource_type, resource.c.id == resource_id), EVERYBODY
        )
        return found[0] if found else None

    async def list_resources(self, resource_type: str) -> list[Resource]:
        """Every resource of a type that belongs to no patient, ordered as by ``read_patient``."""
        return await self._read(
            and_(resource.c.type == resource_type, resource.c.patient.is_(None)), None
        )

    async def newest_stay(self, department: str) -> Resource | None:
        """The Encounter that began last in a department, ``None`` where there is none."""
        stay = care_encounter.c
        begun = select(stay.id).where(stay.department == department)
        newest = begun.order_by(stay.started_at.desc().nulls_last(), stay.id).limit(1)
        wanted = and_(resource.c.type == "Encounter", resource.c.id == newest.scalar_subquery())
        found = await self._read(wanted, EVERYBODY)
        return found[0] if found else None

    async def patient_of(self, resource_type: str, resource_id: str) -> str | None:
        """Whose record a resource belongs to; ``None`` when nobody's or unknown."""
        query = select(func.suwen_survivor(resource.c.patient)).where(
            resource.c.type == resource_type, resource.c.id == resource_id
        )
        async with self._database.transaction(EVERYBODY) as connection:
            found: str | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def read_summary(self, patient_id: str) -> PatientSummary | None:
        """One patient's row of the worklist, the survivor's for one who was merged, or ``None``."""
        wanted = select(patient).where(patient.c.id == func.suwen_survivor(patient_id))
        found = await self._summaries(wanted, Rows.of([patient_id]))
        return found[0] if found else None

    async def summaries_of(
        self, patients: Collection[str], seen: Rows
    ) -> dict[str, PatientSummary]:
        """The worklist rows of these patients by id; those that may not be seen are left out."""
        wanted = select(patient).where(patient.c.id == any_(literal(list(patients), ARRAY(Text))))
        return {row.id: row for row in await self._summaries(wanted, seen)}

    async def patients_by_identifier(self, identifier: str) -> list[str]:
        """Ids of the patients whom exactly this identifier stands for on the worklist."""
        query = select(patient.c.id).where(has_identifier(self._ring, identifier))
        async with self._database.transaction(EVERYBODY) as connection:
            found = await connection.execute(query.order_by(patient.c.id).limit(3))
            return [str(one) for one in found.scalars()]

    async def list_patients(
        self,
        department: str | None = None,
        query: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[PatientSummary]:
        """Patients, those who are here first, then by latest admission.

        Args:
            department: code of the department of the present or last encounter.
            query: part of the name, the record number, the id or the bed, in any case.
            limit: at most so many, >= 1.
        """
        wanted = self._matching(query)
        if department is not None:
            wanted = wanted.where(patient.c.department == department)
        return await self._page(wanted, EVERYBODY, query, (limit, offset))

    async def list_cared_for(
        self, care: CareFilter, query: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[PatientSummary]:
        """The patients of ``list_patients`` that somebody has a care relationship with."""
        practitioner = select(person.c.practitioner).where(person.c.id == care.principal)
        mine = select(care_encounter.c.patient).where(
            _open_or_since(care.since),
            or_(
                care_encounter.c.department.in_(sorted(care.departments)),
                practitioner.scalar_subquery() == any_(care_encounter.c.participants),
            ),
        )
        merged = survivors_of(mine)
        cared_for = or_(patient.c.id.in_(mine), patient.c.id.in_(merged))
        rows = Rows.cared_for(care.principal, care.departments, care.since)
        wanted = self._matching(query).where(cared_for)
        return await self._page(wanted, rows, query, (limit, offset))

    async def care_team(self, patient_id: str, since: datetime) -> CareTeam:
        """Departments and accounts with an encounter that is open or ended at ``since`` or later.

        Both are empty for a patient who is not known.
        """
        ids = func.suwen_united(patient_id, type_=ARRAY(Text))
        stays = and_(care_encounter.c.patient == any_(ids), _open_or_since(since))
        departments = select(care_encounter.c.department).where(
            stays, care_encounter.c.department.is_not(None)
        )
        taking_part = select(person.c.id).where(
            select(literal(1))
            .where(stays, person.c.practitioner == any_(care_encounter.c.participants))
            .exists()
        )
        async with self._database.transaction(Rows.of([patient_id])) as connection:
            return CareTeam(
                frozenset((await connection.execute(departments)).scalars()),
                frozenset((await connection.execute(taking_part)).scalars()),
            )

    async def in_emergency(self, account: str, patient_id: str, at: datetime) -> bool:
        """Whether the person declared an emergency for the patient that is not over."""
        return await in_emergency(self._database, account, patient_id, at)

    async def has_real_records(self) -> bool:
        """Whether anything imported, and not synthetic, is in the store."""
        query = select(select(resource.c.id).where(resource.c.origin != SYNTHETIC).exists())
        async with self._database.transaction(EVERYBODY) as connection:
            return bool((await connection.execute(query)).scalar_one())

    async def counts_by_type(self) -> dict[str, int]:
        """How many resources of each type there are."""
        query = select(resource.c.type, func.count()).group_by(resource.c.type)
        async with self._database.transaction(EVERYBODY) as connection:
            rows = await connection.execute(query.order_by(resource.c.type))
            return {row[0]: row[1] for row in rows}

    async def _read_united(
        self, patients: Collection[str], types: Collection[str] | None
    ) -> dict[str, list[Resource]]:
        """Resources by the id that was asked for, each as the survivor's."""
        found: dict[str, list[Resource]] = {patient_id: [] for patient_id in patients}
        async with self._database.transaction(Rows.of(patients)) as connection:
            members = await united(connection, patients)
            asked_by: dict[str, list[str]] = defaultdict(list)
            for asked, one in members.items():
                for member in one:
                    asked_by[member].append(asked)
            query = (
                select(*_STORED, resource.c.patient)
                .where(resource.c.patient.in_(list(asked_by)))
                .order_by(resource.c.at.nulls_first(), resource.c.type, resource.c.id)
            )
            if types is not None:
                query = query.where(resource.c.type.in_(list(types)))
            rows = (await connection.execute(query)).all()
            bodies = await self._bodies(connection, rows)
        for row, body in zip(rows, bodies, strict=True):
            if body is None:
                continue
            for asked in asked_by[row.patient]:
                survivor = members[asked][0]
                # Of those who are one only the survivor describes the person.
                if row.type != "Patient" or row.id == survivor:
                    found[asked].append(_as_of(survivor, row.patient, read_exact(body)))
        return found

    async def _read(self, wanted: ColumnElement[bool], seen: Rows | None) -> list[Resource]:
        query = (
            select(*_STORED)
            .where(wanted)
            .order_by(resource.c.at.nulls_first(), resource.c.type, resource.c.id)
        )
        async with self._database.transaction(seen) as connection:
            rows = (await connection.execute(query)).all()
            bodies = await self._bodies(connection, rows)
        return [read_exact(body) for body in bodies if body is not None]

    async def _bodies(self, connection: AsyncConnection, rows: Sequence[Any]) -> list[str | None]:
        stored = [(row.body, resource_place(row.type, row.id, row.version)) for row in rows]
        return await opened_texts(self._database.vault, connection, stored)

    async def _page(
        self, wanted: Select[Any], seen: Rows, query: str | None, page: tuple[int, int]
    ) -> list[PatientSummary]:
        text, (limit, offset) = (query or "").strip(), page
        if self._ring is None or len(text) < AMBIGUOUS_FROM:
            return await self._summaries(_ordered(wanted).limit(limit).offset(offset), seen)
        # The marks of a longer text may all be there without its standing there.
        candidates = await self._summaries(_ordered(wanted), seen)
        return [row for row in candidates if _holds(row, text)][offset : offset + limit]

    async def _summaries(self, query: Select[Any], seen: Rows) -> list[PatientSummary]:
        async with self._database.transaction(seen) as connection:
            rows = (await connection.execute(query)).mappings().all()
            stored = [(row["sealed"], place_of_patient(row["id"])) for row in rows if row["sealed"]]
            opened = iter(await opened_texts(self._database.vault, connection, stored))
        found = []
        for row in rows:
            text = next(opened) if row["sealed"] else None
            if text is not None or not row["sealed"]:
                found.append(_summary(row, json.loads(text) if text is not None else row))
        return found

    def _matching(self, query: str | None) -> Select[Any]:
        wanted = select(patient).where(~is_prior(patient.c.id))
        text = (query or "").strip()
        if not text:
            return wanted
        require_plain(text, "query")
        columns = (patient.c.id, patient.c.bed)
        named = (
            or_(*(patient.c[name].icontains(text, autoescape=True) for name in _FOUND_BY))
            if self._ring is None
            else holds(self._ring, text)
        )
        return wanted.where(
            or_(named, *(column.icontains(text, autoescape=True) for column in columns))
        )


def _as_of(survivor: str, owner: str, item: Resource) -> Resource:
    return item if owner == survivor else pointing_at(item, owner, survivor)


def _holds(row: PatientSummary, text: str) -> bool:
    folded = text.casefold()
    return any(
        folded in value.casefold() for value in (row.name, row.identifier, row.id, row.bed) if value
    )


def _ordered(wanted: Select[Any]) -> Select[Any]:
    is_open = and_(patient.c.encounter_status.in_(OPEN_STATUSES), patient.c.discharged_at.is_(None))
    here_first = func.coalesce(is_open, literal(False)).desc()
    latest_first = patient.c.admitted_at.desc().nulls_last()
    return wanted.order_by(here_first, latest_first, patient.c.id)


def _open_or_since(since: datetime) -> ColumnElement[bool]:
    stay = care_encounter.c
    return or_(
        and_(stay.status.in_(OPEN_STATUSES), stay.ended_at.is_(None)),
        and_(stay.status.not_in(VOID_STATUSES), stay.ended_at >= since),
    )


def _summary(row: RowMapping, who: Mapping[str, Any] | RowMapping) -> PatientSummary:
    return PatientSummary(
        id=row["id"],
        name=who["name"],
        sex=row["sex"],
        birth_date=full_date(who["birth_date"]),
        birth_date_text=who["birth_date"],
        identifier=who["identifier"],
        department=row["department"],
        bed=row["bed"],
        encounter_id=row["encounter"],
        encounter_class=row["encounter_class"],
        encounter_status=row["encounter_status"],
        admitted_at=row["admitted_at"],
        discharged_at=row["discharged_at"],
        has_allergy=row["has_allergy"],
        origin=row["origin"],
    )
