"""The library of a site, wired; what reads texts by meaning is loaded when it is first asked."""

from __future__ import annotations

from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from suwen.bootstrap.departments import known_departments
from suwen.bootstrap.ledger_keeping import LedgerKeeping
from suwen.bootstrap.library.desks import Library
from suwen.bootstrap.library.parts import Engines, LibraryParts
from suwen.bootstrap.releases.gate import renew_model_parts
from suwen.bootstrap.settings import Settings
from suwen.control.audit import KeyFileSigner
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.releases import register_releases
from suwen.core.knowledge import Embedder, Reranker
from suwen.storage.database import Database
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_editions import EDITIONS_FOLDER
from suwen.storage.people import PeopleStore
from suwen.storage.settings import SettingStore

if TYPE_CHECKING:
    from suwen.bootstrap.library.engines import SiteEngines
    from suwen.storage.endpoints import EndpointStore


def open_library(
    settings: Settings, database: Database, parts: GatewayParts, signer: KeyFileSigner
) -> Library:
    """The library of a site."""
    store = KnowledgeStore(database)
    ca_file = settings.endpoints.ca_file
    engines = _LazyEngines(parts.endpoints, Path(ca_file) if ca_file is not None else None)
    return Library(
        LibraryParts(
            store=store,
            access=parts.access,
            audit=parts.audit,
            clock=parts.clock,
            signer=signer,
            site=SettingStore(database),
            engines=Engines(engines.embedder, engines.reranker),
            folder=settings.home / EDITIONS_FOLDER,
            today=partial(_today, settings, parts),
            departments=partial(known_departments, parts.records, PeopleStore(database)),
            edition_changed=partial(_renew_releases, settings, database, parts),
            note_erasures=LedgerKeeping(settings.home, database, parts.clock).refresh,
        )
    )


async def _renew_releases(settings: Settings, database: Database, parts: GatewayParts) -> None:
    """Lets each application's Release be the one of the editions that are in use now, and its
    engines go on as far as that change allows."""
    store = KnowledgeStore(database)
    editions = {
        one.id: one.current_edition
        for one in await store.collections()
        if one.current_edition is not None
    }
    installed = parts.applications.values()
    await register_releases(parts.releases, installed, parts.clock.now(), editions)
    await renew_model_parts(settings, parts, database)


def _today(settings: Settings, parts: GatewayParts) -> date:
    return parts.clock.now().astimezone(settings.zone).date()


class _LazyEngines:
    """The site's engines, loaded by the first search or build of a process."""

    def __init__(self, endpoints: EndpointStore, ca_file: Path | None) -> None:
        self._endpoints = endpoints
        self._ca_file = ca_file

    @cached_property
    def _engines(self) -> SiteEngines:
        from suwen.bootstrap.library.engines import SiteEngines

        return SiteEngines(self._endpoints, self._ca_file)

    async def embedder(self) -> Embedder | None:
        return await self._engines.embedder()

    async def reranker(self) -> Reranker | None:
        return await self._engines.reranker()
