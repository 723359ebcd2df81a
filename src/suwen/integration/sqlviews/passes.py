"""How a view is gone through by increments so that nothing is missed, as pure decisions.

A pass begins a declared overlap behind the highest watermark, because a transaction may commit
later than the time that it wrote; it goes on by watermark and key, because many rows have the same
watermark; and it never believes a watermark beyond the present, because one row dated into the
future would hide everything until then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from suwen.core.row_mapping import RowSource, ViewPlace
from suwen.integration.sqlviews.positions import Mark, Position, ViewCursor


def place_of(source: RowSource) -> ViewPlace:
    """The view of a source.

    Raises:
        TypeError: for a source of files.
    """
    if not isinstance(source.place, ViewPlace):
        raise TypeError("a source of files was given to the reader of views")
    return source.place


def next_pass(source: RowSource, cursor: ViewCursor | None, now: datetime) -> ViewCursor | None:
    """The cursor with which reading goes on; ``None`` where nothing is due yet.

    Args:
        cursor: as it was kept; ``None`` before the first time.
        now: aware.
    """
    place = place_of(source)
    if cursor is None or cursor.digest != source.digest:
        # A changed mapping means other resources for rows that were read long ago.
        return ViewCursor(source.digest)
    if cursor.position is not None:
        return cursor
    if _reread_is_due(place, cursor, now):
        return replace(cursor, whole=True, start=None)
    if place.watermark is None:
        return None
    start = None if cursor.high is None else _back(cursor.high, place.overlap)
    return replace(cursor, whole=False, start=start)


def position_of(source: RowSource, row: tuple[Any, ...]) -> Position:
    """Where a row stands in the order of reading."""
    cells = dict(zip(source.columns, row, strict=True))
    place = place_of(source)
    mark = None if place.watermark is None else cells[place.watermark]
    return Position(mark, tuple(cells[name] for name in source.key))


def finished(cursor: ViewCursor, zone: ZoneInfo | None, now: datetime) -> ViewCursor:
    """The cursor at the end of a pass.

    Args:
        zone: of watermarks without one.
    """
    return replace(
        cursor,
        high=None if cursor.high is None else not_beyond(cursor.high, zone, now),
        start=None,
        position=None,
        whole=False,
        whole_at=now.isoformat() if cursor.whole else cursor.whole_at,
    )


def not_beyond(high: Mark, zone: ZoneInfo | None, now: datetime) -> Mark:
    """A watermark, or the present where it lies in the future."""
    if isinstance(high, datetime):
        present = now if high.tzinfo is not None else _local(now, zone)
        return min(high, present)
    if isinstance(high, date):
        return min(high, _local(now, zone).date())
    return high


def age_s(mark: Mark | None, zone: ZoneInfo | None, now: datetime) -> float | None:
    """How long ago a watermark was written, in seconds; ``None`` where it is no time."""
    if not isinstance(mark, datetime):
        return None
    aware = mark if mark.tzinfo is not None else mark.replace(tzinfo=zone or UTC)
    return max(0.0, (now - aware).total_seconds())


def _local(now: datetime, zone: ZoneInfo | None) -> datetime:
    return now.astimezone(zone or UTC).replace(tzinfo=None)


def _back(high: Mark, overlap: int) -> Mark:
    if isinstance(high, datetime):
        return high - timedelta(seconds=overlap)
    if isinstance(high, date):
        return high - timedelta(days=overlap)
    return high - (Decimal(overlap) if isinstance(high, Decimal) else overlap)


def _reread_is_due(place: ViewPlace, cursor: ViewCursor, now: datetime) -> bool:
    if place.reread_minutes is None:
        return False
    if cursor.whole_at is None:
        return True
    last = datetime.fromisoformat(cursor.whole_at)
    return now - last >= timedelta(minutes=place.reread_minutes)
