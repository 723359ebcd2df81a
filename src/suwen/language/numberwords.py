"""Numbers that are written or spoken as words, in English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1000000}
_OTHER = {"oh": 0, "o": 0}
_WORD = "|".join(sorted([*_ONES, *_TENS, *_SCALES], key=len, reverse=True))
_RUN = re.compile(
    rf"(?a)\b(?:(?:a|an)\s+(?=hundred|thousand|million))?(?:{_WORD})"
    rf"(?:(?:\s*-\s*|\s+and\s+(?=(?:{_WORD}|a\s+half)\b)|\s+)(?:{_WORD}|o|oh|a\s+half)\b)*"
    rf"(?:\s+(?:point|\.)\s+(?:{_WORD}|oh|o)(?:\s+(?:{_WORD}|oh|o)\b)*)?\b"
)
_HALF = re.compile(r"(?a)\b(?:half an?|a half|one half)\b")

_CHINESE_DIGITS = {c: v for v, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}
_MEASURE = (
    "天|日|周|个月|月|年|岁|小时|个小时|分钟|次|片|粒|支|袋|包|瓶|枚|个|度|级|期|毫克|毫升|克|杯|两|斤|公斤|"
    "点|倍|胎|产|孕|型|枚|处|根|层|指|联|人|成"
)
_CHINESE_RUN = re.compile(
    rf"(?a)(?<![第之一二两三四五六七八九十百千])([一二两三四五六七八九十百千]{{1,6}}|半)(?=余?(?:{_MEASURE}))"
)


@dataclass(frozen=True, slots=True)
class WordNumber:
    """A number in words; ``values`` are its possible readings, the likeliest first."""

    start: int
    end: int
    values: tuple[Decimal, ...]


def english_word_numbers(folded: str) -> list[WordNumber]:
    """English number words, spoken forms included ("one twenty", "ninety eight point two").

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    found: list[WordNumber] = []
    for match in _RUN.finditer(folded):
        found.extend(_numbers_of_run(match.group(), match.start()))
    found.extend(
        WordNumber(m.start(), m.end(), (Decimal("0.5"),))
        for m in _HALF.finditer(folded)
        if not any(f.start <= m.start() < f.end for f in found)
    )
    return sorted(found, key=lambda n: n.start)


def chinese_word_numbers(folded: str) -> list[WordNumber]:
    """Chinese numerals in front of a measure word (三天, 两次, 十二年, 半年)."""
    return [
        WordNumber(m.start(1), m.end(1), (_chinese_value(m.group(1)),))
        for m in _CHINESE_RUN.finditer(folded)
    ]


def _chinese_value(numeral: str) -> Decimal:
    if numeral == "半":
        return Decimal("0.5")
    total = current = 0
    for char in numeral:
        if char in _CHINESE_DIGITS:
            current = _CHINESE_DIGITS[char]
        else:
            total += (current or 1) * _CHINESE_UNITS[char]
            current = 0
    return Decimal(total + current)


def _numbers_of_run(run: str, offset: int) -> list[WordNumber]:
    """A run of number words read as few numbers as possible ("ten fifteen years" is one)."""
    tokens = [(m.group(), m.start(), m.end()) for m in re.finditer(r"[a-z]+|\.", run)]
    found: list[WordNumber] = []
    begin = 0
    while begin < len(tokens):
        for stop in range(len(tokens), begin, -1):
            values = _readings([t[0] for t in tokens[begin:stop]])
            if values:
                start, end = tokens[begin][1], tokens[stop - 1][2]
                found.append(WordNumber(offset + start, offset + end, values))
                begin = stop
                break
        else:
            begin += 1
    return found


def _readings(tokens: list[str]) -> tuple[Decimal, ...]:
    if tokens[-1] in {"and", "point", ".", "a", "an"} or tokens[0] in {"and", ".", "o", "oh"}:
        return ()
    half = len(tokens) > 2 and tokens[-2:] == ["a", "half"]
    if half:
        tokens = tokens[:-3] if tokens[-3] == "and" else tokens[:-2]
    mark = next((m for m in ("point", ".") if m in tokens), None)
    decimals = ""
    if mark:
        at = tokens.index(mark)
        decimals = _fraction_digits(tokens[at + 1 :], longest=4 if mark == "point" else 1)
        tokens = tokens[:at]
        if not decimals or not tokens:
            return ()
    tokens = [t for t in tokens if t not in {"and", "a", "an"}]
    values = [v for v in (_standard(tokens), _colloquial(tokens)) if v is not None]
    if half:
        values = [v + Decimal("0.5") for v in values]
    if decimals:
        values = [v + Decimal(f"0.{decimals}") for v in values]
    return tuple(dict.fromkeys(values))


def _fraction_digits(tokens: list[str], longest: int) -> str:
    digits = ""
    for token in tokens:
        value = _ONES.get(token, _TENS.get(token, _OTHER.get(token)))
        if value is None:
            return ""
        digits += str(value)
    return digits if len(tokens) <= longest else ""


def _standard(tokens: list[str]) -> Decimal | None:
    """The number by the rules of written English, ``None`` when it does not follow them."""
    total = current = 0
    last = 10**9
    for token in tokens:
        if token in _SCALES:
            scale = _SCALES[token]
            if scale == 100:
                current = (current or 1) * 100
            else:
                total += (current or 1) * scale
                current = 0
            last = scale
            continue
        value = _ONES.get(token, _TENS.get(token))
        if value is None:
            return None
        fits = (current == 0 and last > 0) or (
            (last == 100 and current % 100 == 0) or (20 <= last <= 90 and 0 < value < 10)
        )
        if not fits:
            return None
        current += value
        last = value
    return Decimal(total + current) if tokens else None


def _colloquial(tokens: list[str]) -> Decimal | None:
    """Readings of speech: "one twenty", "one oh five", "twenty eighteen", "eight thirty five"."""
    groups: list[int] = []
    for token in tokens:
        value = _ONES.get(token, _TENS.get(token, _OTHER.get(token)))
        if value is None:
            return None
        if groups and 20 <= groups[-1] <= 90 and groups[-1] % 10 == 0 and 0 < value < 10:
            groups[-1] += value
        else:
            groups.append(value)
    written = "".join(str(g) for g in groups)
    if len(groups) == 2 and 0 < groups[0] <= 20 and groups[1] >= 10:
        return Decimal(written)
    if len(groups) == 3 and groups[1] == 0 and groups[0] > 0 and 0 < groups[2] < 10:
        return Decimal(written)
    if 3 <= len(groups) <= 10 and all(g < 10 for g in groups):
        return Decimal(written)
    return None
