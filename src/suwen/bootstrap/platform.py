"""Builds the platform of one site from its settings: the only place where parts are wired."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from suwen.bootstrap.audit_opening import SystemClock, open_audit, site_signer
from suwen.bootstrap.cds_hooks import CdsHooks, open_cds_hooks
from suwen.bootstrap.clients import Clients, open_clients
from suwen.bootstrap.connections.desk import ConnectionDesk
from suwen.bootstrap.connections.opening import open_connection_parts
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.departments import Departments
from suwen.bootstrap.device.told import read_told
from suwen.bootstrap.hospital_rules import refuse_rule_files
from suwen.bootstrap.hospital_sign_in import HospitalSignIn, SignInParts, open_sign_in
from suwen.bootstrap.ingestion import Ingestion
from suwen.bootstrap.jobs import Jobs
from suwen.bootstrap.library import Library
from suwen.bootstrap.library.opening import open_library
from suwen.bootstrap.minimising import minimising
from suwen.bootstrap.model_pool import open_models, refresh_models
from suwen.bootstrap.placing import installed_here
from suwen.bootstrap.register import Register
from suwen.bootstrap.releases.gate import open_gate
from suwen.bootstrap.reliance import open_reliance
from suwen.bootstrap.rules.desk import RuleDesk
from suwen.bootstrap.rules.hand_over import publish_rules
from suwen.bootstrap.rules.in_use import RulesOfSite, open_rules
from suwen.bootstrap.safety import is_loopback
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.vaults import open_vault
from suwen.control.access.authentication import Authenticator, SignInRules
from suwen.control.access.decision import AccessDecider
from suwen.control.audit import AuditWriter, KeyFileSigner
from suwen.control.gateway.chart import ChartDesk
from suwen.control.gateway.emergency import EmergencyDesk
from suwen.control.gateway.explaining import ExplainingDesk
from suwen.control.gateway.guarded_sign_off import GuardedSignOffDesk
from suwen.control.gateway.keeping import KeepingDesk
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.readers import ReadersDesk
from suwen.control.gateway.reconcile import Reconciled, reconcile
from suwen.control.gateway.run import Gateway
from suwen.control.gateway.runs import RunBoard
from suwen.control.guardrails.grounding import build_checker
from suwen.core.application import InstalledApplication
from suwen.core.identity import AppId
from suwen.core.manifest import Partition
from suwen.inference.pool import ModelPool
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.emergency_access import EmergencyStore
from suwen.storage.encryption import field_cipher
from suwen.storage.endpoints import EndpointStore
from suwen.storage.people import PeopleStore
from suwen.storage.records import RecordStore
from suwen.storage.register import RegisterStore
from suwen.storage.releases import ReleaseStore
from suwen.storage.settings import SettingStore
from suwen.storage.traces import TraceStore
from suwen.storage.urls import DatabaseUrls

if TYPE_CHECKING:
    from suwen.bootstrap.accountability.desk import Accountability
    from suwen.bootstrap.prescriptions.desk import PrescriptionDesk


@dataclass(frozen=True)
class Platform:
    """Everything that a door (pages, API, commands) may use."""

    settings: Settings
    urls: DatabaseUrls
    database: Database
    clock: SystemClock
    site: SettingStore
    people: PeopleStore
    audit_store: AuditStore
    audit: AuditWriter
    signer: KeyFileSigner
    authentication: Authenticator
    sign_in: HospitalSignIn
    models: ModelPool
    parts: GatewayParts
    gateway: Gateway
    runs: RunBoard
    charts: ChartDesk
    sign_off: GuardedSignOffDesk
    jobs: Jobs
    library: Library
    rules: RulesOfSite
    connection_parts: ConnectionParts
    clients: Clients
    cds_hooks: CdsHooks
    emergencies: EmergencyDesk

    @property
    def readers(self) -> ReadersDesk:
        """Who read a patient's record, for the patient office."""
        return ReadersDesk(self.parts, self.audit_store, self.people)

    @property
    def explaining(self) -> ExplainingDesk:
        """May somebody do something, and why, for the security and the compliance office."""
        return ExplainingDesk(self.parts, self.people)

    @property
    def keeping(self) -> KeepingDesk:
        """Legal holds, and whose data are erased."""
        from suwen.bootstrap.keeping import open_keeping

        return open_keeping(self)

    @property
    def register(self) -> Register:
        """The register of AI systems, for the AI committee."""
        told = partial(read_told, self.settings)
        return Register(self.parts, RegisterStore(self.database), told)

    @property
    def rule_desk(self) -> RuleDesk:
        """The hospital's rows of the clinical tables, for whoever answers for them."""
        return RuleDesk(self.parts, self.rules)

    @cached_property
    def departments(self) -> Departments:
        """How the hospital calls its departments."""
        return Departments(self.records, self.clock.now)

    @property
    def accountability(self) -> Accountability:
        """Who answers, disagreements, training, checks on reliance, claims and disclosure."""
        from suwen.bootstrap.accountability.desk import open_accountability

        return open_accountability(self)

    @property
    def prescriptions(self) -> PrescriptionDesk:
        """The pharmacists' queue."""
        from suwen.bootstrap.prescriptions.desk import PrescriptionDesk

        return PrescriptionDesk(self)

    @property
    def ingestion(self) -> Ingestion:
        """Imports and builds of the library, as jobs."""
        return Ingestion(self.library.parts, self.jobs)

    @property
    def records(self) -> RecordStore:
        """The record store; doors that show records go through ``charts``."""
        return self.parts.records

    @property
    def drafts(self) -> DraftStore:
        """The stored drafts; doors that show drafts go through ``sign_off``."""
        return self.parts.drafts

    @property
    def endpoints(self) -> EndpointStore:
        """The engines of the hospital."""
        return self.parts.endpoints

    @property
    def releases(self) -> ReleaseStore:
        """What may run, and what was taken out of use."""
        return self.parts.releases

    @property
    def traces(self) -> TraceStore:
        """What happened in each run, stage by stage."""
        return self.parts.traces

    @property
    def connections(self) -> ConnectionDesk:
        """The connections to the hospital's systems, and the messages that came over them."""
        from suwen.bootstrap.demonstration_site import retire_demonstration_accounts

        async def before_real() -> None:
            await retire_demonstration_accounts(self)

        return ConnectionDesk(self.connection_parts, self.access, before_real)

    @property
    def access(self) -> AccessDecider:
        """The policies."""
        return self.parts.access

    @property
    def applications(self) -> Mapping[AppId, InstalledApplication]:
        """What is installed."""
        return self.parts.applications

    async def refresh_endpoints(self) -> None:
        """Makes the models that can be asked agree with the stored endpoints."""
        await refresh_models(self.models, self.endpoints)

    async def recover(self) -> Reconciled:
        """Closes the audit of what a process that is gone left open, by what the store holds."""
        happened = self.prescriptions.happened
        return await reconcile(self.parts, self.audit_store, elsewhere=happened)


@asynccontextmanager
async def open_platform(
    settings: Settings, only: Partition | None = None
) -> AsyncIterator[Platform]:
    """The platform of a site for as long as the block lasts; the database is left as found.

    Args:
        only: ``GENERAL`` for a process that serves, which holds nothing of the device partition;
            the operator's own commands hold both.

    Raises:
        ConfigurationError: when the site is not safe to open.
        UnavailableError: when a part that is needed does not answer.
    """
    databases = SiteDatabase(settings, only)
    async with databases.opened() as urls, platform_on(settings, urls) as platform:
        yield platform


@asynccontextmanager
async def platform_on(settings: Settings, urls: DatabaseUrls) -> AsyncIterator[Platform]:
    """The platform of a site whose databases somebody else keeps running."""
    refuse_rule_files(settings.home)
    async with AsyncExitStack() as closing:
        database = Database(urls.general, vault=open_vault(settings.home))
        closing.push_async_callback(database.close)
        clock = SystemClock()
        signer = site_signer(settings)
        audit = await open_audit(settings, database, closing)
        endpoints = EndpointStore(database, field_cipher(settings.home))
        models = await open_models(settings, endpoints, closing, audit)
        shipped = _parts(settings, database, endpoints, models, audit)
        parts, rules = await open_rules(database, shipped)
        library = await _open_library(settings, database, parts, signer, rules)
        parts = replace(parts, retriever=library)
        runs = RunBoard(gateway := Gateway(parts), AuditStore(database))
        closing.push_async_callback(runs.stop)
        jobs = Jobs(urls, parts.access, audit)
        closing.push_async_callback(jobs.close)
        people = PeopleStore(database)
        has = (parts.records, parts.access, audit, clock)
        stood_on = SignInParts(settings, database, people, *has)
        sign_in = open_sign_in(stood_on, await _sign_in_rules(settings, parts.records), closing)
        yield Platform(
            settings=settings,
            urls=urls,
            database=database,
            clock=clock,
            site=SettingStore(database),
            people=people,
            audit_store=AuditStore(database),
            audit=audit,
            signer=signer,
            authentication=sign_in.authenticator,
            sign_in=sign_in,
            models=models,
            parts=parts,
            gateway=gateway,
            runs=runs,
            charts=ChartDesk(parts),
            sign_off=GuardedSignOffDesk(parts, sign_in.authenticator, lambda person: signer),
            jobs=jobs,
            library=library,
            rules=rules,
            connection_parts=open_connection_parts(settings, urls, audit, clock, closing),
            clients=await open_clients(
                settings, urls.general, parts, models, library.parts.engines, closing
            ),
            cds_hooks=open_cds_hooks(settings, database, parts, people, closing),
            emergencies=_emergencies(settings, database, parts, sign_in.authenticator),
        )


async def _open_library(
    settings: Settings,
    database: Database,
    parts: GatewayParts,
    signer: KeyFileSigner,
    rules: RulesOfSite,
) -> Library:
    """The library, with the Releases of the editions and rows that are in use now and later."""
    library = open_library(settings, database, parts, signer)
    await library.parts.edition_changed()
    rules.on_change(library.parts.edition_changed)
    rules.on_change(partial(publish_rules, settings.home, signer, rules))
    return library


def _emergencies(
    settings: Settings, database: Database, parts: GatewayParts, proofs: Authenticator
) -> EmergencyDesk:
    store = EmergencyStore(database, field_cipher(settings.home))
    lasts = timedelta(minutes=settings.access.emergency_minutes)
    return EmergencyDesk(parts, store, proofs, lasts)


def _parts(
    settings: Settings,
    database: Database,
    endpoints: EndpointStore,
    models: ModelPool,
    audit: AuditWriter,
) -> GatewayParts:
    return GatewayParts(
        partition=Partition.GENERAL,
        provider=settings.site.name_zh,
        applications=installed_here(settings),
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
        reliance=open_reliance(database),
        gate=open_gate(settings, database),
        **minimising(settings.home),
    )


async def demonstration_allowed(settings: Settings, records: RecordStore) -> bool:
    """Demonstration accounts work on the loopback address only, and never beside real records."""
    safe = settings.demonstration and is_loopback(settings.web.host)
    return safe and not await records.has_real_records()


async def _sign_in_rules(settings: Settings, records: RecordStore) -> SignInRules:
    return SignInRules(
        session=timedelta(minutes=settings.web.session_minutes),
        idle=timedelta(minutes=settings.web.idle_minutes),
        failures_per_address=settings.access.failures_per_address,
        demonstration_allowed=await demonstration_allowed(settings, records),
    )
