"""Ages over 89, which single a person out. Source: 45 CFR 164.514(b)(2)(i)(C)."""

from __future__ import annotations

from suwen.language.identifiers.scanning import DIGITS, Pattern, Recogniser, by_patterns
from suwen.language.identifiers.spans import IdentifierType

_OLD = r"(?:9\d|1[0-2]\d)"
_HAN_UNITS = "一二三四五六七八九"
_NUMBER = DIGITS | frozenset(".-/")

RECOGNISER = Recogniser(
    "age_over_89",
    IdentifierType.AGE_OVER_89,
    by_patterns(
        Pattern(rf"{_OLD}(?:多|余)? ?(?:周岁|岁|虚岁)", 0.9, 0, _NUMBER),
        Pattern(
            rf"(?:年龄|年纪|寿|虚岁|高龄)(?:是|为|已)?[ :]{{0,3}}({_OLD})",
            0.85,
            1,
            DIGITS,
            DIGITS | frozenset("."),
        ),
        Pattern(
            (
                f"(?:九十[{_HAN_UNITS}多余几]?|一百(?:零[{_HAN_UNITS}]|一?十[{_HAN_UNITS}]"
                "?|多|余)?|百) ?(?:多|余)?(?:周岁|岁)"
            ),
            0.9,
        ),
        Pattern(
            rf"{_OLD}[ -]?(?:years?|yrs?|y)[ -]?(?:old|of age|/?o\b)",
            0.9,
            0,
            _NUMBER,
            any_case=True,
        ),
        Pattern(rf"{_OLD}[ -]?(?:y\.?/?o\.?|yo|yrs?)\b", 0.85, 0, _NUMBER, any_case=True),
        Pattern(
            rf"(?:aged?|age of|age is|turned|turn)[ :]{{1,3}}({_OLD})",
            0.85,
            1,
            DIGITS,
            DIGITS | frozenset(".%"),
            any_case=True,
        ),
        Pattern(rf"({_OLD})[ -]?(?:M|F|male|female|gentleman|lady|man|woman)\b", 0.7, 1, _NUMBER),
        needs=None,
    ),
)
