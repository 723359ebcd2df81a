"""How the applications do, as the offices read it: shares, drift, groups, charts, alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.monitoring.alarms import release_days
from suwen.bootstrap.monitoring.wishes import WishStore
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.evaluation.intervals import wilson_interval
from suwen.evaluation.monitoring.charts import Counted
from suwen.evaluation.monitoring.drift import Drift, drift
from suwen.evaluation.monitoring.gaps import FEWEST_SHOWN, GroupGap, group_gaps
from suwen.evaluation.monitoring.measures import (
    DANGEROUS,
    Adverse,
    Cells,
    Measure,
    by_key,
    cases_and_events,
    groups,
    merged,
)
from suwen.evaluation.monitoring.watching import Watched
from suwen.storage.counted_work import Behind
from suwen.storage.monitoring import Alarm, MonitoringStore, Slice
from suwen.storage.monitoring_sources import MonitoringSources

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform

    Opened = Platform | DevicePlatform

PERIODS: Final = (7, 28, 90, 365)
REFERENCE_DAYS: Final = 56
"""What comes in is compared with so many days before the chosen period."""

TELLING: Final = frozenset({Measure.SEX.value, Measure.AGE.value, Measure.CODES.value})
"""Measures of patients: a key with few cases is withheld wherever cells leave the store."""

LONGEST_ANSWER: Final = 500


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval; no interval where nothing was counted."""

    cases: int
    events: int
    interval: tuple[float, float] | None

    @property
    def value(self) -> float | None:
        """The share; ``None`` where nothing was counted."""
        return self.events / self.cases if self.cases else None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the overview."""

    name: str
    runs: int
    decided: int
    accepted: Share
    shares: Mapping[Adverse, Share]
    open_alarms: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A chosen part of the counts.

    Attributes:
        cells: summed over the chosen days.
        series: counted days (or weeks) by what may go badly.
        drifts: by what comes in, against the days before the period.
        charts: of the newest Release of the chosen application; empty without one.
    """

    chosen: Slice
    choices: Mapping[str, Sequence[str]]
    cells: Cells
    series: Mapping[Adverse, Sequence[Counted]]
    drifts: Mapping[str, Drift]
    sexes: Sequence[GroupGap]
    ages: Sequence[GroupGap]
    departments: Sequence[Line] = field(default=())
    charts: Sequence[Watched] = field(default=())


class MonitoringDesk:
    """What whoever watches the applications does."""

    def __init__(self, platform: Opened) -> None:
        self._platform = platform
        self._store = MonitoringStore(platform.database)
        general = platform.parts.partition is Partition.GENERAL
        self._sources = MonitoringSources(platform.database, records=general)
        self.wishes = WishStore(platform.site, platform.parts)

    def require(self, principal: Principal, action: Action = Action.READ_MONITORING) -> None:
        """Lets pass who may.

        Raises:
            AccessError: as the policies say.
        """
        self._platform.access.require(principal, action, InstallationTarget())

    def may_manage(self, principal: Principal) -> bool:
        """Whether somebody sets rules and answers alarms."""
        decided = self._platform.access.decide(
            principal, Action.MANAGE_MONITORING, InstallationTarget()
        )
        return decided.allowed

    @property
    def today(self) -> date:
        """The day on the wards."""
        return self._platform.clock.now().astimezone(self._platform.settings.zone).date()

    def period(self, days: int, **narrowed: str | None) -> Slice:
        """The last days, today among them, of an application, Release or department."""
        chosen = {name: value or None for name, value in narrowed.items()}
        return Slice(self.today - timedelta(days=days - 1), self.today, **chosen)

    async def counted_at(self) -> tuple[date, object] | None:
        """The last day that was counted, and when; ``None`` before any count."""
        return await self._store.counted()

    async def overview(self, chosen: Slice, principal: Principal) -> list[Line]:
        """A row for each application that was used.

        Raises:
            AccessError: for whoever may not see the monitoring.
        """
        self.require(principal)
        return await self._lines(chosen, "app")

    async def read(self, chosen: Slice, principal: Principal, *, weeks: bool = False) -> Reading:
        """Everything about a chosen part of the counts.

        Raises:
            AccessError: as ``overview``.
        """
        self.require(principal)
        by_time = await self._store.grouped(chosen, "week" if weeks else "day")
        cells = merged(by_time.values())
        dated = [(date.fromisoformat(name), one) for (name,), one in by_time.items()]
        return Reading(
            chosen=chosen,
            choices=await self._store.choices(replace(chosen, release=None, department=None)),
            cells=without_few(cells),
            series={
                one: [Counted(day, *cases_and_events(c, one)) for day, c in dated]
                for one in Adverse
            },
            drifts=await self._drifts(chosen, cells),
            sexes=group_gaps(groups(cells, Measure.SEX)),
            ages=group_gaps(groups(cells, Measure.AGE)),
            departments=await self._lines(chosen, "department") if chosen.app else (),
            charts=await self._charts(chosen) if chosen.app else (),
        )

    async def alarms(
        self, principal: Principal, app: str | None = None, *, only_open: bool = False
    ) -> list[Alarm]:
        """Alarms, the latest first; raises as ``overview``."""
        self.require(principal)
        return await self._store.alarms(app, only_open=only_open)

    async def behind(self, alarm: Alarm, principal: Principal) -> list[Behind]:
        """The newest runs and drafts that an alarm counted; raises as ``overview``."""
        self.require(principal)
        wanted: dict[str, list[tuple[str, str | None]]] = {
            Adverse.UNSAFE: [("reject", reason) for reason in DANGEROUS],
            Adverse.REJECTED: [("reject", None)],
            Adverse.CHANGED: [("amend", None), ("reject", None)],
        }
        if alarm.rule in (Adverse.REFUSED, Adverse.FAILED):
            return await self._sources.ended_so(alarm.app, alarm.release, alarm.rule)
        found = wanted.get(alarm.rule, [])
        return await self._sources.traces_behind(alarm.app, alarm.release, found)

    async def answer(self, alarm: str, words: str, principal: Principal) -> Alarm:
        """Keeps what somebody found out about an alarm.

        Raises:
            AccessError: for whoever may not manage the monitoring.
            InputError: ``comment_needed``, ``field_too_long``.
            NotFoundError, ConflictError: as the store.
        """
        self.require(principal, Action.MANAGE_MONITORING)
        said = words.strip()
        if not said:
            raise InputError(
                "comment_needed", Bilingual(zh="请写明理由。", en="Say why."), field="answer"
            )
        if len(said) > LONGEST_ANSWER:
            raise InputError(
                "field_too_long",
                Bilingual(
                    zh=f"最多 {LONGEST_ANSWER} 个字符。", en=f"At most {LONGEST_ANSWER} characters."
                ),
                field="answer",
            )
        act = act_of(principal, "monitoring.answer", subject=f"Alarm/{alarm}")
        async with audited(self._platform.audit, act):
            return await self._store.answer_alarm(
                alarm, principal.id, self._platform.clock.now(), said
            )

    async def _lines(self, chosen: Slice, by: str) -> list[Line]:
        alarms = await self._store.alarms(only_open=True, limit=10_000)
        found = []
        for (name,), cells in (await self._store.grouped(chosen, by)).items():
            shares = {one: share_of(*cases_and_events(cells, one)) for one in Adverse}
            decided = shares[Adverse.CHANGED].cases
            found.append(
                Line(
                    name=name,
                    runs=shares[Adverse.REFUSED].cases,
                    decided=decided,
                    accepted=share_of(decided, decided - shares[Adverse.CHANGED].events),
                    shares=shares,
                    open_alarms=sum(a.app == name for a in alarms) if by == "app" else 0,
                )
            )
        return found

    async def _drifts(self, chosen: Slice, cells: Cells) -> dict[str, Drift]:
        before = replace(
            chosen,
            since=chosen.since - timedelta(days=REFERENCE_DAYS),
            until=chosen.since - timedelta(days=1),
            release=None,
        )
        former = merged((await self._store.grouped(before)).values())
        found = {
            one.value: drift(by_key(former, one), by_key(cells, one))
            for one in (Measure.LANGUAGE, Measure.LENGTH, Measure.CODES)
        }
        if chosen.department is None:
            mixes = []
            for one in (before, chosen):
                by_place = await self._store.grouped(one, "department")
                mixes.append(
                    {
                        name: cases_and_events(c, Adverse.REFUSED)[0]
                        for (name,), c in by_place.items()
                    }
                )
            found["department"] = drift(mixes[0], mixes[1])
        return found

    async def _charts(self, chosen: Slice) -> list[Watched]:
        wishes = await self.wishes.read()
        releases = await release_days(self._store, self.today, chosen.app)
        wanted = [one for one in releases if chosen.release in (None, one.release)]
        if not wanted or chosen.app is None:
            return []
        newest = max(wanted, key=lambda one: max(one.days))
        rules = wishes.rules_of(chosen.app).values()
        return [newest.watched(rule, self.today) for rule in rules]


def share_of(cases: int, events: int) -> Share:
    """A share; without interval where events are no part of cases, as statements of runs."""
    sure = 0 < cases >= events
    return Share(cases, events, wilson_interval(events, cases) if sure else None)


def without_few(cells: Cells) -> dict[tuple[str, str], tuple[int, float]]:
    """The cells without those that could tell of single patients."""
    return {
        (measure, key): value
        for (measure, key), value in cells.items()
        if measure not in TELLING or value[0] >= FEWEST_SHOWN
    }


async def export_rows(
    platform: Opened, chosen: Slice, principal: Principal, *, weeks: bool = False
) -> list[dict[str, object]]:
    """Every cell of the chosen days for another program; cells that could tell of single patients
    are summed over the whole period, and left out where they are few.

    Raises:
        AccessError: for whoever may not see the monitoring.
    """
    MonitoringDesk(platform).require(principal)
    store = MonitoringStore(platform.database)
    time = "week" if weeks else "day"
    rows = []
    for by in ((time, "app", "release", "department"), ("app", "release")):
        telling = by[0] == "app"
        for names, cells in (await store.grouped(chosen, *by)).items():
            for (measure, key), (n, total) in sorted(cells.items()):
                if (measure in TELLING) is telling and (not telling or n >= FEWEST_SHOWN):
                    places = dict(zip(by, names, strict=True))
                    rows.append(
                        {
                            "from": places.get(time, chosen.since.isoformat()),
                            "app": places["app"],
                            "release": places["release"],
                            "department": places.get("department", ""),
                            "measure": measure,
                            "key": key,
                            "n": n,
                            "total": round(total, 3),
                        }
                    )
    return rows


EXPORTED: Final = ("from", "app", "release", "department", "measure", "key", "n", "total")
