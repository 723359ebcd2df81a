"""Runs the general partition's service: the platform is opened first, then requests are let in."""

from __future__ import annotations

import asyncio
import socket

import uvicorn

from suwen.bootstrap.accountability.training_hand_over import keep_trainings_handed_over
from suwen.bootstrap.listening_sockets import listen_on
from suwen.bootstrap.monitoring.watch_work import keep_watched
from suwen.bootstrap.platform import open_platform
from suwen.bootstrap.prescriptions.taking import keep_taken
from suwen.bootstrap.public_extracts import keep_published
from suwen.bootstrap.retention import keep_tidy
from suwen.bootstrap.rules.hand_over import publish_rules
from suwen.bootstrap.settings import Settings
from suwen.core.garbage import started
from suwen.core.manifest import Partition
from suwen.web.app import create_app

GRACE_S = 4


async def serve_general(settings: Settings, port: int | None, socket_fd: int | None) -> None:
    """Serves until a termination signal.

    Args:
        port: port to listen on where no socket is handed over; ``None`` takes the setting.
        socket_fd: listening socket of the parent, which callers queue at while we restart.
    """
    async with open_platform(settings, Partition.GENERAL) as platform:
        await platform.recover()
        listener = _listener(settings, port, socket_fd)
        config = uvicorn.Config(
            create_app(platform),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=GRACE_S,
            # Behind a proxy that ends TLS, only its own statement about the scheme is believed.
            forwarded_allow_ips="127.0.0.1,::1",
        )
        settings.run_folder.mkdir(parents=True, exist_ok=True)
        settings.service_ready.touch()
        started()
        server = uvicorn.Server(config)
        beside = [
            asyncio.create_task(work)
            for work in (
                keep_tidy(platform),
                platform.sign_in.keep_rechecked(),
                platform.library.get_ready(),
                keep_published(platform),
                keep_trainings_handed_over(platform),
                keep_taken(platform),
                keep_watched(platform),
                publish_rules(settings.home, platform.signer, platform.rules),
            )
        ]
        try:
            await server.serve(sockets=[listener])
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)


def _listener(settings: Settings, port: int | None, socket_fd: int | None) -> socket.socket:
    if socket_fd is not None:
        return socket.socket(fileno=socket_fd)
    return listen_on(settings.web.host, settings.web.port if port is None else port)
