"""How often a medicine is taken, read from Latin shorthand, English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class FrequencyMention:
    """A dosing frequency in a text.

    Attributes:
        per_day: times a day; ``None`` for "as needed" alone.
        as_needed: whether it is taken only when needed.
    """

    start: int
    end: int
    per_day: Fraction | None
    as_needed: bool = False


_NUMBER = {
    "once": 1, "one": 1, "a": 1, "twice": 2, "two": 2, "thrice": 3, "three": 3, "four": 4,
    "five": 5, "six": 6, "eight": 8, "twelve": 12, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4,
    "五": 5, "六": 6, "八": 8, "十二": 12, "十": 10,
}  # fmt: skip
_COUNT = r"(\d{1,2}|one|two|three|four|five|six|eight|twelve)"
_ZH_COUNT = r"(\d{1,2}|十二|[一二两三四五六八十])"
_DAY = r"(?:a|per|each|every|/)\s*(?:day|d\b)"


def _count(written: str) -> int:
    return int(written) if written.isdigit() else _NUMBER[written]


_EACH_DAY = r"(?:daily|(?:a|per|each|every)\s+day)"
_FIXED: tuple[tuple[str, Fraction], ...] = (
    (rf"q\.?d\.?|o\.?d\.?|once\s+{_EACH_DAY}|one\s+time\s+(?:a|per)\s+day", Fraction(1)),
    (rf"b\.?i\.?d\.?|twice\s+{_EACH_DAY}|two\s+times\s+{_EACH_DAY}", Fraction(2)),
    (r"t\.?i\.?d\.?|thrice\s+(?:daily|a\s+day)", Fraction(3)),
    (r"q\.?i\.?d\.?", Fraction(4)),
    (r"q\.?o\.?d\.?|every\s+other\s+day", Fraction(1, 2)),
    (r"q\.?w\.?|once\s+(?:weekly|a\s+week|per\s+week)|weekly|every\s+week", Fraction(1, 7)),
    (r"b\.?i\.?w\.?|twice\s+(?:weekly|a\s+week)", Fraction(2, 7)),
    (r"t\.?i\.?w\.?", Fraction(3, 7)),
    (r"monthly|once\s+a\s+month|every\s+month|q\.?m\.?", Fraction(1, 30)),
    (
        r"q\.?n\.?|q\.?h\.?s\.?|h\.s\.?|qpm|q\.?\s?p\.m\.?|nightly|at\s+bedtime|before\s+bed",
        Fraction(1),
    ),
    (r"(?:every|each|at)\s+night|every\s+evening|(?:every|each|in\s+the)\s+morning", Fraction(1)),
    (rf"q\.?\s?a\.?m\.?|{_EACH_DAY}|(?<=/)\s?d(?:ay)?", Fraction(1)),
    (r"隔日一次|隔日1次|隔天一次|每隔一日", Fraction(1, 2)),
    (r"(?:每晚|睡前|每晨|晨起|每早)(?:\s?[1一]\s?次)?", Fraction(1)),
)
_WEEK = r"(?:(?:a|per|each|every|/)\s*week|weekly)"
_COUNTED: tuple[tuple[str, Callable[[int], Fraction]], ...] = (
    (rf"{_COUNT}\s*(?:x|times)\s*(?:{_DAY}|daily)", Fraction),
    (rf"{_COUNT}\s*(?:x|times)\s*{_WEEK}", lambda n: Fraction(n, 7)),
    (rf"(?:every|each)\s+{_COUNT}\s*(?:hours?|hrs?|h)\b", lambda n: Fraction(24, n)),
    (rf"\bq\.?\s?{_COUNT}\s?(?:h|hrs?|hours?)\b\.?", lambda n: Fraction(24, n)),
    (rf"(?:every|each)\s+{_COUNT}\s*days?\b", lambda n: Fraction(1, n)),
    (rf"(?<!隔)(?:每日|每天|一日|一天|1日|1天|日)\s?{_ZH_COUNT}\s?次", Fraction),
    (rf"{_ZH_COUNT}\s?次\s?/\s?[日天d]", Fraction),
    (rf"(?<!隔)(?:每日|每天|一日|一天|1日|1天|日)\s?{_ZH_COUNT}\s?[剂付副帖]", Fraction),
    (rf"{_ZH_COUNT}\s?[剂付副帖]\s?/\s?[日天d]", Fraction),
    (rf"(?:每周|一周|每星期|1周)\s?{_ZH_COUNT}\s?次", lambda n: Fraction(n, 7)),
    (rf"每\s?{_ZH_COUNT}\s?(?:个)?小时\s?(?:一次|1次|1 次)?", lambda n: Fraction(24, n)),
    (rf"每月\s?{_ZH_COUNT}\s?次", lambda n: Fraction(n, 30)),
    (rf"每年\s?{_ZH_COUNT}\s?次", lambda n: Fraction(n, 365)),
)
_WITH_NUMBER = tuple((re.compile(f"(?a){p}"), rate) for p, rate in _COUNTED)
_FIXED_PATTERNS = tuple(
    (
        re.compile(
            p if any("\u4e00" <= c <= "\u9fff" for c in p) else rf"(?<![a-z.])(?:{p})(?![a-z])"
        ),
        value,
    )
    for p, value in _FIXED
)
_AS_NEEDED = re.compile(r"(?a)\bp\.?r\.?n\b\.?|\bas\s+needed\b|必要时|按需|\bwhen\s+needed\b")


def find_frequencies(folded: str) -> list[FrequencyMention]:
    """Dosing frequencies in order; the longest reading wins where two overlap.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    found: list[FrequencyMention] = []
    for pattern, rate in _WITH_NUMBER:
        for match in pattern.finditer(folded):
            count = _count(match.group(1))
            if count:
                _add(found, match, rate(count))
    for pattern, value in _FIXED_PATTERNS:
        for match in pattern.finditer(folded):
            _add(found, match, value)
    found.extend(
        FrequencyMention(m.start(), m.end(), None, True) for m in _AS_NEEDED.finditer(folded)
    )
    return sorted(found, key=lambda f: f.start)


def _add(found: list[FrequencyMention], match: re.Match[str], per_day: Fraction) -> None:
    overlapping = [f for f in found if match.start() < f.end and match.end() > f.start]
    if not overlapping:
        found.append(FrequencyMention(match.start(), match.end(), per_day))
