"""Patients' keys when the key above them changes, and new keys for patients."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, update

from suwen.core.faults import fault_point
from suwen.storage.data_keys import KEY_BYTES, DataKey, named_key, new_key_id
from suwen.storage.database import Database
from suwen.storage.key_tables import data_key
from suwen.storage.keyring import Module
from suwen.storage.vault import Vault

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """Patients' keys of one database.

    Attributes:
        former: not current any more, but something may still be sealed by them.
        behind: wrapped by a former key of the ring.
        destroyed: gone for good by an erasure.
    """

    current: int
    former: int
    behind: int
    destroyed: int


class PatientKeys:
    """The keys of patients in one database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def counts(self) -> KeyCounts:
        """How many there are."""
        columns = data_key.c
        head = func.substr(columns.wrapped, 2, 8)
        present = self._vault.ring.opened().current(Module.PATIENTS).id_bytes
        query = select(
            func.count().filter(columns.current),
            func.count().filter(~columns.current, columns.wrapped.is_not(None)),
            func.count().filter(columns.wrapped.is_not(None), head != present),
            func.count().filter(columns.wrapped.is_(None)),
        )
        async with self._database.transaction() as connection:
            return KeyCounts(*(await connection.execute(query)).one())

    async def wrap_anew(self) -> int:
        """Wraps every key by the ring's present key; how many were behind.

        A key that is destroyed meanwhile stays destroyed.
        """
        present, done = self._vault.ring.opened().current(Module.PATIENTS), 0
        columns, last = data_key.c, ""
        while True:
            query = (
                select(columns.id, columns.owner, columns.wrapped)
                .where(columns.wrapped.is_not(None), columns.id > last)
                .order_by(columns.id)
                .limit(AT_ONCE)
            )
            async with self._database.transaction() as connection:
                rows = (await connection.execute(query)).all()
                if not rows:
                    return done
                for row in rows:
                    if named_key(row.wrapped) == present.id:
                        continue
                    key = self._vault.unwrapped(row.id, row.owner, row.wrapped)
                    await connection.execute(
                        update(data_key)
                        .where(columns.id == row.id, columns.wrapped == row.wrapped)
                        .values(wrapped=self._vault.wrapped(key, row.owner))
                    )
                    done += 1
                fault_point("keys.some_wrapped")
            last = rows[-1].id

    async def renew(self, now: datetime) -> int:
        """Gives every patient whose key was made before ``now`` a new one; how many."""
        columns, done = data_key.c, 0
        query = (
            select(columns.id, columns.owner)
            .where(columns.current, columns.made_at < now)
            .order_by(columns.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        while True:
            async with self._database.transaction() as connection:
                rows = (await connection.execute(query)).all()
                if not rows:
                    return done
                ids = [row.id for row in rows]
                await connection.execute(
                    update(data_key).where(columns.id.in_(ids)).values(current=False)
                )
                made = [DataKey(new_key_id(), os.urandom(KEY_BYTES)) for _ in rows]
                await connection.execute(
                    insert(data_key),
                    [
                        {
                            "id": key.id,
                            "owner": row.owner,
                            "current": True,
                            "wrapped": self._vault.wrapped(key, row.owner),
                            "made_at": now,
                        }
                        for key, row in zip(made, rows, strict=True)
                    ],
                )
                fault_point("keys.some_renewed")
            done += len(rows)
