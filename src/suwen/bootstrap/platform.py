"""Builds the platform of one site from its settings: the only place where parts are wired."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from suwen.appkit.discover import discover
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.safety import is_loopback
from suwen.bootstrap.settings import Settings
from suwen.control.access.authentication import Authenticator, SignInRules
from suwen.control.access.decision import AccessDecider
from suwen.control.audit import AuditWriter, KeyFileSigner, open_anchor
from suwen.control.gateway.chart import ChartDesk
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.run import Gateway
from suwen.control.gateway.runs import RunBoard
from suwen.control.gateway.sign_off import SignOffDesk
from suwen.control.governance.releases import register_releases
from suwen.control.guardrails.grounding import build_checker
from suwen.core.application import InstalledApplication
from suwen.core.errors import SuwenError
from suwen.core.identity import AppId
from suwen.core.manifest import Partition
from suwen.inference.pool import ModelPool
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.encryption import field_cipher
from suwen.storage.endpoints import EndpointStore
from suwen.storage.people import PeopleStore
from suwen.storage.records import RecordStore
from suwen.storage.releases import ReleaseStore
from suwen.storage.settings import SettingStore
from suwen.storage.traces import TraceStore
from suwen.storage.urls import DatabaseUrls

ENDPOINTS_EVERY_S = 2.0


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class Platform:
    """Everything that a door (pages, API, commands) may use."""

    settings: Settings
    urls: DatabaseUrls
    clock: SystemClock
    site: SettingStore
    people: PeopleStore
    records: RecordStore
    drafts: DraftStore
    endpoints: EndpointStore
    releases: ReleaseStore
    traces: TraceStore
    audit_store: AuditStore
    audit: AuditWriter
    signer: KeyFileSigner
    access: AccessDecider
    authentication: Authenticator
    models: ModelPool
    applications: Mapping[AppId, InstalledApplication]
    gateway: Gateway
    runs: RunBoard
    charts: ChartDesk
    sign_off: SignOffDesk

    async def refresh_endpoints(self) -> None:
        """Makes the models that can be asked agree with the stored endpoints."""
        await refresh(self.models, self.endpoints)


async def refresh(models: ModelPool, endpoints: EndpointStore) -> None:
    """Makes a pool agree with the stored endpoints."""
    wanted = await endpoints.list()
    for endpoint in wanted:
        await models.put(endpoint)
    names = {endpoint.name for endpoint in wanted}
    for endpoint in models.endpoints():
        if endpoint.name not in names:
            await models.remove(endpoint.name)


@asynccontextmanager
async def open_platform(settings: Settings) -> AsyncIterator[Platform]:
    """The platform of a site for as long as the block lasts; the database is left as found.

    Raises:
        ConfigurationError: when the site is not safe to open.
        UnavailableError: when a part that is needed does not answer.
    """
    site_database = SiteDatabase(settings)
    urls = await asyncio.to_thread(site_database.attach)
    try:
        async with platform_on(settings, urls) as platform:
            yield platform
    finally:
        await asyncio.to_thread(site_database.detach)


@asynccontextmanager
async def platform_on(settings: Settings, urls: DatabaseUrls) -> AsyncIterator[Platform]:
    """The platform of a site whose databases somebody else keeps running."""
    async with AsyncExitStack() as closing:
        database = Database(urls.general)
        closing.push_async_callback(database.close)
        clock = SystemClock()
        endpoints = EndpointStore(database, field_cipher(settings.home))
        audit_store = AuditStore(database)
        signer = KeyFileSigner(settings.home / "secrets" / "signing")
        anchor = open_anchor(settings.audit.anchor or "", audit_store)
        audit = AuditWriter(
            audit_store, signer, anchor, clock, anchor_seconds=settings.audit.anchor_seconds
        )
        await audit.start()
        closing.push_async_callback(audit.stop)
        models = ModelPool()
        closing.push_async_callback(models.close)
        await refresh(models, endpoints)
        keeping = asyncio.create_task(_keep_fresh(models, endpoints))
        closing.push_async_callback(_end, keeping)
        people = PeopleStore(database)
        applications = discover()
        access = AccessDecider()
        parts = GatewayParts(
            partition=Partition.GENERAL,
            provider=settings.site.name_zh,
            applications=applications,
            records=RecordStore(database),
            drafts=DraftStore(database),
            releases=ReleaseStore(database),
            traces=TraceStore(database),
            endpoints=endpoints,
            audit=audit,
            clock=clock,
            access=access,
            model=models.model,
            checker=build_checker,
        )
        await register_releases(parts.releases, applications.values(), clock.now())
        gateway = Gateway(parts)
        rules = await _sign_in_rules(settings, parts.records)
        yield Platform(
            settings=settings,
            urls=urls,
            clock=clock,
            site=SettingStore(database),
            people=people,
            records=parts.records,
            drafts=parts.drafts,
            endpoints=endpoints,
            releases=parts.releases,
            traces=parts.traces,
            audit_store=audit_store,
            audit=audit,
            signer=signer,
            access=access,
            authentication=Authenticator(people, audit, clock, rules),
            models=models,
            applications=applications,
            gateway=gateway,
            runs=RunBoard(gateway),
            charts=ChartDesk(parts),
            sign_off=SignOffDesk(parts, signer),
        )


async def _sign_in_rules(settings: Settings, records: RecordStore) -> SignInRules:
    """Demonstration accounts work on the loopback address only, and never beside real records."""
    safe = is_loopback(settings.web.host) and not await records.has_real_records()
    return SignInRules(
        session=timedelta(minutes=settings.web.session_minutes),
        idle=timedelta(minutes=settings.web.idle_minutes),
        demonstration_allowed=safe and settings.demonstration,
    )


async def _keep_fresh(models: ModelPool, endpoints: EndpointStore) -> None:
    """Follows changes that other processes make to the endpoints."""
    while True:
        await asyncio.sleep(ENDPOINTS_EVERY_S)
        with contextlib.suppress(SuwenError):
            await refresh(models, endpoints)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
