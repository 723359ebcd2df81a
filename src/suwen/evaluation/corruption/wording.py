"""Falsifies drugs, sides, negations, analytes, dates and persons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from suwen.evaluation.corruption.context import CorruptionContext, analytes_in, measured_in
from suwen.evaluation.corruption.model import CorruptionKind, Replacement
from suwen.evaluation.corruption.quantities import quantities_in
from suwen.evaluation.corruption.vocabulary import (
    ANALYTES,
    BODY_PARTS,
    CHINESE_BODY_PARTS,
    DRUG_BY_NAME,
    DRUG_PATTERN,
    Drug,
)

_SIDE: Final = re.compile(
    rf"\b(left|right)\b(?=(?:[ -]\w+){{0,2}}?[ -](?:{BODY_PARTS})s?\b)", re.IGNORECASE
)
_OWN_SIDE: Final = re.compile(r"\b(?:my|the|your|on) (left|right)\b(?! now)")
_CHINESE_SIDE: Final = re.compile(rf"([左右])(?=(?:{CHINESE_BODY_PARTS}))")
_BOTH: Final = re.compile(r"\bboth\b|\bbilateral|双侧|双|两侧|左右")
_ISO: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})-(\d{2})-(\d{2})(?!\d)")
_CHINESE_DATE: Final = re.compile(r"((?:19|20)\d{2})年(\d{1,2})月(\d{1,2})日")
_AMERICAN: Final = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_YEAR: Final = re.compile(
    r"(?<![\d/-])((?:19|20)\d{2})(?![\d/-])(?!\s*(?:mg|iu|units?|mcg|ml|cal))", re.I
)
_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_RELATIVE_TIMES: Final = {
    "yesterday": ("last month", "last year"),
    "last week": ("last year", "last month"),
    "last month": ("last year", "yesterday"),
    "last year": ("last week", "yesterday"),
    "last night": ("last month",),
}
# (pattern of a negated wording, what it becomes)
_UNNEGATE: Final = (
    (r"\bdenies(?: any)?\b", "reports"),
    (r"\bdenied(?: any)?\b", "reported"),
    (r"\bno evidence of\b", "evidence of"),
    (r"\bnegative for\b", "positive for"),
    (r"\bwithout\b", "with"),
    (r"\bhas no\b", "has"),
    (r"\bhad no\b", "had"),
    (r"\bis not\b", "is"),
    (r"\bwas not\b", "was"),
    (r"\bhas not\b", "has"),
    (r"\bdoes not\b", "does"),
    (r"\bdid not\b", "did"),
    (r"\bthere is no\b", "there is"),
    (r"\bthere are no\b", "there are"),
    (r"\breports no\b", "reports"),
    (r"(?:(?<=^)|(?<=[.:] )|(?<=• ))No known\b", "Known"),
    (r"(?:(?<=^)|(?<=[.:] )|(?<=• ))No (?=(?:\w+ )?history)", "Known "),
    (r"(?:(?<=^)|(?<=[.:] )|(?<=• ))No (?=[a-z]{4,})(?!known|(?:\w+ )?history)", "Marked "),
    (r"\bnegative\b", "positive"),
    (r"否认", "诉"),
    (r"未见", "可见"),
    (r"未闻及", "可闻及"),
    (r"未触及", "可触及"),
    (r"未行", "已行"),
    (r"未吸", "曾吸"),
    (r"从不吸烟", "长期吸烟"),
    (r"阴性", "阳性"),
    (
        r"无(?=(?:明显|发热|咳|胸|腹|头|恶心|呕吐|压痛|反跳痛|水肿|杂音|过敏|异常|啰音|出血|黄染|吸烟|饮酒))",
        "有",
    ),
    (r"不伴", "伴"),
)
# (pattern of an affirmed wording, what it becomes)
_NEGATE: Final = (
    (r"\b(?:reports|endorses|complains of)\b(?! (?:no\b|that\b|(?:he|she)\b|not\b))", "denies"),
    (r"\bpositive for\b", "negative for"),
    (r"\bhas a (?=history of(?! present)|past)", "has no "),
    (r"\bhas been (?=diagnosed|taking|treated|using)", "has never been "),
    (r"\bis taking\b", "is not taking"),
    (r"\bis present\b", "is absent"),
    (r"\bpresents with\b", "presents without"),
    (r"\bdemonstrates\b(?! no)", "does not demonstrate"),
    (r"\bshows\b(?! no)", "does not show"),
    (r"\bpositive\b", "negative"),
    (r"(?<=\w) \((?:finding|disorder)\)", " was ruled out"),
    (r"\bdiagnosed with\b", "never diagnosed with"),
    (
        r"(?<!unknown )\b(?:(?:a|an|some|known|strong|long) (?:[\w-]+ ){0,3})?history of\b"
        r"(?! present)",
        "no history of",
    ),
    (r"\bactive\b(?= problem| diagnosis)", "no active"),
    (r"可见", "未见"),
    (r"可闻及", "未闻及"),
    (r"阳性", "阴性"),
    (r"诉(?=[\u4e00-\u9fff])", "否认"),
    (r"(?<![没未无])患有", "未患"),
    (r"(?<![没所伴具只未含])有(?=(?:过敏|高血压|糖尿病|发热|咳|胸|腹|头|吸烟))", "无"),
    (r"伴(?=[\u4e00-\u9fff])", "不伴"),
    (r"(?<![不未])吸烟", "不吸烟"),
    (r"偏高|升高", "不高"),
    (r"偏低|降低", "不低"),
)
# What is said under a condition is neither affirmed nor denied.
_CONDITION: Final = re.compile(r"\b(?:if|unless|whether)\b|如|若|是否", re.IGNORECASE)
_ALREADY_DENIED: Final = re.compile(
    r"\b(?:no|not|never|denies|denied|without|negative|none|neither|nor)\b|n't|否认|未|无|不|没|阴性",
    re.IGNORECASE,
)


def swapped_drugs(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """Another real drug, of the same group where one is left."""
    lowered = statement.lower()
    absent = [d for d in context.drugs_not_named if not any(n in lowered for n in d.names)]
    for match in DRUG_PATTERN.finditer(lowered):
        drug = DRUG_BY_NAME[match.group()]
        planted = _similar(drug, match.group().isascii(), absent, random)
        if planted is not None:
            text = planted.capitalize() if statement[match.start()].isupper() else planted
            yield Replacement(CorruptionKind.DRUG, match.start(), match.end(), text)


def flipped_sides(
    statement: str, context: CorruptionContext, _random: Random
) -> Iterator[Replacement]:
    """Left for right, where the evidence speaks of one side only."""
    if not (_SIDE.search(statement) or _CHINESE_SIDE.search(statement)):
        return
    known = {
        m.group(1).lower()
        for pattern in (_SIDE, _OWN_SIDE, _CHINESE_SIDE)
        for m in pattern.finditer(context.lowered)
    }
    if _BOTH.search(context.lowered):
        return
    opposite = {"left": "right", "right": "left", "左": "右", "右": "左"}
    for pattern in (_SIDE, _CHINESE_SIDE):
        found = list(pattern.finditer(statement))
        if not found or len({m.group(1).lower() for m in found}) > 1:
            continue
        match = found[0]
        other = opposite[match.group(1).lower()]
        if len(found) == 1 and other not in known:
            text = other.capitalize() if match.group(1)[0].isupper() else other
            yield Replacement(CorruptionKind.LATERALITY, match.start(), match.end(), text)


def removed_negations(
    statement: str, _context: CorruptionContext, _random: Random
) -> Iterator[Replacement]:
    """A finding that was denied is now affirmed."""
    if _CONDITION.search(statement):
        return
    for pattern, affirmed in _UNNEGATE:
        for match in re.finditer(pattern, statement, re.IGNORECASE):
            if affirmed in ("Marked ", "Known ", "Known") and not match.group().startswith("No"):
                continue
            text = _cased(affirmed, match.group())
            yield Replacement(CorruptionKind.NEGATION_REMOVED, match.start(), match.end(), text)


def inserted_negations(
    statement: str, _context: CorruptionContext, _random: Random
) -> Iterator[Replacement]:
    """A finding that was affirmed is now denied."""
    if _CONDITION.search(statement):
        return
    for pattern, denied in _NEGATE:
        for match in re.finditer(pattern, statement, re.IGNORECASE):
            if statement.isupper() or _ALREADY_DENIED.search(statement[: match.end() + 6]):
                continue
            text = _cased(denied, match.group().strip())
            yield Replacement(CorruptionKind.NEGATION_INSERTED, match.start(), match.end(), text)


def wrong_analytes(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """The right number under the name of another analyte."""
    for value in measured_in(statement):
        analyte, start, end = value.analyte, value.start, value.end
        number = Decimal(statement[value.number_start : value.number_end])
        chinese = not statement[start:end].isascii()
        others = [
            a
            for a in ANALYTES
            if a is not analyte
            and (a.chinese if chinese else a.english)
            and _is_false_for(number, a.key, a.names, context)
        ]
        alike = [a for a in others if a.group == analyte.group]
        if alike or others:
            chosen = random.choice(alike or others)
            text = chosen.chinese[0] if chinese else chosen.english[0]
            yield Replacement(
                CorruptionKind.ANALYTE, start, end, _cased(text, statement[start:end])
            )


def wrong_dates(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """The right statement on another day."""
    for pattern, form in (
        (_ISO, "{0:%Y-%m-%d}"),
        (_CHINESE_DATE, "{0.year}年{0.month}月{0.day}日"),
    ):
        for match in pattern.finditer(statement):
            year, month, day = (int(g) for g in match.groups())
            chosen = _other_day(date(year, month, day), statement, context, random)
            if chosen is not None:
                yield Replacement(
                    CorruptionKind.DATE, match.start(), match.end(), form.format(chosen)
                )
    for match in _AMERICAN.finditer(statement):
        month = int(match.group(1)) % 12 + 1
        if (
            not context.names_number(Decimal(month))
            and _MONTHS[month - 1].lower() not in context.lowered
        ):
            yield Replacement(CorruptionKind.DATE, match.start(1), match.end(1), str(month))
    if context.dialogue:
        yield from _spoken_times(statement, context, random)


def _spoken_times(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    for match in _YEAR.finditer(statement):
        year = int(match.group(1)) - random.choice((2, 3, 5))
        if not context.names_number(Decimal(year)) and not context.names_number(
            Decimal(year % 100)
        ):
            yield Replacement(CorruptionKind.DATE, match.start(), match.end(), str(year))
    for position, month in enumerate(_MONTHS):
        other = _MONTHS[(position + 5) % 12]
        match_month = re.search(rf"\b{month}\b", statement)
        if match_month and month != "May" and other.lower() not in context.lowered:
            yield Replacement(CorruptionKind.DATE, match_month.start(), match_month.end(), other)
    for said, others in _RELATIVE_TIMES.items():
        match_said = re.search(rf"\b{said}\b", statement)
        usable = [o for o in others if o not in context.lowered]
        if match_said and usable and said in context.lowered:
            yield Replacement(CorruptionKind.DATE, match_said.start(), match_said.end(), usable[0])


def _other_day(
    day: date, statement: str, context: CorruptionContext, random: Random
) -> date | None:
    """A day of the record that is wrong here, else a shifted one; no neighbour of a true one."""
    true_days = _days_true_here(statement, context)
    options = [date.fromisoformat(d) for d in sorted(context.days) if _is_day(d)]
    random.shuffle(options)
    shifts = [day + timedelta(days=n) for n in (-9, 11, 31, -30, 365, -365)]
    for option in options[:20] + shifts:
        near = any(abs((option - t).days) <= 1 for t in true_days)
        if abs((option - day).days) > 1 and not near:
            return option
    return None


def _days_true_here(statement: str, context: CorruptionContext) -> list[date]:
    """Days on which the statement may be true: those of its numbers, else every known day."""
    analytes = analytes_in(statement)
    numbers = [q.value for q in quantities_in(statement)]
    if analytes and numbers:
        days = frozenset(d for n in numbers for d in context.days_of(n))
    else:
        days = context.days
    return [date.fromisoformat(d) for d in days if _is_day(d)]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_false_for(
    number: Decimal, key: str, names: tuple[str, ...], context: CorruptionContext
) -> bool:
    if not context.dialogue:
        return not context.is_value_of(number, key)
    return not any(name in context.lowered for name in names)


def _similar(drug: Drug, english: bool, absent: list[Drug], random: Random) -> str | None:
    usable = [d for d in absent if (d.english if english else d.chinese)]
    alike = [d for d in usable if d.group == drug.group]
    if not (alike or usable):
        return None
    chosen = random.choice(alike or usable)
    return chosen.english[0] if english else chosen.chinese[0]


def _cased(planted: str, former: str) -> str:
    return planted[0].upper() + planted[1:] if former[:1].isupper() else planted
