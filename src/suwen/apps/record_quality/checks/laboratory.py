"""Diagnoses that measured values disprove, and quoted values that were not measured."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

from suwen.appkit import Bilingual, Evidence, EvidenceKind, Span
from suwen.apps.record_quality.checks.disproved import (
    BOTH_SEXES,
    CLAIMS,
    Claim,
    end_of_interval,
    same_unit,
)
from suwen.apps.record_quality.checks.unknown_abbreviations import is_chinese
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Measured, Stay
from suwen.clinical.analytes import analytes
from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.language.terms import TermSpotter

_VALUE = re.compile(
    r"(?P<between>[^\d，,。；;\n<>≤≥]{0,18}?)(?P<value>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>mmol/l|[µu]mol/l|[pn]mol/l|mol/l|mmhg|[mµu]iu/m?l|u/ml|[nµu]g/l|g/l|g/dl|mg/dl|mg/l|ng/ml|pg/ml|u/l|iu/l|x?10\^?9/l|"
    r"×10\^?9/l|×10⁹/l|%)?"
)
_ELSEWHERE = re.compile(
    r"外院|当地|门诊|院外|既往|入院前|年前|月前|周前|天前|参考|正常值|正常范围|目标|控制在|维持|保持|血钾在|低于|"
    r"高于|大于|小于|超过|若|如|"
    r"\b(?:outside|elsewhere|clinic|previous\w*|years? ago|months? ago|weeks? ago|before admission|"
    r"normal range|reference|target|goal|below|above|if|keep)\b"
)
_NOT_SURE = re.compile(
    r"[?？]|可能|待排|待查|疑似|不除外|史|术后|病史|风险|预防|纠正后|已纠正|"
    r"\b(?:history|possible|suspected|query|rule out|risk|corrected|resolved|previous)\b"
)


# What Chinese wards write without its unit, and the one that is meant.
_WITHOUT_UNIT: Final[Mapping[str, str]] = {
    "K": "mmol/l",
    "NA": "mmol/l",
    "HGB": "g/l",
    "PLT": "10^9/l",
    "WBC": "10^9/l",
}


@dataclass(frozen=True, slots=True)
class _Quoted:
    paper: Paper
    span: Span
    analyte: str
    value: Decimal
    unit: str | None
    elsewhere: bool


def laboratory_defects(stay: Stay, laboratory: LaboratoryBook) -> Iterator[Defect]:
    """What the laboratory's values contradict.

    Source: 病历质控常见缺陷 C07; WS/T 404, WS/T 405 reference intervals (from memory).
    """
    quoted = [q for paper in stay.papers for q in _quoted(paper)]
    yield from _disproved(stay, quoted, laboratory)
    yield from _spoken(stay, quoted, laboratory)
    yield from _not_measured(stay, quoted)


def _disproved(stay: Stay, quoted: list[_Quoted], laboratory: LaboratoryBook) -> Iterator[Defect]:
    for paper in stay.papers:
        for part in paper.parts_of(*DIAGNOSES):
            for claim in CLAIMS:
                match = claim.words.search(paper.folded, part.body.start, part.body.end)
                if match is None or _NOT_SURE.search(_item(paper, match)):
                    continue
                against = _against(stay, claim, quoted, laboratory)
                if against is not None:
                    yield _disproof(paper, Span(*match.span()), against)


_CONCLUDED = re.compile(
    r"(?:考虑|诊断(?:为|明确)?|提示|示|存在|合并|伴|为|属|系|有|出现|并发)[^，,。；;\n]{0,6}$|[，,。；;\n:：\s(（]$|^$|"
    r"\b(?:consistent with|consider|diagnosed|with|has|shows?|indicates?|suggests?|"
    r"confirms?|diagnosis of)"
    r"\s+(?:\w+\s+)?$"
)
_NOT_CONCLUDED = re.compile(
    r"无|未|非|不|否|防|警惕|避免|监测|注意|鉴别|排除|除外|纠正|易|致|好转|恢复|改善|若|如|曾|既往|此前|昨|已|[?？]|可能|风险|史|"
    r"\b(?:no|not|without|avoid|prevent|monitor|exclude\w*|if|risk|previous\w*|resolved|corrected|rule)\b"
)


def _spoken(stay: Stay, quoted: list[_Quoted], laboratory: LaboratoryBook) -> Iterator[Defect]:
    """A diagnosis in the text of a note beside the value, in the same sentence, that disproves
    it."""
    for paper in stay.papers:
        own = [q for q in quoted if q.paper is paper and not _is_old(q)]
        heads = [part.body for part in paper.parts_of(*DIAGNOSES)] if own else []
        for claim in CLAIMS if own else ():
            for match in claim.words.finditer(paper.folded):
                if any(b.start <= match.start() < b.end for b in heads):
                    continue
                start, end = _sentence(paper, match)
                before = re.split(r"[，,。；;\n]", paper.folded[start : match.start()])[-1]
                behind = re.split(r"[，,。；;\n]", paper.folded[match.end() : end])[0]
                if _is_differential(paper, match.start()):
                    continue
                if not _CONCLUDED.search(before) or _NOT_CONCLUDED.search(before + behind):
                    continue
                beside = [q for q in own if start <= q.span.start < end]
                against = _against(stay, claim, beside, laboratory, measured=False)
                if against is not None:
                    yield _disproof(paper, Span(*match.span()), against)


def _is_differential(paper: Paper, position: int) -> bool:
    """Whether the line discusses what the patient might have instead."""
    line = paper.folded[paper.folded.rfind("\n", 0, position) + 1 : position]
    return re.search(r"鉴别(?!.*(?:计划|处理))|differential(?!.*plan)", line) is not None


def _is_old(quote: _Quoted) -> bool:
    """Whether the words around say that the value is of another time or a border."""
    start = max(quote.paper.folded.rfind(s, 0, quote.span.start) for s in "。；;\n") + 1
    return _ELSEWHERE.search(quote.paper.folded[start : quote.span.end]) is not None


def _sentence(paper: Paper, match: re.Match[str]) -> tuple[int, int]:
    start = max(paper.folded.rfind(s, 0, match.start()) for s in "。；;\n") + 1
    ends = (paper.folded.find(s, match.end()) for s in "。；;\n")
    return start, min((e for e in ends if e >= 0), default=len(paper.folded))


# What parts one diagnosis from the next: a stop, or the number of a list.
_BORDER = re.compile(r"[；;，,、。\n：:]|(?<![\d.])\d{1,2}[.)](?!\d)|[\u2460-\u2473]")


def _item(paper: Paper, match: re.Match[str]) -> str:
    """The one diagnosis around the words."""
    start = max((m.end() for m in _BORDER.finditer(paper.folded, 0, match.start())), default=0)
    ends = _BORDER.search(paper.folded, match.end())
    return paper.folded[start : ends.start() if ends else len(paper.folded)]


def _against(
    stay: Stay,
    claim: Claim,
    quoted: list[_Quoted],
    laboratory: LaboratoryBook,
    *,
    measured: bool = True,
) -> Evidence | None:
    """A value that speaks against the diagnosis, where none speaks for it; the laboratory's own
    values only where ``measured``."""
    sex = stay.person.sex if stay.person.sex in ("male", "female") else None
    limits = _limits(stay, claim, laboratory)
    if sex is None and (len(limits) < len(BOTH_SEXES) or len(set(limits.values())) > 1):
        return None
    limit = limits.get(sex or "male")
    if limit is None:
        return None
    values: list[tuple[Decimal, Evidence]] = [
        (m.value, _as_evidence(m))
        for m in (stay.measured if measured else ())
        if m.analyte == claim.analyte and same_unit(m.unit, claim.unit)
    ]
    values += [
        (q.value, seen(q.paper, q.span))
        for q in quoted
        if q.analyte == claim.analyte and same_unit(q.unit, claim.unit)
    ]
    for value, _ in values:
        if value < limit if claim.below is not None else value > limit:
            return None
    return values[0][1] if values else None


def _limits(stay: Stay, claim: Claim, laboratory: LaboratoryBook) -> Mapping[str, Decimal]:
    """The border of a diagnosis by sex; empty where the laboratory's tables know none."""
    border = claim.below or claim.above or {}
    if not isinstance(border, str):
        return border
    days = [day for day in (stay.admitted_at, stay.ended_at) if day is not None]
    return end_of_interval(claim, laboratory, stay.person.ages_on(day.date() for day in days))


def _disproof(paper: Paper, span: Span, against: Evidence) -> Defect:
    word = paper.quote(span)
    return Defect(
        "RQ-C09",
        Bilingual(
            zh=f"{title_of(paper).zh}诊断“{word}”，而检验结果为 {against.quote}。",
            en=f"{title_of(paper).en} diagnoses “{word}”, while the laboratory measured "
            f"{against.quote}.",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span), against),
    )


def _not_measured(stay: Stay, quoted: list[_Quoted]) -> Iterator[Defect]:
    measured: dict[str, list[Measured]] = defaultdict(list)
    for value in stay.measured:
        measured[value.analyte].append(value)
    for quote in quoted:
        known = [
            m for m in measured.get(quote.analyte, ()) if same_unit(m.unit, quote.unit or m.unit)
        ]
        if not known or quote.elsewhere or any(_is_rounding(quote.value, m.value) for m in known):
            continue
        told = "、".join(f"{m.value} {m.unit or ''}".strip() for m in known[:4])
        yield Defect(
            "RQ-C10",
            Bilingual(
                zh=f"{title_of(quote.paper).zh}写“{quote.paper.quote(quote.span)}”，"
                f"检验系统的结果为 {told}。",
                en=f"{title_of(quote.paper).en} quotes “{quote.paper.quote(quote.span)}”; the "
                f"laboratory reported {told.replace('、', ', ')}.",
            ),
            document=quote.paper,
            span=quote.span,
            evidence=(seen(quote.paper, quote.span), *(_as_evidence(m) for m in known[:4])),
        )


def _quoted(paper: Paper) -> Iterator[_Quoted]:
    """Laboratory values that a document quotes, with what measured them."""
    if not any(c.isdigit() for c in paper.folded):
        return
    chinese = is_chinese(paper)
    for mention in _spotter().find(paper.folded):
        match = _VALUE.match(paper.folded, mention.end)
        if match is None or (
            match.group("unit") is None and match.group("between").strip(" :：为")
        ):
            continue
        unit = match.group("unit")
        bare = unit is None
        if bare and (not chinese or mention.meanings[0] not in _WITHOUT_UNIT):
            continue
        start = max(paper.folded.rfind(s, 0, mention.start) for s in "。；;\n") + 1
        around = paper.folded[start : match.end()]
        yield _Quoted(
            paper,
            Span(mention.start, match.end()),
            mention.meanings[0],
            Decimal(match.group("value")),
            unit or _WITHOUT_UNIT[mention.meanings[0]],
            bare or bool(_ELSEWHERE.search(around)),
        )


def _is_rounding(quoted: Decimal, measured: Decimal) -> bool:
    """Whether the quoted value is the measured one, or it rounded."""
    if quoted == measured:
        return True
    exponent = quoted.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return abs(quoted - measured) * 2 <= Decimal(1).scaleb(-places)


def _as_evidence(measured: Measured) -> Evidence:
    said = f"{measured.value} {measured.unit or ''}".strip()
    return Evidence(EvidenceKind.RECORD, f"{measured.reference}#Observation.valueQuantity", said)


@cache
def _spotter() -> TermSpotter[str]:
    return TermSpotter(
        (name, analyte.code)
        for analyte in analytes().values()
        if analyte.category == "laboratory"
        for name in analyte.names
        if len(name) > 1
    )
