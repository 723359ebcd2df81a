"""Which numbers a text names, in digits and in words; errs towards finding too many."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

_ONES: Final = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {"oh": 0, "o": 0, "a": 1, "an": 1}
_TENS: Final = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_SCALES: Final = {"hundred": 100, "thousand": 1000}
_LOOSE: Final = {
    "half": "0.5",
    "couple": "2",
    "few": "3",
    "once": "1",
    "twice": "2",
    "pair": "2",
    "dozen": "12",
    "single": "1",
    "first": "1",
    "second": "2",
    "third": "3",
    "fourth": "4",
    "fifth": "5",
}
_CHINESE: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_TIME_FACTORS: Final = {
    "week": (7,),
    "month": (4, 30),
    "year": (12,),
    "day": (24,),
    "hour": (60,),
    "周": (7,),
    "月": (4, 30),
    "年": (12,),
    "天": (24,),
}
_DIGITS: Final = re.compile(
    r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?|(?<=[A-Za-z(/])\d+(?:\.\d+)?", re.ASCII
)
_WORD: Final = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_CHINESE_RUN: Final = re.compile(r"[零〇一二两三四五六七八九十百千半]+")


def as_decimal(text: str) -> Decimal | None:
    """The number that a run of digits writes, ``None`` when it writes none."""
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def numbers_in(text: str) -> frozenset[Decimal]:
    """Every number that the text may be read to name, in any of its readings."""
    lowered = text.lower()
    found = {d for m in _DIGITS.finditer(lowered) if (d := as_decimal(m.group())) is not None}
    found |= _english_numbers(lowered)
    found |= _chinese_numbers(lowered)
    return frozenset(found | _other_time_units(found, lowered))


def same_or_rounding(candidate: Decimal, known: Decimal) -> bool:
    """Whether the candidate is the known value or that value rounded or cut to its decimals."""
    exponent = candidate.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    step = Decimal(1).scaleb(-places)
    return abs(candidate - known) < step


def _english_numbers(lowered: str) -> set[Decimal]:
    words = _WORD.findall(lowered)
    found: set[Decimal] = set()
    for start, word in enumerate(words):
        if word in _LOOSE:
            found.add(Decimal(_LOOSE[word]))
        if word in _ONES or word in _TENS or word == "point":
            found |= _readings(words[start : start + 7])
    return found


def _readings(words: list[str]) -> set[Decimal]:
    """All numbers that begin with the first word: "one twenty five" is 1, 120 and 125."""
    found: set[Decimal] = set()
    total, group = 0, 0
    for position, word in enumerate(words):
        if word in _ONES:
            value = _ONES[word]
            group = (
                group + value if group % 10 == 0 and group and value < 10 else group * 10 + value
            )
        elif word in _TENS:
            group = group * 100 + _TENS[word] if 0 < group < 100 else group + _TENS[word]
        elif word in _SCALES:
            scale = _SCALES[word]
            total, group = (
                (total + max(group, 1) * scale, 0)
                if scale == 1000
                else (
                    total,
                    max(group, 1) * scale,
                )
            )
        elif word == "point":
            tail = "".join(str(_ONES[w]) for w in words[position + 1 :] if w in _ONES)
            if tail:
                found.add(Decimal(f"{total + group}.{tail}"))
                found |= {Decimal(f"{total + group}.{tail[:n]}") for n in range(1, len(tail))}
            break
        elif word != "and":
            break
        found.add(Decimal(total + group))
    return found


def _chinese_numbers(text: str) -> set[Decimal]:
    found: set[Decimal] = set()
    for match in _CHINESE_RUN.finditer(text):
        run = match.group()
        if "半" in run:
            found.add(Decimal("0.5"))
        total, digit = 0, 0
        for character in run:
            if character in _CHINESE:
                digit = _CHINESE[character]
                found.add(Decimal(digit))
            elif character in "十百千":
                total += max(digit, 1) * {"十": 10, "百": 100, "千": 1000}[character]
                digit = 0
        found.add(Decimal(total + digit))
    return found


def _other_time_units(found: set[Decimal], text: str) -> set[Decimal]:
    """Two weeks are also 14 days: a count of days must not count as changed then."""
    more: set[Decimal] = set()
    for word, factors in _TIME_FACTORS.items():
        if word in text:
            more |= {n * f for n in found if n <= 60 for f in factors}
            more |= {n / f for n in found if n <= 365 for f in factors if n % f == 0}
    return more
