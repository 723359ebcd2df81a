"""The worker of a site: does the jobs that others start, beside the service and behind it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from suwen.bootstrap.children import end_with_parent
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.faults import arm_faults
from suwen.bootstrap.settings import Settings
from suwen.core.errors import ConfigurationError
from suwen.core.garbage import started
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.jobs.model import JobId, JobProgress
from suwen.jobs.slots import worker_name
from suwen.jobs.store import JobStore
from suwen.jobs.turns import JobTurns
from suwen.jobs.worker import GRACE_S, JobWorker, OpenEngine
from suwen.storage.database import Database
from suwen.storage.urls import JOBS_VARIABLE, DatabaseUrls

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform
    from suwen.jobs.engine import JobEngine

OpenPlatform = Callable[[], "AbstractAsyncContextManager[Platform]"]

PRIORITY = 10
"""Niceness of the worker: whoever waits for a page comes first."""

CONNECTIONS = 6
LOOKS_FOR_A_WORKER_EVERY_S = 5.0


def run_worker(settings: Settings, parent: int | None) -> None:
    """Works on jobs until a termination signal, and then ends this process.

    Args:
        parent: process that this one ends with.

    Raises:
        ConfigurationError: ``jobs_not_configured``; whatever makes the site unsafe to open.
    """
    if parent is not None:
        end_with_parent(parent)
    os.nice(PRIORITY)
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    asyncio.run(_serve(settings))


def worker_ready(settings: Settings) -> Path:
    """The note that the worker makes once it is there for jobs."""
    return settings.run_folder / "worker.ready"


async def _serve(settings: Settings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    ready = worker_ready(settings)
    async with SiteDatabase(settings, Partition.GENERAL).opened() as urls:

        @asynccontextmanager
        async def opened() -> AsyncIterator[Platform]:
            from suwen.bootstrap.platform import platform_on

            async with platform_on(settings, urls) as platform:
                started()
                yield platform

        async with _worker(settings, urls, opened, takes_any=True) as worker:
            await worker.serve(ended, ready.touch)
    # Plain work in a thread cannot be stopped: what it had in hand is done again by the next one.
    logging.shutdown()
    os._exit(0)


async def finish_job(
    platform: Platform,
    job: JobId,
    on_progress: Callable[[JobProgress], None] | None = None,
) -> JobProgress:
    """Waits until a job stands; where no worker runs, it is worked on in this process.

    Raises:
        ConfigurationError: ``jobs_not_configured``.
        NotFoundError: ``no_such_job``.
    """
    desk = platform.jobs.desk
    while await desk.is_served():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOKS_FOR_A_WORKER_EVERY_S):
                return await desk.wait(job, on_progress)
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))

    @asynccontextmanager
    async def here() -> AsyncIterator[Platform]:
        yield platform

    async with _worker(platform.settings, platform.urls, here, takes_any=False) as worker:
        return await worker.finish(job, on_progress)


@asynccontextmanager
async def _worker(
    settings: Settings, urls: DatabaseUrls, opened: OpenPlatform, *, takes_any: bool
) -> AsyncIterator[JobWorker]:
    if urls.jobs is None:
        raise ConfigurationError(
            "jobs_not_configured",
            Bilingual(
                zh=f"使用外部 PostgreSQL 时，后台任务还需设置 {JOBS_VARIABLE}。",
                en=f"With an outside PostgreSQL jobs need {JOBS_VARIABLE} too.",
            ),
            field=JOBS_VARIABLE,
        )
    async with AsyncExitStack() as closing:
        name = closing.enter_context(worker_name(settings.run_folder))
        database = Database(urls.jobs, CONNECTIONS)
        closing.push_async_callback(database.close)
        turns = JobTurns(database)
        opening = _engine_opener(opened, turns, name, takes_any=takes_any)
        yield JobWorker(JobStore(database), turns, name, opening)


def _engine_opener(
    opened: OpenPlatform, turns: JobTurns, name: str, *, takes_any: bool
) -> OpenEngine:
    @asynccontextmanager
    async def open_engine() -> AsyncIterator[JobEngine]:
        # Loaded when there is something to do: an idle worker costs neither time nor memory.
        from suwen.bootstrap.job_kinds import job_kinds
        from suwen.jobs.batches import Batches
        from suwen.jobs.engine import JobEngine

        async with opened() as platform:
            batches = Batches(turns, job_kinds(platform), name)
            engine = JobEngine(platform.urls.jobs or "", name, batches, takes_any=takes_any)
            await engine.start()
            try:
                yield engine
            finally:
                await engine.stop(GRACE_S)

    return open_engine
