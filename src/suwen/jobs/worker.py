"""A process that works on jobs: idle and light until there is one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING

from suwen.core.errors import SuwenError
from suwen.jobs.desk import JobDesk
from suwen.jobs.model import JobId, JobProgress
from suwen.jobs.store import JobStore
from suwen.jobs.turns import JobTurns, WorkerSign

if TYPE_CHECKING:
    from suwen.jobs.engine import JobEngine

LOOK_EVERY_S = 0.5
BEAT_EVERY_S = 2.0
TAKE_OVER_EVERY_S = 3.0
TIDY_EVERY_S = 60.0
REST_AFTER_S = 60.0
"""Without work for so long, the engine is closed: it asks the database many times a second."""

GRACE_S = 4.0

OpenEngine = Callable[[], AbstractAsyncContextManager["JobEngine"]]

log = logging.getLogger(__name__)


class JobWorker:
    """Hands waiting jobs out and lets an engine work on them.

    Args:
        store: where the jobs are; its tables are made when they are not there.
        executor: the name of this worker.
        open_engine: starts the engine, which takes a second and much memory, when it is needed.
    """

    def __init__(
        self, store: JobStore, turns: JobTurns, executor: str, open_engine: OpenEngine
    ) -> None:
        self._store = store
        self._turns = turns
        self._executor = executor
        self._open_engine = open_engine
        self._engine: JobEngine | None = None
        self._opened = AsyncExitStack()
        self._worked_at = 0.0
        self._due = {"take_over": 0.0, "tidy": 0.0}

    async def serve(self, ended: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Works on any job until told to end; a database that is away is waited for.

        Args:
            on_ready: called once this worker is there for jobs.
        """
        async with AsyncExitStack() as parts:
            beating = asyncio.create_task(self._beat(takes_any=True))
            parts.push_async_callback(_cancel, beating)
            parts.push_async_callback(self._rest)
            ready = False
            while not ended.is_set():
                try:
                    await self._store.prepare()
                    await self._round()
                    if not ready:
                        ready = True
                        on_ready()
                except SuwenError as error:
                    log.warning("the jobs cannot be looked at: %s", error.code)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), LOOK_EVERY_S)
        await self._leave()

    async def finish(
        self, job: JobId, on_progress: Callable[[JobProgress], None] | None
    ) -> JobProgress:
        """Works on one job in this process until it stands; other jobs are left alone.

        Raises:
            NotFoundError: ``no_such_job``.
        """
        desk = JobDesk(self._store)
        async with AsyncExitStack() as parts:
            beating = asyncio.create_task(self._beat(takes_any=False))
            parts.push_async_callback(_cancel, beating)
            parts.push_async_callback(self._leave)
            engine = await parts.enter_async_context(self._open_engine())
            handing = asyncio.create_task(self._hand_here(engine, job))
            parts.push_async_callback(_cancel, handing)
            return await desk.wait(job, on_progress)

    async def _round(self) -> None:
        now = asyncio.get_running_loop().time()
        if await self._turns.is_work_left():
            self._worked_at = now
        elif self._engine is None:
            return
        elif self._engine.is_idle and now > self._worked_at + REST_AFTER_S:
            await self._rest()
            return
        if self._engine is None:
            self._engine = await self._opened.enter_async_context(self._open_engine())
            self._due = {"take_over": now + TAKE_OVER_EVERY_S, "tidy": now + TIDY_EVERY_S}
            await self._turns.requeue()
        if self._is_due("take_over", TAKE_OVER_EVERY_S):
            idle = self._executor if self._engine.is_idle else None
            if taken := await self._turns.take_over(idle):
                log.warning("%d jobs of workers that are gone go on here", taken)
        if self._is_due("tidy", TIDY_EVERY_S):
            await self._turns.tidy()
            await self._turns.requeue()
        for waiting in await self._turns.waiting():
            await self._engine.hand_out(waiting)
            await self._turns.queued(waiting)

    async def _hand_here(self, engine: JobEngine, job: JobId) -> None:
        while True:
            with contextlib.suppress(SuwenError):
                for waiting in await self._turns.waiting():
                    if waiting.id == job:
                        await self._turns.queued(waiting)
                        await engine.run_here(waiting)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _rest(self) -> None:
        """Closes the engine until there is work again."""
        self._engine = None
        await self._opened.aclose()

    def _is_due(self, what: str, every_s: float) -> bool:
        now = asyncio.get_running_loop().time()
        if now < self._due[what]:
            return False
        self._due[what] = now + every_s
        return True

    async def _beat(self, *, takes_any: bool) -> None:
        sign = WorkerSign(self._executor, socket.gethostname(), os.getpid(), takes_any)
        while True:
            with contextlib.suppress(SuwenError):
                await self._store.prepare()
                await self._turns.beat(sign)
            await asyncio.sleep(BEAT_EVERY_S)

    async def _leave(self) -> None:
        with contextlib.suppress(SuwenError):
            await self._turns.leave(self._executor)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
