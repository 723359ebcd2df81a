"""Dates and times as clinicians write them, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DateMention:
    """A calendar date in a text, as far as it is written out.

    Attributes:
        year: four digits; ``None`` when only month and day are written.
        month: 1 to 12; ``None`` for a bare year.
        day: 1 to 31; ``None`` when only year and month are written.
        swapped: the other reading of an ambiguous 11/12/2026, else ``None``.
    """

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None
    swapped: tuple[int, int] | None = None

    def covers(self, day: date) -> bool:
        """Whether a calendar day is what this mention may mean."""
        if self.year is not None and self.year != day.year:
            return False
        readings = [(self.month, self.day)]
        if self.swapped:
            readings.append(self.swapped)
        return any(
            (month is None or month == day.month) and (number is None or number == day.day)
            for month, number in readings
        )


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time of day: hour 0 to 24, minute 0 to 59."""

    start: int
    end: int
    hour: int
    minute: int


_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<y>(?:19|20)\d{2})"
_NOT_BEFORE = r"(?<![\d.])"
_DAY_SUFFIX = r"(?:st|nd|rd|th)?"


def _numbers(match: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    parts = match.groupdict()
    month = parts.get("mon")
    numeric = parts.get("m")
    return (
        int(parts["y"]) if parts.get("y") else None,
        _MONTHS[month] if month else int(numeric) if numeric else None,
        int(parts["d"]) if parts.get("d") else None,
    )


_PATTERNS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(f"(?a){pattern}")
    for pattern in (
        rf"{_NOT_BEFORE}{_YEAR}[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?!\d)",
        rf"{_NOT_BEFORE}{_YEAR}\s?年\s?(?P<m>\d{{1,2}})\s?月\s?(?P<d>\d{{1,2}})\s?[日号]",
        rf"{_NOT_BEFORE}{_YEAR}\s?年\s?(?P<m>\d{{1,2}})\s?月",
        rf"{_NOT_BEFORE}{_YEAR}\s?年",
        r"(?<![\d.])(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]",
        rf"{_NOT_BEFORE}(?P<d>\d{{1,2}}){_DAY_SUFFIX}\s+(?:of\s+)?(?P<mon>{_MONTH})\.?,?\s+{_YEAR}\b",
        rf"\b(?P<mon>{_MONTH})\.?\s+(?P<d>\d{{1,2}}){_DAY_SUFFIX},?\s+{_YEAR}\b",
        rf"\b(?P<mon>{_MONTH})\.?,?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b(?P<mon>{_MONTH})\.?\s+(?P<d>\d{{1,2}}){_DAY_SUFFIX}(?![\d.%/]|\s?m?g\b)",
        rf"{_NOT_BEFORE}(?P<d>\d{{1,2}}){_DAY_SUFFIX}\s+(?:of\s+)?(?P<mon>{_MONTH})\b",
        rf"(?<![\d./])(?P<m>0?[1-9]|1[0-2])/{_YEAR}(?![\d/])",
        rf"{_NOT_BEFORE}{_YEAR}-(?P<m>0[1-9]|1[0-2])(?![\d-])",
        r"(?:\b(?:in|since|from|of|year|until|to|before|after|on|around|back in)\s+)"
        r"(?P<y>(?:19|20)\d{2})\b(?![.,]?\d|\s*(?:m[gl]|ml|units|cal|kcal)\b)",
        r"(?<=\()(?P<y>(?:19|20)\d{2})(?=\))",
    )
)
_SLASHED = re.compile(r"(?a)(?<![\d/.])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\d/])")
_MONTH_NAME = re.compile(rf"(?a)\b(?P<mon>{_MONTH})\b")
_TIME = re.compile(
    r"(?a)(?<![\d.:/])(?P<h>\d{1,2})(?:\s?[::]\s?(?P<mi>\d{2})(?:[::]\d{2}(?:\.\d+)?)?|"
    r"\s?[点时](?:\s?(?P<mz>\d{1,2})\s?分)?(?!间|期))(?:\s?(?P<half>[ap])\.?m\b)?(?:\s?z\b|[+-]\d{2}:\d{2})?"
)
_TIME_12 = re.compile(r"(?a)(?<![\d.:/])(?P<h>\d{1,2})\s?(?P<half>[ap])\.?\s?m\b\.?")


def month_names(month: int) -> tuple[str, ...]:
    """The English names of a month that are long enough to be one, folded."""
    return tuple(n for n, number in _MONTHS.items() if number == month and len(n) > 2)


def find_dates(folded: str) -> list[DateMention]:
    """Calendar dates in order; earlier patterns win where two overlap.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    found: list[DateMention] = []
    if not any(c.isdigit() for c in folded):
        return found
    _collect_slashed(folded, found)
    for pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            year, month, day = _numbers(match)
            start = match.start("y") if pattern in _PATTERNS[-2:] else match.start()
            if _possible(year, month, day) and _free(found, start, match.end()):
                found.append(DateMention(start, match.end(), year, month, day))
    return sorted(found, key=lambda d: d.start)


def _collect_slashed(folded: str, found: list[DateMention]) -> None:
    for match in _SLASHED.finditer(folded):
        first, second, year = (int(g) for g in match.groups())
        if year < 100:
            year += 2000 if year < 50 else 1900
        american, european = _possible(year, first, second), _possible(year, second, first)
        if american:
            other = (second, first) if european and first != second else None
            found.append(DateMention(*match.span(), year, first, second, other))
        elif european:
            found.append(DateMention(*match.span(), year, second, first))


def _possible(year: int | None, month: int | None, day: int | None) -> bool:
    if month is not None and not 1 <= month <= 12:
        return False
    if day is None:
        return True
    try:
        date(year or 2000, month or 1, day)
    except ValueError:
        return False
    return True


def _free(found: list[DateMention], start: int, end: int) -> bool:
    return all(end <= d.start or start >= d.end for d in found)


def find_times(folded: str) -> list[TimeMention]:
    """Times of day (10:30, 8点30分, 3 pm) in order."""
    found: list[TimeMention] = []
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], int]], ...] = (
        (_TIME, lambda m: int(m.group("mi") or m.group("mz") or 0)),
        (_TIME_12, lambda m: 0),
    )
    for pattern, minute_of in readers:
        for match in pattern.finditer(folded):
            hour, minute = int(match.group("h")), minute_of(match)
            if match.group("half") == "p" and hour < 12:
                hour += 12
            taken = any(match.start() < t.end and match.end() > t.start for t in found)
            if hour <= 24 and minute < 60 and not taken:
                found.append(TimeMention(match.start(), match.end(), hour, minute))
    return sorted(found, key=lambda t: t.start)
