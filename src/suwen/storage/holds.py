"""Legal holds: while one stands, nothing of the patient is destroyed, by nobody and by no job.

The database keeps to it by itself: its functions and triggers refuse, whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, func, insert, select, text, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.key_tables import legal_hold


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold.

    Attributes:
        patient: whose records are held; ``None`` holds everybody's.
        released_at: ``None`` while it stands.
    """

    number: int
    patient: str | None
    reason: str
    placed_at: datetime
    placed_by: str
    released_at: datetime | None
    released_by: str | None
    release_reason: str | None


class HoldStore:
    """Holds of one partition's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, patient: str | None, reason: str, by: str, at: datetime) -> Hold:
        """A new hold, in force when this returns."""
        statement = (
            insert(legal_hold)
            .values(patient=patient, reason=reason, placed_by=by, placed_at=at)
            .returning(legal_hold)
        )
        async with self._database.transaction() as connection:
            return _hold((await connection.execute(statement)).mappings().one())

    async def release(self, number: int, reason: str, by: str, at: datetime) -> Hold:
        """Ends a hold; only another person than the one who placed it may.

        Raises:
            NotFoundError: ``no_such_hold``.
            ConflictError: ``hold_over`` when it was released before, ``hold_by_another``.
        """
        columns = legal_hold.c
        async with self._database.transaction() as connection:
            found = await connection.execute(
                select(legal_hold).where(columns.number == number).with_for_update()
            )
            row = found.mappings().one_or_none()
            if row is None:
                raise NotFoundError(
                    "no_such_hold", Bilingual(zh="没有此保全。", en="There is no such hold.")
                )
            if row["released_at"] is not None:
                raise ConflictError(
                    "hold_over", Bilingual(zh="此保全已解除。", en="This hold was released.")
                )
            if row["placed_by"] == by:
                raise ConflictError(
                    "hold_by_another",
                    Bilingual(
                        zh="保全须由设置者以外的另一人解除。",
                        en="A hold is released by another person than the one who placed it.",
                    ),
                )
            statement = (
                update(legal_hold)
                .where(columns.number == number)
                .values(released_at=at, released_by=by, release_reason=reason)
                .returning(legal_hold)
            )
            return _hold((await connection.execute(statement)).mappings().one())

    async def list(self, limit: int = 500) -> list[Hold]:
        """Holds, those that stand first, then the latest."""
        columns = legal_hold.c
        query = (
            select(legal_hold)
            .order_by(columns.released_at.is_not(None), columns.number.desc())
            .limit(limit)
        )
        async with self._database.transaction() as connection:
            return [_hold(row) for row in (await connection.execute(query)).mappings()]

    async def all(self) -> Sequence[Hold]:
        """Every hold that was ever placed, in order."""
        query = select(legal_hold).order_by(legal_hold.c.number)
        async with self._database.transaction() as connection:
            return [_hold(row) for row in (await connection.execute(query)).mappings()]

    async def counts(self) -> tuple[int, int]:
        """How many were ever placed and how many of them were released."""
        query = select(func.count(), func.count(legal_hold.c.released_at))
        async with self._database.reading() as connection:
            placed, released = (await connection.execute(query)).one()
        return int(placed), int(released)

    async def adopt(self, holds: Sequence[Hold]) -> int:
        """Makes the holds of this database those of another one; how many changed here."""
        known = {hold.number: hold for hold in await self.all()}
        fresh = [hold for hold in holds if hold.number not in known]
        changed = [hold for hold in holds if known.get(hold.number, hold) != hold]
        async with self._database.transaction() as connection:
            if fresh:
                await connection.execute(_ADOPT, [_values(hold) for hold in fresh])
            for hold in changed:
                await connection.execute(
                    update(legal_hold)
                    .where(legal_hold.c.number == hold.number)
                    .values(
                        {name: value for name, value in _values(hold).items() if name != "number"}
                    )
                )
        return len(fresh) + len(changed)

    async def is_held(self, patient: str) -> bool:
        """Whether a hold stands for a patient, or for everybody."""
        async with self._database.transaction() as connection:
            found: Any = await connection.execute(select(func.suwen_held(patient)))
            return bool(found.scalar_one())


_COLUMNS: Final = tuple(Hold.__dataclass_fields__)
_ADOPT: Final = text(
    "INSERT INTO legal_hold (number, patient, reason, placed_at, placed_by, released_at, "
    "released_by, release_reason) OVERRIDING SYSTEM VALUE VALUES (:number, :patient, :reason, "
    ":placed_at, :placed_by, :released_at, :released_by, :release_reason)"
)


def _values(hold: Hold) -> dict[str, Any]:
    return {name: getattr(hold, name) for name in _COLUMNS}


def _hold(row: RowMapping) -> Hold:
    return Hold(**{name: row[name] for name in Hold.__dataclass_fields__})
