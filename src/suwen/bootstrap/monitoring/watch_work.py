"""The job that counts a site's days, draws second readings and looks at the alarms."""

from __future__ import annotations

import asyncio
import logging
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from suwen.bootstrap.monitoring.alarms import AlarmWatch
from suwen.bootstrap.monitoring.counting import count_day
from suwen.bootstrap.monitoring.drawing import draw
from suwen.bootstrap.monitoring.wishes import WishStore
from suwen.core.errors import SuwenError
from suwen.core.identity import batch_principal
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.jobs.model import Batch, Cursor, JobContext, JobRequest
from suwen.storage.monitoring import MonitoringStore
from suwen.storage.monitoring_sources import MonitoringSources
from suwen.storage.second_reviews import SecondReviewStore

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

KIND: Final = "monitoring"
TITLE: Final = Bilingual(zh="监测：统计与警报", en="Monitoring: counts and alarms")
_COUNTING: Final = Bilingual(zh="统计中", en="Counting")
LOOKS_EVERY_S: Final = 60.0
DAYS_AT_ONCE: Final = 10

log = logging.getLogger(__name__)


def monitoring_request() -> JobRequest:
    """The job; one that waits or runs already is that one."""
    return JobRequest(KIND, TITLE, background=True, unique=KIND)


class WatchWork:
    """Counts some days a batch, each in one transaction, and ends with the alarms.

    A day is counted whole and takes the place of what was counted of it before: a worker that
    dies, or two that meet, leave each day either as it was or as it is.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = MonitoringStore(platform.database)
        self._sources = MonitoringSources(platform.database)
        self._wishes = WishStore(platform.site, platform.parts)

    async def __call__(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Counts the next day; the last batch looks at the alarms."""
        del context
        today = self._today()
        day = date.fromisoformat(cursor["day"]) if cursor else await self._first(today)
        if day > today:
            raised = await self._watch()
            return Batch(None, result={"alarms": raised})
        some = min(DAYS_AT_ONCE, (today - day).days + 1)
        for n in range(some):
            await self._count(day + timedelta(days=n))
        following = {"day": (day + timedelta(days=some)).isoformat()}
        return Batch(following, done=some, message=_COUNTING)

    def _today(self) -> date:
        return self._platform.clock.now().astimezone(self._platform.settings.zone).date()

    async def _first(self, today: date) -> date:
        """Where to go on: with the day before the last counted one, into which something may have
        come late; at the very first time with the first day that there is."""
        counted = await self._store.counted()
        if counted is not None:
            return min(counted[0], today) - timedelta(days=1)
        began = await self._sources.first_event()
        zone = self._platform.settings.zone
        return began.astimezone(zone).date() if began is not None else today

    async def _count(self, day: date) -> None:
        zone, now = self._platform.settings.zone, self._platform.clock.now()
        cells, decisions = await count_day(self._sources, day, zone, self._conditions)
        wishes, seed = await self._wishes.read(), await self._wishes.seed()
        applications = {str(app): one.manifest for app, one in self._platform.applications.items()}
        drawn = draw(decisions, applications, wishes.reviewed_percent, seed, now)
        await SecondReviewStore(self._platform.database).draw(drawn)
        await self._store.put_day(day, cells, now)

    async def _watch(self) -> int:
        watch = AlarmWatch(self._store, self._platform.parts, self._platform.settings.zone)
        return await watch.look(await self._wishes.read())

    async def _conditions(self, patient: str) -> list[Resource]:
        return await self._platform.records.read(patient, ["Condition"])


async def keep_watched(platform: Platform) -> None:
    """Has a site counted and looked at whenever something came about, until cancelled.

    At most ``every_minutes`` after a decision the job is taken on; without a worker it waits for
    one.
    """
    store, sources = MonitoringStore(platform.database), MonitoringSources(platform.database)
    wishes = WishStore(platform.site, platform.parts)
    due = 0.0
    while platform.jobs.are_kept:
        try:
            now = asyncio.get_running_loop().time()
            if now >= due and await _is_something_new(platform, store, sources):
                await platform.jobs.desk.forget_ended(KIND)
                await platform.jobs.desk.start(monitoring_request(), batch_principal(None))
                due = now + (await wishes.read()).every_minutes * 60 - LOOKS_EVERY_S
        except SuwenError as error:
            log.warning("not counted: %s", error.code)
        await asyncio.sleep(LOOKS_EVERY_S)


async def _is_something_new(
    platform: Platform, store: MonitoringStore, sources: MonitoringSources
) -> bool:
    counted, newest = await store.counted(), await sources.newest()
    if newest is None:
        return False
    if counted is None:
        return True
    today = platform.clock.now().astimezone(platform.settings.zone).date()
    return newest > counted[1] or counted[0] < today
