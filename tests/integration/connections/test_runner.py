"""Connections run as the table says: started, restarted, changed, paused, by one process."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from suwen.bootstrap.connections import runner as runner_module
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.connections.runner import Runner
from suwen.core.connection import (
    Connection,
    ConnectionHealth,
    ConnectionKind,
    ConnectionReport,
    ConnectionState,
    ConnectionTest,
)
from suwen.core.errors import ConflictError
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.runner_turn import RunnerTurn
from suwen.storage.urls import DatabaseUrls

TAKEN = ConflictError("port_taken", Bilingual("端口被占用。", "The port is taken."))


@dataclass
class Fake:
    """What runs a connection in these tests, as its settings say."""

    connection: Connection
    hospital: Hospital

    async def run(self, report: ConnectionReport) -> None:
        name = self.connection.name
        self.hospital.started.append((name, self.connection.version))
        if self.hospital.failing.get(name):
            raise self.hospital.failing[name]
        report.up(port=2575)
        report.message(3, lag_s=1.5)
        report.error("hl7_value", "PID-7")
        report.error("hl7_value", "PID-7")
        try:
            await asyncio.Event().wait()
        finally:
            self.hospital.stopped.append(name)

    async def test(self) -> ConnectionTest:
        raise NotImplementedError


@dataclass
class Hospital:
    """What happened to the connections."""

    started: list[tuple[str, int]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)
    ports: list[Mapping[str, int]] = field(default_factory=list)

    def build(self, connection: Connection) -> Fake:
        return Fake(connection, self)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "EVERY_S", 0.05)
    monkeypatch.setattr(runner_module, "FIRST_PAUSE_S", 0.02)


@asynccontextmanager
async def running(
    parts: ConnectionParts, urls: DatabaseUrls, hospital: Hospital
) -> AsyncIterator[None]:
    database = Database(urls.general, pool_size=1)
    ended = asyncio.Event()
    runner = Runner(parts, RunnerTurn(database), hospital.build, hospital.ports.append)
    task = asyncio.create_task(runner.run(ended))
    try:
        yield
    finally:
        ended.set()
        await task
        await database.close()


def listener(name: str, **changed: object) -> Connection:
    connection = Connection(name, ConnectionKind.HL7V2_LISTENER, {})
    return dataclasses.replace(connection, **changed)  # type: ignore[arg-type]


async def put(parts: ConnectionParts, wanted: Connection, version: int | None = None) -> None:
    await parts.connections.put(wanted, version, by="op", at=datetime.now(UTC))


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Waits until something of another task or of the database is so."""
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - the other side has no event for it
            await asyncio.sleep(0.02)


async def health_when(
    parts: ConnectionParts, name: str, state: ConnectionState
) -> ConnectionHealth:
    async with asyncio.timeout(60):
        while True:
            for found in await parts.connections.health():
                if (found.name, found.state) == (name, state):
                    return found
            await asyncio.sleep(0.02)


async def test_health_and_samples_are_written_down_and_totals_go_on(
    parts: ConnectionParts, fresh_database_urls: DatabaseUrls
) -> None:
    await put(parts, listener("his"))
    for round_number in (1, 2):
        hospital = Hospital()
        async with running(parts, fresh_database_urls, hospital):
            found = await health_when(parts, "his", ConnectionState.UP)
            while found.messages_total < 3 * round_number:
                found = await health_when(parts, "his", ConnectionState.UP)
            await until(lambda: parts.connections.samples("his"))
        assert (found.messages_total, found.errors_total) == (3 * round_number, 2 * round_number)
        assert (found.lag_s, found.port, found.rate_per_minute) == (1.5, 2575, 3.0)
        assert found.last_error_code == "hl7_value"
        assert hospital.ports == [{"his": 2575}]
        assert hospital.stopped == ["his"]
    (sample,) = await parts.connections.samples("his")
    assert (sample.code, sample.where, sample.count) == ("hl7_value", "PID-7", 4)


async def test_the_table_is_followed(
    parts: ConnectionParts, fresh_database_urls: DatabaseUrls
) -> None:
    hospital, now = Hospital(), datetime.now(UTC)
    await put(parts, listener("off", enabled=False))
    async with running(parts, fresh_database_urls, hospital):
        await health_when(parts, "off", ConnectionState.OFF)
        await put(parts, listener("his"))
        await health_when(parts, "his", ConnectionState.UP)
        await parts.connections.set_paused("his", paused=True, by="op", at=now)
        await health_when(parts, "his", ConnectionState.PAUSED)
        assert hospital.stopped == ["his"]
        await parts.connections.set_paused("his", paused=False, by="op", at=now)
        await health_when(parts, "his", ConnectionState.UP)
        await put(parts, listener("his", settings={"port": 1}), 3)
        await until(lambda: asyncio.sleep(0, hospital.started[-1] == ("his", 4)))
        await parts.connections.remove("his")
        await until(lambda: asyncio.sleep(0, len(hospital.stopped) == 3))
    assert [version for _, version in hospital.started] == [1, 3, 4]


async def test_one_that_fails_is_down_with_its_reason_and_tried_again(
    parts: ConnectionParts, fresh_database_urls: DatabaseUrls
) -> None:
    # Some connections do several things side by side, of which one fails.
    of_several = ExceptionGroup("tasks", [TAKEN])
    hospital = Hospital(
        failing={"his": TAKEN, "lis": RuntimeError("PID|SECRET"), "pacs": of_several}
    )
    for name in ("his", "lis", "ris", "pacs"):
        await put(parts, listener(name))
    async with running(parts, fresh_database_urls, hospital):
        for name in ("his", "pacs"):
            down = await health_when(parts, name, ConnectionState.DOWN)
            assert down.last_error_code == "port_taken"
            assert down.last_error_message == TAKEN.safe_message
        odd = await health_when(parts, "lis", ConnectionState.DOWN)
        assert odd.last_error_code == "connection_failed"
        await health_when(parts, "ris", ConnectionState.UP)
        assert hospital.ports == [{"ris": 2575}], "told when all have said how they are"
        hospital.failing.clear()
        await health_when(parts, "his", ConnectionState.UP)
    assert [name for name, _ in hospital.started].count("his") >= 2


async def test_a_second_process_stands_by_until_the_first_is_gone(
    parts: ConnectionParts, fresh_database_urls: DatabaseUrls
) -> None:
    await put(parts, listener("his"))
    first, second = Hospital(), Hospital()
    async with running(parts, fresh_database_urls, first):
        await health_when(parts, "his", ConnectionState.UP)
        standing_by = running(parts, fresh_database_urls, second)
        await standing_by.__aenter__()
        await asyncio.sleep(0.4)
        assert second.started == []
    await until(lambda: asyncio.sleep(0, bool(second.started)))
    await standing_by.__aexit__(None, None, None)
    assert first.stopped == ["his"]
