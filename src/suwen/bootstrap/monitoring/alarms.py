"""Raises the alarms of a site, and takes out of use what was set to be taken out of use."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.monitoring.wishes import Wishes
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.kill_switch import suspend
from suwen.core.errors import ConflictError
from suwen.core.identity import AppId, Channel, Principal, PrincipalId, Purpose, Role
from suwen.evaluation.monitoring.charts import Counted
from suwen.evaluation.monitoring.measures import Cells, cases_and_events
from suwen.evaluation.monitoring.watching import Watched, WatchRule, watch, within_day
from suwen.storage.monitoring import Alarm, MonitoringStore, Slice

LOOKS_BACK_DAYS: Final = 180
STILL_USED_DAYS: Final = 7
"""A Release without any work for so long is not watched any more."""

WATCH: Final = Principal(
    PrincipalId("monitoring"),
    "monitoring",
    frozenset({Role.SERVICE}),
    frozenset(),
    Purpose.OPERATIONS,
    Channel.CLI,
)
"""Whoever raises alarms, as the audit names it."""

_REASON: Final[Mapping[str, str]] = {
    "unsafe": "被医务人员以“危及安全”退回 · drafts rejected as unsafe",
    "rejected": "被退回 · drafts rejected",
    "changed": "被修改或退回 · drafts changed or rejected",
    "unsupported": "无依据的陈述 · statements without support",
    "overridden": "卡片被忽略 · cards overridden",
    "refused": "被拒绝的运行 · runs refused",
    "failed": "失败的运行 · runs failed",
}


@dataclass(frozen=True, slots=True)
class ReleaseDays:
    """The counted days of one Release, and of the application's Releases before it."""

    app: str
    release: str
    days: Mapping[date, Cells]
    earlier: Mapping[date, Cells]

    def watched(self, rule: WatchRule, today: date, since: date | None = None) -> Watched:
        """One measure on its chart; a day that is not over counts where the chart goes by cases.

        Args:
            since: the chart begins after this day.
        """
        last = today if within_day(rule) else today - timedelta(days=1)
        days = [counted(d, c, rule) for d, c in sorted(self.days.items()) if d <= last]
        before = [counted(d, c, rule) for d, c in sorted(self.earlier.items())]
        return watch(rule, days, before, since)


def counted(day: date, cells: Cells, rule: WatchRule) -> Counted:
    """A day as a rule sees it."""
    return Counted(day, *cases_and_events(cells, rule.measure))


async def release_days(
    store: MonitoringStore, today: date, app: str | None = None
) -> list[ReleaseDays]:
    """The days of every Release with counts, by application and Release."""
    wanted = Slice(today - timedelta(days=LOOKS_BACK_DAYS), today, app)
    found: dict[str, dict[str, dict[date, Cells]]] = {}
    for (name, release, day), cells in (
        await store.grouped(wanted, "app", "release", "day")
    ).items():
        found.setdefault(name, {}).setdefault(release, {})[date.fromisoformat(day)] = cells
    listed = []
    for name, releases in found.items():
        for release, days in releases.items():
            begins = min(days)
            earlier: dict[date, Cells] = {}
            for other, theirs in releases.items():
                if other != release:
                    earlier |= {d: c for d, c in theirs.items() if d < begins}
            listed.append(ReleaseDays(name, release, days, earlier))
    return listed


class AlarmWatch:
    """Looks at every Release's charts, and acts on what goes out of control."""

    def __init__(self, store: MonitoringStore, parts: GatewayParts, zone: tzinfo) -> None:
        self._store = store
        self._parts = parts
        self._zone = zone

    async def look(self, wishes: Wishes) -> int:
        """Raises what is to be raised; how many alarms. What an earlier look raised and did not
        come to suspend is suspended now."""
        now = self._parts.clock.now()
        today = now.astimezone(self._zone).date()
        known = await self._store.alarms(limit=10_000)
        raised = 0
        for one in await release_days(self._store, today):
            if max(one.days) < today - timedelta(days=STILL_USED_DAYS):
                continue
            for rule in wishes.rules_of(one.app).values():
                mine = [
                    a
                    for a in known
                    if (a.app, a.release, a.rule) == (one.app, one.release, rule.name)
                ]
                if not any(a.answered_at is None for a in mine):
                    # An answered alarm's chart begins anew on the day after the answer.
                    answered = [a.answered_at for a in mine if a.answered_at is not None]
                    since = max((self._day(at) for at in answered), default=None)
                    raised += await self._raise(one, rule, today, since)
        for alarm in await self._store.alarms(only_open=True, limit=10_000):
            if wishes.rules_of(alarm.app)[alarm.rule].suspends and not alarm.suspended:
                await self._suspend(alarm)
        return raised

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    async def _raise(
        self, one: ReleaseDays, rule: WatchRule, today: date, since: date | None
    ) -> int:
        watched = one.watched(rule, today, since)
        # What was out of control long ago and is not any more calls nobody.
        recent = today - timedelta(days=STILL_USED_DAYS)
        signal = next((p for p in watched.points if p.out and p.day >= recent), None)
        if signal is None or watched.reference is None:
            return 0
        seen = [p for p in watched.points if p.day <= signal.day][-28:]
        facts = {
            "chart": rule.chart.value,
            "value": round(signal.value, 5),
            "limit": round(signal.limit, 5),
            "usual": round(watched.reference.share, 5),
            "origin": watched.reference.origin,
            "days": len(seen),
            "cases": sum(p.cases for p in seen),
            "events": sum(
                cases_and_events(one.days[p.day], rule.measure)[1] for p in seen if p.cases
            ),
        }
        alarm = Alarm(
            id=str(uuid.uuid4()),
            app=one.app,
            release=one.release,
            rule=rule.name,
            day=signal.day,
            facts=facts,
            raised_at=self._parts.clock.now(),
            suspended=False,
        )
        act = act_of(
            WATCH,
            "monitoring.alarm",
            app=one.app,
            subject=f"Release/{one.release}",
            rule=rule.name,
            day=signal.day.isoformat(),
            chart=rule.chart.value,
            cases=int(facts["cases"]),
            events=int(facts["events"]),
        )
        async with audited(self._parts.audit, act) as said:
            said["raised"] = await self._store.raise_alarm(alarm)
        return int(said["raised"])

    async def _suspend(self, alarm: Alarm) -> None:
        """Takes the application out of use where the Release of the alarm is the one that runs."""
        app = AppId(alarm.app)
        current = await self._parts.releases.current(app)
        if app not in self._parts.applications or current is None or current.hash != alarm.release:
            return
        reason = (
            f"监测警报自动停用 · Suspended by a monitoring alarm: {_REASON[alarm.rule]} "
            f"({alarm.facts['events']}/{alarm.facts['cases']}, {alarm.day.isoformat()})"
        )
        act = act_of(
            WATCH,
            "application.disable",
            app=alarm.app,
            subject=f"Application/{alarm.app}",
            alarm=alarm.id,
        )
        try:
            async with audited(self._parts.audit, act):
                await suspend(self._parts.releases, app, reason, WATCH.id, self._parts.clock.now())
        except ConflictError:
            # Somebody took it out of use already: that stands, with their reason.
            pass
        await self._store.mark_suspended(alarm.id)
