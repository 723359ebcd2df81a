"""The numbers of patients and what else they are matched by: kept as keyed marks, beside each
number itself, sealed by its patient's key for whoever has to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.patient_numbers import NumberedPatient
from suwen.storage.connection_tables import matched_patient, patient_number
from suwen.storage.keyring import KeyRing
from suwen.storage.number_marks import (
    CLEAR,
    birth_date_mark,
    is_mark,
    number_mark,
    number_place,
)
from suwen.storage.vault import Unsealed, Vault

Number = tuple[str, str]
"""A numbering and a value, or the mark in the value's place."""

_CLEAR_NUMBERS: Final = text(CLEAR.format(column="patient_number.value"))
_CLEAR_DAYS: Final = text(CLEAR.format(column="matched_patient.birth_date"))


async def put_numbers(
    connection: AsyncConnection,
    given: NumberedPatient,
    origin: str,
    at: datetime,
    vault: Vault | None,
) -> bool:
    """Keeps a patient's numbers; whether anything that others are matched with is new."""
    columns, ring = patient_number.c, ring_of(vault)
    stated = {(one.numbering, one.value) for one in given.numbers}
    if vault is not None:
        mine = select(columns.numbering, columns.value).where(
            columns.patient == given.patient, _CLEAR_NUMBERS
        )
        clear = {(row[0], row[1]) for row in await connection.execute(mine)}
        await seal_numbers(connection, vault, clear | stated)
    wanted = {(numbering, number_mark(ring, numbering, value)) for numbering, value in stated}
    known = set((await numbers_of(connection, [given.patient], ring)).get(given.patient, {}))
    row = {
        "source": given.source,
        "origin": origin,
        "birth_date": birth_date_mark(ring, given.birth_date),
        "sex": given.sex,
    }
    former = (await facts_of(connection, [given.patient], ring)).get(given.patient)
    if known == wanted and former is not None and row == {name: former[name] for name in row}:
        return False
    statement = upsert(matched_patient).values(patient=given.patient, **row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["patient"], set_=row))
    if known - wanted:
        await connection.execute(
            delete(patient_number).where(
                columns.patient == given.patient,
                tuple_(columns.numbering, columns.value).in_(sorted(known - wanted)),
            )
        )
    fresh = [
        (numbering, value, given.patient, at)
        for numbering, value in sorted(stated)
        if (numbering, number_mark(ring, numbering, value)) not in known
    ]
    await _insert(connection, vault, fresh)
    return True


async def seal_numbers(
    connection: AsyncConnection, vault: Vault, numbers: Collection[Number]
) -> int:
    """Puts marks in place of numbers that are in the clear; how many rows.

    All who have a number are changed together, so that equal ones stay equal. Whoever calls has
    the turn of imports.
    """
    columns = patient_number.c
    if not numbers:
        return 0
    chosen = tuple_(columns.numbering, columns.value).in_(sorted(numbers))
    rows = (await connection.execute(select(patient_number).where(chosen).with_for_update())).all()
    if rows:
        await connection.execute(delete(patient_number).where(chosen))
        await _insert(
            connection, vault, [(row.numbering, row.value, row.patient, row.since) for row in rows]
        )
    return len(rows)


async def seal_some(connection: AsyncConnection, vault: Vault, limit: int) -> int:
    """Seals some of what is in the clear; how many rows, 0 once nothing is. As ``seal_numbers``."""
    columns, facts = patient_number.c, matched_patient.c
    query = select(columns.numbering, columns.value).where(_CLEAR_NUMBERS).distinct().limit(limit)
    numbers = {(row[0], row[1]) for row in await connection.execute(query)}
    done = await seal_numbers(connection, vault, numbers)
    days = select(facts.patient, facts.birth_date).where(_CLEAR_DAYS).limit(limit)
    for row in (await connection.execute(days)).all():
        await connection.execute(
            update(matched_patient)
            .where(facts.patient == row.patient, facts.birth_date == row.birth_date)
            .values(birth_date=birth_date_mark(vault.ring, row.birth_date))
        )
        done += 1
    return done


async def count_clear(connection: AsyncConnection) -> int:
    """How many rows hold a number or a day of birth in the clear."""
    found = 0
    for table, clear in ((patient_number, _CLEAR_NUMBERS), (matched_patient, _CLEAR_DAYS)):
        query = select(func.count()).select_from(table).where(clear)
        found += int((await connection.execute(query)).scalar_one())
    return found


async def numbers_of(
    connection: AsyncConnection, patients: Collection[str], ring: KeyRing | None
) -> dict[str, dict[Number, datetime]]:
    """The numbers of patients as marks, with since when they are known."""
    columns = patient_number.c
    query = select(columns.patient, columns.numbering, columns.value, columns.since).where(
        columns.patient.in_(patients)
    )
    found: dict[str, dict[Number, datetime]] = {}
    for row in await connection.execute(query):
        mark = number_mark(ring, row.numbering, row.value)
        found.setdefault(row.patient, {})[row.numbering, mark] = row.since
    return found


async def facts_of(
    connection: AsyncConnection, patients: Collection[str], ring: KeyRing | None
) -> dict[str, Mapping[str, Any]]:
    """What else patients are matched by, the day of birth as a mark."""
    query = select(matched_patient).where(matched_patient.c.patient.in_(patients))
    rows = (await connection.execute(query)).mappings()
    return {
        row["patient"]: {**row, "birth_date": birth_date_mark(ring, row["birth_date"])}
        for row in rows
    }


async def opened_numbers(
    connection: AsyncConnection, vault: Vault | None, rows: Iterable[Any]
) -> list[tuple[str, str]]:
    """Numbering and value of rows, without those whose key was destroyed."""
    rows = list(rows)
    marked = [row for row in rows if is_mark(row.value) and row.sealed is not None]
    clear = [(row.numbering, row.value) for row in rows if not is_mark(row.value)]
    if vault is None:
        return clear
    stored = [(row.sealed, number_place(row.patient, row.numbering, row.value)) for row in marked]
    opened = await vault.open(connection, stored)
    return sorted(
        [
            *clear,
            *(
                (row.numbering, value)
                for row, value in zip(marked, opened, strict=True)
                if value is not None
            ),
        ]
    )


def ring_of(vault: Vault | None) -> KeyRing | None:
    """The ring whose marks are kept; ``None`` where all is in the clear."""
    return vault.ring if vault is not None else None


async def _insert(
    connection: AsyncConnection,
    vault: Vault | None,
    rows: Collection[tuple[str, str, str, datetime]],
) -> None:
    """Inserts numbers: numbering, value in the clear, patient, since when."""
    if not rows:
        return
    ring = ring_of(vault)
    made: list[dict[str, Any]] = [
        {
            "numbering": numbering,
            "value": number_mark(ring, numbering, value),
            "patient": patient,
            "since": since,
        }
        for numbering, value, patient, since in rows
    ]
    if vault is not None:
        places = [number_place(one["patient"], one["numbering"], one["value"]) for one in made]
        sealed = await vault.seal(
            connection,
            [
                Unsealed(patient, value, place)
                for (_, value, patient, _), place in zip(rows, places, strict=True)
            ],
        )
        for one, text_ in zip(made, sealed, strict=True):
            one["sealed"] = text_
    await connection.execute(insert(patient_number), made)
