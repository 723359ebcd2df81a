"""The service process of one partition: the platform behind uvicorn on one socket."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

import uvicorn

from suwen.bootstrap.children import end_with_parent
from suwen.bootstrap.faults import arm_faults
from suwen.bootstrap.platform import open_platform
from suwen.bootstrap.settings import Settings
from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.web.app import create_app

GRACE_S = 4


def serve_partition(
    settings: Settings,
    partition: str,
    *,
    port: int | None = None,
    socket_fd: int | None = None,
    parent: int | None = None,
) -> None:
    """Serves until a termination signal comes.

    Args:
        partition: ``general``; the device partition is not served by this version.
        port: port to listen on, where no socket is handed over.
        socket_fd: file descriptor of a listening socket that the supervisor holds.
        parent: the supervisor's process id; the service ends when it ends.

    Raises:
        ConfigurationError: ``partition_not_served``.
    """
    if partition != Partition.GENERAL.value:
        raise ConfigurationError(
            "partition_not_served",
            Bilingual(
                zh=f"没有可在分区 {partition} 运行的应用，不启动服务。",
                en=f"No application runs in partition '{partition}': nothing to serve.",
            ),
            field="--partition",
        )
    if parent is not None:
        end_with_parent(parent)
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_serve(settings, port, socket_fd))


async def _serve(settings: Settings, port: int | None, socket_fd: int | None) -> None:
    async with open_platform(settings) as platform:
        await platform.recover()
        config = uvicorn.Config(
            create_app(platform),
            host=settings.web.host,
            port=settings.web.port if port is None else port,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE_S,
            lifespan="off",
        )
        sockets = None if socket_fd is None else [socket.socket(fileno=socket_fd)]
        await uvicorn.Server(config).serve(sockets=sockets)
