"""Follows a FHIR R4 server of the hospital as a source, and tries it out."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from suwen.bootstrap.connections.fhir_settings import DEFAULT_TYPES, FhirSourceSettings
from suwen.bootstrap.connections.notifications import NotificationBoard
from suwen.bootstrap.connections.numbering import NumberedConnector
from suwen.bootstrap.connections.parts import (
    Builder,
    ConnectionParts,
)
from suwen.core.connection import (
    Connection,
    ConnectionKind,
    ConnectionReport,
    ConnectionTest,
)
from suwen.core.errors import IntegrationError, SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.following import PATIENT_UNKNOWN, Follower
from suwen.integration.fhir.localising import IdSpace
from suwen.integration.fhir.masters import Declared, master_table
from suwen.integration.fhir.matching import PatientMatcher
from suwen.integration.fhir.setting_apart import let_go
from suwen.integration.fhir.sweeping import Sweeper
from suwen.storage.connections import ConnectionStore
from suwen.storage.inbound_queue import InboundQueue
from suwen.storage.record_import import IMPORTED, SYNTHETIC
from suwen.storage.source_states import SourceStates

_LOOK_EVERY_S: Final = 1.0
_RETRY_UNKNOWN_S: Final = 300.0
_MESSAGES: Final = 100
_ONE: Final = {"_count": "1"}


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
                        queue = InboundQueue(self._parts.database, self._parts.messages)
                        await let_go(queue, self._connection.name, PATIENT_UNKNOWN)
                    await follower.take_waiting(_MESSAGES)
                except SuwenError as error:
                    report.error(error.code, error.field or "")
                    report.down(error)
                await self._pause(follower, report)

    async def test(self) -> ConnectionTest:
        """Asks the server for its CapabilityStatement and for one resource of each type."""
        began = time.perf_counter()
        refused: dict[str, SuwenError] = {}
        try:
            async with FhirClient(self._settings.server()) as client:
                statement = await client.capabilities()
                for kind in self._settings.types:
                    try:
                        async with contextlib.aclosing(client.search(kind, _ONE)) as pages:
                            await anext(pages)
                    except UnavailableError:
                        raise
                    except SuwenError as error:
                        refused[kind] = error
        except SuwenError as error:
            return ConnectionTest(False, _since(began), error.safe_message)
        if refused:
            return ConnectionTest(False, _since(began), _which(refused))
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
                try:
                    await sweeper.sweep(kind, report)
                except IntegrationError as error:
                    # Following goes on; a person looks, and the next sweep is another day's.
                    report.error(error.code, kind)
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


def _which(refused: Mapping[str, SuwenError]) -> Bilingual:
    """Which types the server does not let us read, and why the first of them."""
    first = next(iter(refused.values())).safe_message
    named = ", ".join(refused)
    return Bilingual(
        zh=f"服务器可达，但以下资源类型读取失败：{named}。{first.zh}"
        "如对方不提供，请从 types 中去掉。",
        en=f"The server answers, but these types cannot be read: {named}. {first.en} Where it does "
        "not have them, leave them out of types.",
    )


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _build(connection: Connection, parts: ConnectionParts) -> NumberedConnector:
    from suwen.bootstrap.connections.kinds import read_connection_settings

    settings = read_connection_settings(connection, FhirSourceSettings)
    source = FhirSource(connection, settings, parts)
    return NumberedConnector(source, connection, connection.name, parts)


BUILDERS: Final = {ConnectionKind.FHIR_SOURCE: Builder(FhirSourceSettings, _build)}
