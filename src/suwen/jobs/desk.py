"""Where jobs are started, watched and steered; loads nothing of the engine that runs them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.jobs.model import EVERY_JOB, JobFilter, JobId, JobProgress, JobRefusal, JobRequest
from suwen.jobs.rows import CANCEL, PAUSE
from suwen.jobs.store import JobStore

LOOK_EVERY_S = 0.2


class JobDesk:
    """The jobs of one installation, as those who use them see them; who may is decided above."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def start(self, request: JobRequest, started_by: Principal) -> JobId:
        """Takes a job on; from then on it is done, whatever dies in between.

        Returns:
            The new job, or the unfinished one of the same unique name.

        Raises:
            InputError: ``rate_not_positive``.
            OSError: when a given file cannot be read; nothing was taken on.
        """
        check_rate(request.per_minute)
        return await self._store.add(request, started_by)

    async def progress(self, job: JobId) -> JobProgress:
        """How far a job is.

        Raises:
            NotFoundError: ``no_such_job``.
        """
        return await self._store.read(job)

    async def list(self, wanted: JobFilter = EVERY_JOB, limit: int = 100) -> Sequence[JobProgress]:
        """The latest jobs, newest first."""
        return await self._store.list(wanted, limit)

    async def refusals(self, job: JobId, limit: int = 1000) -> Sequence[JobRefusal]:
        """What a job left out and why, ordered by item."""
        return await self._store.refusals(job, limit)

    async def forget_ended(self, kind: str) -> int:
        """Removes the jobs of a kind that were done or cancelled, for one that comes again every
        few minutes and would bury the others in the list; how many."""
        return await self._store.forget_ended(kind)

    async def pause(self, job: JobId) -> JobProgress:
        """Lets a job stand still after the batch in hand, at once where none is.

        Raises:
            NotFoundError: ``no_such_job``.
            ConflictError: ``job_has_ended``.
        """
        return await self._store.stop(job, PAUSE)

    async def resume(self, job: JobId) -> JobProgress:
        """Lets a paused or failed job go on where it stopped.

        Raises:
            NotFoundError: ``no_such_job``.
            ConflictError: ``job_has_ended``, ``job_replaced``.
        """
        return await self._store.resume(job)

    async def cancel(self, job: JobId) -> JobProgress:
        """Ends a job after the batch in hand; what it did stays.

        Raises:
            NotFoundError: ``no_such_job``.
            ConflictError: ``job_has_ended``.
        """
        return await self._store.stop(job, CANCEL)

    async def throttle(self, job: JobId, per_minute: float | None) -> JobProgress:
        """Sets the most items a minute; ``None`` lifts the limit.

        Raises:
            NotFoundError: ``no_such_job``.
            InputError: ``rate_not_positive``.
        """
        check_rate(per_minute)
        return await self._store.throttle(job, per_minute)

    async def is_served(self) -> bool:
        """Whether a worker runs that will take the jobs."""
        return await self._store.is_served()

    async def wait(
        self, job: JobId, on_progress: Callable[[JobProgress], None] | None = None
    ) -> JobProgress:
        """Waits until a job stands: done, failed, cancelled or paused.

        Raises:
            NotFoundError: ``no_such_job``.
        """
        while True:
            progress = await self._store.read(job)
            if on_progress is not None:
                on_progress(progress)
            if progress.state.stands:
                return progress
            await asyncio.sleep(LOOK_EVERY_S)


def check_rate(per_minute: float | None) -> None:
    """Refuses a limit under which nothing would ever be done.

    Raises:
        InputError: ``rate_not_positive``.
    """
    if per_minute is not None and not (math.isfinite(per_minute) and per_minute > 0):
        raise InputError(
            "rate_not_positive",
            Bilingual(
                zh="每分钟的数量必须大于零；不限速请取消该限制。",
                en="The items a minute must be more than zero; lift the limit instead.",
            ),
            field="per_minute",
        )
