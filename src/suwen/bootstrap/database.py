"""The site's databases: the embedded server or the hospital's own, migrated and ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from suwen.bootstrap.settings import Settings
from suwen.core.manifest import Partition
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.revision import is_prepared
from suwen.storage.urls import DatabaseUrls


class SiteDatabase:
    """Attaches to the databases for as long as a process needs them.

    Args:
        only: the partition that this process serves; it then holds no address of the other one.
    """

    def __init__(self, settings: Settings, only: Partition | None = None) -> None:
        self._only = only
        self._outside = settings.outside_databases
        self._embedded = None if self._outside else EmbeddedPostgres(settings.home)
        self._urls: DatabaseUrls | None = None

    @property
    def attached(self) -> DatabaseUrls:
        """The addresses, from ``attach`` to ``detach``."""
        if self._urls is None:
            raise AssertionError("attach comes first")
        return self._urls

    def attach(self) -> DatabaseUrls:
        """Starts the embedded server where needed and brings the tables up to date.

        Raises:
            UnavailableError: when a database cannot be reached or does not start.
        """
        urls = self._addresses(self._only)
        try:
            if not is_prepared(urls):
                # Once in the life of a version: with the addresses of those who own the tables.
                _prepare(self._addresses(None))
        except BaseException:
            self.detach()
            raise
        self._urls = urls if self._only is None else urls.only(self._only)
        return self._urls

    def _addresses(self, only: Partition | None) -> DatabaseUrls:
        urls = self._outside or (self._embedded.attach(only) if self._embedded else None)
        if urls is None:
            raise AssertionError("either the embedded server or an outside one is configured")
        return urls

    def detach(self) -> None:
        """Leaves the embedded server as it was found."""
        if self._embedded:
            self._embedded.detach()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[DatabaseUrls]:
        """Attached for as long as the block lasts, also when it is cancelled while attaching.

        Raises:
            UnavailableError: as ``attach``.
        """
        attaching = asyncio.create_task(asyncio.to_thread(self.attach))
        try:
            yield await asyncio.shield(attaching)
        finally:
            # A cancelled block leaves a server behind that is still being started.
            await asyncio.wait([attaching])
            await asyncio.to_thread(self.detach)

    def restart_if_dead(self) -> bool:
        """Starts the embedded server again when it died; says whether that was needed."""
        return self._embedded.restart_if_dead() if self._embedded else False


def _prepare(urls: DatabaseUrls) -> None:
    """Brings the tables and rights up to date.

    Raises:
        ConfigurationError: ``partition_not_held`` where this process was given one partition's
            address alone: ``suwen status`` with all addresses prepares the databases.
    """
    # Loaded only where there is something to do: every start of a process waits for it.
    from suwen.storage.migrate import migrate

    migrate(urls)
