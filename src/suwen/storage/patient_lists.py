"""The rows that worklists and care relationships are read from, made anew from the resources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.exact_json import read_exact
from suwen.core.record import Resource
from suwen.storage.patient_index import SEALED_COLUMNS, marks_of, place_of_patient, sealed_part
from suwen.storage.patient_links import united_by_survivor
from suwen.storage.patient_summary import PatientSummary, Stay, read_stay, summarise
from suwen.storage.resource_place import resource_place
from suwen.storage.tables import care_encounter, patient, resource
from suwen.storage.vault import Unsealed, Vault, opened_texts

_CHUNK = 1000

T = TypeVar("T")


def chunks(items: Sequence[T]) -> Iterator[list[T]]:
    """The items in parts that fit into one statement."""
    for start in range(0, len(items), _CHUNK):
        yield list(items[start : start + _CHUNK])


async def refresh_lists(
    connection: AsyncConnection, patients: Collection[str], vault: Vault | None
) -> None:
    """Builds the rows of the worklist anew for these patients and all who are one with them.

    The row of a survivor of a merge is made from the stays and allergies of all of them.
    """
    united = await united_by_survivor(connection, patients) if patients else {}
    for part in chunks(sorted(united)):
        found = await _listed(connection, {one for key in part for one in united[key]}, vault)
        await _put_stays(connection, [stay for listed in found.stays.values() for stay in listed])
        await _put_summaries(
            connection,
            [shown for key in part for shown in found.summaries(united[key])],
            vault,
        )


@dataclass(slots=True)
class _Listed:
    """What lists are made from, by patient."""

    people: dict[str, tuple[Resource, str]] = field(default_factory=dict)
    stays: dict[str, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    allergies: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))

    def summaries(self, members: Sequence[str]) -> Iterator[PatientSummary]:
        """The rows of patients who are one; the first is the survivor."""
        for member in members:
            if member in self.people:
                body, origin = self.people[member]
                counted = members if member == members[0] else (member,)
                stays = [stay for one in counted for stay in self.stays[one]]
                allergies = [item for one in counted for item in self.allergies[one]]
                yield summarise(body, stays, allergies, origin)


async def _listed(
    connection: AsyncConnection, patients: Collection[str], vault: Vault | None
) -> _Listed:
    columns = resource.c
    query = select(
        columns.type,
        columns.id,
        columns.version,
        columns.patient,
        columns.department,
        columns.body,
        columns.origin,
    ).where(
        columns.patient.in_(patients),
        columns.type.in_(["Patient", "Encounter", "AllergyIntolerance"]),
    )
    found = _Listed()
    rows = (await connection.execute(query)).all()
    stored = [(row.body, resource_place(row.type, row.id, row.version)) for row in rows]
    for row, text in zip(rows, await opened_texts(vault, connection, stored), strict=True):
        if text is None:
            continue
        body = read_exact(text)
        if row.type == "Patient":
            found.people[row.patient] = (body, row.origin)
        elif row.type == "Encounter":
            found.stays[row.patient].append(read_stay(body, row.patient, row.department))
        else:
            found.allergies[row.patient].append(body)
    return found


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


async def _put_summaries(
    connection: AsyncConnection, summaries: Sequence[PatientSummary], vault: Vault | None
) -> None:
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
            "sealed": None,
            "search": None,
        }
        for shown in summaries
    ]
    await _upsert(connection, patient, await sealed_rows(connection, rows, vault))


async def sealed_rows(
    connection: AsyncConnection, rows: Sequence[dict[str, Any]], vault: Vault | None
) -> list[dict[str, Any]]:
    """Rows of patients as they are stored: who it is sealed, with marks to find it by."""
    if vault is None:
        return list(rows)
    wanted = [Unsealed(row["id"], sealed_part(row), place_of_patient(row["id"])) for row in rows]
    return [
        {
            **row,
            **dict.fromkeys(SEALED_COLUMNS),
            "sealed": sealed,
            "search": marks_of(vault.ring, row),
        }
        for row, sealed in zip(rows, await vault.seal(connection, wanted), strict=True)
    ]


async def _upsert(
    connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]
) -> None:
    for part in chunks(rows):
        statement = insert(table)
        replaced = {c.name: statement.excluded[c.name] for c in table.c if c.name != "id"}
        upsert = statement.on_conflict_do_update(index_elements=["id"], set_=replaced)
        await connection.execute(upsert, part)
