"""What was counted of the applications' work, day by day, and the alarms that it raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, RowMapping, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_into

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.monitoring_tables import monitor_alarm, monitor_cell, monitor_day

AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class CellKey:
    """What a cell counts; ``department`` and ``release`` are empty where nobody knows them."""

    app: str
    release: str
    department: str
    measure: str
    key: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Which cells: absent does not narrow.

    Attributes:
        since, until: first and last day.
    """

    since: date
    until: date
    app: str | None = None
    release: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A measure that went out of control.

    Attributes:
        day: whose cases decided.
        facts: value, limit, usual share, cases and events: numbers only.
        suspended: whether the application was taken out of use for it.
        answer: what somebody found out; ``None`` while nobody looked into it.
    """

    id: str
    app: str
    release: str
    rule: str
    day: date
    facts: Mapping[str, Any] = field(repr=False)
    raised_at: datetime
    suspended: bool
    answered_at: datetime | None = None
    answered_by: str | None = None
    answer: str | None = None


Grouped = dict[tuple[str, ...], dict[tuple[str, str], tuple[int, float]]]


class MonitoringStore:
    """Cells and alarms of the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_day(
        self, day: date, cells: Mapping[CellKey, tuple[int, float]], at: datetime
    ) -> None:
        """Puts a whole day in the place of what was counted of it before, all or nothing."""
        rows = [
            {
                "day": day,
                "app": key.app,
                "release": key.release,
                "department": key.department,
                "measure": key.measure,
                "key": key.key,
                "n": n,
                "total": total,
            }
            for key, (n, total) in sorted(cells.items(), key=lambda item: str(item[0]))
        ]
        statement = upsert_into(monitor_day).values(day=day, counted_at=at)
        counted = statement.on_conflict_do_update(
            index_elements=["day"], set_={"counted_at": statement.excluded.counted_at}
        )
        async with self._database.transaction() as opened:
            # Two counters of one day follow one another: this row makes the later one wait.
            await opened.execute(counted)
            await opened.execute(delete(monitor_cell).where(monitor_cell.c.day == day))
            for first in range(0, len(rows), AT_ONCE):
                await opened.execute(insert(monitor_cell), rows[first : first + AT_ONCE])
            fault_point("monitor.before_day_counted")

    async def counted(self) -> tuple[date, datetime] | None:
        """The last day that was counted, and when the last count was; ``None`` before any."""
        query = select(func.max(monitor_day.c.day), func.max(monitor_day.c.counted_at))
        async with self._database.reading() as opened:
            day, at = (await opened.execute(query)).one()
        return (day, at) if day is not None else None

    async def grouped(self, wanted: Slice, *by: str) -> Grouped:
        """Cells summed up by columns (``day``, ``week``, ``app``, ``release``, ``department``)."""
        columns = [_column(name) for name in by]
        query = (
            select(
                *columns,
                monitor_cell.c.measure,
                monitor_cell.c.key,
                func.sum(monitor_cell.c.n),
                func.sum(monitor_cell.c.total),
            )
            .where(*_narrowed(wanted))
            .group_by(*columns, monitor_cell.c.measure, monitor_cell.c.key)
            .order_by(*columns)
        )
        found: Grouped = {}
        async with self._database.reading() as opened:
            for row in await opened.execute(query):
                *names, measure, key, n, total = row
                group = tuple(str(name) for name in names)
                found.setdefault(group, {})[measure, key] = (int(n), float(total))
        return found

    async def choices(self, wanted: Slice) -> dict[str, list[str]]:
        """Applications, Releases (the newest first) and departments that have cells."""
        found: dict[str, list[str]] = {}
        async with self._database.reading() as opened:
            for name in ("app", "release", "department"):
                column = monitor_cell.c[name]
                last = func.max(monitor_cell.c.day)
                query = select(column).where(*_narrowed(wanted)).group_by(column)
                ordered = query.order_by(
                    *((last.desc(), column) if name == "release" else (column,))
                )
                found[name] = [
                    value for value in (await opened.execute(ordered)).scalars() if value
                ]
        return found

    async def raise_alarm(self, alarm: Alarm) -> bool:
        """Keeps an alarm; false when the same stands open, or was raised for that day already."""
        statement = upsert_into(monitor_alarm).values(
            id=alarm.id,
            app=alarm.app,
            release=alarm.release,
            rule=alarm.rule,
            day=alarm.day,
            facts=dict(alarm.facts),
            raised_at=alarm.raised_at,
            suspended=alarm.suspended,
        )
        kept = statement.on_conflict_do_nothing().returning(monitor_alarm.c.id)
        async with self._database.transaction() as opened:
            return (await opened.execute(kept)).one_or_none() is not None

    async def mark_suspended(self, alarm: str) -> None:
        """Notes that the application was taken out of use for an alarm."""
        statement = update(monitor_alarm).where(monitor_alarm.c.id == alarm)
        async with self._database.transaction() as opened:
            await opened.execute(statement.values(suspended=True))

    async def alarms(
        self, app: str | None = None, *, only_open: bool = False, limit: int = 100
    ) -> list[Alarm]:
        """Alarms, the latest first."""
        query = select(monitor_alarm).order_by(monitor_alarm.c.raised_at.desc(), monitor_alarm.c.id)
        if app is not None:
            query = query.where(monitor_alarm.c.app == app)
        if only_open:
            query = query.where(monitor_alarm.c.answered_at.is_(None))
        async with self._database.reading() as opened:
            return [_alarm(row) for row in (await opened.execute(query.limit(limit))).mappings()]

    async def answer_alarm(self, alarm: str, by: str, at: datetime, words: str) -> Alarm:
        """Keeps what somebody found out about an alarm; its chart then begins anew.

        Raises:
            NotFoundError: ``no_such_alarm``.
            ConflictError: ``alarm_answered``.
        """
        statement = (
            update(monitor_alarm)
            .where(monitor_alarm.c.id == alarm, monitor_alarm.c.answered_at.is_(None))
            .values(answered_at=at, answered_by=by, answer=words)
            .returning(monitor_alarm)
        )
        async with self._database.transaction() as opened:
            row = (await opened.execute(statement)).mappings().one_or_none()
            known = await opened.scalar(
                select(monitor_alarm.c.id).where(monitor_alarm.c.id == alarm)
            )
        if row is not None:
            return _alarm(row)
        if known is None:
            raise NotFoundError(
                "no_such_alarm", Bilingual(zh="没有这个警报。", en="There is no such alarm.")
            )
        raise ConflictError(
            "alarm_answered",
            Bilingual(zh="该警报已有人处理。", en="Somebody has answered this alarm already."),
        )


def _column(name: str) -> ColumnElement[Any]:
    if name == "week":
        return cast(func.date_trunc("week", monitor_cell.c.day), Date)
    found: ColumnElement[Any] = monitor_cell.c[name]
    return found


def _narrowed(wanted: Slice) -> list[ColumnElement[bool]]:
    columns = monitor_cell.c
    conditions = [columns.day >= wanted.since, columns.day <= wanted.until]
    for name in ("app", "release", "department"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(columns[name] == value)
    return conditions


def _alarm(row: RowMapping) -> Alarm:
    return Alarm(**{name: row[name] for name in Alarm.__dataclass_fields__})
