"""Patients who are in the store already, matched by numbers that were declared since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from suwen.core.exact_json import read_exact
from suwen.core.patient_numbers import numbered_patient
from suwen.storage.database import Database
from suwen.storage.patient_lists import refresh_lists
from suwen.storage.patient_matching import match_patients
from suwen.storage.record_import import take_turn
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import resource
from suwen.storage.vault import opened_texts

_PAGE: Final = 200


async def renumber(
    database: Database,
    meta_source: str,
    source: str,
    numberings: Mapping[str, str],
    at: datetime,
) -> int:
    """Matches every Patient of a connection anew; how many there are. May be cut short and begun
    again: each page is a transaction, and the same again changes nothing.

    Args:
        meta_source: ``meta.source`` of what the connection stored.
        source: what numbers its patients, as in ``numbered_patient``.
    """
    columns = resource.c
    after, count = "", 0
    while True:
        query = (
            select(columns.id, columns.version, columns.origin, columns.body)
            .where(columns.type == "Patient", columns.id > after)
            .order_by(columns.id)
            .limit(_PAGE)
        )
        async with database.transaction(EVERYBODY) as connection:
            await take_turn(connection)
            rows = (await connection.execute(query)).all()
            places = [(row.body, resource_place("Patient", row.id, row.version)) for row in rows]
            bodies = await opened_texts(database.vault, connection, places)
            own = [
                (numbered_patient(body, numberings, source), row.origin)
                for row, text in zip(rows, bodies, strict=True)
                if text is not None
                and ((body := read_exact(text)).get("meta") or {}).get("source") == meta_source
            ]
            touched = await match_patients(connection, own, at, database.vault)
            await refresh_lists(connection, touched, database.vault)
        count += len(own)
        if len(rows) < _PAGE:
            return count
        after = rows[-1].id
