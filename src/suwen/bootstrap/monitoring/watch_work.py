"""The job that counts the general partition's days and looks at the alarms."""

from __future__ import annotations

import asyncio
import logging
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from suwen.bootstrap.monitoring.watch import Watch
from suwen.core.errors import NotFoundError, SuwenError
from suwen.core.identity import batch_principal
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.jobs.model import Batch, Cursor, JobContext, JobId, JobRequest, JobState

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

KIND: Final = "monitoring"
TITLE: Final = Bilingual(zh="监测：统计与警报", en="Monitoring: counts and alarms")
_COUNTING: Final = Bilingual(zh="统计中", en="Counting")
LOOKS_EVERY_S: Final = 20.0
LOOKS_BEFORE: Final = 2
"""Looks before the window is over: one for the job, one to do it here where the job is late."""

DAYS_AT_ONCE: Final = 10

log = logging.getLogger(__name__)


def monitoring_request() -> JobRequest:
    """The job; one that waits or runs already is that one."""
    return JobRequest(KIND, TITLE, background=True, unique=KIND)


def watch_of(platform: Platform) -> Watch:
    """The general partition under watch."""

    async def conditions(patient: str) -> list[Resource]:
        return await platform.records.read(patient, ["Condition"])

    return Watch(
        platform.database, platform.site, platform.parts, platform.settings.zone, conditions
    )


class WatchWork:
    """Counts some days a batch, each in one transaction, and ends with the alarms.

    A day is counted whole and takes the place of what was counted of it before: a worker that
    dies, or two that meet, leave each day either as it was or as it is.
    """

    def __init__(self, platform: Platform) -> None:
        self._watch = watch_of(platform)

    async def __call__(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Counts the next days; the last batch looks at the alarms."""
        del context
        today = self._watch.today()
        day = date.fromisoformat(cursor["day"]) if cursor else await self._watch.first_day()
        if day > today:
            return Batch(None, result={"alarms": await self._watch.look()})
        some = min(DAYS_AT_ONCE, (today - day).days + 1)
        for n in range(some):
            await self._watch.count(day + timedelta(days=n))
        following = {"day": (day + timedelta(days=some)).isoformat()}
        return Batch(following, done=some, message=_COUNTING)


async def keep_watched(platform: Platform) -> None:
    """Has the general partition counted and looked at whenever something came about, until
    cancelled.

    At most ``every_minutes`` after a decision. The job does it in a worker; where that is busy
    with other work, or there is none, it is done here at the next look: what suspends an unsafe
    Release waits behind nothing.
    """
    watch, late, due = watch_of(platform), JobsLate(platform), 0.0
    while True:
        try:
            now = asyncio.get_running_loop().time()
            if await late.is_so():
                await watch.count_new()
            elif now >= due and await watch.is_something_new():
                await late.begin()
                minutes = (await watch.wishes.read()).every_minutes
                due = now + minutes * 60 - LOOKS_BEFORE * LOOKS_EVERY_S
        except SuwenError as error:
            log.warning("not counted: %s", error.code)
        await asyncio.sleep(LOOKS_EVERY_S)


class JobsLate:
    """Whether the job that was taken on at the last look is still not done."""

    def __init__(self, platform: Platform) -> None:
        self._jobs = platform.jobs
        self._job: JobId | None = None
        self._without = False

    async def begin(self) -> None:
        """Takes the job on, where jobs are kept."""
        if not self._jobs.are_kept:
            self._without = True
            return
        await self._jobs.desk.forget_ended(KIND)
        self._job = await self._jobs.desk.start(monitoring_request(), batch_principal(None))

    async def is_so(self) -> bool:
        """Whether what was begun has to be done by the caller; says so once."""
        without, job = self._without, self._job
        self._without, self._job = False, None
        if job is None:
            return without
        try:
            return (await self._jobs.desk.progress(job)).state is not JobState.DONE
        except NotFoundError:
            return False
