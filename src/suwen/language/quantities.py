"""Numbers and quantities in clinical text: values, ranges, ratios, comparators, units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from suwen.core.finding import Span
from suwen.language.numberwords import chinese_word_numbers, english_word_numbers
from suwen.language.units import Unit, unit_after


class Shape(StrEnum):
    """What a quantity looks like."""

    SINGLE = "single"
    RANGE = "range"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Number:
    """One number: its readings (the likeliest first) and the decimals that it shows."""

    values: tuple[Decimal, ...]
    places: int

    @property
    def value(self) -> Decimal:
        """The likeliest reading."""
        return self.values[0]


@dataclass(frozen=True, slots=True)
class QuantityMention:
    """A quantity where it stands in the text.

    Attributes:
        numbers: one number, or two for a range or a ratio.
        comparator: ``<``, ``<=``, ``>``, ``>=`` or ``None``.
        unit: ``None`` when none is written.
        in_words: whether it is written in words ("two", "三").
        ordinal: whether it counts a place in a row (第3天, 3rd).
    """

    start: int
    end: int
    numbers: tuple[Number, ...]
    shape: Shape
    comparator: str | None
    unit: Unit | None
    in_words: bool = False
    ordinal: bool = False


_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<=[^\w.])\.\d+)"
_LETTERS_BEFORE = (
    "t|p|r|bp|hr|rr|wbc|rbc|hb|hgb|plt|alt|ast|crp|k|na|cl|ca|cr|scr|bmi|inr|ef|lvef|"
    "esr|pct|tsh|bnp|glu|ph|age|aged"
)
_NUMBER = re.compile(
    rf"(?a)(?P<before>(?<![\w.])(?:{_LETTERS_BEFORE})(?=\d))?(?P<comparator><=|>=|<|>|≤|≥|≦|≧|≈|约)?\s?"
    rf"(?P<first>{_DIGITS})"
)
_SECOND = re.compile(
    r"(?a)\s?(?P<sign>-|–|—|~|～|至|/|\bto\b|\bover\b|\bout of\b|\bof\b(?=\s*10\b))\s?"
    rf"(?P<second>{_DIGITS})"
)
_WORD_LINK = re.compile(r"(?a)\s+(?P<sign>to|or|over|out of|/)\s+|\s?(?P<dash>-|–|~|至)\s?")
_COMPARATORS = {"≤": "<=", "≥": ">=", "≦": "<=", "≧": ">=", "≈": None, "约": None}
_IDENTIFIER = re.compile(
    # Levels of the spine (C5-6, L4-L5) are names.
    r"(?a)\b[clts]\d{1,2}\s?[-/]\s?[clts]?\d{1,2}\b|"
    r"\b(?:snomed\s*ct|loinc|rxnorm|icd-?(?:10|9)(?:-cm)?(?:-3|-pcs)?|cvx|atc)\s*[:：]?\s*[a-z]?\d[\d.\-a-z]*|(?<![\d.])\d{7,}(?![\d.])|"
    r"(?<![\w.])(?:\d{3}-\d{3,4}-\d{4}|\d{3}-\d{2}-\d{4}|\d{11,}|"
    r"(?=[a-z0-9\-]*\d)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{9,}|"
    r"(?=[a-z]*\d)(?=\d*[a-z])[a-z]{1,6}-?\d{4,}[a-z0-9\-]*|[a-z]+(?:-[a-z0-9]+)*-\d{3,})(?![\w])"
)
_ORDINAL_AFTER = re.compile(r"(?a)(?:st|nd|rd|th)\b")
_WORDS_BEFORE = {
    "more than": ">",
    "less than": "<",
    "at least": ">=",
    "超过": ">",
    "不足": "<",
    "大于": ">",
    "小于": "<",
}


def find_identifiers(folded: str) -> list[Span]:
    """Stretches that are identifiers (telephone, record number, UUID) and no quantities."""
    return [Span(m.start(), m.end()) for m in _IDENTIFIER.finditer(folded)]


def find_quantities(folded: str, taken: Sequence[Span] = ()) -> list[QuantityMention]:
    """All quantities of a text in order.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
        taken: stretches that belong to something else (dates, names with digits).
    """
    blocked = bytearray(len(folded) + 1)
    for span in taken:
        for position in range(span.start, min(span.end, len(folded))):
            blocked[position] = 1
    found = _digit_quantities(folded, blocked)
    for mention in found:
        for position in range(mention.start, mention.end):
            blocked[position] = 1
    found.extend(_word_quantities(folded, blocked))
    return sorted(found, key=lambda q: q.start)


def _digit_quantities(folded: str, blocked: bytearray) -> list[QuantityMention]:
    found: list[QuantityMention] = []
    position = 0
    while (match := _NUMBER.search(folded, position)) is not None:
        position = match.end()
        start = match.start("first")
        if blocked[start] or not _stands_alone(folded, match):
            position = _end_of_digits(folded, match.end())
            continue
        mention = _read_quantity(folded, match, blocked)
        if mention is not None:
            found.append(mention)
            position = mention.end
    return found


def _end_of_digits(folded: str, position: int) -> int:
    while position < len(folded) and (folded[position].isdigit() or folded[position] == "."):
        position += 1
    return position


def _stands_alone(folded: str, match: re.Match[str]) -> bool:
    """Whether the digits are a number and not part of a name such as B12 or L4."""
    start = match.start("first")
    if match.group("before"):
        return True
    before = folded[start - 1] if start else " "
    if before == "." and start > 1 and folded[start - 2].isdigit():
        return False
    if before.isascii() and (before.isalnum() or before == "_"):
        return False
    return not (
        before == "-" and start > 1 and folded[start - 2].isalpha() and folded[start - 2].isascii()
    )


def _read_quantity(folded: str, match: re.Match[str], blocked: bytearray) -> QuantityMention | None:
    start, end = match.start("first"), match.end("first")
    first = _number(match.group("first"))
    numbers: tuple[Number, ...] = (first,)
    shape = Shape.SINGLE
    unit_mention = unit_after(folded, end)
    second_at = end
    if unit_mention and not blocked[unit_mention.start]:
        second_at = unit_mention.end
    second = _SECOND.match(folded, second_at) or _SECOND.match(folded, end)
    if second and not blocked[second.start("second")]:
        ratio = second.group("sign") in {"/", "over", "out of", "of"}
        numbers = (first, _number(second.group("second")))
        shape = Shape.RATIO if ratio else Shape.RANGE
        end = second.end("second")
        after = unit_after(folded, end)
        unit_mention = after or unit_mention
    if unit_mention and blocked[unit_mention.start]:
        unit_mention = None
    ordinal = bool(_ORDINAL_AFTER.match(folded, end)) or folded[start - 1 : start] == "第"
    following = folded[end : end + 1]
    if unit_mention is None and following.isascii() and following.isalpha() and not ordinal:
        return None
    comparator = match.group("comparator")
    comparator = _COMPARATORS.get(comparator, comparator) if comparator else _worded(folded, start)
    return QuantityMention(
        start=match.start("comparator") if match.group("comparator") else start,
        end=max(end, unit_mention.end if unit_mention else end),
        numbers=numbers,
        shape=shape,
        comparator=comparator,
        unit=unit_mention.unit if unit_mention else None,
        ordinal=ordinal,
    )


def _worded(folded: str, start: int) -> str | None:
    before = folded[max(0, start - 12) : start].rstrip()
    return next((sign for words, sign in _WORDS_BEFORE.items() if before.endswith(words)), None)


def _number(digits: str) -> Number:
    plain = digits.replace(",", "")
    places = len(plain.partition(".")[2])
    return Number((Decimal(plain),), places)


def _word_quantities(folded: str, blocked: bytearray) -> list[QuantityMention]:
    words = [
        w
        for w in (*english_word_numbers(folded), *chinese_word_numbers(folded))
        if not blocked[w.start]
    ]
    words.sort(key=lambda w: w.start)
    found: list[QuantityMention] = []
    index = 0
    while index < len(words):
        word = words[index]
        numbers = [Number(word.values, _places(word.values[0]))]
        end = word.end
        shape = Shape.SINGLE
        link = _WORD_LINK.match(folded, end)
        following = words[index + 1] if index + 1 < len(words) else None
        if link and following and link.end() == following.start:
            ratio = link.group("sign") in {"over", "out of", "/"}
            shape = Shape.RATIO if ratio else Shape.RANGE
            numbers.append(Number(following.values, _places(following.values[0])))
            end = following.end
            index += 1
        unit = unit_after(folded, end)
        found.append(
            QuantityMention(
                start=word.start,
                end=unit.end if unit else end,
                numbers=tuple(numbers),
                shape=shape,
                comparator=None,
                unit=unit.unit if unit else None,
                in_words=True,
                ordinal=folded[word.start - 1 : word.start] == "第",
            )
        )
        index += 1
    return found


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
