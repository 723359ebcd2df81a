"""Builds the device partition of a site: its own database, role, keys, engines, audit, process.

Nothing here is shared with the general partition but the settings' file and the program itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from suwen.bootstrap.audit_opening import SystemClock, open_audit, site_signer
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.device.department_models import ModelFiles
from suwen.bootstrap.device.place import PUBLIC_KEYS, device_settings
from suwen.bootstrap.device.public_library import PublicLibrary
from suwen.bootstrap.device.rules import DeviceRules
from suwen.bootstrap.device.tables_in_use import InUse, device_applications
from suwen.bootstrap.device.trainings import DeviceTrainings
from suwen.bootstrap.minimising import minimising
from suwen.bootstrap.model_pool import open_models
from suwen.bootstrap.releases.gate import open_gate, renew_model_parts
from suwen.bootstrap.rules.in_use import RulesInUse
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.vaults import open_vault
from suwen.control.access.decision import AccessDecider
from suwen.control.audit import AuditWriter, KeyFileSigner
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.reconcile import Reconciled, reconcile
from suwen.control.gateway.run import Gateway
from suwen.control.governance.releases import register_releases
from suwen.control.guardrails.grounding import build_checker
from suwen.core.application import InstalledApplication
from suwen.core.identity import AppId
from suwen.core.manifest import Partition
from suwen.inference.pool import ModelPool
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.encryption import field_cipher
from suwen.storage.endpoints import EndpointStore
from suwen.storage.records import RecordStore
from suwen.storage.releases import ReleaseStore
from suwen.storage.settings import SettingStore
from suwen.storage.table_editions import TableEditionStore
from suwen.storage.traces import TraceStore
from suwen.storage.urls import DatabaseUrls

CONNECTIONS: Final = 12
"""Held open: replies of a busy morning overlap, and to connect anew costs more than a reply."""


@dataclass(frozen=True)
class DevicePlatform:
    """Everything that a door of the device partition may use.

    Attributes:
        settings: with the partition's own state directory and audit file.
        site_settings: as the operator wrote them.
        in_use: the applications as they run, with the tables that operators edited.
        library: what of the library is public.
        trainings: who of the staff was trained.
    """

    settings: Settings
    site_settings: Settings
    database: Database
    clock: SystemClock
    site: SettingStore
    audit_store: AuditStore
    audit: AuditWriter
    signer: KeyFileSigner
    models: ModelPool
    parts: GatewayParts
    gateway: Gateway
    in_use: InUse
    tables: TableEditionStore
    library: PublicLibrary
    trainings: DeviceTrainings

    @property
    def endpoints(self) -> EndpointStore:
        """The engines of this partition."""
        return self.parts.endpoints

    @property
    def releases(self) -> ReleaseStore:
        """What may run here, and what was taken out of use."""
        return self.parts.releases

    @property
    def traces(self) -> TraceStore:
        """What happened in each run, stage by stage."""
        return self.parts.traces

    @property
    def access(self) -> AccessDecider:
        """The policies."""
        return self.parts.access

    @property
    def applications(self) -> Mapping[AppId, InstalledApplication]:
        """What is installed and of device grade."""
        return self.parts.applications

    async def load_tables(self) -> None:
        """Takes the editions in use into use: from the next run on."""
        await self.in_use.load(self.tables)
        await register_releases(self.releases, self.applications.values(), self.clock.now())
        await renew_model_parts(self.settings, self.parts, self.database)

    async def recover(self) -> Reconciled:
        """Closes the audit of what a process that is gone left open, by what the store holds."""
        return await reconcile(self.parts, self.audit_store)


@asynccontextmanager
async def open_device(settings: Settings) -> AsyncIterator[DevicePlatform]:
    """The device partition of a site for as long as the block lasts.

    Raises:
        ConfigurationError: when the partition is not safe to open.
        UnavailableError: when a part that is needed does not answer.
    """
    databases = SiteDatabase(settings, Partition.DEVICE)
    async with databases.opened() as urls, device_on(settings, urls) as platform:
        yield platform


@asynccontextmanager
async def device_on(site: Settings, urls: DatabaseUrls) -> AsyncIterator[DevicePlatform]:
    """The device partition of a site whose databases somebody else keeps running."""
    settings = device_settings(site)
    async with AsyncExitStack() as closing:
        vault = open_vault(settings.home)
        database = Database(urls.service(Partition.DEVICE), CONNECTIONS, vault)
        closing.push_async_callback(database.close)
        audit = await open_audit(settings, database, closing)
        endpoints = EndpointStore(database, field_cipher(settings.home))
        models = await open_models(settings, endpoints, closing, audit)
        keys = site.home / "secrets" / "signing" / PUBLIC_KEYS
        library = PublicLibrary(site.home / "public", keys)
        parts = _parts(settings, database, endpoints, models, audit)
        in_use = InUse(device_applications(settings), ModelFiles(settings.home))
        rows = RulesInUse(in_use.applications)
        rules = DeviceRules(site.home / "public", settings.home, keys, rows, parts.clock)
        await rules.renew()
        trainings = DeviceTrainings(site.home / "public", settings.home, keys, parts.clock)
        parts = replace(
            parts,
            applications=in_use.applications,
            checker=rows.checker,
            laboratory=rows.laboratory,
            rule_book=rows.book,
            renew=rules.renew,
            retriever=library,
            red_flags=in_use.red_flags,
            trained=trainings,
        )
        platform = DevicePlatform(
            settings=settings,
            site_settings=site,
            database=database,
            clock=SystemClock(),
            site=SettingStore(database),
            audit_store=AuditStore(database),
            audit=audit,
            signer=site_signer(settings),
            models=models,
            parts=parts,
            gateway=Gateway(parts),
            in_use=in_use,
            tables=TableEditionStore(database),
            library=library,
            trainings=trainings,
        )
        closing.push_async_callback(platform.gateway.shadows.stop)
        await platform.load_tables()
        rules.on_change(platform.load_tables)
        yield platform


def _parts(
    settings: Settings,
    database: Database,
    endpoints: EndpointStore,
    models: ModelPool,
    audit: AuditWriter,
) -> GatewayParts:
    return GatewayParts(
        partition=Partition.DEVICE,
        provider=settings.site.name_zh,
        applications={},
        # There is no record in this database: an application here reads what its request brings.
        records=RecordStore(database),
        drafts=DraftStore(database),
        releases=ReleaseStore(database),
        traces=TraceStore(database),
        endpoints=endpoints,
        audit=audit,
        clock=SystemClock(),
        access=AccessDecider(),
        model=models.model,
        checker=build_checker,
        gate=open_gate(settings, database),
        **minimising(settings.home),
    )
