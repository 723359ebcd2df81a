"""Dates and times of a row as FHIR texts: a declared format, a declared zone, nothing assumed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from suwen.core.row_problems import CellRefusedError

_EARLIEST, _LATEST = 1880, 2200
_DIRECTIVES: Mapping[str, str] = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%H": r"(?P<hour>\d{1,2})",
    "%M": r"(?P<minute>\d{1,2})",
    "%S": r"(?P<second>\d{1,2})",
    "%f": r"(?P<fraction>\d{1,9})",
    "%z": r"(?P<zone>Z|[+-]\d{2}:?\d{2})",
}
_ORDER = ("year", "month", "day", "hour", "minute", "second")
_ISO = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"([T ](?P<hour>\d{2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.(?P<fraction>\d{1,9}))?)?"
    r"( ?(?P<zone>Z|[+-]\d{2}:?\d{2}))?)?)?)?",
    re.ASCII,
)


class TimeFormatError(ValueError):
    """A format that cannot be used; the text says why, in English."""


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How the times of a column are to be understood.

    Attributes:
        pattern: of a text; ISO 8601 when none was declared.
        zone: of a time without one; ``None`` when nobody declared it.
        later: of a local time that happened twice, whether the second is meant; ``None`` refuses.
    """

    pattern: re.Pattern[str] = _ISO
    zone: ZoneInfo | None = None
    later: bool | None = None


def compile_format(text: str) -> re.Pattern[str]:
    """The pattern of a declared format, for example ``%Y%m%d %H%M%S``.

    Raises:
        TimeFormatError: naming the directive that would have to guess.
    """
    pieces, position, seen = [], 0, set()
    while position < len(text):
        two = text[position : position + 2]
        if text[position] != "%":
            pieces.append(re.escape(text[position]))
            position += 1
            continue
        if two == "%y":
            raise TimeFormatError("%y leaves the century to be guessed; the export must write %Y")
        if two not in _DIRECTIVES:
            raise TimeFormatError(f"{two} is not one of {' '.join(_DIRECTIVES)}")
        if two in seen:
            raise TimeFormatError(f"{two} stands twice")
        seen.add(two)
        piece = _DIRECTIVES[two]
        if text[position + 2 : position + 4] in _DIRECTIVES:
            # Digits follow digits: only a fixed width says where one ends.
            piece = piece.replace("{1,2}", "{2}")
        pieces.append(piece)
        position += 2
    wanted = [f"%{letter}" for letter in "YmdHMS"]
    given = [directive in seen for directive in wanted]
    if not given[0] or given != sorted(given, reverse=True):
        raise TimeFormatError("it must name %Y, and nothing smaller without what is larger")
    return re.compile("".join(pieces), re.ASCII)


def day_text(cell: object, rule: TimeRule) -> str:
    """A FHIR date of the precision that the cell has.

    Raises:
        CellRefusedError: ``date_malformed``, ``date_impossible``, ``date_implausible``,
            ``zone_undeclared`` or ``cell_type``.
    """
    if isinstance(cell, datetime):
        if cell.tzinfo is not None:
            if rule.zone is None:
                # The day that an instant falls on depends on where one stands.
                raise CellRefusedError("zone_undeclared")
            cell = cell.astimezone(rule.zone)
        return _plausible(cell.date()).isoformat()
    if isinstance(cell, date):
        return _plausible(cell).isoformat()
    found = _match(cell, rule)
    if found["hour"] is not None:
        return day_text(_moment(found), rule)
    return _partial(found)


def date_time_text(cell: object, rule: TimeRule, *, instant: bool = False) -> str:
    """A FHIR dateTime of the precision that the cell has, with a zone where it has a time.

    Args:
        instant: whether a date alone is not enough.

    Raises:
        CellRefusedError: as ``day_text``, and ``time_ambiguous``, ``time_missing``,
            ``zone_irregular``.
    """
    if isinstance(cell, datetime):
        return _zoned(cell, rule)
    if not isinstance(cell, date):
        found = _match(cell, rule)
        if found["hour"] is not None:
            return _zoned(_moment(found), rule)
        if not instant:
            return _partial(found)
    elif not instant:
        return _plausible(cell).isoformat()
    raise CellRefusedError("time_missing")


def puts_clocks_back(zone: ZoneInfo, now: datetime) -> bool:
    """Whether local times of this zone happen twice, as far as the years around now tell."""
    first = datetime(now.year - 1, 1, 1, tzinfo=zone)
    offsets = {(first + timedelta(days=7 * week)).utcoffset() for week in range(160)}
    return len(offsets) > 1


def _match(cell: object, rule: TimeRule) -> Mapping[str, str | None]:
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise CellRefusedError("cell_type")
    found = rule.pattern.fullmatch(str(cell))
    if found is None:
        raise CellRefusedError("date_malformed")
    return {**dict.fromkeys((*_ORDER, "fraction", "zone")), **found.groupdict()}


def _partial(found: Mapping[str, str | None]) -> str:
    """Year, month or day, whichever is the smallest that is given."""
    year, month, day = int(found["year"] or 0), found["month"], found["day"]
    try:
        whole = _plausible(date(year, int(month or 1), int(day or 1)))
    except ValueError:
        raise CellRefusedError("date_impossible") from None
    return whole.isoformat()[: 10 if day else 7 if month else 4]


def _moment(found: Mapping[str, str | None]) -> datetime:
    parts = [int(found[name] or 0) for name in _ORDER]
    fraction = ((found["fraction"] or "") + "000000")[:6]
    try:
        moment = datetime(*parts, int(fraction))  # type: ignore[arg-type,call-arg]  # noqa: DTZ001
    except ValueError:
        raise CellRefusedError("date_impossible") from None
    zone = found["zone"]
    if zone is None:
        return moment
    return moment.replace(tzinfo=_offset(zone))


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise CellRefusedError("date_impossible")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)


def _zoned(moment: datetime, rule: TimeRule) -> str:
    _plausible(moment.date())
    if moment.tzinfo is None:
        if rule.zone is None:
            raise CellRefusedError("zone_undeclared")
        moment = _placed(moment, rule.zone, rule.later)
    offset = moment.utcoffset()
    if offset is None or offset.seconds % 60:
        raise CellRefusedError("zone_irregular")
    return moment.isoformat()


def _placed(moment: datetime, zone: ZoneInfo, later: bool | None) -> datetime:
    first = moment.replace(tzinfo=zone)
    second = first.replace(fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after or before is None or after is None:
        return first
    if after > before:
        # Clocks were put forward over this time: nobody lived it.
        raise CellRefusedError("date_impossible")
    if later is None:
        raise CellRefusedError("time_ambiguous")
    return second if later else first


def _plausible(day: date) -> date:
    if not _EARLIEST <= day.year <= _LATEST:
        raise CellRefusedError("date_implausible")
    return day
