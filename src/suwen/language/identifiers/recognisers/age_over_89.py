"""Ages over 89, which single a person out. Source: 45 CFR 164.514(b)(2)(i)(C)."""

# ruff: noqa: E501 - a pattern is read as one line
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
            (
                "(?:爷爷|奶奶|外公|外婆|姥姥|姥爷|父亲|母亲|老父|老母|爸爸?|妈妈?|公公|婆婆|岳父|岳母|老人|老太太?|"
                "老爷子|老伴|老两口|老伯|阿婆|阿公|祖母|祖父|今年)(?:今年|已经|都|快|已|有|也|满)*"
                rf"({_OLD})(?:了|,|。|;|整|高龄| |多)"
            ),
            0.8,
            1,
            DIGITS,
        ),
        Pattern(
            (
                "(?:今年|快|高寿|满|刚过|虚岁|年龄|年纪|爷爷|奶奶|老太太|老爷子|老人)(?:已经|已|都|快)?"
                f"(九十[{_HAN_UNITS}]?|一百(?:零[{_HAN_UNITS}])?|百)(?:了|整|,|。|多|出头|高龄|家住|的人)"
            ),
            0.8,
            1,
        ),
        Pattern(
            rf"\p{{Lu}}[\p{{L}}'’-]+, ({_OLD}),? (?:[a-z]|\p{{Lu}}?[a-z]* ?(?:year|who|was|is))",
            0.7,
            1,
            DIGITS,
            DIGITS | frozenset(".%/"),
        ),
        Pattern(rf"\p{{Lu}}[\p{{L}}'’-]+ \(({_OLD})\)", 0.65, 1, DIGITS),
        Pattern(
            (
                r"(?:\bs?he|\bshe|\bi|\bwho|mother|father|mom|mum|dad|grandmother|grandfather|grandma|"
                r"grandpa|granny|gran|nana|aunt|auntie|uncle|husband|wife|patient|pt)(?:'s|’s| is| was|"
                rf" turns| turned|,)(?: now| only| almost| nearly| already| just)? ({_OLD})"
                r"(?:[,;]| (?:so|and|but|now|this|next|years|with|who|in)\b|\.? *$|\.[ \n])"
            ),
            0.7,
            1,
            DIGITS,
            any_case=True,
        ),
        Pattern(
            (
                r"(?:\bis|\bwas|aged?|turned|turning|nearly|almost|'s|at) (?:now |only |almost |nearly )?"
                r"(ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one|a) hundred"
                r"(?: and (?:one|two|three|four|five|six|seven|eight|nine|ten))?)"
                r"(?:[.,;!?]|$|\n| years?| and (?:lives|still|has|was|is|her|his))"
            ),
            0.7,
            1,
            any_case=True,
        ),
        Pattern(
            (
                r"\b(ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|a hundred(?: and "
                r"\w+)?)[- ](?:years?|yrs?)[- ](?:old|of age)"
            ),
            0.8,
            1,
            any_case=True,
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
