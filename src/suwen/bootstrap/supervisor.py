"""Everything on one machine: the database, the engine and the service, kept alive together."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from suwen.bootstrap.carried_holds import keep_holds_carried
from suwen.bootstrap.children import Child
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.demonstration_site import DemonstrationAccount, prepare_demonstration
from suwen.bootstrap.device.place import device_settings
from suwen.bootstrap.engine import EnginePart
from suwen.bootstrap.listening_sockets import listen_on
from suwen.bootstrap.platform import platform_on
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.worker import worker_ready
from suwen.core.errors import ConflictError, UnavailableError
from suwen.core.garbage import started
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.encryption import field_cipher
from suwen.storage.endpoints import EndpointStore
from suwen.storage.urls import ADDRESS_VARIABLES, variables_of

READY_WITHIN_S = 60.0
DATABASE_CHECK_S = 0.3
LISTENING_WITHIN_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a started platform tells the person who started it."""

    url: str
    ports: dict[str, int]
    accounts: tuple[DemonstrationAccount, ...]


class Supervisor:
    """Starts the parts, restarts what dies, and ends everything in order."""

    def __init__(
        self,
        settings: Settings,
        *,
        port: int | None,
        demonstration: bool,
        announce: Callable[[Announcement], None],
    ) -> None:
        self._settings = settings
        self._port = settings.web.port if port is None else port
        # Where a port was asked for, several sites may share this machine.
        self._device_port = settings.device.port if port is None else 0
        self._demonstration = demonstration and settings.demonstration
        self._announce = announce

    async def run(self) -> None:
        """Runs until a termination signal comes.

        Raises:
            ConflictError: ``already_running`` for this state directory, ``port_taken``.
            ConfigurationError: when a start would be unsafe.
            UnavailableError: ``not_ready`` when the service does not come up.
        """
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        self._settings.run_folder.mkdir(parents=True, exist_ok=True)
        with (
            _only_one(self._settings.run_folder / "up.lock"),
            self._listen() as listener,
            self._listen_for_patients() as patients,
        ):
            database = SiteDatabase(self._settings)
            await asyncio.to_thread(database.attach)
            try:
                await self._run_parts(database, (listener, patients), ended)
            finally:
                await asyncio.to_thread(database.detach)

    async def _run_parts(
        self,
        database: SiteDatabase,
        listeners: tuple[socket.socket, socket.socket],
        ended: asyncio.Event,
    ) -> None:
        listener, patients = listeners
        host = self._settings.web.host
        async with platform_on(self._settings, database.attached) as platform:
            accounts = await prepare_demonstration(platform, host=host, wanted=self._demonstration)
        port = listener.getsockname()[1]
        url = f"http://{host}:{port}"
        service = _service(Partition.GENERAL, listener, self._settings.service_ready)
        device = _service(Partition.DEVICE, patients, device_settings(self._settings).service_ready)
        connection = Database(database.attached.general)
        engine = EnginePart(
            self._settings, EndpointStore(connection, field_cipher(self._settings.home))
        )
        engine.start()
        worker = Child("worker", _command("worker"), (), worker_ready(self._settings))
        listening = Child("listen", _command("listen"), (), self._settings.listening_note)
        self._settings.listening_note.unlink(missing_ok=True)
        watchers = [
            asyncio.create_task(_look_after_databases(database, connection)),
            asyncio.create_task(service.watch()),
            asyncio.create_task(listening.watch()),
        ]
        try:
            if await _wait_until_ready(url, ended):
                ports = {
                    "web": port,
                    "patients": patients.getsockname()[1],
                    **await self._listening_ports(ended),
                }
                self._announce(Announcement(url, ports, accounts))
                started()
                _note_running(self._settings.run_folder, url, ports)
                # After the service, so that nobody waits longer for the first page; whoever asks
                # before they are there waits at the socket.
                watchers.append(asyncio.create_task(device.watch()))
                if database.attached.jobs is not None and self._settings.worker.enabled:
                    watchers.append(asyncio.create_task(worker.watch()))
                await ended.wait()
        finally:
            watchers[0].cancel()
            parts = (service, device, listening, worker, engine)
            await asyncio.gather(*(part.stop() for part in parts))
            await asyncio.gather(*watchers, return_exceptions=True)
            await connection.close()
            (self._settings.run_folder / "up.json").unlink(missing_ok=True)

    async def _listening_ports(self, ended: asyncio.Event) -> dict[str, int]:
        """The ports of the listeners by connection; without them when they are not known soon."""
        note = self._settings.listening_note
        deadline = asyncio.get_running_loop().time() + LISTENING_WITHIN_S
        while not note.exists():
            if ended.is_set() or asyncio.get_running_loop().time() > deadline:
                log.warning("the connections are not up yet; suwen connection list shows them")
                return {}
            await asyncio.sleep(0.05)
        ports: dict[str, int] = json.loads(note.read_text(encoding="utf-8"))
        return ports

    def _listen(self) -> socket.socket:
        """The listening socket, held here so that callers queue while the service restarts."""
        return listen_on(self._settings.web.host, self._port)

    def _listen_for_patients(self) -> socket.socket:
        """The socket of the device partition; its own, so that no byte passes the general one."""
        host = self._settings.device.host or self._settings.web.host
        try:
            return listen_on(host, self._device_port)
        except ConflictError:
            listener = listen_on(host, 0)
            log.warning(
                "port %d for patients is taken: they are served at %d",
                self._device_port,
                listener.getsockname()[1],
            )
            return listener


def _service(partition: Partition, listener: socket.socket, ready: Path) -> Child:
    """A partition's service: its own process, and in its environment no address of the other."""
    command = [
        *(sys.executable, "-m", "suwen.cli.main", "serve", "--partition", partition.value),
        *("--socket-fd", str(listener.fileno()), "--parent", str(os.getpid())),
    ]
    hidden = ADDRESS_VARIABLES - variables_of(partition)
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return Child(f"{partition.value} service", command, (listener.fileno(),), ready, environment)


def _command(part: str) -> list[str]:
    return [sys.executable, "-m", "suwen.cli.main", part, "--parent", str(os.getpid())]


class _only_one:  # noqa: N801 - reads as a sentence where it is used
    """Holds a lock file, so that one state directory is run by one supervisor."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise ConflictError(
                "already_running",
                Bilingual(
                    zh="本状态目录的平台已在运行；suwen status 可查看。",
                    en="A platform already runs on this state directory; see suwen status.",
                ),
            ) from None

    def __exit__(self, *_: object) -> None:
        self._file.close()


async def _look_after_databases(database: SiteDatabase, general: Database) -> None:
    """Keeps them alive, and what is held in one held in the other, until cancelled."""
    await asyncio.gather(
        _keep_database_alive(database), keep_holds_carried(general, database.attached)
    )


async def _keep_database_alive(database: SiteDatabase) -> None:
    while True:
        await asyncio.sleep(DATABASE_CHECK_S)
        if await asyncio.to_thread(database.restart_if_dead):
            log.warning("the embedded database had died and was restarted")


async def _wait_until_ready(url: str, ended: asyncio.Event) -> bool:
    """Whether the service answers that it is ready; false when the end came first."""
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
        while asyncio.get_running_loop().time() < deadline:
            if ended.is_set():
                return False
            try:
                async with session.get(f"{url}/readyz") as response:
                    if response.status == 200:
                        return True
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.05)
    raise UnavailableError(
        "not_ready",
        Bilingual(
            zh=f"服务在 {READY_WITHIN_S:.0f} 秒内没有就绪，请看上面的日志或 suwen doctor。",
            en=f"The service was not ready within {READY_WITHIN_S:.0f} s: see the log above "
            "or suwen doctor.",
        ),
    )


def _note_running(folder: Path, url: str, ports: dict[str, int]) -> None:
    note = folder / "up.json"
    note.write_text(json.dumps({"url": url, "ports": ports, "pid": os.getpid()}), encoding="utf-8")
