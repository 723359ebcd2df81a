"""Dates moved by one secret number of days for each patient: intervals stay, the calendar goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

_REFERENCE_YEAR = 2000
"""Stands in where only month and day are written; a leap year, so that every day exists."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

_YEAR_FIRST = re.compile(
    r"(?P<y>(?:18|19|20)\d{2})(\D{1,3})(?P<m>\d{1,2})(\D{1,3})(?P<d>\d{1,2})(?!\d)"
)
_PACKED = re.compile(r"(?P<y>(?:18|19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?=\d{4}(?:\d{2})?$|$)")
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})([/.-])(?P<b>\d{1,2})([/.-])(?P<y>\d{4}|\d{2})(?!\d)")
_SHORT_YEAR = re.compile(r"(?P<y>\d{2})([.年])(?P<m>\d{1,2})([.月])(?P<d>\d{1,2})(?!\d)")
_YEAR_MONTH = re.compile(r"(?P<y>(?:18|19|20)\d{2})( ?[-/.年] ?)(?P<m>\d{1,2})(?!\d)")
_MONTH_DAY = re.compile(r"(?P<m>\d{1,2})( ?[月/.-] ?)(?P<d>\d{1,2})(?!\d)")
_NAMED = re.compile(
    r"(?i)(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?[ -](?:of )?)?"
    r"(?P<m>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?P<rest>[a-z]*)\.?"
    r"(?:[ -](?P<d2>\d{1,2})(?:st|nd|rd|th)?(?!\d))?(?:,? ?-?(?:of )?(?P<y>(?:18|19|20)\d{2}))?"
)


def shifted(wording: str, days: int) -> str | None:
    """A date moved by some days, written as it was; ``None`` when it cannot be read.

    Args:
        wording: one date, for example ``2024年3月5日``, ``03/05/2024``, ``5 March 2024``.
        days: how far; negative for back.
    """
    for pattern, rewrite in _FORMS:
        match = pattern.search(wording)
        if match is not None:
            try:
                said = rewrite(match, days)
            except (ValueError, OverflowError):
                return None
            return wording[: match.start()] + said + wording[match.end() :]
    return None


def read_day(wording: str) -> date | None:
    """The calendar day that a wording with a year states; ``None`` when it states none."""
    for pattern, order in ((_YEAR_FIRST, "ymd"), (_PACKED, "ymd"), (_YEAR_LAST, "aby")):
        match = pattern.search(wording)
        if match is not None:
            try:
                if order == "ymd":
                    return date(int(match["y"]), int(match["m"]), int(match["d"]))
                month, day = _american(match)
                return date(_full_year(match["y"]), month, day)
            except ValueError:
                return None
    match = _NAMED.search(wording)
    if match is not None and match["y"] and (match["d1"] or match["d2"]):
        try:
            return date(int(match["y"]), _month(match["m"]), int(match["d1"] or match["d2"]))
        except ValueError:
            return None
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if year > 99 else year + (2000 if year < 50 else 1900)


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _american(match: re.Match[str]) -> tuple[int, int]:
    """Month and day of a date with its year last; the day first where it must be."""
    first, second = int(match["a"]), int(match["b"])
    return (second, first) if first > 12 else (first, second)


def _replaced(match: re.Match[str], values: dict[str, str]) -> str:
    said, at = "", match.start()
    for group in sorted(values, key=lambda g: match.start(g)):
        said += match.string[at : match.start(group)] + values[group]
        at = match.end(group)
    return said + match.string[at : match.end()]


def _like(number: int, model: str) -> str:
    return str(number).zfill(len(model)) if model.startswith("0") or len(model) > 2 else str(number)


def _moved(year: int, month: int, day: int, days: int) -> date:
    return date(year, month, day) + timedelta(days=days)


def _year_first(match: re.Match[str], days: int) -> str:
    moved = _moved(_full_year(match["y"]), int(match["m"]), int(match["d"]), days)
    year = str(moved.year) if len(match["y"]) == 4 else f"{moved.year % 100:02}"
    two = len(match["m"]) == 2 and len(match["d"]) == 2
    month = f"{moved.month:02}" if two else _like(moved.month, match["m"])
    day = f"{moved.day:02}" if two else _like(moved.day, match["d"])
    return _replaced(match, {"y": year, "m": month, "d": day})


def _year_last(match: re.Match[str], days: int) -> str:
    month, day = _american(match)
    moved = _moved(_full_year(match["y"]), month, day, days)
    numbers = (moved.day, moved.month) if int(match["a"]) > 12 else (moved.month, moved.day)
    year = str(moved.year) if len(match["y"]) == 4 else f"{moved.year % 100:02}"
    width = 2 if len(match["a"]) == len(match["b"]) == 2 else 1
    first, second = (str(number).zfill(width) for number in numbers)
    return _replaced(match, {"a": first, "b": second, "y": year})


def _year_month(match: re.Match[str], days: int) -> str:
    moved = _moved(int(match["y"]), int(match["m"]), 15, days)
    month = f"{moved.month:02}" if len(match["m"]) == 2 else str(moved.month)
    return _replaced(match, {"y": str(moved.year), "m": month})


def _month_day(match: re.Match[str], days: int) -> str:
    moved = _moved(_REFERENCE_YEAR, int(match["m"]), int(match["d"]), days)
    return _replaced(
        match, {"m": _like(moved.month, match["m"]), "d": _like(moved.day, match["d"])}
    )


def _named(match: re.Match[str], days: int) -> str:
    day_group = "d1" if match["d1"] else "d2" if match["d2"] else None
    day = int(match[day_group]) if day_group else 15
    year = int(match["y"]) if match["y"] else _REFERENCE_YEAR
    moved = _moved(year, _month(match["m"]), day, days)
    name = _NAMES[moved.month - 1]
    short = not match["rest"] and match["m"].lower() != "may"
    said = {"m": name[:3] if short else name, "rest": ""}
    if match["m"].isupper():
        said["m"] = said["m"].upper()
    if day_group:
        said[day_group] = str(moved.day)
    if match["y"]:
        said["y"] = str(moved.year)
    return re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", _replaced(match, said))


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], str]], ...] = (
    (_YEAR_FIRST, _year_first),
    (_PACKED, _year_first),
    (_SHORT_YEAR, _year_first),
    (_YEAR_LAST, _year_last),
    (_YEAR_MONTH, _year_month),
    (_NAMED, _named),
    (_MONTH_DAY, _month_day),
)
