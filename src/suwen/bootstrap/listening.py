"""The process that runs the connections to the hospital's systems, beside the service."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from suwen.bootstrap.audit_opening import SystemClock, open_audit
from suwen.bootstrap.children import end_with_parent
from suwen.bootstrap.connections.kinds import build_connector
from suwen.bootstrap.connections.opening import open_connection_parts
from suwen.bootstrap.connections.runner import Runner
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.faults import arm_faults
from suwen.bootstrap.settings import Settings
from suwen.core.garbage import started
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.runner_turn import RunnerTurn
from suwen.storage.urls import DatabaseUrls


def run_listening(settings: Settings, parent: int | None) -> None:
    """Runs the connections until a termination signal.

    Args:
        parent: process that this one ends with.

    Raises:
        ConfigurationError: whatever makes the site unsafe to open.
    """
    if parent is not None:
        end_with_parent(parent)
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    asyncio.run(_listen(settings))


async def _listen(settings: Settings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with SiteDatabase(settings, Partition.GENERAL).opened() as urls:
        await serve_connections(settings, urls, ended)


async def serve_connections(settings: Settings, urls: DatabaseUrls, ended: asyncio.Event) -> None:
    """Runs the connections of a site whose databases somebody else keeps running."""
    clock = SystemClock()
    async with AsyncExitStack() as closing:
        audit_database = Database(urls.general, pool_size=2)
        closing.push_async_callback(audit_database.close)
        audit = await open_audit(settings, audit_database, closing)
        parts = open_connection_parts(settings, urls, audit, clock, closing)
        turn_database = Database(urls.general, pool_size=1)
        closing.push_async_callback(turn_database.close)
        runner = Runner(
            parts,
            RunnerTurn(turn_database),
            lambda connection: build_connector(connection, parts),
            partial(_note_ports, settings),
        )
        try:
            await runner.run(ended)
        finally:
            settings.listening_note.unlink(missing_ok=True)


def _note_ports(settings: Settings, ports: Mapping[str, int]) -> None:
    """Writes the note whole or not at all: whoever waits for it reads it as soon as it is there."""
    note = settings.listening_note
    note.parent.mkdir(parents=True, exist_ok=True)
    draft = note.with_suffix(".new")
    draft.write_text(json.dumps(dict(ports)), encoding="utf-8")
    draft.replace(note)
    started()
