"""Encounters that a selection names, with what decides whether a bulk run can take them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.exact_json import read_exact
from suwen.core.record import Resource
from suwen.storage.database import Database
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import Rows
from suwen.storage.tables import care_encounter, resource
from suwen.storage.vault import opened_texts

_AT_ONCE: Final = 500
_DAY: Final = 10
"""Letters of a FHIR date; what is longer names an instant."""

# An order that is a mere proposal is none to carry out; a draft may still call itself one.
_NOT_ORDERED: Final = frozenset({"proposal", "plan", "option"})


@dataclass(frozen=True, slots=True)
class StayFilter:
    """Which encounters are named; without limits all of them.

    Attributes:
        seen: the patients whose encounters may be found at all.
        departments: codes; empty for every department.
    """

    seen: Rows
    ended_from: datetime | None = None
    ended_before: datetime | None = None
    open_only: bool = False
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StayFacts:
    """One encounter of the record store.

    Attributes:
        encounter_class: HL7 v3 ActEncounterCode; ``None`` where not recorded.
        is_part: whether it is part of another encounter.
        begins: whether the instant of its beginning is recorded.
        has_orders: whether it holds an order of a medicine that is active or being drafted;
            ``None`` where nobody asked.
        readable: false where its key was destroyed.
    """

    patient: str
    encounter: str
    encounter_class: str | None
    status: str | None
    is_part: bool
    begins: bool
    has_orders: bool | None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class StayPlace:
    """Where and when an encounter was; ``None`` is not recorded."""

    encounter: str
    department: str | None
    started_at: datetime | None
    ended_at: datetime | None


async def selected_stays(
    database: Database, wanted: StayFilter, *, with_orders: bool
) -> AsyncIterator[StayFacts]:
    """The encounters that a filter names, oldest first, those without a beginning last.

    Args:
        with_orders: whether to look for their orders of medicines.
    """
    async with database.transaction(wanted.seen) as connection:
        rows = (await connection.execute(_named(wanted))).all()
    for start in range(0, len(rows), _AT_ONCE):
        page = rows[start : start + _AT_ONCE]
        ids = [row.id for row in page]
        async with database.transaction(wanted.seen) as connection:
            bodies = await _bodies(
                database, connection, (resource.c.type == "Encounter") & resource.c.id.in_(ids)
            )
            ordered = await _ordered(database, connection, ids) if with_orders else None
        by_id = {body["id"]: body for _, body in bodies}
        for row in page:
            yield _facts(row.patient, row.id, by_id.get(row.id), ordered)


async def places_of_stays(
    database: Database, encounters: Collection[str], seen: Rows
) -> dict[str, StayPlace]:
    """Where and when these encounters were, by id; those that may not be seen are left out."""
    stay = care_encounter.c
    query = select(stay.id, stay.department, stay.started_at, stay.ended_at)
    async with database.transaction(seen) as connection:
        wanted = stay.id == any_(literal(list(encounters), ARRAY(Text)))
        rows = await connection.execute(query.where(wanted))
        return {row.id: StayPlace(*row) for row in rows}


def _named(wanted: StayFilter) -> Select[Any]:
    stay = care_encounter.c
    query = select(stay.patient, stay.id)
    if wanted.ended_from is not None:
        query = query.where(stay.ended_at >= wanted.ended_from)
    if wanted.ended_before is not None:
        query = query.where(stay.ended_at < wanted.ended_before)
    if wanted.open_only:
        query = query.where(stay.ended_at.is_(None))
    if wanted.departments:
        query = query.where(stay.department.in_(wanted.departments))
    return query.order_by(stay.started_at.nulls_last(), stay.id)


async def _bodies(
    database: Database, connection: AsyncConnection, wanted: ColumnElement[bool]
) -> list[tuple[str | None, Resource]]:
    """Encounter and body of each resource that can be read."""
    columns = resource.c
    query = select(columns.type, columns.id, columns.version, columns.encounter, columns.body)
    rows = (await connection.execute(query.where(wanted))).all()
    stored = [(row.body, resource_place(row.type, row.id, row.version)) for row in rows]
    texts = await opened_texts(database.vault, connection, stored)
    return [
        (row.encounter, read_exact(text))
        for row, text in zip(rows, texts, strict=True)
        if text is not None
    ]


async def _ordered(
    database: Database, connection: AsyncConnection, encounters: Sequence[str]
) -> frozenset[str]:
    """Those that hold an order of a medicine that is active or being drafted."""
    requests = (resource.c.type == "MedicationRequest") & resource.c.encounter.in_(encounters)
    return frozenset(
        encounter
        for encounter, body in await _bodies(database, connection, requests)
        if encounter is not None and _is_due(body)
    )


def _is_due(order: Mapping[str, Any]) -> bool:
    status = order.get("status")
    return status == "draft" or (status == "active" and order.get("intent") not in _NOT_ORDERED)


def _facts(
    patient: str, encounter: str, body: Resource | None, ordered: frozenset[str] | None
) -> StayFacts:
    period = (body or {}).get("period") or {}
    return StayFacts(
        patient=patient,
        encounter=encounter,
        encounter_class=((body or {}).get("class") or {}).get("code"),
        status=(body or {}).get("status"),
        is_part=bool((body or {}).get("partOf")),
        begins=len(str(period.get("start") or "")) > _DAY,
        has_orders=encounter in ordered if ordered is not None else None,
        readable=body is not None,
    )
