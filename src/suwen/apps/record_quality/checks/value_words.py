"""Words beside a value that its reference interval excludes: "potassium 5.9, low"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.disproved import of_these_ages, same_unit
from suwen.apps.record_quality.checks.quoted_values import Quoted, quoted_values
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.stay import Stay
from suwen.clinical.laboratory.book import LaboratoryBook

_DEGREE = r"(?:明显|轻度|中度|重度|显著|稍|略|均|仍|呈|提示|属|为|示|在)?"
_BEHIND = re.compile(
    rf"(?:[a-z0-9^*/×µ%]{{1,10}})?[\s,，(（]{{0,2}}{_DEGREE}(?:(?P<high>升高|增高|偏高|增多|↑)|"
    rf"(?P<low>降低|偏低|减低|减少|↓)|(?P<normal>正常(?!值|范围上|上限|下限|高)(?:范围)?))"
    r"(?![^,，。;\n]{0,4}(?:后|至|趋势))|"
    r"(?:[a-z0-9^*/×µ%]{1,10})?[\s,(]{1,2}(?:is |was )?(?:mildly |markedly |slightly )?"
    r"(?:(?P<high2>raised|elevated|high)|(?P<low2>low|reduced|decreased)|(?P<normal2>normal))"
    r"\b(?! range| limit| side)"
)
_BEFORE = re.compile(
    r"\b(?:(?P<high>raised|elevated|high)|(?P<low>low|reduced)|(?P<normal>normal)) (?:serum )?$"
)
_COMPARED = re.compile(r"较|比|由|从|至|降至|升至|→|复查|\b(?:from|than|down|up|fell|rose|now)\b")
# How far from the end of the interval a word is certainly wrong; laboratories differ a little.
_NORMAL_ABOVE, _NORMAL_BELOW = Decimal("1.3"), Decimal("0.75")
_BOOK_LEFT_OUT = frozenset({"GLU", "BNP", "PCT", "TNIHS", "TNTHS", "TROPONIN", "PO2", "HCT"})
"""Analytes whose ordinary border depends on more than the value."""


def value_word_defects(stay: Stay, laboratory: LaboratoryBook) -> Iterator[Defect]:
    """A value called high, low or normal that the reference interval says the contrary of.

    Source: 病历质控常见缺陷 C07; WS/T 404, WS/T 405 reference intervals (from memory).
    """
    for paper in stay.papers:
        for quote in quoted_values(paper):
            word = _word(quote)
            if word is None or quote.analyte in _BOOK_LEFT_OUT:
                continue
            kind, span = word
            ends = _interval(stay, quote, laboratory)
            if ends is None or not _is_wrong(kind, quote.value, *ends):
                continue
            yield _defect(quote, span, ends)


def _word(quote: Quoted) -> tuple[str, Span] | None:
    folded, place = quote.paper.folded, quote.span
    begin = max(folded.rfind(stop, 0, place.start) for stop in ",，。;\n") + 1
    if _COMPARED.search(folded[begin : place.end + 6]):
        return None
    behind = _BEHIND.match(folded, place.end)
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


def _defect(quote: Quoted, span: Span, ends: _Ends) -> Defect:
    low, high = ends
    told = f"{low if low is not None else ''}–{high if high is not None else ''}"
    paper = quote.paper
    return Defect(
        "RQ-C15",
        Bilingual(
            zh=f"{title_of(paper).zh}写“{paper.quote(span)}”，参考区间为 {told} {quote.unit}。",
            en=f"{title_of(paper).en} says “{paper.quote(span)}”; the reference interval is "
            f"{told} {quote.unit}.",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span),),
    )
