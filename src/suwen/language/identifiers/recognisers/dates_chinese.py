"""Dates in Chinese words. A year alone is none (HIPAA, item 3)."""

from __future__ import annotations

from suwen.language.identifiers.scanning import DIGITS, Pattern, Recogniser, by_patterns, with_han
from suwen.language.identifiers.spans import IdentifierType

_YEAR = r"(?:(?:(?:18|19|20)\d{2}|[〇零○一二三四五六七八九]{4}|'?\d{2}) ?年)"
_WORD_YEAR = r"(?:今年|去年|前年|明年|大前年|同年|次年|当年)"
_MONTH = r"(?:(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]) ?月)"
_MONTH_WORD = r"(?:(?:本|当|上个?|下个?|这个|次|同)月|正月|冬月|腊月)"
_DAY = (
    r"(?:(?:[12]\d|3[01]|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七"
    "八九]) ?[日号])"
)
_LUNAR_DAY = (
    "(?:初[一二三四五六七八九十]|廿[一二三四五六七八九]?|三十|除夕|[十二]?十[一二三四五六七八九]?)"
)
_PART = r"(?:上旬|中旬|下旬|初|底|末)"

RECOGNISER = Recogniser(
    "dates_chinese",
    IdentifierType.DATE,
    by_patterns(
        Pattern(
            (
                f"(?:{_YEAR}|{_WORD_YEAR}) ?(?:{_MONTH}|{_MONTH_WORD}) ?(?:{_DAY}|"
                f"{_LUNAR_DAY}|{_PART})?份?"
            ),
            0.9,
            0,
            DIGITS,
        ),
        Pattern(rf"(?:{_MONTH}|{_MONTH_WORD}) ?(?:的 ?)?{_DAY}", 0.85, 0, DIGITS),
        Pattern(
            (
                f"(?:农历|阴历|旧历)(?:{_YEAR}|{_WORD_YEAR})?(?:{_MONTH}|正月|冬月|"
                f"腊月)?{_LUNAR_DAY}"
            ),
            0.8,
        ),
        Pattern(rf"(?:正月|冬月|腊月){_LUNAR_DAY}", 0.8),
        Pattern(rf"(?:{_MONTH})(?:上旬|中旬|下旬|初|底|末)", 0.6, 0, DIGITS),
        Pattern(
            (
                "(?:于|在|从|自|到|至|是|定|约|上周|本周|下周|前天|昨天|今天|明天|"
                r"后天|生日|,|。)\s?((?:[12]\d|3[01]|[1-9]|三十一?|二?十[一二三四五六七八九]"
                "?)号)(?:[ ,。;上下早中晚入出来去就做手复查前后来前]|$)"
            ),
            0.55,
            1,
            DIGITS,
        ),
        needs=with_han,
    ),
)
