"""Dates in English words. A year alone is none, nor a month alone (HIPAA, item 3)."""

# ruff: noqa: E501 - a pattern is read as one line
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
_SPOKEN_DAY = (
    "(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|"
    "fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|"
    "twenty[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirty[- ]first)"
)
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
        Pattern(
            (
                "(?:(?:January|February|April|June|July|August|September|October|November|December)(?: the)?|"
                rf"(?:March|May) the) {_SPOKEN_DAY}(?:,? (?:nineteen|twenty|two thousand)(?:[ -][a-z]+){{1,3}})?"
            ),
            0.8,
            0,
            WORD,
            WORD,
            any_case=True,
        ),
        Pattern(
            rf"the {_SPOKEN_DAY} of (?:January|February|March|April|May|June|July|August|September|"
            r"October|November|December)",
            0.8,
            0,
            WORD,
            WORD,
            any_case=True,
        ),
        Pattern(
            r"(?:Christmas|New Year'?s|Halloween|Thanksgiving|Boxing|Independence|Valentine'?s)"
            r"(?: (?:Eve|Day|morning|night))|Thanksgiving|Good Friday|Easter (?:Sunday|Monday)",
            0.6,
            0,
            WORD,
            WORD,
        ),
        Pattern(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day", 0.55, 0, WORD, WORD),
        needs=with_latin,
    ),
)
