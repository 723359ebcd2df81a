"""``kill -9`` of receiver, sender and database among messages: none lost, none twice, in order.

Each message reports a number for its patient's one observation anew. So the history of the
observation tells which messages were processed, how often, and in which order.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from suwen.core.errors import UnavailableError
from suwen.core.exact_json import read_exact
from suwen.storage.cluster import Cluster
from suwen.storage.database import Database
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.inbound import InboundStore
from suwen.storage.outbound import Carried, OutboundState, OutboundStore
from suwen.storage.rows import EVERYBODY
from suwen.storage.server_account import server_account
from suwen.storage.tables import resource, resource_history
from tests.support.database import new_state_folder
from tests.support.hl7 import CIPHER, lab
from tests.support.hl7_process import OUT
from tests.support.prepared_homes import PreparedHomes

pytestmark = pytest.mark.timeout(600)
RECEIVER_POINTS = (
    "inbound.before_commit",
    "inbound.after_commit",
    "inbound.before_processed",
    "inbound.after_processed",
)
SENDER_POINTS = ("hl7.before_sent", "hl7.after_answered", "hl7.after_settled")
PATIENTS = 20


@dataclass
class Hospital:
    """A database, a receiver and a sender, each of which can be killed."""

    server: EmbeddedPostgres
    home: Path
    url: str
    port: int
    faults: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)

    def start(self, role: str) -> None:
        """Starts a process."""
        self.running[role] = subprocess.Popen(
            [sys.executable, "-m", "tests.support.hl7_process", role, self.url, str(self.port)],
            env={**os.environ, "SUWEN_FAULT_FOLDER": str(self.faults)},
        )

    def revive(self) -> None:
        """Starts again what was killed, as a supervisor does."""
        for role, process in list(self.running.items()):
            if process.poll() is not None:
                assert process.returncode == -signal.SIGKILL, (role, process.returncode)
                self.start(role)

    def kill(self, role: str) -> None:
        """``kill -9`` of a process."""
        self.running[role].kill()
        self.running[role].wait()
        self._count(role)

    def kill_database(self) -> None:
        """``kill -9`` of the database server, which is then started again."""
        postmaster = Cluster(self.home / "postgres", server_account()).postmaster()
        assert postmaster is not None
        postmaster.kill()
        postmaster.wait(10)
        self.server.restart_if_dead()
        self._count("database")

    def strike(self, point: str) -> bool:
        """Arms a fault point and waits until a process died there."""
        order = self.faults / point
        order.touch()
        deadline = time.monotonic() + 15
        while order.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        struck = not order.exists()
        order.unlink(missing_ok=True)
        if struck:
            self._count(point)
        return struck

    def stop(self) -> None:
        """Ends all processes."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(15)

    def _count(self, what: str) -> None:
        self.kills[what] = self.kills.get(what, 0) + 1


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@pytest.fixture
def hospital(prepared_homes: PreparedHomes) -> Iterator[Hospital]:
    with new_state_folder() as folder:
        home, faults = folder / "home", folder / "faults"
        faults.mkdir()
        prepared_homes.with_tables(home)
        server = EmbeddedPostgres(home)
        with server as urls:
            running = Hospital(server, home, urls.general, _free_port(), faults)
            yield running
            running.stop()


@pytest.fixture
def messages() -> int:
    """How many; the soak run has more."""
    return 1000


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    with suppress(Exception):
        await database.close()


async def test_nothing_is_lost_doubled_or_out_of_order(hospital: Hospital, messages: int) -> None:
    await enqueue(hospital.url, messages)
    hospital.start("receiver")
    hospital.start("sender")
    await asyncio.to_thread(kill_among_them, hospital, random.Random(7))
    await until_done(hospital, messages)
    await check(hospital.url, messages)
    assert set(hospital.kills) >= {"receiver", "sender", "database", *RECEIVER_POINTS}
    assert set(hospital.kills) >= set(SENDER_POINTS)


async def enqueue(url: str, count: int) -> None:
    """Puts in the messages: for each patient the numbers from 1 upwards."""
    async with opened(url) as database:
        outbound = OutboundStore(database, CIPHER)
        for number in range(count):
            patient, turn = f"P{number % PATIENTS}", number // PATIENTS + 1
            body = lab(f"M{number}", patient, f"O{patient}", str(turn)).encode()
            await outbound.enqueue(OUT, f"M{number}", body, Carried(patient, 4), datetime.now(UTC))


def kill_among_them(hospital: Hospital, chance: random.Random) -> None:
    """Every fault point once, then each process and the database at moments of chance."""
    for point in [*RECEIVER_POINTS, *SENDER_POINTS]:
        assert hospital.strike(point), point
        time.sleep(0.1)
        hospital.revive()
    for what in ("receiver", "database", "sender", "database"):
        time.sleep(chance.uniform(0.2, 1.0))
        if what == "database":
            hospital.kill_database()
        else:
            hospital.kill(what)
            hospital.revive()


async def until_done(hospital: Hospital, count: int, limit_s: float = 300) -> None:
    """Waits until all were delivered and processed, reviving what a late fault killed."""
    async with asyncio.timeout(limit_s), opened(hospital.url) as database:
        while True:
            hospital.revive()
            if await is_done(database):
                return
            await asyncio.sleep(0.2)


async def is_done(database: Database) -> bool:
    """Whether nothing waits, to be sent or to be processed; false while the database is away."""
    try:
        waiting = (await OutboundStore(database, CIPHER).counts()).get(OUT, (0, 0))[0]
        return (
            not waiting
            and not (await InboundStore(database, CIPHER).counts()).get("his", (0, 0))[0]
        )
    except UnavailableError:
        return False


async def check(url: str, count: int) -> None:
    """Every message once, and those of each patient in their order."""
    async with opened(url) as database:
        outbound = OutboundStore(database, CIPHER)
        inbound = InboundStore(database, CIPHER)
        delivered = await outbound.queue(OUT, OutboundState.DELIVERED, limit=count + 1)
        assert len(delivered) == count
        received = await inbound.queue("his", limit=count * 2)
        assert sorted(m.control_id for m in received) == sorted(f"M{n}" for n in range(count))
        assert {m.state.value for m in received} == {"processed"}
        told = await numbers(database)
        assert len(told) == PATIENTS
        for values in told.values():
            assert values == list(range(1, count // PATIENTS + 1))


async def numbers(database: Database) -> dict[str, list[int]]:
    """For each observation the numbers that it had, in their order."""
    former = select(resource_history.c.id, resource_history.c.version, resource_history.c.body)
    present = select(resource.c.id, resource.c.version, resource.c.body)
    found: dict[str, list[tuple[int, int]]] = {}
    async with database.transaction(EVERYBODY) as connection:
        for query, table in ((former, resource_history), (present, resource)):
            rows = await connection.execute(query.where(table.c.type == "Observation"))
            for row in rows:
                value = int(read_exact(row.body)["valueQuantity"]["value"])
                found.setdefault(row.id, []).append((row.version, value))
    return {key: [value for _, value in sorted(rows)] for key, rows in found.items()}
