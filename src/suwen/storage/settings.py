"""Facts of the site that outlive a process, for example its installation id."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from suwen.storage.database import Database
from suwen.storage.tables import setting


class SettingStore:
    """JSON values by key, in one partition's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> Any:
        """The value, or ``None`` when there is none."""
        async with self._database.transaction() as connection:
            found = await connection.execute(select(setting.c.value).where(setting.c.key == key))
            return found.scalar_one_or_none()

    async def put(self, key: str, value: Any) -> None:
        """Sets the value, whatever it was."""
        statement = insert(setting).values(key=key, value=value)
        upsert = statement.on_conflict_do_update(
            index_elements=["key"], set_={"value": statement.excluded.value}
        )
        async with self._database.transaction() as connection:
            await connection.execute(upsert)

    async def put_once(self, key: str, value: Any) -> Any:
        """Sets the value where there is none yet; the value that stands, whoever set it."""
        statement = insert(setting).values(key=key, value=value).on_conflict_do_nothing()
        async with self._database.transaction() as connection:
            await connection.execute(statement)
            found = await connection.execute(select(setting.c.value).where(setting.c.key == key))
            return found.scalar_one()
