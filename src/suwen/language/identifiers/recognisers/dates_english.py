"""Dates in English words. A year alone is none, nor a month alone (HIPAA, item 3)."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_latin
from suwen.language.identifiers.spans import IdentifierType

_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|"
    "Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:18|19|20)\d{2}|'\d{2})"
_WEEKDAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,? )?"

RECOGNISER = Recogniser(
    "dates_english",
    IdentifierType.DATE,
    by_patterns(
        Pattern(
            rf"{_WEEKDAY}{_MONTH}[ -]{_DAY}(?:,? ?-?{_YEAR})?", 0.85, 0, WORD, WORD, any_case=True
        ),
        Pattern(
            rf"{_WEEKDAY}(?:the )?{_DAY}[ -](?:of )?{_MONTH}(?:,?[ -]{_YEAR})?",
            0.85,
            0,
            WORD,
            WORD,
            any_case=True,
        ),
        Pattern(rf"{_MONTH},? (?:of )?(?:18|19|20)\d{{2}}", 0.8, 0, WORD, WORD, any_case=True),
        Pattern(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day", 0.55, 0, WORD, WORD),
        needs=with_latin,
    ),
)
