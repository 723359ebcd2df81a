"""How far a source was read, advanced in one transaction with what was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.storage.connection_tables import connection_cursor
from suwen.storage.database import Database
from suwen.storage.record_import import ImportCounts, StoredResource, import_rows, rows_of
from suwen.storage.rows import EVERYBODY


class CursorStore:
    """Cursors of connections in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, connection: str, name: str) -> str | None:
        """How far it was read; ``None`` before the first time."""
        columns = connection_cursor.c
        query = select(columns.value).where(columns.connection == connection, columns.name == name)
        async with self._database.transaction() as opened:
            found: str | None = (await opened.execute(query)).scalar_one_or_none()
        return found

    async def read_all(self, connection: str) -> dict[str, tuple[str, datetime]]:
        """Every cursor of a connection by name, with when it last moved."""
        columns = connection_cursor.c
        query = select(columns.name, columns.value, columns.advanced_at).where(
            columns.connection == connection
        )
        async with self._database.transaction() as opened:
            rows = await opened.execute(query.order_by(columns.name))
            return {row.name: (row.value, row.advanced_at) for row in rows}

    async def advance(self, connection: str, name: str, value: str) -> None:
        """Keeps how far it was read, where nothing is stored with it."""
        async with self._database.transaction() as opened:
            await _advance(opened, connection, name, value)

    async def import_and_advance(
        self, units: Sequence[Sequence[StoredResource]], connection: str, name: str, value: str
    ) -> ImportCounts:
        """Stores units of resources and moves the cursor, all of it or nothing.

        A later unit may hold a newer state of a resource of an earlier one.

        Raises:
            InputError: as ``RecordStore.import_unit``; nothing was stored, the cursor stands.
            ConflictError: the same.
        """
        now = datetime.now(UTC)
        total = ImportCounts(0, 0)
        async with self._database.transaction(EVERYBODY) as opened:
            for unit in units:
                total += await import_rows(opened, rows_of(unit, now), self._database.vault)
            await _advance(opened, connection, name, value)
        return total


async def _advance(opened: AsyncConnection, connection: str, name: str, value: str) -> None:
    statement = insert(connection_cursor).values(
        connection=connection, name=name, value=value, advanced_at=datetime.now(UTC)
    )
    moved = {"value": statement.excluded.value, "advanced_at": statement.excluded.advanced_at}
    await opened.execute(
        statement.on_conflict_do_update(index_elements=["connection", "name"], set_=moved)
    )
