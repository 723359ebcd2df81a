"""Patients of several systems who have one number are one person, as long as their numbers say so.

What stands between two patients follows from their present states alone, in whatever order these
came; a statement of the hospital (a merge, one taken back) and a person's decision stand above it.
Runs in the transaction that stores the patients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.patient_numbers import Contradiction, MatchState, NumberedPatient
from suwen.storage.connection_tables import (
    patient_link_history,
    patient_match,
    patient_number,
)
from suwen.storage.keyring import KeyRing
from suwen.storage.patient_links import (
    PatientLink,
    apply_links,
    standing_link,
    united_by_survivor,
)
from suwen.storage.patient_numbers import facts_of, numbers_of, put_numbers, ring_of
from suwen.storage.vault import Vault

#: The time of what follows from numbers: whatever the hospital ever said, or says later, is newer.
_NO_CLAIM: Final = datetime(1970, 1, 1, tzinfo=UTC)

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Known:
    """The patients around those who changed.

    Attributes:
        facts: of each patient.
        numbers: of each patient, by numbering and mark, with since when.
        survivors: who stands for each patient now.
        ring: whose marks stand for numbers and days of birth.
    """

    facts: Mapping[str, Mapping[str, Any]]
    numbers: Mapping[str, Mapping[tuple[str, str], datetime]]
    survivors: Mapping[str, str]
    ring: KeyRing | None

    def shared(self, one: str, other: str) -> frozenset[tuple[str, str]]:
        return frozenset(self.numbers.get(one, {}).keys() & self.numbers.get(other, {}).keys())

    def sharing(self, patient: str) -> list[str]:
        """Who shares a number with a patient, of the same origin."""
        origin = self.facts[patient]["origin"]
        return sorted(
            other
            for other in self.facts
            if other != patient
            and self.facts[other]["origin"] == origin
            and self.shared(patient, other)
        )


async def match_patients(
    connection: AsyncConnection,
    patients: Sequence[tuple[NumberedPatient, str]],
    at: datetime,
    vault: Vault | None,
) -> set[str]:
    """Keeps the numbers of patients and what follows from them; the patients whom a list must be
    built anew for.

    Args:
        patients: each with its origin; all are in the store already.
        vault: of the database; ``None`` keeps numbers as they are.
    """
    changed = [
        given
        for given, origin in patients
        if await put_numbers(connection, given, origin, at, vault)
    ]
    touched: set[str] = set()
    for given in sorted(changed, key=lambda one: one.patient):
        touched |= await _rematch(connection, given.patient, at, ring_of(vault))
    return touched


async def _rematch(
    connection: AsyncConnection, patient: str, at: datetime, ring: KeyRing | None
) -> set[str]:
    """Brings what stands between a patient and everybody who shares, or shared, a number with it
    in line with the present states."""
    matches = await _matches_of(connection, [patient])
    if not matches and not await _is_shared(connection, patient):
        return set()
    partners = {one for pair in matches for one in pair}
    known = await _around(connection, {patient, *partners}, ring)
    # A third patient with a number of one of them changes what two of them are to one another.
    circle = {patient, *known.sharing(patient), *partners}
    known = await _around(connection, circle, ring)
    matches = await _matches_of(connection, circle)
    pairs = {_pair(one, other) for one in circle for other in known.sharing(one)} | matches.keys()
    wanted = {
        pair: _contradiction(known, pair)
        for pair in pairs
        if circle.issuperset(pair) and _is_open(matches.get(pair))
    }
    touched: set[str] = set()
    # What no longer holds goes first, so that it does not stand in the way of what does.
    for pair in sorted(wanted, key=lambda one: (_stands(known, one, wanted), one)):
        touched |= await _settle(connection, pair, known, matches.get(pair), wanted[pair], at)
    return touched


def _is_open(match: RowMapping | None) -> bool:
    """Whether no person decided about two patients."""
    return match is None or match["decided_by"] is None


def _stands(known: _Known, pair: Pair, against: Mapping[Pair, Contradiction | None]) -> bool:
    return bool(known.shared(*pair)) and against[pair] is None


async def _settle(
    connection: AsyncConnection,
    pair: Pair,
    known: _Known,
    match: RowMapping | None,
    against: Contradiction | None,
    at: datetime,
) -> set[str]:
    shared = known.shared(*pair)
    linked = match is not None and match["state"] == MatchState.LINKED
    numbering = min(shared)[0] if shared else match["numbering"] if match is not None else ""
    if not shared or against is not None:
        touched = await unlink(connection, match, at) if linked else set()
        one_already = await _are_one(connection, pair)
        if shared and not one_already:
            await _put_match(connection, pair, MatchState.CONFLICT, at, numbering, reason=against)
        elif match is not None:
            await _put_match(connection, pair, MatchState.GONE, at, numbering)
        return touched
    if linked or await _parted_by_hospital(connection, pair):
        return set()
    first, second = sorted(pair, key=lambda one: (_since(known, one, shared), one))
    survivor, prior = await survivor_of(connection, first), await survivor_of(connection, second)
    if survivor == prior:
        await _put_match(connection, pair, MatchState.LINKED, at, numbering)
        return set()
    found = await _groups_contradict(connection, survivor, prior, known.ring)
    if found is not None:
        await _put_match(connection, pair, MatchState.CONFLICT, at, numbering, reason=found)
        return set()
    standing = await standing_link(connection, prior)
    link = PatientLink(prior, survivor, True, standing.at if standing is not None else _NO_CLAIM)
    touched = await apply_links(connection, [link], message=None, stored_at=at)
    if touched:
        await _put_match(connection, pair, MatchState.LINKED, at, numbering, link=link)
    return touched


async def _groups_contradict(
    connection: AsyncConnection, one: str, other: str, ring: KeyRing | None
) -> Contradiction | None:
    """What speaks against making one of all who are one with each of two patients already."""
    groups = [
        (await connection.execute(select(func.suwen_united(patient)))).scalar_one()
        for patient in (one, other)
    ]
    facts = await facts_of(connection, [*groups[0], *groups[1]], ring)
    for mine in groups[0]:
        for theirs in groups[1]:
            if mine in facts and theirs in facts:
                found = _facts_contradict(facts[mine], facts[theirs])
                if found is not None:
                    return found
    return None


def _contradiction(known: _Known, pair: Pair) -> Contradiction | None:
    one, other = (known.facts[patient] for patient in pair)
    if one["source"] != other["source"]:
        for patient, partner in (pair, pair[::-1]):
            source = known.facts[partner]["source"]
            if any(
                third != partner
                and known.facts[third]["source"] == source
                and known.survivors[third] != known.survivors[partner]
                for third in known.sharing(patient)
            ):
                return Contradiction.SEVERAL_PATIENTS
        if _numbers_differ(known, pair):
            return Contradiction.NUMBERS_DIFFER
    return _facts_contradict(one, other)


def _facts_contradict(one: Mapping[str, Any], other: Mapping[str, Any]) -> Contradiction | None:
    if one["source"] == other["source"]:
        # Its own system keeps the two apart: only that one can say that they are one.
        return Contradiction.SAME_SOURCE
    for name, contradiction in (
        ("birth_date", Contradiction.BIRTH_DATE_DIFFERS),
        ("sex", Contradiction.SEX_DIFFERS),
    ):
        if None not in (one[name], other[name]) and one[name] != other[name]:
            return contradiction
    return None


def _numbers_differ(known: _Known, pair: Pair) -> bool:
    """Whether both have a number of a series and none of them in common."""
    of_one, of_other = (_by_numbering(known.numbers.get(patient, {})) for patient in pair)
    return any(
        of_one[numbering].isdisjoint(of_other[numbering])
        for numbering in of_one.keys() & of_other.keys()
    )


def _by_numbering(numbers: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for numbering, value in numbers:
        found.setdefault(numbering, set()).add(value)
    return found


def _since(known: _Known, patient: str, shared: frozenset[tuple[str, str]]) -> datetime:
    """Since when a patient is known here by a number: who was first stands for both."""
    return min(known.numbers[patient][number] for number in shared)


async def _around(
    connection: AsyncConnection, patients: Collection[str], ring: KeyRing | None
) -> _Known:
    """Facts and numbers of patients and of everybody who shares a number with one of them."""
    mine, theirs = patient_number.alias(), patient_number.alias()
    query = select(theirs.c.patient).join(
        mine, and_(mine.c.numbering == theirs.c.numbering, mine.c.value == theirs.c.value)
    )
    sharing = await connection.execute(query.where(mine.c.patient.in_(patients)))
    everybody = {*patients, *sharing.scalars()}
    facts = await facts_of(connection, everybody, ring)
    numbers = await numbers_of(connection, everybody, ring)
    united = await united_by_survivor(connection, everybody)
    survivors = {member: survivor for survivor, members in united.items() for member in members}
    return _Known(facts, numbers, survivors, ring)


async def _is_shared(connection: AsyncConnection, patient: str) -> bool:
    """Whether anybody else has a number of a patient."""
    mine, theirs = patient_number.alias(), patient_number.alias()
    query = (
        select(theirs.c.patient)
        .join(mine, and_(mine.c.numbering == theirs.c.numbering, mine.c.value == theirs.c.value))
        .where(mine.c.patient == patient, theirs.c.patient != patient)
        .limit(1)
    )
    return (await connection.execute(query)).first() is not None


async def _are_one(connection: AsyncConnection, pair: Pair) -> bool:
    """Whether two patients are one by what the hospital said, or by way of others."""
    return await survivor_of(connection, pair[0]) == await survivor_of(connection, pair[1])


async def _matches_of(
    connection: AsyncConnection, patients: Collection[str]
) -> dict[Pair, RowMapping]:
    columns = patient_match.c
    rows = await connection.execute(
        select(patient_match).where(or_(columns.one.in_(patients), columns.other.in_(patients)))
    )
    return {(row["one"], row["other"]): row for row in rows.mappings()}


async def _put_match(  # noqa: PLR0913 - the columns of one row
    connection: AsyncConnection,
    pair: Pair,
    state: MatchState,
    at: datetime,
    numbering: str,
    *,
    reason: Contradiction | None = None,
    link: PatientLink | None = None,
) -> None:
    row = {
        "state": state.value,
        "reason": reason.value if reason is not None else None,
        "numbering": numbering,
        "prior": link.prior if link is not None else None,
        "surviving": link.surviving if link is not None else None,
        "at": at,
        "audited": False,
    }
    columns = patient_match.c
    changed = or_(columns.state != row["state"], columns.reason.is_distinct_from(row["reason"]))
    statement = insert(patient_match).values(one=pair[0], other=pair[1], **row)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["one", "other"], set_=row, where=changed)
    )


async def unlink(connection: AsyncConnection, match: RowMapping | None, at: datetime) -> set[str]:
    """Takes back the link that a match made; the patients whom a list must be built anew for."""
    standing = None
    if match is not None and match["prior"] is not None:
        standing = await standing_link(connection, match["prior"])
    if match is None or standing is None or standing.surviving != match["surviving"]:
        # The hospital has said something else since.
        return set()
    link = replace(standing, linked=False)
    return await apply_links(connection, [link], message=None, stored_at=at)


async def _parted_by_hospital(connection: AsyncConnection, pair: Pair) -> bool:
    """Whether the last that was said of the two is a message that takes a merge back."""
    columns = patient_link_history.c

    def between(prior: str, surviving: str) -> ColumnElement[bool]:
        return and_(columns.prior == prior, columns.surviving == surviving)

    query = (
        select(columns.linked, columns.message)
        .where(or_(between(*pair), between(*pair[::-1])))
        .order_by(columns.number.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return row is not None and not row.linked and row.message is not None


async def survivor_of(connection: AsyncConnection, patient: str) -> str:
    """Who stands for a patient now."""
    return str((await connection.execute(select(func.suwen_survivor(patient)))).scalar_one())


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)
