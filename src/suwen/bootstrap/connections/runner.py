"""Runs the connections of the table: starts, restarts, follows changes, tells how they fare."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Final

from suwen.bootstrap.connections.kinds import KINDS
from suwen.bootstrap.connections.numbering import audit_matches
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.connections.reporting import RunningReport
from suwen.core.connection import Connection, ConnectionHealth, ConnectionState, Connector
from suwen.core.errors import IntegrationError, SuwenError
from suwen.core.language import Bilingual
from suwen.storage.runner_turn import RunnerTurn

EVERY_S: Final = 1.0
STOP_WITHIN_S: Final = 3.5
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
STEADY_AFTER_S: Final = 60.0

log = logging.getLogger(__name__)

Build = Callable[[Connection], Connector]
Told = Callable[[Mapping[str, int]], None]


class _Running:
    """One connection of the table and what runs it, if anything does."""

    def __init__(self, connection: Connection, report: RunningReport) -> None:
        self.connection = connection
        self.report = report
        self.task: asyncio.Task[None] | None = None

    @property
    def wanted(self) -> bool:
        return self.connection.enabled and not self.connection.paused

    def start(self, build: Build) -> None:
        if not self.connection.enabled:
            self.report.set_state(ConnectionState.OFF)
        elif self.connection.paused:
            self.report.set_state(ConnectionState.PAUSED)
        else:
            self.report.set_state(ConnectionState.WAITING)
            self.task = asyncio.create_task(
                self._keep_running(build), name=f"connection {self.connection.name}"
            )

    async def stop(self) -> None:
        task, self.task = self.task, None
        if task is None:
            return
        task.cancel()
        _, late = await asyncio.wait({task}, timeout=STOP_WITHIN_S)
        if late:
            log.error("connection %s does not stop; left behind", self.connection.name)

    async def _keep_running(self, build: Build) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            began = loop.time()
            self.report.down(await self._run_once(build))
            steady = loop.time() - began > STEADY_AFTER_S
            pause_s = FIRST_PAUSE_S if steady else min(pause_s * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _run_once(self, build: Build) -> SuwenError:
        """Runs it until it fails; why it did."""
        name = self.connection.name
        try:
            await build(self.connection).run(self.report)
        except Exception as error:  # noqa: BLE001 - one connection must not end the others
            cause = _cause_of(error)
            if isinstance(cause, SuwenError):
                log.warning("connection %s is down: %s", name, cause.code)
                return cause
            # The text of an error may quote a message; its kind does not.
            log.error("connection %s failed: %s", name, type(cause).__name__)
            return _failed()
        log.warning("connection %s ended by itself", name)
        return _failed()


def _cause_of(error: Exception) -> Exception:
    """What went wrong first, where a connection does several things side by side."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


class Runner:
    """Runs every enabled connection, as long as it is this process's turn.

    Args:
        build: makes what runs a connection; may raise, which counts as the connection being down.
        tell_ports: is told the ports of the listeners whenever they change, and first when every
            wanted listener said that it is up or down.
    """

    def __init__(
        self, parts: ConnectionParts, turn: RunnerTurn, build: Build, tell_ports: Told
    ) -> None:
        self._parts = parts
        self._turn = turn
        self._build = build
        self._tell_ports = tell_ports
        self._running: dict[str, _Running] = {}
        self._told: Mapping[str, int] | None = None
        self._read = False

    async def run(self, ended: asyncio.Event) -> None:
        """Runs until ``ended`` is set, then stops every connection in order."""
        try:
            while not ended.is_set():
                await self._once()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause_s()):
                        await ended.wait()
        finally:
            await self._stop_all()

    def _pause_s(self) -> float:
        """Short until the listeners stand, so that whoever starts the platform waits little."""
        return EVERY_S if self._told is not None else EVERY_S / 20

    async def _once(self) -> None:
        try:
            if await self._turn.take():
                await self._follow(await self._parts.connections.list())
                await self._write_down()
                await audit_matches(self._parts)
            else:
                # Another process runs them; this one stands by.
                await self._stop_all()
        except SuwenError as error:
            # What runs goes on: it finds out by itself what it can still do.
            log.warning("connections are not looked after for now: %s", error.code)
        self._say_ports()

    async def _follow(self, wanted: list[Connection]) -> None:
        """Makes what runs agree with the table."""
        by_name = {connection.name: connection for connection in wanted}
        changed = [
            running
            for name, running in self._running.items()
            if name not in by_name or by_name[name].version != running.connection.version
        ]
        await asyncio.gather(*(running.stop() for running in changed))
        for running in changed:
            del self._running[running.connection.name]
        fresh = [connection for name, connection in by_name.items() if name not in self._running]
        if fresh:
            before = {health.name: health for health in await self._parts.connections.health()}
            for connection in fresh:
                self._start(connection, before.get(connection.name))
        self._read = True

    def _start(self, connection: Connection, before: ConnectionHealth | None) -> None:
        now = self._parts.clock.now
        health = before or ConnectionHealth(connection.name, ConnectionState.WAITING, now())
        running = _Running(connection, RunningReport(health, now))
        self._running[connection.name] = running
        running.start(self._build)

    async def _write_down(self) -> None:
        reports = [running.report for running in self._running.values()]
        store = self._parts.connections
        await store.write_health([report.health() for report in reports], self._parts.clock.now())
        taken = [(report, report.take_samples()) for report in reports]
        samples = [sample for _, own in taken for sample in own]
        if not samples:
            return
        try:
            await store.add_samples(samples)
        except SuwenError:
            for report, own in taken:
                report.put_back(own)
            raise

    def _say_ports(self) -> None:
        listeners = [
            running for running in self._running.values() if KINDS[running.connection.kind].listens
        ]
        if not self._read or any(r.wanted and not r.report.has_reported for r in listeners):
            return
        ports = {
            running.connection.name: health.port
            for running in listeners
            if (health := running.report.health()).port is not None
        }
        if ports != self._told:
            self._told = ports
            self._tell_ports(ports)

    async def _stop_all(self) -> None:
        await asyncio.gather(*(running.stop() for running in self._running.values()))
        self._running.clear()


def _failed() -> SuwenError:
    return IntegrationError(
        "connection_failed",
        Bilingual(
            zh="连接意外中断，将自动重试。若反复出现，请查看日志并联系实施人员。",
            en="The connection broke off unexpectedly and is tried again by itself. If it happens "
            "again and again, see the log and tell whoever set it up.",
        ),
    )
