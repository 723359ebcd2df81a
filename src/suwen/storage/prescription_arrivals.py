"""Orders that reached the record, on their way into the pharmacists' queue: durable, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.exact_json import read_exact, write_exact
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.prescription_tables import prescription_arrival
from suwen.storage.prescription_types import Arrival

GIVES_UP_AT: Final = 5
"""How often an arrival is tried until it is left to a person."""

_A: Final = prescription_arrival.c


async def announce(
    opened: AsyncConnection,
    key: str,
    patient: str,
    orders: Sequence[str],
    at: datetime,
    origin: str = "hl7",
) -> None:
    """Notes that orders reached the record, in the transaction that brought them there."""
    await opened.execute(
        insert(prescription_arrival)
        .values(
            key=key, origin=origin, patient=patient, orders=list(orders), arrived_at=at, attempts=0
        )
        .on_conflict_do_nothing()
    )


class ArrivalStore:
    """What waits to be reviewed; what came along is sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def add(
        self,
        key: str,
        origin: str,
        patient: str,
        orders: Sequence[str],
        content: Mapping[str, Any] | None,
        at: datetime,
    ) -> bool:
        """Notes what is to be reviewed; false when it is noted already."""
        sealed = None
        if content is not None:
            sealed = self._cipher.seal(write_exact(content), _place(key))
        statement = (
            insert(prescription_arrival)
            .values(
                key=key,
                origin=origin,
                patient=patient,
                orders=list(orders),
                content=sealed,
                arrived_at=at,
                attempts=0,
            )
            .on_conflict_do_nothing()
            .returning(_A.number)
        )
        async with self._database.transaction() as opened:
            return (await opened.execute(statement)).first() is not None

    async def waiting(self, limit: int = 20) -> list[Arrival]:
        """The next that are to be reviewed, in the order in which they came."""
        query = (
            select(prescription_arrival)
            .where(_A.done_at.is_(None))
            .order_by(_A.attempts, _A.number)
            .limit(limit)
        )
        async with self._database.reading() as opened:
            rows = (await opened.execute(query)).all()
        return [
            Arrival(
                number=r.number,
                key=r.key,
                origin=r.origin,
                patient=r.patient,
                orders=tuple(r.orders),
                arrived_at=r.arrived_at,
                attempts=r.attempts,
                content=read_exact(self._cipher.open(r.content, _place(r.key)))
                if r.content
                else None,
            )
            for r in rows
        ]

    async def tried(self, number: int, code: str, at: datetime, *, over: bool) -> None:
        """Notes that it could not be reviewed, and why; ``over`` leaves it to a person."""
        statement = (
            update(prescription_arrival)
            .where(_A.number == number, _A.done_at.is_(None))
            .values(attempts=_A.attempts + 1, failed=code, done_at=at if over else None)
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    async def failed(self, limit: int = 50) -> list[tuple[Arrival, str]]:
        """What could not be reviewed, newest first, with the code of why."""
        query = (
            select(prescription_arrival)
            .where(_A.done_at.is_not(None), _A.failed.is_not(None))
            .order_by(_A.number.desc())
            .limit(limit)
        )
        async with self._database.reading() as opened:
            return [
                (
                    Arrival(
                        r.number,
                        r.key,
                        r.origin,
                        r.patient,
                        tuple(r.orders),
                        r.arrived_at,
                        r.attempts,
                        None,
                    ),
                    r.failed,
                )
                for r in await opened.execute(query)
            ]


def _place(key: str) -> str:
    return f"prescription_arrival/{key}"
