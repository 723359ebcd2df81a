"""Dates in figures, with the time of day behind them. A year alone is none (HIPAA, item 3)."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.language.identifiers.scanning import (
    DIGITS,
    Pattern,
    Recogniser,
    by_patterns,
    with_digits,
)
from suwen.language.identifiers.spans import IdentifierType

_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])"
_YEAR = r"(?:18|19|20)\d{2}"
_TIME = (
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?: ?[APap]"
    r"\.?[Mm]\b\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_BEFORE = DIGITS | frozenset(".-/")
_AFTER = DIGITS | frozenset("%")


def _possible(wording: str) -> float | None:
    return None if wording[:4] in ("1900", "2100") and len(wording) > 8 else 0.7


RECOGNISER = Recogniser(
    "dates_numeric",
    IdentifierType.DATE,
    by_patterns(
        Pattern(rf"{_YEAR} ?[-/.] ?{_MONTH} ?[-/.] ?{_DAY}{_TIME}", 0.9, 0, _BEFORE, _AFTER),
        Pattern(
            rf"{_MONTH}/{_DAY}/(?:{_YEAR}|\d{{2}}){_TIME}",
            0.85,
            0,
            _BEFORE,
            _AFTER | frozenset("/"),
        ),
        Pattern(
            rf"{_DAY}/{_MONTH}/(?:{_YEAR}|\d{{2}}){_TIME}",
            0.85,
            0,
            _BEFORE,
            _AFTER | frozenset("/"),
        ),
        Pattern(rf"{_MONTH}[-.]{_DAY}[-.]{_YEAR}{_TIME}", 0.85, 0, _BEFORE, _AFTER),
        Pattern(rf"{_DAY}[-.]{_MONTH}[-.]{_YEAR}{_TIME}", 0.85, 0, _BEFORE, _AFTER),
        Pattern(rf"\d{{2}}\.{_MONTH}\.{_DAY}", 0.6, 0, _BEFORE, _AFTER | frozenset(".")),
        Pattern(
            (
                r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]"
                r"\d[0-5]\d(?:[0-5]\d)?)?"
            ),
            0.7,
            0,
            _BEFORE | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            _AFTER | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            _possible,
        ),
        Pattern(
            r"(?:19|20)\d{2}[-/.](?:1[0-2]|0[1-9]|[1-9])",
            0.6,
            0,
            _BEFORE,
            _AFTER | frozenset("-/."),
        ),
        Pattern(r"(?:1[0-2]|0?[1-9])/(?:19|20)\d{2}", 0.6, 0, _BEFORE, _AFTER | frozenset("/")),
        Pattern(
            (
                "(?:on|since|until|till|by|from|dated?|seen|admitted|discharged|"
                "DOB|dob|follow(?:-| )?up|due|RTC|rtc|appt|f/u|recheck|returns?|returned|next|Hospital|hospital|"
                "(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)(?:day|sday|nesday|rsday|urday)?,?|"
                f"visit|clinic|transferred|readmitted|expires|through|thru|before|after)[ :]{{1,2}}({_MONTH}/{_DAY})"
            ),
            0.7,
            1,
            _BEFORE,
            _AFTER | frozenset("/"),
        ),
        Pattern(
            rf"(?:^|\n)[ ]*({_MONTH}/{_DAY}) ?(?:\||\t| - | – |: )",
            0.65,
            1,
            _BEFORE,
            _AFTER | frozenset("/"),
        ),
        Pattern(
            rf"({_MONTH}/{_DAY}) (?:at |@ ?)?(?:[01]?\d|2[0-3]):[0-5]\d",
            0.7,
            1,
            _BEFORE,
            _AFTER | frozenset("/"),
        ),
        Pattern(
            (
                "(?:于|在|自|从|到|至|今日|日期|出生|入院|出院|就诊|手术|复诊|复查)"
                rf"[ :]{{0,2}}({_MONTH}[./-]{_DAY})(?:日|号|[\p{{Han}},。; ]|$)"
            ),
            0.6,
            1,
            _BEFORE,
            _AFTER | frozenset("./-"),
        ),
        needs=with_digits,
    ),
)
