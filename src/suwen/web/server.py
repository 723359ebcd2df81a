"""Runs one partition's service; neither partition loads the other's program."""

from __future__ import annotations

import asyncio
import logging
import os

from suwen.bootstrap.children import end_with_parent
from suwen.bootstrap.faults import arm_faults
from suwen.bootstrap.settings import Settings
from suwen.core.manifest import Partition


def serve_partition(
    settings: Settings,
    partition: str,
    *,
    port: int | None,
    socket_fd: int | None,
    parent: int | None,
) -> None:
    """Serves until a termination signal.

    Args:
        port: port to listen on where no socket is handed over; ``None`` takes the setting.
        socket_fd: listening socket of the parent, which callers queue at while we restart.
        parent: process that this one ends with.

    Raises:
        ConfigurationError: whatever makes the partition unsafe to open.
    """
    if parent is not None:
        end_with_parent(parent)
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for talkative in ("alembic", "uvicorn"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
    if partition == Partition.DEVICE.value:
        from suwen.web.patient.server import serve_device

        asyncio.run(serve_device(settings, port, socket_fd))
    else:
        from suwen.web.general_server import serve_general

        asyncio.run(serve_general(settings, port, socket_fd))
