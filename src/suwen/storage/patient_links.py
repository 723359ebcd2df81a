"""Patients that the hospital merged: who survives, who is one with whom, and how it came about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.storage.connection_tables import patient_link, patient_link_history
from suwen.storage.database import Database

_LONGEST_CHAIN = 100


@dataclass(frozen=True, slots=True)
class PatientLink:
    """A statement of the hospital about two of its patient numbers.

    Attributes:
        prior: the id that is given up.
        surviving: the id that stands for both.
        linked: true for a merge (ADT A40), false where one is taken back (A37).
        at: when the hospital stated it, aware; an older statement never undoes a newer one.
    """

    prior: str
    surviving: str
    linked: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class StatedLink:
    """A statement as it was kept, with the inbound message that made it."""

    link: PatientLink
    message: int | None
    stored_at: datetime


class PatientLinkStore:
    """Merges in the general database; they are made by ``InboundStore.process``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def survivor(self, patient: str) -> str:
        """Who stands for a patient now; the patient itself where nothing was merged."""
        async with self._database.transaction() as opened:
            return str((await opened.execute(select(func.suwen_survivor(patient)))).scalar_one())

    async def united(self, patient: str) -> frozenset[str]:
        """Every id that is one with this patient, the patient itself too."""
        async with self._database.transaction() as opened:
            found = (await opened.execute(select(func.suwen_united(patient)))).scalar_one()
        return frozenset(found)

    async def links(self, patient: str) -> list[StatedLink]:
        """Every statement about this patient, the oldest first, those taken back too."""
        columns = patient_link_history.c
        query = (
            select(patient_link_history)
            .where(or_(columns.prior == patient, columns.surviving == patient))
            .order_by(columns.number)
        )
        async with self._database.transaction() as opened:
            return [
                StatedLink(
                    PatientLink(row.prior, row.surviving, row.linked, row.at),
                    row.message,
                    row.stored_at,
                )
                for row in await opened.execute(query)
            ]


async def united(
    connection: AsyncConnection, patients: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Who is one person with each of these: the survivor first, then the others by id.

    Where nobody was merged this is one look at an index, however many are asked for.
    """
    standing: dict[str, str] = {}
    asked = set(patients)
    while asked:
        columns = patient_link.c
        query = select(columns.prior, columns.surviving).where(
            columns.linked, or_(columns.prior.in_(asked), columns.surviving.in_(asked))
        )
        found = {row.prior: row.surviving for row in await connection.execute(query)}
        known = set(patients) | standing.keys() | set(standing.values())
        standing |= found
        asked = ({*found} | set(found.values())) - known
    members: dict[str, set[str]] = defaultdict(set)
    everybody = {*patients, *standing, *standing.values()}
    survivors = {one: _survivor(one, standing) for one in everybody}
    for one, survivor in survivors.items():
        members[survivor].add(one)
    return {
        one: (survivors[one], *sorted(members[survivors[one]] - {survivors[one]}))
        for one in patients
    }


def _survivor(patient: str, standing: Mapping[str, str]) -> str:
    for _ in range(_LONGEST_CHAIN):
        if patient not in standing:
            break
        patient = standing[patient]
    return patient


async def united_by_survivor(
    connection: AsyncConnection, patients: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """As ``united``, each person once, by the survivor."""
    return {members[0]: members for members in (await united(connection, patients)).values()}


async def with_priors(connection: AsyncConnection, patients: Collection[str]) -> frozenset[str]:
    """The ids and all that were given up for them, over however many steps."""
    found, latest = set(patients), set(patients)
    while latest:
        query = select(patient_link.c.prior).where(
            patient_link.c.surviving.in_(latest), patient_link.c.linked
        )
        latest = set((await connection.execute(query)).scalars()) - found
        found |= latest
    return frozenset(found)


def survivors_of(patients: Select[tuple[str]]) -> Select[tuple[str]]:
    """The survivors of those among the patients who were given up for another."""
    standing = patient_link.c
    return select(func.suwen_survivor(standing.prior)).where(
        standing.linked, standing.prior.in_(patients)
    )


def is_prior(patient: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a patient was given up for another."""
    standing = patient_link.c
    return select(standing.prior).where(standing.prior == patient, standing.linked).exists()


def pointing_at(resource: Resource, prior: str, survivor: str) -> Resource:
    """A prior patient's resource as the survivor's: every reference to the one is to the other."""
    pointed: Resource = _pointing_at(resource, f"Patient/{prior}", f"Patient/{survivor}")
    return pointed


def _pointing_at(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {
            key: new if key == "reference" and inner == old else _pointing_at(inner, old, new)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_pointing_at(inner, old, new) for inner in value]
    return value


async def apply_links(
    connection: AsyncConnection,
    links: Sequence[PatientLink],
    *,
    message: int | None,
    stored_at: datetime,
) -> set[str]:
    """Applies statements in their order; the patients whom a list must be built anew for.

    A statement that is older than what stands is left out. A merge into somebody who was given up
    for the prior patient turns the two round.

    Raises:
        InputError: ``patient_link_to_itself``.
    """
    touched: set[str] = set()
    for link in links:
        if link.prior == link.surviving:
            raise _to_itself()
        for stated in await _apply(connection, link):
            await connection.execute(
                insert(patient_link_history).values(
                    prior=stated.prior,
                    surviving=stated.surviving,
                    linked=stated.linked,
                    at=stated.at,
                    message=message,
                    stored_at=stored_at,
                )
            )
            touched |= {stated.prior, stated.surviving}
    return touched


async def _apply(connection: AsyncConnection, link: PatientLink) -> list[PatientLink]:
    """What now stands: the statement, and before it one that it takes back; nothing if outdated."""
    standing = await standing_link(connection, link.prior)
    if standing is not None and not _may_follow(link, standing):
        return []
    stated = [link]
    if link.linked and await _leads_to(connection, link.surviving, link.prior):
        given_up = await standing_link(connection, link.surviving)
        if given_up is None or given_up.at > link.at:
            return []
        stated.insert(0, replace(given_up, linked=False, at=link.at))
    for one in stated:
        await _put(connection, one)
    return stated


def _may_follow(link: PatientLink, standing: PatientLink) -> bool:
    if link == standing or link.at < standing.at:
        return False
    # Taking back a merge with another than the one who survives now says nothing about it.
    return link.linked or link.surviving == standing.surviving


async def standing_link(connection: AsyncConnection, prior: str) -> PatientLink | None:
    """The last statement about a patient as the one given up, taken back or not."""
    query = select(patient_link).where(patient_link.c.prior == prior)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else PatientLink(row.prior, row.surviving, row.linked, row.at)


async def _leads_to(connection: AsyncConnection, start: str, end: str) -> bool:
    """Whether ``start`` was given up, over however many steps, for ``end``."""
    reached = start
    for _ in range(_LONGEST_CHAIN):
        standing = await standing_link(connection, reached)
        if standing is None or not standing.linked:
            return False
        reached = standing.surviving
        if reached == end:
            return True
    return False


async def _put(connection: AsyncConnection, link: PatientLink) -> None:
    row = {"surviving": link.surviving, "linked": link.linked, "at": link.at}
    statement = insert(patient_link).values(prior=link.prior, **row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["prior"], set_=row))


def _to_itself() -> InputError:
    return InputError(
        "patient_link_to_itself",
        Bilingual(
            zh="消息要求把患者与其自身合并，未作任何更改。",
            en="The message asks to merge a patient with itself; nothing was changed.",
        ),
    )
