"""That a FHIR server told of something new: from the door where it is told to who follows it.

A notification never carries data into the record: it only makes the next look come at once.
Whether one is lost therefore does not matter.
"""

from __future__ import annotations

from datetime import UTC, datetime

from suwen.storage.database import Database
from suwen.storage.settings import SettingStore


class NotificationBoard:
    """The last notification about one connection, kept in the general database."""

    def __init__(self, database: Database, connection: str) -> None:
        self._settings = SettingStore(database)
        self._key = f"fhir.notified.{connection}"
        self._taken: str | None = None
        self._looked = False

    async def tell(self) -> None:
        """Keeps that there is something new."""
        await self._settings.put(self._key, datetime.now(UTC).isoformat())

    async def take(self) -> bool:
        """Whether something was told since this was asked the last time."""
        told = await self._settings.get(self._key)
        new = self._looked and told is not None and told != self._taken
        self._taken, self._looked = told, True
        return new
