"""Seals anew, little by little, what is in the clear or was sealed by a former key.

Every change is made only where the row is still as it was read, so that work goes on beside it
and a crash at any place leaves each row readable: by the former key or by the present one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.faults import fault_point
from suwen.storage.data_keys import method_of
from suwen.storage.database import Database
from suwen.storage.imaging_rows import opened_instances, sealed_instances
from suwen.storage.patient_index import SEALED_COLUMNS, place_of_patient, read_part
from suwen.storage.patient_lists import sealed_rows
from suwen.storage.patient_numbers import count_clear, seal_some
from suwen.storage.record_import import take_turn
from suwen.storage.rows import EVERYBODY
from suwen.storage.sealed_kinds import DOCUMENTS, INSTANCES, PATIENTS, RECORDS, Sealed
from suwen.storage.tables import patient
from suwen.storage.vault import SEALED, Unsealed, is_sealed

AT_ONCE: Final = 200

Step = Callable[[Sequence[str] | None], Awaitable[int]]
"""Seals some rows of one table, of some patients only where they are given; how many."""


class Resealing:
    """The rows of one database that are not sealed by the present keys.

    Args:
        records: whether the database holds records of patients, as the general one does.
    """

    def __init__(self, database: Database, *, records: bool) -> None:
        if database.vault is None:
            raise ValueError("there is nothing to seal by")
        self._database, self._vault = database, database.vault
        self._kinds = DOCUMENTS + (RECORDS if records else ())
        self._records = records
        self._left = self._steps()

    async def waiting(self) -> dict[str, int]:
        """How many rows are in the clear or sealed by a former key, by table."""
        kinds = [*self._kinds, *((PATIENTS, INSTANCES) if self._records else ())]
        async with self._database.transaction(EVERYBODY) as connection:
            found = {
                kind.name: int(
                    (
                        await connection.execute(kind.stale("count(*)", ""), self._marks())
                    ).scalar_one()
                )
                for kind in kinds
            }
            if self._records:
                found["patient_number"] = await count_clear(connection)
            return found

    async def some(self) -> int:
        """Seals some rows of a table anew, one table after the other; 0 once nothing waits."""
        while self._left:
            if count := await self._left[0](None):
                return count
            del self._left[0]
        self._left = self._steps()
        return 0

    async def all(self, patients: Sequence[str] | None = None) -> int:
        """Seals everything that waits; how many rows.

        Args:
            patients: only of these, without what is not known by its patient: images and numbers.
        """
        done = 0
        for step in self._steps():
            while count := await step(patients):
                done += count
        return done

    def _steps(self) -> list[Step]:
        steps: list[Step] = [partial(self._some, kind) for kind in self._kinds]
        if self._records:
            steps += [self._some_patients, self._some_instances, self._some_numbers]
        return steps

    async def _some(self, kind: Sealed, patients: Sequence[str] | None) -> int:
        async with self._database.transaction(EVERYBODY) as connection:
            rows = await self._stale(connection, kind, patients)
            if not rows:
                return 0
            opened = await self._opened(connection, kind, rows)
            legible = [
                (row, content)
                for row, content in zip(rows, opened, strict=True)
                if content is not None
            ]
            anew = await self._vault.seal(
                connection,
                [Unsealed(row["owner"], content, kind.place(row)) for row, content in legible],
            )
            for (row, _), text in zip(legible, anew, strict=True):
                await connection.execute(kind.put, {**row, "anew": text})
            fault_point("keys.before_resealed")
        return len(legible)

    async def _opened(
        self, connection: AsyncConnection, kind: Sealed, rows: Sequence[dict[str, Any]]
    ) -> list[str | None]:
        """What the rows say; ``None`` where a key was destroyed."""
        sealed = [not kind.of_person or is_sealed(row["former"]) for row in rows]
        stored = [
            (row["former"], kind.place(row))
            for row, is_so in zip(rows, sealed, strict=True)
            if is_so
        ]
        texts = iter(await self._vault.open(connection, stored))
        return [
            next(texts) if is_so else row["former"] for row, is_so in zip(rows, sealed, strict=True)
        ]

    async def _some_patients(self, patients: Sequence[str] | None) -> int:
        async with self._database.transaction(EVERYBODY) as connection:
            rows = await self._stale(connection, PATIENTS, patients)
            stored = [(row["former"], place_of_patient(row["id"])) for row in rows if row["former"]]
            opened = iter(await self._vault.open(connection, stored))
            done = 0
            for row in rows:
                who = read_part(next(opened)) if row["former"] else row
                if who is None:
                    continue
                whole = {column.name: row[column.name] for column in patient.c}
                (sealed,) = await sealed_rows(
                    connection,
                    [whole | {name: who[name] for name in SEALED_COLUMNS}],
                    self._vault,
                )
                given = {name: row[name] for name in ("id", "former", *SEALED_COLUMNS)}
                given |= {"anew": sealed["sealed"], "search": sealed["search"]}
                await connection.execute(PATIENTS.put, given)
                done += 1
        return done

    async def _some_instances(self, patients: Sequence[str] | None) -> int:
        if patients is not None:
            return 0
        async with self._database.transaction(EVERYBODY) as connection:
            rows = await self._stale(connection, INSTANCES, None)
            whole = await opened_instances(connection, self._vault, rows)
            former = {row["sop_instance_uid"]: row["former"] for row in rows}
            for row in await sealed_instances(connection, self._vault, whole):
                uid = row["sop_instance_uid"]
                given = {"sop_instance_uid": uid, "former": former[uid], "anew": row["sealed"]}
                await connection.execute(INSTANCES.put, given)
            fault_point("keys.before_resealed")
        return len(whole)

    async def _some_numbers(self, patients: Sequence[str] | None) -> int:
        if patients is not None:
            return 0
        async with self._database.transaction(EVERYBODY) as connection:
            if not await count_clear(connection):
                return 0
            await take_turn(connection)
            done = await seal_some(connection, self._vault, AT_ONCE)
            fault_point("keys.before_resealed")
        return done

    async def _stale(
        self, connection: AsyncConnection, kind: Sealed, patients: Sequence[str] | None
    ) -> list[dict[str, Any]]:
        tail, given = f"LIMIT {AT_ONCE}", self._marks()
        if patients is not None:
            tail = f"AND {kind.owner} = ANY(:patients) {tail}"
            given["patients"] = list(patients)
        found = await connection.execute(kind.stale(kind.columns, tail), given)
        return [dict(row) for row in found.mappings()]

    def _marks(self) -> dict[str, Any]:
        method = method_of(self._vault.ring.opened().state.algorithm)
        return {"mark": SEALED, "method": method, "common": self._vault.common_mark()}
