"""Runs the device partition's service: a process, a port and a platform of its own."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack

import uvicorn

from suwen.bootstrap.device.place import device_settings
from suwen.bootstrap.device.platform import open_device
from suwen.bootstrap.device.serving import keep_tidy
from suwen.bootstrap.device.telling import keep_telling
from suwen.bootstrap.device.watching import keep_watched
from suwen.bootstrap.listening_sockets import listen_on
from suwen.bootstrap.settings import Settings
from suwen.core.garbage import started
from suwen.web.patient.app import create_patient_app

GRACE_S = 4
KEPT_OPEN_S = 60


async def serve_device(settings: Settings, port: int | None, socket_fd: int | None) -> None:
    """Serves until a termination signal.

    Args:
        port: port to listen on where no socket is handed over; ``None`` takes the setting.
        socket_fd: listening socket of the parent, which callers queue at while we restart.
    """
    async with AsyncExitStack() as closing:
        platform = await closing.enter_async_context(open_device(settings))
        await platform.recover()
        app = create_patient_app(platform)
        listener = _listener(settings, port, socket_fd)
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # A patient thinks longer than the usual five seconds between two messages.
            timeout_keep_alive=KEPT_OPEN_S,
            timeout_graceful_shutdown=GRACE_S,
            forwarded_allow_ips="127.0.0.1,::1",
        )
        ready = device_settings(settings)
        ready.run_folder.mkdir(parents=True, exist_ok=True)
        ready.service_ready.touch()
        started()
        beside = [
            asyncio.create_task(work)
            for work in (
                keep_tidy(platform, app.state.web.chats),
                keep_watched(platform),
                keep_telling(platform),
            )
        ]
        try:
            await uvicorn.Server(config).serve(sockets=[listener])
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)


def _listener(settings: Settings, port: int | None, socket_fd: int | None) -> socket.socket:
    if socket_fd is not None:
        return socket.socket(fileno=socket_fd)
    wish = settings.device
    return listen_on(wish.host or settings.web.host, wish.port if port is None else port)
