"""Diagnoses that measured values disprove, and quoted values that were not measured."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from suwen.appkit import Bilingual, Evidence, EvidenceKind, Span
from suwen.apps.record_quality.checks.disproved import (
    BOTH_SEXES,
    Answer,
    Claim,
    answers,
    any_claim,
    claims,
    end_of_interval,
    excluded,
    same_unit,
)
from suwen.apps.record_quality.checks.quoted_values import Quoted, is_old
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Measured, Stay
from suwen.clinical.laboratory.book import LaboratoryBook

_NOT_SURE = re.compile(
    r"[?？]|可能|待排|待查|疑似|不除外|史|术后|病史|风险|预防|纠正后|已纠正|"
    r"\b(?:history|possible|suspected|query|rule out|risk|corrected|resolved|previous)\b"
)


def laboratory_defects(
    stay: Stay, laboratory: LaboratoryBook, quoted: list[Quoted], copied: frozenset[str]
) -> Iterator[Defect]:
    """What the laboratory's values contradict.

    ``quoted`` are the values of the documents; ``copied`` the ids of documents that repeat an
    earlier one, whose values are held against the day's own results.

    Source: 病历质控常见缺陷 C07; WS/T 404, WS/T 405 reference intervals (from memory).
    """
    told: set[tuple[str, int]] = set()
    claimed = [paper for paper in stay.papers if any_claim().search(paper.folded)]
    for defect in (
        *_disproved(stay, claimed, quoted, laboratory),
        *_answered(stay, claimed),
        *_excluded(stay, claimed),
        *_spoken(stay, claimed, quoted, laboratory),
    ):
        if defect.document is None or defect.span is None:
            continue
        place = (defect.document.id, defect.span.start)
        if place not in told:
            told.add(place)
            yield defect
    yield from _not_measured(stay, quoted, copied)
    yield from _told_twice(stay, quoted)


_APART = Decimal("0.03")
_MOVED = re.compile(r"升|降|复查|复测|→|\b(?:rose|fell|repeat\w*|now)\b")


def _told_twice(stay: Stay, quoted: list[Quoted]) -> Iterator[Defect]:
    """A value of the admission that the first course note tells otherwise."""
    for record in stay.papers_of("admission_record"):
        tests = [part.body for part in record.parts_of("investigations")]
        own = [q for q in quoted if q.paper is record]
        own = [q for q in own if any(b.start <= q.span.start < b.end for b in tests)]
        for note in stay.papers_of("first_course_note"):
            theirs = [q for q in quoted if q.paper is note and not is_old(q)]
            for quote in theirs:
                same = [q for q in own if q.analyte == quote.analyte]
                others = [q for q in theirs if q.analyte == quote.analyte]
                if len(same) != 1 or len(others) != 1 or not same_unit(same[0].unit, quote.unit):
                    continue
                moved = _MOVED.search(
                    quote.paper.folded, max(0, quote.span.start - 6), quote.span.end
                )
                if not moved and abs(same[0].value - quote.value) > same[0].value * _APART:
                    yield _differs(quote, same[0])


def _differs(quote: Quoted, other: Quoted) -> Defect:
    one, two = quote.paper.quote(quote.span), other.paper.quote(other.span)
    return Defect(
        "RQ-C10",
        Bilingual(
            zh=f"{title_of(quote.paper).zh}写“{one}”，{title_of(other.paper).zh}写“{two}”。",
            en=f"{title_of(quote.paper).en} says “{one}”, {title_of(other.paper).en} says “{two}”.",
        ),
        document=quote.paper,
        span=quote.span,
        evidence=(seen(quote.paper, quote.span), seen(other.paper, other.span)),
    )


def _disproved(
    stay: Stay, claimed: list[Paper], quoted: list[Quoted], laboratory: LaboratoryBook
) -> Iterator[Defect]:
    for paper in claimed:
        for part in paper.parts_of(*DIAGNOSES):
            for claim in claims():
                match = claim.words.search(paper.folded, part.body.start, part.body.end)
                if match is None or _NOT_SURE.search(_item(paper, match)):
                    continue
                against = _against(stay, claim, quoted, laboratory)
                if against is not None:
                    yield _disproof(paper, Span(*match.span()), against)


def _answered(stay: Stay, claimed: list[Paper]) -> Iterator[Defect]:
    """A diagnosis whose own test was negative and nowhere positive."""
    for paper in claimed:
        for part in paper.parts_of(*DIAGNOSES):
            for answer in answers():
                match = answer.words.search(paper.folded, part.body.start, part.body.end)
                if match is None or _NOT_SURE.search(_item(paper, match)):
                    continue
                against = _negative(stay, answer)
                if against is not None:
                    yield _disproof(paper, Span(*match.span()), against)


def _excluded(stay: Stay, claimed: list[Paper]) -> Iterator[Defect]:
    """A statement that a finding of the record excludes."""
    for words, by in excluded():
        for paper in claimed:
            match = words.search(paper.folded)
            before = paper.folded[max(0, match.start() - 8) : match.start()] if match else ""
            if (
                match is None
                or _NOT_CONCLUDED.search(before)
                or _is_differential(paper, match.start())
            ):
                continue
            for other in stay.papers:
                found = by.search(other.folded)
                if found is not None:
                    yield _disproof(paper, Span(*match.span()), seen(other, Span(*found.span())))
                    break


def _negative(stay: Stay, answer: Answer) -> Evidence | None:
    found: Evidence | None = None
    for paper in stay.papers:
        if answer.positive.search(paper.folded):
            return None
        match = answer.negative.search(paper.folded)
        if match is not None and found is None:
            found = seen(paper, Span(*match.span()))
    return found


_CONCLUDED = re.compile(
    r"(?:考虑|诊断(?:为|明确)?|提示|示|存在|合并|伴|为|属|系|有|出现|并发)[^，,。；;\n]{0,6}$|[，,。；;\n:：\s(（]$|^$|"
    r"\b(?:consistent with|consider|diagnosed|with|has|shows?|indicates?|suggests?|"
    r"confirms?|diagnosis of)"
    r"\s+(?:\w+\s+)?$"
)
_SURELY_CONCLUDED = re.compile(
    r"(?:考虑|诊断(?:为|明确)?|提示|存在|合并|并发|属)[^,，。;\n]{0,6}$|"
    r"\b(?:consistent with|diagnosed|confirms?|diagnosis of)\s+(?:\w+\s+)?$"
)
_NOT_CONCLUDED = re.compile(
    r"无|未|非|不|否|防|学习|教育|宣教|识别|处理|症状|反应|警惕|避免|监测|注意|鉴别|排除|除外|纠正|易|致|好转|恢复|改善|若|如|曾|既往|此前|昨|已|[?？]|可能|风险|史|"
    r"\b(?:no|not|without|avoid|prevent|monitor|exclude\w*|if|risk|previous\w*|resolved|corrected|rule)\b"
)


def _spoken(
    stay: Stay, claimed: list[Paper], quoted: list[Quoted], laboratory: LaboratoryBook
) -> Iterator[Defect]:
    """A diagnosis in the text of a note that the value beside it disproves: in the same sentence,
    else anywhere in the note."""
    for paper in claimed:
        own = [q for q in quoted if q.paper is paper and not is_old(q)]
        if not own:
            continue
        heads = [part.body for part in paper.parts_of(*DIAGNOSES)]
        for claim in claims():
            for match in claim.words.finditer(paper.folded):
                inside = any(b.start <= match.start() < b.end for b in heads)
                if inside or not _is_concluded(paper, match):
                    continue
                start, end = _sentence(paper, match)
                beside = [q for q in own if start <= q.span.start < end]
                if not any(q.analyte == claim.analyte for q in beside):
                    beside = (
                        own if _SURELY_CONCLUDED.search(paper.folded[start : match.start()]) else []
                    )
                against = _against(stay, claim, beside, laboratory, measured=False)
                if against is not None:
                    yield _disproof(paper, Span(*match.span()), against)


def _is_concluded(paper: Paper, match: re.Match[str]) -> bool:
    """Whether the words state the diagnosis of now, and not one that is feared, gone or denied."""
    start, end = _sentence(paper, match)
    before = re.split(r"[，,。；;\n]", paper.folded[start : match.start()])[-1]
    behind = re.split(r"[，,。；;\n]", paper.folded[match.end() : end])[0]
    if _is_differential(paper, match.start()) or _NOT_CONCLUDED.search(before + behind):
        return False
    return _CONCLUDED.search(before) is not None


def _is_differential(paper: Paper, position: int) -> bool:
    """Whether the line discusses what the patient might have instead."""
    line = paper.folded[paper.folded.rfind("\n", 0, position) + 1 : position]
    return re.search(r"鉴别(?!.*(?:计划|处理))|differential(?!.*plan)", line) is not None


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
    quoted: list[Quoted],
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
    if claim.also and _is_told_by_another(stay, claim, quoted, laboratory):
        return None
    return values[0][1] if values else None


def _is_told_by_another(
    stay: Stay, claim: Claim, quoted: list[Quoted], laboratory: LaboratoryBook
) -> bool:
    """Whether a value of a further analyte lies above its interval."""
    values = [(m.analyte, m.value) for m in stay.measured] + [(q.analyte, q.value) for q in quoted]
    highs = {
        name: min((i.high for i in laboratory.intervals_of(name) if i.high), default=None)
        for name in claim.also
    }
    return any(
        (high := highs.get(analyte)) is not None and value > high for analyte, value in values
    )


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


# The stamp of a result may lie a little behind the note that quotes it.
_LATE_RESULT = timedelta(hours=2)


def _not_measured(stay: Stay, quoted: list[Quoted], copied: frozenset[str]) -> Iterator[Defect]:
    measured: dict[str, list[Measured]] = defaultdict(list)
    for value in stay.measured:
        measured[value.analyte].append(value)
    for quote in quoted:
        known = [
            m for m in measured.get(quote.analyte, ()) if same_unit(m.unit, quote.unit or m.unit)
        ]
        if quote.paper.id in copied:
            known = [m for m in known if _is_of_the_day(quote, m)]
        if not known or quote.elsewhere or any(_is_rounding(quote.value, m.value) for m in known):
            continue
        if not _may_be_of(quote, known):
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


def _may_be_of(quote: Quoted, known: list[Measured]) -> bool:
    """Whether one of the results is of the time that the document speaks of: the record may not
    hold every result of every day."""
    written = quote.paper.written_at
    times = [m.at for m in known if m.at is not None]
    if written is None or len(times) < len(known):
        return True
    return any(_is_of_the_day(quote, m) for m in known)


def _is_of_the_day(quote: Quoted, measured: Measured) -> bool:
    written, at = quote.paper.written_at, measured.at
    if written is None or at is None:
        return False
    return at <= written + _LATE_RESULT and at.astimezone(written.tzinfo).date() == written.date()


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
