"""Putting one unit of resources into the record store, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, null, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, InputError
from suwen.core.exact_json import read_exact, write_exact
from suwen.core.language import Bilingual
from suwen.core.patient_numbers import NumberedPatient
from suwen.storage.patient_links import united_by_survivor
from suwen.storage.patient_lists import chunks, refresh_lists
from suwen.storage.patient_matching import match_patients
from suwen.storage.resource_place import resource_place
from suwen.storage.tables import resource, resource_history
from suwen.storage.vault import Unsealed, Vault, opened_texts, sealed_texts

SYNTHETIC = "synthetic"
IMPORTED = "imported"

# Any fixed number that imports take turns on.
_TURN = 0x5357_494D

_NOT_COLUMNS = frozenset({"stated_by", "numbered"})

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StatedSource:
    """Which system states a resource, where several hold the same ones under the same ids.

    Attributes:
        uri: its ``meta.source``.
        master: whether it is the master of this type: the master's state takes the place of any
            other source's, however old, and nobody else's ever takes the place of the master's.
    """

    uri: str
    master: bool


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
        source_at: when its sender made this state, aware; ``None`` when that is not known. A state
            that is older than the one in the store never takes its place.
        source_message: number of the inbound message that brought it: the order of states that
            were made at the same time, as clocks of whole seconds often say.
        stated_by: the source, for what is read from systems that share their ids; ``None`` takes
            no part in who is the master.
        numbered: of a Patient, what others are matched with; ``None`` where its source declares
            no numbers by which it names persons.
    """

    type: str
    id: str
    patient_id: str | None
    encounter_id: str | None
    department: str | None
    at: datetime | None
    origin: str
    body: Mapping[str, Any] = field(repr=False)
    source_at: datetime | None = None
    source_message: int | None = None
    stated_by: StatedSource | None = None
    numbered: NumberedPatient | None = None


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import did: new ones, ones that replaced an older version, ones already there, and
    ones that were left out because a newer state is there."""

    stored: int
    unchanged: int
    replaced: int = 0
    outdated: int = 0

    def __add__(self, other: ImportCounts) -> ImportCounts:
        """What two imports did together."""
        return ImportCounts(
            self.stored + other.stored,
            self.unchanged + other.unchanged,
            self.replaced + other.replaced,
            self.outdated + other.outdated,
        )


@dataclass(frozen=True, slots=True)
class _Known:
    patient: str | None
    origin: str
    version: int
    digest: str
    source_at: datetime | None
    source_message: int | None
    source: str | None

    def is_same(self, row: Mapping[str, Any]) -> bool:
        """Whether a row says the same of the same patient."""
        return (self.digest, self.patient) == (row["digest"], row["patient"])

    def is_newer_than(self, row: Mapping[str, Any]) -> bool:
        """Whether a row holds an older state; not when one of the two does not say how old.

        Ages are of one source's clock: of two sources the master's state counts as the newer one.
        """
        stated: StatedSource | None = row["stated_by"]
        if stated is not None and stated.uri != self.source:
            return not stated.master
        at: datetime | None = row["source_at"]
        message: int | None = row["source_message"]
        if self.source_at is None or at is None:
            return False
        if self.source_at != at:
            return self.source_at > at
        if self.source_message is None or message is None:
            return False
        return self.source_message > message


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
    connection: AsyncConnection, rows: Mapping[Key, dict[str, Any]], vault: Vault | None
) -> ImportCounts:
    """Stores the rows and brings the lists up to date, in the connection's transaction.

    Args:
        vault: of the database; ``None`` stores the resources as they are.

    Raises:
        ConflictError: ``resource_of_another_patient`` or ``resource_of_another_origin``.
    """
    await take_turn(connection)
    with_source = any(row["stated_by"] is not None for row in rows.values())
    found = await _known(connection, list(rows), vault, with_source=with_source)
    outdated = {key for key, known in found.items() if known.is_newer_than(rows[key])}
    rows = {key: row for key, row in rows.items() if key not in outdated}
    known = {key: there for key, there in found.items() if key not in outdated}
    await _refuse_strangers(connection, rows, known)
    fresh = [row for key, row in rows.items() if key not in known]
    same = [row for key, row in rows.items() if key in known and known[key].is_same(row)]
    changed = [
        {**row, "version": known[key].version + 1}
        for key, row in rows.items()
        if key in known and not known[key].is_same(row)
    ]
    await _keep_history(connection, [(row["type"], row["id"]) for row in changed])
    for part in chunks([*fresh, *changed]):
        await _put(connection, await _sealed(vault, connection, part))
    await _confirm(connection, [row for row in same if row["source_at"] is not None])
    left = {known[row["type"], row["id"]].patient for row in changed}
    touched = {row["patient"] for row in [*fresh, *changed]} | left
    numbered = [row for row in [*fresh, *same, *changed] if row["numbered"] is not None]
    if numbered:
        given = [(row["numbered"], row["origin"]) for row in numbered]
        touched |= await match_patients(connection, given, numbered[0]["stored_at"], vault)
    await refresh_lists(connection, {one for one in touched if one is not None}, vault)
    return ImportCounts(len(fresh), len(same), len(changed), len(outdated))


async def take_turn(connection: AsyncConnection) -> None:
    """Waits until no other import or merge is under way; theirs wait until this transaction ends.

    Lists are so never built from half a unit.
    """
    await connection.execute(select(func.pg_advisory_xact_lock(_TURN)))


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
        "source_at": item.source_at,
        "source_message": item.source_message,
        "stated_by": item.stated_by,
        "numbered": item.numbered,
    }


async def _known(
    connection: AsyncConnection, keys: Sequence[Key], vault: Vault | None, *, with_source: bool
) -> dict[Key, _Known]:
    columns = resource.c
    found: dict[Key, _Known] = {}
    for part in chunks(keys):
        query = select(
            columns.type,
            columns.id,
            columns.patient,
            columns.origin,
            columns.version,
            columns.digest,
            columns.source_at,
            columns.source_message,
            columns.body if with_source else null().label("body"),
        ).where(tuple_(columns.type, columns.id).in_(part))
        rows = (await connection.execute(query)).all()
        stored = [(row.body, resource_place(row.type, row.id, row.version)) for row in rows]
        bodies = (
            await opened_texts(vault, connection, stored) if with_source else [None] * len(rows)
        )
        for row, body in zip(rows, bodies, strict=True):
            found[row.type, row.id] = _Known(*row[2:-1], source=_source_of(body))
    return found


def _source_of(body: str | None) -> str | None:
    """``meta.source`` of a stored resource."""
    meta = read_exact(body).get("meta") if body is not None else None
    source = meta.get("source") if isinstance(meta, Mapping) else None
    return str(source) if source is not None else None


async def _refuse_strangers(
    connection: AsyncConnection, rows: Mapping[Key, dict[str, Any]], known: Mapping[Key, _Known]
) -> None:
    # Two systems that number alike must never mix two people's records; a merged patient is one.
    one_person = await _who_is_one(
        connection, {(there.patient, rows[key]["patient"]) for key, there in known.items()}
    )
    for key, there in known.items():
        row = rows[key]
        if (there.patient, row["patient"]) not in one_person:
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


async def _who_is_one(
    connection: AsyncConnection, pairs: set[tuple[str | None, str | None]]
) -> set[tuple[str | None, str | None]]:
    """Those of the pairs whose two patients are the same, by id or by a merge that stands."""
    one = {pair for pair in pairs if pair[0] == pair[1]}
    others = [(a, b) for a, b in pairs - one if a is not None and b is not None]
    if others:
        united = await united_by_survivor(connection, {one for pair in others for one in pair})
        survivor = {member: key for key, members in united.items() for member in members}
        one |= {(a, b) for a, b in others if survivor[a] == survivor[b]}
    return one


async def _confirm(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Keeps that a state which is there already was still so at a later time."""
    statement = (
        update(resource)
        .where(resource.c.type == bindparam("of_type"), resource.c.id == bindparam("of_id"))
        .values(source_at=bindparam("at_source"), source_message=bindparam("by_message"))
    )
    for part in chunks(rows):
        confirmed = [
            {
                "of_type": row["type"],
                "of_id": row["id"],
                "at_source": row["source_at"],
                "by_message": row["source_message"],
            }
            for row in part
        ]
        await connection.execute(statement, confirmed)


async def _keep_history(connection: AsyncConnection, keys: Sequence[Key]) -> None:
    names = ["type", "id", "version", "body", "digest", "stored_at"]
    for part in chunks(keys):
        former = select(*(resource.c[name] for name in names)).where(
            tuple_(resource.c.type, resource.c.id).in_(part)
        )
        await connection.execute(insert(resource_history).from_select(names, former))


async def _sealed(
    vault: Vault | None, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The rows as they are stored."""
    bodies = await sealed_texts(
        vault,
        connection,
        [
            Unsealed(
                row["patient"],
                row["body"],
                resource_place(row["type"], row["id"], row["version"]),
            )
            for row in rows
        ],
    )
    return [
        {name: value for name, value in row.items() if name not in _NOT_COLUMNS} | {"body": body}
        for row, body in zip(rows, bodies, strict=True)
    ]


async def _put(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(resource)
    replaced: dict[str, Any] = {
        name: statement.excluded[name]
        for name in (
            "patient", "encounter", "department", "at", "version", "body", "digest", "stored_at",
        )
    }  # fmt: skip
    # A state whose age is not known says nothing about the age of the one before it.
    for name in ("source_at", "source_message"):
        replaced[name] = func.coalesce(statement.excluded[name], resource.c[name])
    upsert = statement.on_conflict_do_update(index_elements=["type", "id"], set_=replaced)
    await connection.execute(upsert, rows)
