"""A FHIR R4 server of the hospital as a source: its settings, and what follows it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl

from pydantic import Field, field_validator, model_validator

from suwen.bootstrap.connections.notifications import NotificationBoard
from suwen.bootstrap.connections.parts import (
    Builder,
    ConnectionParts,
    ConnectionSettings,
    secret,
)
from suwen.core.connection import (
    Connection,
    ConnectionKind,
    ConnectionReport,
    ConnectionTest,
)
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.following import PATIENT_UNKNOWN, Follower, FollowRules
from suwen.integration.fhir.localising import IdSpace
from suwen.integration.fhir.masters import Declared, master_table
from suwen.integration.fhir.matching import PatientMatcher
from suwen.integration.fhir.resource_types import RESOURCE_TYPES
from suwen.integration.fhir.server import (
    BasicProof,
    ClientCredentials,
    FhirServer,
    Limits,
    NoProof,
    Proof,
    TokenProof,
)
from suwen.integration.fhir.setting_apart import let_go
from suwen.integration.fhir.sweeping import Sweeper
from suwen.storage.connections import ConnectionStore
from suwen.storage.inbound_queue import InboundQueue
from suwen.storage.record_import import IMPORTED, SYNTHETIC
from suwen.storage.source_states import SourceStates

_LOOK_EVERY_S: Final = 1.0
_RETRY_UNKNOWN_S: Final = 300.0
_MESSAGES: Final = 100
#: Who, where and what belongs to nobody first, so that what names them finds them there.
DEFAULT_TYPES: Final = (
    "Organization",
    "Practitioner",
    "Location",
    "Medication",
    "Patient",
    "Encounter",
    "Condition",
    "AllergyIntolerance",
    "MedicationRequest",
    "MedicationStatement",
    "Procedure",
    "ServiceRequest",
    "Observation",
    "DiagnosticReport",
    "ImagingStudy",
    "Immunization",
    "DocumentReference",
)

Origin = Annotated[str, Field(max_length=500)]


class FhirSourceSettings(ConnectionSettings):
    """How a FHIR R4 server is reached and followed."""

    base_url: str = Field(max_length=500, description="Base address of the R4 service.")
    also_at: tuple[Origin, ...] = Field(
        (), description="Further origins that the server's own links may name."
    )
    types: tuple[str, ...] = Field(DEFAULT_TYPES, description="Resource types that are read.")
    master_of: tuple[str, ...] = Field(
        (), description="Those of them whose master this source is, where several bring them."
    )
    search: dict[str, str] = Field(
        default_factory=dict,
        description="Further search parameters by resource type, such as "
        '{"Observation": "category=laboratory"}.',
    )
    every_s: float = Field(15.0, ge=1, le=86_400, description="Seconds between two looks.")
    overlap_s: float = Field(
        120.0,
        ge=0,
        le=86_400,
        description="How far each look reaches back before the last one, in seconds: longer than "
        "the longest transaction of the server.",
    )
    page_size: int = Field(200, ge=1, le=1000, description="Resources asked for at once.")
    since: datetime | None = Field(
        None, description="Where the first look begins; not set reads everything."
    )
    deletions: Literal["sweep", "history", "none"] = Field(
        "sweep",
        description="How deletions are learnt: by comparing everything from time to time, by the "
        "server's history, or not at all.",
    )
    sweep_hours: float = Field(24.0, gt=0, le=720, description="Hours between two sweeps.")
    id_prefix: str = Field(
        "",
        max_length=20,
        pattern=r"^[A-Za-z0-9\-.]*$",
        description="Put before every id of this source; empty for the one source whose ids are "
        "the site's own.",
    )
    patient_identifier_system: str | None = Field(
        None,
        max_length=300,
        description="System of the identifier by which this source's patients are matched with "
        "the site's; not set where its patient ids are the site's own.",
    )
    sign_in: Literal["none", "basic", "token", "oauth2"] = Field(
        "none", description="How we prove who we are."
    )
    account: str | None = Field(None, max_length=200, description="For basic: the account.")
    token_url: str | None = Field(None, max_length=500, description="For oauth2: token endpoint.")
    client_id: str | None = Field(None, max_length=200, description="For oauth2: our client id.")
    scope: str = Field("system/*.read", max_length=500, description="For oauth2: what is asked.")
    key_id: str | None = Field(None, max_length=200, description="For oauth2: id of our key.")
    ca_file: str | None = Field(None, description="PEM of the authority of its certificate.")
    certificate_file: str | None = Field(
        None, description="PEM of our certificate and key, where the server wants one."
    )
    timeout_s: float = Field(30.0, gt=0, le=600, description="Longest wait for one answer, in s.")
    answer_mib: int = Field(64, ge=1, le=1024, description="Largest answer, in MiB.")
    password: str | None = secret("For basic: the password.")
    token: str | None = secret("For token: the token.")
    client_secret: str | None = secret("For oauth2: the client's secret.")
    private_key: str | None = secret("For oauth2: PEM of the key that we sign with.")
    notification_secret: str | None = secret(
        "What a notification of the server must carry as its bearer token."
    )

    @field_validator("types", "master_of")
    @classmethod
    def _known_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= RESOURCE_TYPES or len(set(value)) != len(value):
            raise ValueError("they must be R4 resource types, each once")
        return value

    @model_validator(mode="after")
    def _whole(self) -> FhirSourceSettings:
        if not self.types or not set(self.master_of) <= set(self.types):
            raise ValueError("master_of must be among types, and types not empty")
        if not set(self.search) <= set(self.types):
            raise ValueError("search must be about types that are read")
        if self.patient_identifier_system is not None and not self.id_prefix:
            raise ValueError("patients are matched only where id_prefix is set")
        needed = {
            "basic": ("account", "password"),
            "token": ("token",),
            "oauth2": ("token_url", "client_id"),
        }.get(self.sign_in, ())
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.sign_in} needs {', '.join(missing)}")
        return self

    def server(self) -> FhirServer:
        """The server as the client reaches it.

        Raises:
            ConfigurationError: ``fhir_address_invalid``.
        """
        return FhirServer(
            base=self.base_url.rstrip("/"),
            proof=self._proof(),
            also_at=self.also_at,
            ca_file=Path(self.ca_file) if self.ca_file else None,
            certificate_file=Path(self.certificate_file) if self.certificate_file else None,
            limits=Limits(timeout_s=self.timeout_s, answer_bytes=self.answer_mib * 1024 * 1024),
        )

    def rules(self, origin: str) -> FollowRules:
        """How the source is followed."""
        since = self.since
        if since is not None and since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        return FollowRules(
            types=self.types,
            overlap=timedelta(seconds=self.overlap_s),
            page_size=self.page_size,
            since=since,
            origin=origin,
            search={kind: parse_qsl(text) for kind, text in self.search.items()},
        )

    def _proof(self) -> Proof:
        if self.sign_in == "basic":
            return BasicProof(self.account or "", self.password or "")
        if self.sign_in == "token":
            return TokenProof(self.token or "")
        if self.sign_in == "oauth2":
            return ClientCredentials(
                token_url=self.token_url or "",
                client_id=self.client_id or "",
                scope=self.scope,
                secret=self.client_secret,
                private_key=self.private_key,
                key_id=self.key_id,
            )
        return NoProof()


class FhirSource:
    """Follows one FHIR server."""

    def __init__(
        self, connection: Connection, settings: FhirSourceSettings, parts: ConnectionParts
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._parts = parts
        self._space = IdSpace(connection.name, settings.id_prefix)
        self._rules = settings.rules(SYNTHETIC if connection.synthetic else IMPORTED)
        self._notified = NotificationBoard(parts.database, connection.name)

    async def run(self, report: ConnectionReport) -> None:
        """Follows the server until cancelled; what fails for a while is tried on."""
        swept: dict[str, float] = {}
        retried = time.monotonic()
        async with FhirClient(self._settings.server()) as client:
            follower = self._follower(client)
            while True:
                try:
                    follower.is_master = await self._mastered()
                    await follower.follow_all(report)
                    report.up()
                    await self._learn_deletions(client, follower, swept, report)
                    if time.monotonic() - retried >= _RETRY_UNKNOWN_S:
                        retried = time.monotonic()
                        queue = InboundQueue(self._parts.database, self._parts.cipher)
                        await let_go(queue, self._connection.name, PATIENT_UNKNOWN)
                    await follower.take_waiting(_MESSAGES)
                except SuwenError as error:
                    report.error(error.code, error.field or "")
                    report.down(error)
                await self._pause(follower, report)

    async def test(self) -> ConnectionTest:
        """Asks the server for its CapabilityStatement and for one resource of each type."""
        began = time.perf_counter()
        try:
            async with FhirClient(self._settings.server()) as client:
                statement = await client.capabilities()
                for kind in self._settings.types:
                    pages = client.search(kind, {"_count": "1"})
                    async with contextlib.aclosing(pages):
                        await anext(pages)
        except SuwenError as error:
            return ConnectionTest(False, _since(began), error.safe_message)
        version = str(statement.get("fhirVersion"))
        count = len(self._settings.types)
        return ConnectionTest(
            True,
            _since(began),
            Bilingual(
                zh=f"FHIR {version} 服务器应答正常，{count} 种资源可读取。",
                en=f"The FHIR {version} server answers; {count} resource types can be read.",
            ),
        )

    def _follower(self, client: FhirClient) -> Follower:
        system = self._settings.patient_identifier_system
        matcher = PatientMatcher(self._parts.records, system) if system is not None else None
        return Follower(
            client,
            self._space,
            self._rules,
            self._parts.cursors,
            self._parts.inbound,
            matcher,
            {},
        )

    async def _mastered(self) -> Mapping[str, bool]:
        """Of each type that is read, whether this source is its master.

        Raises:
            ConfigurationError: ``fhir_two_masters``, ``fhir_no_master``.
        """
        store = ConnectionStore(self._parts.database, self._parts.cipher)
        declared = [
            Declared(
                other.name,
                frozenset(other.settings.get("types", DEFAULT_TYPES)),
                frozenset(other.settings.get("master_of", ())),
            )
            for other in await store.list()
            if other.kind is ConnectionKind.FHIR_SOURCE and other.enabled
        ]
        masters, name = master_table(declared), self._connection.name
        return {kind: masters.get(kind, name) == name for kind in self._settings.types}

    async def _learn_deletions(
        self,
        client: FhirClient,
        follower: Follower,
        swept: dict[str, float],
        report: ConnectionReport,
    ) -> None:
        if self._settings.deletions == "none":
            return
        states = SourceStates(self._parts.database)
        sweeper = Sweeper(client, self._space, self._rules, self._parts.records, states, follower)
        name = self._connection.name
        for kind in self._settings.types:
            if self._settings.deletions == "history":
                cursor = f"{kind}/_history"
                since = await self._parts.cursors.read(name, cursor)
                start = since or datetime.now(UTC).isoformat(timespec="milliseconds")
                told = await sweeper.follow_deletions(kind, start, report)
                if told != since:
                    await self._parts.cursors.advance(name, cursor, told)
                continue
            if await self._sweep_is_due(kind, swept):
                await sweeper.sweep(kind, report)
                now = datetime.now(UTC).isoformat(timespec="seconds")
                await self._parts.cursors.advance(name, f"{kind}/sweep", now)

    async def _sweep_is_due(self, kind: str, swept: dict[str, float]) -> bool:
        """Whether the last sweep is long enough ago; looked up once an hour at most."""
        interval_s = self._settings.sweep_hours * 3600
        if time.monotonic() - swept.get(kind, -interval_s) < min(interval_s, 3600):
            return False
        swept[kind] = time.monotonic()
        last = await self._parts.cursors.read(self._connection.name, f"{kind}/sweep")
        if last is None:
            # What was just read for the first time needs no comparison yet.
            now = datetime.now(UTC).isoformat(timespec="seconds")
            await self._parts.cursors.advance(self._connection.name, f"{kind}/sweep", now)
            return False
        return (datetime.now(UTC) - datetime.fromisoformat(last)).total_seconds() >= interval_s

    async def _pause(self, follower: Follower, report: ConnectionReport) -> None:
        """Waits for the next look, or until the server tells that there is something new."""
        until = time.monotonic() + self._settings.every_s
        while time.monotonic() < until:
            await asyncio.sleep(min(_LOOK_EVERY_S, self._settings.every_s))
            try:
                if await self._notified.take():
                    return
                waiting = await self._parts.inbound.next_messages(self._connection.name, 1)
                if waiting:
                    follower.is_master = await self._mastered()
                    await follower.take_waiting(_MESSAGES)
            except SuwenError as error:
                report.error(error.code, error.field or "")


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _build(connection: Connection, parts: ConnectionParts) -> FhirSource:
    from suwen.bootstrap.connections.kinds import read_connection_settings

    return FhirSource(connection, read_connection_settings(connection, FhirSourceSettings), parts)


BUILDERS: Final = {ConnectionKind.FHIR_SOURCE: Builder(FhirSourceSettings, _build)}
