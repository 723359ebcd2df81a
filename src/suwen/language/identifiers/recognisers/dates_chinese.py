"""Dates in Chinese words. A year alone is none (HIPAA, item 3)."""

# ruff: noqa: E501 - a pattern is read as one line
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
        Pattern(
            (
                r"((?:1[0-2]|0?[1-9])月(?:[12]\d|3[01]|0?[1-9]))(?:[ ,。;、()]|上午|下午|早|晚|凌晨|中午|"
                "夜|起|去|来|在|至|到|复|入|出|做|行|的|$)"
            ),
            0.7,
            1,
            DIGITS,
        ),
        Pattern(
            (
                "大?年(?:初[一二三四五六七八九十]|三十)|除夕夜?|正月十五|元宵节|元旦(?:节|当[天日])?|清明节|"
                "端午节|中秋节|重阳节|腊八节?|国庆节|五一节|平安夜|圣诞节"
            ),
            0.65,
        ),
        Pattern(
            r"(?:周|星期|礼拜)[一二三四五六日天] ?[(]?((?:1[0-2]|0?[1-9])[./-](?:[12]\d|3[01]|0?[1-9]))",
            0.7,
            1,
            DIGITS,
            DIGITS | frozenset("./-%"),
        ),
        Pattern(
            (
                "(?:下次[^,。;]{0,6}|预约|约在|改约|复诊|复查|随访|日期|时间|[,。;( \n])[ :]?"
                "((?:1[0-2]|0?[1-9])[./-](?:[12]\\d|3[01]|0?[1-9])) ?(?:凌晨|上午|下午|早|晚|中午|傍晚|"
                r"夜|拔|入院|出院|转|手术|术后|复|来|起|再|开始|停|换|做|行|送|到|(?:[01]?\d|2[0-3]):[0-5]\d)"
            ),
            0.65,
            1,
            DIGITS,
            DIGITS | frozenset("./-%"),
        ),
        Pattern(
            (
                "(?:下次(?:维护|复查|复诊|随访|换药|就诊|治疗|透析|化疗|门诊|时间|日期)?|预约|约在|改约)[ :]?"
                "((?:1[0-2]|0?[1-9])[./-](?:[12]\\d|3[01]|0?[1-9]))"
            ),
            0.65,
            1,
            DIGITS,
            DIGITS | frozenset("./-%"),
        ),
        Pattern(
            r"生日(?:是|为|:)? ?((?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))", 0.7, 1, DIGITS, DIGITS
        ),
        needs=with_han,
    ),
)
