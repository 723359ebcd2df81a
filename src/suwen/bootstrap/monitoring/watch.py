"""Counts one partition's days and looks at its alarms; each partition watches itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from suwen.bootstrap.monitoring.alarms import AlarmWatch
from suwen.bootstrap.monitoring.counting import ReadConditions, count_day
from suwen.bootstrap.monitoring.drawing import draw
from suwen.bootstrap.monitoring.wishes import WishStore
from suwen.control.gateway.parts import GatewayParts
from suwen.core.manifest import Manifest
from suwen.storage.database import Database
from suwen.storage.monitoring import MonitoringStore
from suwen.storage.monitoring_sources import MonitoringSources
from suwen.storage.second_reviews import SecondReviewStore
from suwen.storage.settings import SettingStore


@dataclass(frozen=True)
class Watch:
    """One partition under watch.

    Attributes:
        site: the partition's own settings, which hold the rules.
        conditions: the conditions of a record; ``None`` in a partition without records, where
            nothing is read a second time either.
    """

    database: Database
    site: SettingStore
    parts: GatewayParts
    zone: tzinfo
    conditions: ReadConditions | None

    @property
    def store(self) -> MonitoringStore:
        """What was counted."""
        return MonitoringStore(self.database)

    @property
    def sources(self) -> MonitoringSources:
        """What is counted."""
        return MonitoringSources(self.database, records=self.conditions is not None)

    @property
    def wishes(self) -> WishStore:
        """How it is watched."""
        return WishStore(self.site, self.parts)

    def today(self) -> date:
        """The day on the wards."""
        return self.parts.clock.now().astimezone(self.zone).date()

    async def first_day(self) -> date:
        """Where to go on: with the day before the last counted one, into which something may have
        come late; at the very first time with the first day that there is."""
        today = self.today()
        counted = await self.store.counted()
        if counted is not None:
            return min(counted[0], today) - timedelta(days=1)
        began = await self.sources.first_event()
        return began.astimezone(self.zone).date() if began is not None else today

    async def count(self, day: date) -> None:
        """Puts a day's count in the place of its former one, and draws its second readings."""
        now = self.parts.clock.now()
        cells, decisions = await count_day(
            self.sources, day, self.zone, self.conditions or _no_conditions
        )
        if self.conditions is not None:
            wishes, seed = await self.wishes.read(), await self.wishes.seed()
            drawn = draw(decisions, self._manifests(), wishes.reviewed_percent, seed, now)
            await SecondReviewStore(self.database).draw(drawn)
        await self.store.put_day(day, cells, now)

    async def look(self) -> int:
        """Looks at the alarms; how many were raised."""
        watch = AlarmWatch(self.store, self.parts, self.zone)
        return await watch.look(await self.wishes.read())

    async def count_new(self) -> int:
        """Counts what is new and looks at the alarms; how many were raised. Done twice at a time
        it leaves the same."""
        day = await self.first_day()
        while day <= self.today():
            await self.count(day)
            day += timedelta(days=1)
        return await self.look()

    async def is_something_new(self) -> bool:
        """Whether anything came about, or a day began, since the last count."""
        counted, newest = await self.store.counted(), await self.sources.newest()
        if newest is None:
            return False
        return counted is None or newest > counted[1] or counted[0] < self.today()

    def _manifests(self) -> Mapping[str, Manifest]:
        return {str(app): one.manifest for app, one in self.parts.applications.items()}


async def _no_conditions(_patient: str) -> list[Mapping[str, object]]:
    """Where there are no records."""
    return []
