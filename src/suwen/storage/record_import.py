"""Putting one unit of resources into the record store, whole or not at all."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Table, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, InputError
from suwen.core.exact_json import read_exact, write_exact
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.storage.patient_summary import PatientSummary, Stay, read_stay, summarise
from suwen.storage.tables import care_encounter, patient, resource, resource_history

SYNTHETIC = "synthetic"
IMPORTED = "imported"

# Any fixed number; imports take turns on it, so that lists are never built from half a unit.
_TURN = 0x5357_494D
_CHUNK = 1000

Key = tuple[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredResource:
    """A resource on its way into the store.

    Attributes:
        patient_id: whose record it belongs to; ``None`` for what belongs to nobody
            (Organization, Practitioner …). For a Patient it is its own id.
        department: code of the department, where the resource names one.
        at: clinically relevant time, aware.
        origin: ``synthetic`` or ``imported``.
        body: the R4 resource; fractions as Decimal keep their digits.
    """

    type: str
    id: str
    patient_id: str | None
    encounter_id: str | None
    department: str | None
    at: datetime | None
    origin: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did: new ones, ones that replaced an older version, ones already there."""

    stored: int
    unchanged: int
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    patient: str | None
    origin: str
    version: int
    digest: str


def rows_of(resources: Sequence[StoredResource], now: datetime) -> dict[Key, dict[str, Any]]:
    """Table rows of a unit, by type and id.

    Raises:
        InputError: ``duplicate_resource`` when the unit holds one resource in two forms;
            ``resource_not_storable`` when a text of it is not Unicode or a number not finite.
    """
    rows: dict[Key, dict[str, Any]] = {}
    for item in resources:
        row = _row(item, now)
        key = (item.type, item.id)
        if key in rows and rows[key]["digest"] != row["digest"]:
            raise InputError(
                "duplicate_resource",
                Bilingual(
                    zh=f"同一文件中 {item.type} 有两个编号相同而内容不同的资源，整份未导入。",
                    en=f"Two resources {item.type} of one file have the same id and differ; "
                    "nothing of the file was stored.",
                ),
                field=item.type,
            )
        rows[key] = row
    return rows


async def import_rows(
    connection: AsyncConnection, rows: Mapping[Key, dict[str, Any]]
) -> ImportCounts:
    """Stores the rows and brings the lists up to date, in the connection's transaction.

    Raises:
        ConflictError: ``resource_of_another_patient`` or ``resource_of_another_origin``.
    """
    await connection.execute(select(func.pg_advisory_xact_lock(_TURN)))
    known = await _known(connection, list(rows))
    _refuse_strangers(rows, known)
    fresh = [row for key, row in rows.items() if key not in known]
    changed = [
        {**row, "version": known[key].version + 1}
        for key, row in rows.items()
        if key in known and known[key].digest != row["digest"]
    ]
    await _keep_history(connection, [(row["type"], row["id"]) for row in changed])
    for part in _chunks([*fresh, *changed]):
        await _put(connection, part)
    await _refresh_lists(connection, {row["patient"] for row in [*fresh, *changed]} - {None})
    return ImportCounts(len(fresh), len(rows) - len(fresh) - len(changed), len(changed))


def _row(item: StoredResource, now: datetime) -> dict[str, Any]:
    try:
        body = write_exact(item.body)
        digest = hashlib.sha256(body.encode()).hexdigest()
    except (TypeError, ValueError) as error:
        raise InputError(
            "resource_not_storable",
            Bilingual(
                zh=f"资源 {item.type} 含有无法保存的字符或数字，整份未导入。",
                en=f"A resource {item.type} holds a character or number that cannot be stored; "
                "nothing of the file was stored.",
            ),
            field=item.type,
        ) from error
    return {
        "type": item.type,
        "id": item.id,
        "patient": item.id if item.type == "Patient" else item.patient_id,
        "encounter": item.encounter_id,
        "department": item.department,
        "at": item.at,
        "origin": item.origin,
        "version": 1,
        "body": body,
        "digest": digest,
        "stored_at": now,
    }


async def _known(connection: AsyncConnection, keys: Sequence[Key]) -> dict[Key, _Known]:
    columns = resource.c
    found: dict[Key, _Known] = {}
    for part in _chunks(keys):
        query = select(
            columns.type,
            columns.id,
            columns.patient,
            columns.origin,
            columns.version,
            columns.digest,
        ).where(tuple_(columns.type, columns.id).in_(part))
        for row in await connection.execute(query):
            found[row.type, row.id] = _Known(row.patient, row.origin, row.version, row.digest)
    return found


def _refuse_strangers(rows: Mapping[Key, dict[str, Any]], known: Mapping[Key, _Known]) -> None:
    # Two systems that number alike must never mix two people's records.
    for key, there in known.items():
        row = rows[key]
        if there.patient != row["patient"]:
            raise ConflictError(
                "resource_of_another_patient",
                Bilingual(
                    zh=f"资源 {key[0]} 的编号已属于另一位患者的记录，整份未导入。",
                    en=f"A resource {key[0]} of this id belongs to another patient's record; "
                    "nothing of the file was stored.",
                ),
                field=key[0],
            )
        if there.origin != row["origin"]:
            raise ConflictError(
                "resource_of_another_origin",
                Bilingual(
                    zh=f"资源 {key[0]} 的编号已被示范数据或导入数据占用，整份未导入。",
                    en=f"A resource {key[0]} of this id is there with another origin (synthetic or "
                    "imported); nothing of the file was stored.",
                ),
                field=key[0],
            )


async def _keep_history(connection: AsyncConnection, keys: Sequence[Key]) -> None:
    names = ["type", "id", "version", "body", "digest", "stored_at"]
    for part in _chunks(keys):
        former = select(*(resource.c[name] for name in names)).where(
            tuple_(resource.c.type, resource.c.id).in_(part)
        )
        await connection.execute(insert(resource_history).from_select(names, former))


async def _put(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(resource)
    replaced = {
        name: statement.excluded[name]
        for name in ("encounter", "department", "at", "version", "body", "digest", "stored_at")
    }
    upsert = statement.on_conflict_do_update(index_elements=["type", "id"], set_=replaced)
    await connection.execute(upsert, rows)


async def _refresh_lists(connection: AsyncConnection, patients: Collection[str]) -> None:
    for part in _chunks(sorted(patients)):
        query = select(
            resource.c.type,
            resource.c.patient,
            resource.c.department,
            resource.c.body,
            resource.c.origin,
        ).where(
            resource.c.patient.in_(part),
            resource.c.type.in_(["Patient", "Encounter", "AllergyIntolerance"]),
        )
        people: dict[str, tuple[Resource, str]] = {}
        stays: dict[str, list[Stay]] = defaultdict(list)
        allergies: dict[str, list[Resource]] = defaultdict(list)
        for row in await connection.execute(query):
            body = read_exact(row.body)
            if row.type == "Patient":
                people[row.patient] = (body, row.origin)
            elif row.type == "Encounter":
                stays[row.patient].append(read_stay(body, row.patient, row.department))
            else:
                allergies[row.patient].append(body)
        await _put_stays(connection, [stay for listed in stays.values() for stay in listed])
        await _put_summaries(
            connection,
            [
                summarise(body, stays[key], allergies[key], origin)
                for key, (body, origin) in people.items()
            ],
        )


async def _put_stays(connection: AsyncConnection, stays: Sequence[Stay]) -> None:
    rows = [
        {
            "id": stay.id,
            "patient": stay.patient,
            "department": stay.department,
            "status": stay.status,
            "started_at": stay.started_at,
            "ended_at": stay.ended_at,
            "participants": [p.removeprefix("Practitioner/") for p in stay.participants],
        }
        for stay in stays
    ]
    await _upsert(connection, care_encounter, rows)


async def _put_summaries(connection: AsyncConnection, summaries: Sequence[PatientSummary]) -> None:
    rows = [
        {
            "id": shown.id,
            "name": shown.name,
            "sex": shown.sex,
            "birth_date": shown.birth_date_text,
            "identifier": shown.identifier,
            "department": shown.department,
            "bed": shown.bed,
            "encounter": shown.encounter_id,
            "encounter_class": shown.encounter_class,
            "encounter_status": shown.encounter_status,
            "admitted_at": shown.admitted_at,
            "discharged_at": shown.discharged_at,
            "has_allergy": shown.has_allergy,
            "origin": shown.origin,
        }
        for shown in summaries
    ]
    await _upsert(connection, patient, rows)


async def _upsert(
    connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]
) -> None:
    for part in _chunks(rows):
        statement = insert(table)
        replaced = {c.name: statement.excluded[c.name] for c in table.c if c.name != "id"}
        upsert = statement.on_conflict_do_update(index_elements=["id"], set_=replaced)
        await connection.execute(upsert, part)


def _chunks(items: Sequence[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), _CHUNK):
        yield list(items[start : start + _CHUNK])
