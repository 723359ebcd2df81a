"""Keeps the embedded engine alive: starts it, watches it, restarts it when it dies, stops it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

import aiohttp

from suwen.core.errors import UnavailableError
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition

_log = logging.getLogger(__name__)

_START_S: Final = 60.0
_STOP_S: Final = 5.0
_HEALTH_EVERY_S: Final = 5.0
_HEALTH_WAIT_S: Final = 10.0
_UNHEALTHY_TIMES: Final = 3
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 30.0
_STEADY_S: Final = 30.0


class EngineState(StrEnum):
    """What the engine is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What to serve and how.

    Attributes:
        model: name under which the model is served.
        threads: most threads, never more than there are free cores; ``None`` leaves one core to
            the rest of the platform.
        context_tokens: context window of each slot.
        slots: answers generated at once.
        ceiling: highest data class (1 to 5) that may be sent to the engine; it is on this machine.
    """

    model_file: Path
    model: str
    threads: int | None = None
    context_tokens: int = 8192
    slots: int = 2
    partition: Partition = Partition.GENERAL
    ceiling: int = 5


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The state for the system page. ``pid`` and ``threads`` are ``None`` while there is none."""

    state: EngineState
    pid: int | None
    threads: int | None
    restarts: int


class EmbeddedEngine:
    """The engine process and its supervisor; one instance for one model.

    The address and the key stay the same from start to stop, whatever dies in between. While the
    engine is down, calls to it fail at once with ``engine_unreachable``.
    """

    def __init__(self, settings: EngineSettings, *, name: str = "embedded") -> None:
        self._settings = settings
        self._name = name
        self._key = secrets.token_urlsafe(32)
        self._port_holder: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._supervision: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._state = EngineState.STOPPED
        self._threads: int | None = None
        self._restarts = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()

    @property
    def status(self) -> EngineStatus:
        """What the engine is doing now."""
        pid = self._process.pid if self._process is not None else None
        return EngineStatus(self._state, pid, self._threads, self._restarts)

    def endpoint(self) -> Endpoint:
        """The endpoint to ask; valid from ``start`` to ``stop``.

        Raises:
            UnavailableError: ``embedded_engine_stopped``.
        """
        settings = self._settings
        return Endpoint(
            name=self._name,
            url=f"http://127.0.0.1:{self._port}/v1",
            model=settings.model,
            partition=settings.partition,
            ceiling=settings.ceiling,
            capabilities=frozenset({"chat", "json_schema"}),
            context_tokens=settings.context_tokens,
            key=self._key,
            embedded=True,
            max_concurrent=settings.slots,
        )

    async def start(self) -> None:
        """Returns once the engine answers; does nothing when it was started before.

        Raises:
            UnavailableError: ``embedded_engine_failed``, when the model cannot be loaded.
        """
        if self._supervision is not None:
            return
        self._key = secrets.token_urlsafe(32)
        self._port_holder = _hold_port()
        self._state = EngineState.STARTING
        try:
            await self._launch()
        except BaseException:
            await self.stop()
            raise
        self._supervision = asyncio.create_task(self._supervise(), name=f"engine {self._name}")

    async def stop(self) -> None:
        """Ends the engine and its supervision; returns when the process is gone."""
        supervision, self._supervision = self._supervision, None
        if supervision is not None:
            supervision.cancel()
            await asyncio.wait([supervision])
        await self._end_process()
        if self._port_holder is not None:
            self._port_holder.close()
            self._port_holder = None
        self._state = EngineState.STOPPED

    async def wait_healthy(self, timeout_s: float = _START_S) -> None:
        """Returns once the engine answers, also after a restart.

        Raises:
            UnavailableError: ``embedded_engine_failed``, when it does not in this time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
        except TimeoutError:
            raise _failed(None) from None

    @property
    def _port(self) -> int:
        if self._port_holder is None:
            raise UnavailableError(
                "embedded_engine_stopped",
                Bilingual(zh="内置模型引擎未启动。", en="The embedded engine is not started."),
            )
        return int(self._port_holder.getsockname()[1])

    async def _launch(self) -> None:
        settings = self._settings
        command = [
            *(sys.executable, "-m", "suwen.inference.embedded"),
            *("--model", str(settings.model_file), "--name", settings.model),
            *("--port", str(self._port), "--parent", str(os.getpid())),
            *("--context", str(settings.context_tokens), "--slots", str(settings.slots)),
        ]
        if settings.threads is not None:
            command += ["--threads", str(settings.threads)]
        # What the engine writes to standard error may hold pieces of a prompt: it is not kept.
        process = self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(_START_S):
                self._threads = await self._greet(process)
        except TimeoutError:
            await self._end_process()
            raise _failed(None) from None
        except (ConnectionError, ValueError, KeyError):
            # It is ending by itself; a signal now would lose its exit status.
            await asyncio.wait([asyncio.create_task(process.wait())], timeout=_STOP_S)
            await self._end_process()
            raise _failed(process.returncode) from None
        self._state = EngineState.READY
        self._ready.set()

    async def _greet(self, process: asyncio.subprocess.Process) -> int:
        """Hands the key over and waits for the engine's first line: how many threads it uses."""
        if process.stdin is None or process.stdout is None:
            raise ConnectionError
        process.stdin.write(f"{self._key}\n".encode())
        await process.stdin.drain()
        return int(json.loads(await process.stdout.readline())["threads"])

    async def _supervise(self) -> None:
        pause_s = _FIRST_PAUSE_S
        clock = asyncio.get_running_loop().time
        while True:
            since = clock()
            await self._until_dead()
            self._ready.clear()
            self._state = EngineState.RESTARTING
            _log.warning("engine %s ended, restarting", self._name)
            if clock() - since > _STEADY_S:
                pause_s = _FIRST_PAUSE_S
            while not self._ready.is_set():
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                self._restarts += 1
                try:
                    await self._launch()
                except (UnavailableError, OSError):
                    _log.warning("engine %s did not start, next try in %.1f s", self._name, pause_s)

    async def _until_dead(self) -> None:
        """Returns when the process ended, or was ended because it no longer answers."""
        if self._process is None:
            return
        watch = asyncio.create_task(self._until_unhealthy())
        death = asyncio.create_task(self._process.wait())
        try:
            await asyncio.wait({watch, death}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (watch, death):
                task.cancel()
            await asyncio.wait({watch, death})
        await self._end_process()

    async def _until_unhealthy(self) -> None:
        missed = 0
        timeout = aiohttp.ClientTimeout(total=_HEALTH_WAIT_S)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while missed < _UNHEALTHY_TIMES:
                await asyncio.sleep(_HEALTH_EVERY_S)
                try:
                    async with session.get(f"http://127.0.0.1:{self._port}/health") as response:
                        missed = 0 if response.status == 200 else missed + 1
                except (aiohttp.ClientError, TimeoutError):
                    missed += 1

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        self._ready.clear()
        self._threads = None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _hold_port() -> socket.socket:
    """A free loopback port, bound and not listened on: the engine shares it, other accounts can't
    take it."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def _failed(status: int | None) -> UnavailableError:
    return UnavailableError(
        "embedded_engine_failed",
        Bilingual(
            zh="内置模型引擎无法启动，请用 suwen model verify 检查模型文件。",
            en="The embedded engine does not start; check the model file (suwen model verify).",
        ),
        detail={} if status is None else {"exit_status": status},
    )
