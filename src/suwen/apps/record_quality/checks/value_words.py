"""Words beside a value that its reference interval excludes: "potassium 5.9, low"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.disproved import of_these_ages, phrases, same_unit
from suwen.apps.record_quality.checks.quoted_values import (
    Quoted,
    is_plausible,
    spotter,
)
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.clinical.laboratory.book import LaboratoryBook

_DEGREE = r"(?:明显|轻度|中度|重度|显著|稍|略|均|仍|呈|提示|属|为|示|在)?"
_BEHIND = re.compile(
    rf"(?:[a-z0-9^*/×µ%]{{1,10}})?[\s,，(（]{{0,2}}{_DEGREE}(?:(?P<high>升高|增高|偏高|增多|↑)|"
    rf"(?P<low>降低|偏低|减低|减少|↓)|(?:升至|恢复至?|回升至|降至|已)?(?P<normal>正常(?!值|范围上|上限|下限|高)(?:范围)?))"
    r"(?![^,，。;\n]{0,4}(?:后|至|趋势))|"
    r"(?:[a-z0-9^*/×µ%]{1,10})?[\s,(:]{1,2}(?:is |was )?(?:mildly |markedly |slightly )?"
    r"(?:(?P<high2>raised|elevated|high)|(?P<low2>low|reduced|decreased)|(?P<normal2>normal|euthyroid))"
    r"\b(?! range| limit| side)"
)
_BEFORE = re.compile(
    r"\b(?:(?P<high>raised|elevated|high)|(?P<low>low|reduced)|(?P<normal>normal)) (?:serum )?$"
)
_COMPARED = re.compile(r"较|比|由|从|至|降至|升至|→|复查|\b(?:from|than|down|up|fell|rose|now)\b")
# How far from the interval a "normal" is certainly wrong, as share of its width, or of its end
# where it has only one; laboratories differ a little.
_NORMAL_BESIDE, _NORMAL_ABOVE, _NORMAL_BELOW = Decimal("0.15"), Decimal("1.3"), Decimal("0.75")
_BOOK_LEFT_OUT = frozenset({"GLU", "BNP", "PCT", "TNIHS", "TNTHS", "TROPONIN", "PO2", "HCT"})
"""Analytes whose ordinary border depends on more than the value."""


def value_word_defects(
    stay: Stay, laboratory: LaboratoryBook, quoted: list[Quoted]
) -> Iterator[Defect]:
    """A value called high, low or normal that the reference interval says the contrary of.

    Source: 病历质控常见缺陷 C07; WS/T 404, WS/T 405 reference intervals (from memory).
    """
    yield from _named(stay, laboratory)
    for paper in stay.papers:
        quotes = [q for q in quoted if q.paper is paper]
        yield from _called(stay, paper, quotes, laboratory)
        for quote in quotes:
            if not is_plausible(quote):
                yield _implausible(quote)
                continue
            word = _word(quote)
            if word is None or quote.analyte in _BOOK_LEFT_OUT:
                continue
            kind, span = word
            ends = _interval(stay, quote, laboratory)
            if ends is None or not _is_wrong(kind, quote.value, *ends):
                continue
            yield _defect(quote, span, ends)


_DOUBTED = re.compile(r"若|如|后|至|维持|目标|待|[?？]|前|\b(?:if|until|goal|aim)\b")
_TEMPERATURE = re.compile(
    r"(?:体温|(?<![a-z])t)\s?:?\s?(?P<t>3[5-9]|4[0-2])(?:\.(?P<d>\d))?\s?(?:℃|°c|度)"
)
_NO_FEVER = re.compile(r"体温正常|无发热|不发热|\bafebrile\b|\bno fever\b|temperature normal")
_PRESSURE = re.compile(r"(?:血压|(?<![a-z])bp)\s?:?\s?(?P<s>\d{2,3})\s?/\s?(?P<d>\d{2,3})")
_NORMAL_PRESSURE = re.compile(
    r"血压(?:控制)?(?:正常|良好|平稳)|\bblood pressure normal|\bbp normal"
)
# Degrees Celsius; systolic mmHg. Source: fever by axilla from 37.3 and hypertension from 140 and
# hypotension below 90 (《诊断学》, from memory); set wider, so that only what is plain is told.
_FEVER_FROM, _HIGH_FROM, _LOW_UNTIL = Decimal("38.0"), 160, 85


def _called(
    stay: Stay, paper: Paper, quotes: list[Quoted], laboratory: LaboratoryBook
) -> Iterator[Defect]:
    """An organ or analyte called normal, high or low beside a value that says the contrary."""
    for words, analyte, says in phrases() if quotes else ():
        for match in words.finditer(paper.folded):
            begin, end = _sentence(paper, match.start())
            beside = [q for q in quotes if q.analyte == analyte and begin <= q.span.start < end]
            if len(beside) != 1 or _DOUBTED.search(paper.folded[match.start() - 4 : match.start()]):
                continue
            if match.start() < beside[0].span.end and beside[0].span.start < match.end():
                continue
            ends = _interval(stay, beside[0], laboratory)
            if ends is not None and _is_contrary(says, beside[0].value, *ends):
                span = Span(
                    min(match.start(), beside[0].span.start), max(match.end(), beside[0].span.end)
                )
                yield _defect(beside[0], span, ends)
    yield from _vital_signs(paper)


def _vital_signs(paper: Paper) -> Iterator[Defect]:
    """No fever beside a fever, a normal pressure beside one that is far from it."""
    for said, measured in ((_NO_FEVER, _TEMPERATURE), (_NORMAL_PRESSURE, _PRESSURE)):
        for match in said.finditer(paper.folded):
            begin, end = _sentence(paper, match.start())
            values = list(measured.finditer(paper.folded, begin, end))
            if len(values) != 1:
                continue
            value = values[0]
            between = paper.folded[
                min(match.end(), value.end()) : max(match.start(), value.start())
            ]
            if re.search(
                r"昨|夜间|曾|最高|前|后|起|复测|\b(?:yesterday|was|had)\b",
                between + paper.folded[begin : match.start()],
            ):
                continue
            if _is_out(value):
                span = Span(min(match.start(), value.start()), max(match.end(), value.end()))
                yield Defect(
                    "RQ-C15",
                    Bilingual(
                        zh=f"{title_of(paper).zh}写“{paper.quote(span)}”，数值与描述相反。",
                        en=f"{title_of(paper).en} says “{paper.quote(span)}”; the number says the "
                        "contrary.",
                    ),
                    document=paper,
                    span=span,
                    evidence=(seen(paper, span),),
                )


def _is_out(value: re.Match[str]) -> bool:
    found = value.groupdict()
    if found.get("t"):
        return Decimal(f"{found['t']}.{found.get('d') or 0}") >= _FEVER_FROM
    return int(found["s"] or 0) >= _HIGH_FROM or int(found["s"] or 0) <= _LOW_UNTIL


def _is_contrary(says: str, value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    if says == "high":
        return low is not None and value < low
    if says == "low":
        return high is not None and value > high
    above = high is not None and value > high * _NORMAL_ABOVE
    return above or (low is not None and value < low * _NORMAL_LOW)


# Share of the lower end below which a "normal" in words is told; laboratories differ a little.
_NORMAL_LOW = Decimal("0.85")


def _sentence(paper: Paper, position: int) -> tuple[int, int]:
    folded = paper.folded
    begin = max(max(folded.rfind(s, 0, position) for s in "。\n"), folded.rfind(". ", 0, position))
    ends = [folded.find(s, position) for s in ("。", "\n", ". ")]
    return begin + 1, min((e for e in ends if e >= 0), default=len(folded))


def _implausible(quote: Quoted) -> Defect:
    paper, span = quote.paper, quote.span
    return Defect(
        "RQ-C15",
        Bilingual(
            zh=f"{title_of(paper).zh}写“{paper.quote(span)}”，活人不可能有此数值，小数点或单位有误？",
            en=f"{title_of(paper).en} says “{paper.quote(span)}”, which nobody alive has: a slip "
            "of the point or the unit?",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span),),
    )


_SAID = re.compile(
    r"(?:水平|浓度|值)?(?:均|已|在)?(?P<normal>正常)(?!值|范围|上限|下限)|\s(?:is |"
    r"was )?(?P<normal2>normal)\b"
)


def _named(stay: Stay, laboratory: LaboratoryBook) -> Iterator[Defect]:
    """An analyte called normal without its value, on a day whose results are not."""
    for paper in stay.papers if stay.measured else ():
        for mention in spotter().find(paper.folded):
            match = _SAID.match(paper.folded, mention.end)
            if match is None or paper.written_at is None:
                continue
            span = Span(mention.start, match.end())
            of_day = [
                (m.at, m)
                for m in stay.measured
                if m.analyte == mention.meanings[0]
                and m.at is not None
                and m.at.astimezone(paper.written_at.tzinfo).date() == paper.written_at.date()
                and m.at <= paper.written_at
            ]
            if not of_day:
                continue
            newest = max(of_day, key=lambda row: row[0])[1]
            quote = Quoted(paper, span, newest.analyte, newest.value, newest.unit, False)
            ends = _interval(stay, quote, laboratory)
            if ends is not None and _is_wrong("normal", newest.value, *ends):
                yield _defect(quote, span, ends, f"{newest.value}")


def _word(quote: Quoted) -> tuple[str, Span] | None:
    folded, place = quote.paper.folded, quote.span
    begin = max(folded.rfind(stop, 0, place.start) for stop in ",，。;\n") + 1
    behind = _BEHIND.match(folded, place.end)
    named = behind is not None and "normal" in (behind.lastgroup or "")
    if _COMPARED.search(folded[begin : place.end if named else place.end + 6]):
        return None
    if behind is not None:
        name = next(k for k, v in behind.groupdict().items() if v)
        return name.removesuffix("2"), Span(place.start, behind.end())
    before = _BEFORE.search(folded[begin : place.start])
    if before is not None:
        name = next(k for k, v in before.groupdict().items() if v)
        return name, Span(begin + before.start(), place.end)
    return None


_Ends = tuple[Decimal | None, Decimal | None]


def _interval(stay: Stay, quote: Quoted, laboratory: LaboratoryBook) -> _Ends | None:
    """The widest interval that may be meant; ``None`` where no table knows one."""
    days = [day.date() for day in (stay.admitted_at, stay.ended_at) if day is not None]
    ages = stay.person.ages_on(days)
    fitting = [
        i
        for i in laboratory.intervals_of(quote.analyte)
        if same_unit(i.unit, quote.unit)
        and quote.unit is not None
        and i.sex in (None, stay.person.sex)
        and of_these_ages(i, ages)
    ]
    if not fitting or (ages and max(ages) < min(i.age_min_y for i in fitting)):
        return None
    lows = [i.low for i in fitting]
    highs = [i.high for i in fitting]
    low = None if None in lows else min(v for v in lows if v is not None)
    high = None if None in highs else max(v for v in highs if v is not None)
    return low, high


def _is_wrong(kind: str, value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    if kind == "normal" and low is not None and high is not None:
        beside = (high - low) * _NORMAL_BESIDE
        return value > high + beside or value < low - beside
    if kind == "normal":
        too_high = high is not None and value > high * _NORMAL_ABOVE
        return too_high or (low is not None and value < low * _NORMAL_BELOW)
    if kind == "high":
        if low is None or high is None:
            return high is not None and value * 2 <= high
        return value <= (low + high) / 2
    if low is None or high is None:
        return low is not None and value >= low * 2
    return value >= (low + high) / 2


def _defect(quote: Quoted, span: Span, ends: _Ends, result: str = "") -> Defect:
    low, high = ends
    told = f"{low if low is not None else ''}–{high if high is not None else ''}"
    paper = quote.paper
    measured = Bilingual("", "")
    if result:
        measured = Bilingual(f"当日结果 {result}，", f"that day's result is {result}, ")
    return Defect(
        "RQ-C15",
        Bilingual(
            zh=f"{title_of(paper).zh}写“{paper.quote(span)}”，"
            f"{measured.zh}参考区间为 {told} {quote.unit}。",
            en=f"{title_of(paper).en} says “{paper.quote(span)}”; "
            f"{measured.en}the reference interval is {told} {quote.unit}.",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span),),
    )
