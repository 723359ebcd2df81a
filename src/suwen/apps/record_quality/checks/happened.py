"""Dates in free text at which something cannot have happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.relatives import RELATIVE
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.dates import DateMention, find_dates

_ONSET_BEFORE = re.compile(
    r"(?:起病|发病|发作|症状出现|疼痛开始|始于|自)(?:于|时间|日期)?(?:为)?\s?[:：]?\s?$|"
    r"\b(?:onset|began|started|since)(?: of [a-z ]{2,24})?(?: on| at)?\s?:?\s?$"
)
_ONSET_BEHIND = re.compile(
    r"\s?(?:\d{1,2}[:：]\d{2})?\s?(?:突然|无诱因|因[^，,。]{1,8})?(?:起病|发病|出现|开始|受伤)"
)
_RESULT = re.compile(
    r"\s?(?:\d{1,2}[:：]\d{2})?\s?(?:本院|我院|外院|当地|门诊|急诊)?[^，,。；;\n拟查行予约]{0,8}?"
    r"(?:示|提示|回报|报告|结果|检出|证实|阳性|阴性|正常|升高|降低)|"
    r"\s?(?:[a-z -]{2,16})?\b(?:showed|shows|revealed|reported|confirmed|"
    r"positive|negative|normal)\b"
)
_DONE_HERE = re.compile(
    r"\s?(?:\d{1,2}[:：]\d{2})?[^，,。；;\n]{0,10}?(?:植入|置入|手术|切除|修补|活检|置管|穿刺|引流|介入|溶栓|取栓|"
    r"套扎|剖宫产|分娩|娩出|顺娩|转入|抢救|输血|化疗|透析|气管插管|入院|收入|收住|支架|镜下|麻醉下|术中|pci|冠脉造影)|"
    r"\s?(?:[a-z ]{0,20}\b)?(?:stented|operated|admitted|operation|"
    r"surgery|biops\w+|drained|resected|"
    r"intubated|delivered|transfused|implanted)\b"
)
_PLANNED = re.compile(
    r"预计|拟|定于|计划|预约|将于|安排|预定|约|择期|待|复查$|复诊|随访|次日|参考|"
    r"\b(?:planned|scheduled|due|expected|will|for|until|till|by)\b"
)
_ELSEWHERE = re.compile(
    r"外院|当地|门诊|既往|入院前|院外|曾|上次|前次|第[一二三四五六\d]+次|病史|追问|天前|周前|月前|"
    r"\b(?:elsewhere|clinic|before|previous\w*|prior|last|ago)\b"
)
_LOOK_BEHIND = 16
_SHORT_BEFORE_DAYS = 30
_FIRST_NOTE = frozenset(["first_course_note"])


def happened_defects(stay: Stay) -> Iterator[Defect]:
    """An onset or a result dated after the document was written; what was done in this hospital
    dated before the patient came.

    Source: 病历质控常见缺陷 C06 (collected from memory).
    """
    known = _days_of_the_history(stay)
    for paper in stay.papers:
        if paper.written_at is None or stay.admitted_at is None:
            continue
        written, admitted = paper.written_at.date(), stay.admitted_at.date()
        for mention in paper.dates:
            day = _day(mention, admitted)
            if day in known or day is None or _told_by_its_section(paper, mention):
                continue
            if day > written and _cannot_have_been(paper, mention):
                yield _defect(paper, mention, Bilingual("书写之后", "after its writing"))
            elif 0 < (admitted - day).days <= _SHORT_BEFORE_DAYS and _was_here(paper, mention):
                yield _defect(paper, mention, Bilingual("入院之前", "before the admission"))


def _days_of_the_history(stay: Stay) -> frozenset[date]:
    """Days before the admission that the admission record itself tells of."""
    if stay.admitted_at is None:
        return frozenset()
    admitted = stay.admitted_at.date()
    told = (
        _day(mention, admitted)
        for record in stay.papers_of("admission_record")
        for part in record.parts_of("illness", "complaint", "past")
        for mention in find_dates(record.folded[part.body.start : part.body.end])
    )
    return frozenset(day for day in told if day is not None and day < admitted)


def _told_by_its_section(paper: Paper, mention: DateMention) -> bool:
    """Whether the dates of the section have a check of their own."""
    return any(
        part.body.start <= mention.start < part.body.end
        for part in paper.parts_of("course", "investigations", "illness", "complaint", "past")
    )


def _cannot_have_been(paper: Paper, mention: DateMention) -> bool:
    before = _before(paper, mention)
    if _PLANNED.search(_clause(before)):
        return _ONSET_BEFORE.search(before) is not None
    return bool(
        _ONSET_BEFORE.search(before)
        or _ONSET_BEHIND.match(paper.folded, mention.end)
        or _RESULT.match(paper.folded, mention.end)
    )


def _was_here(paper: Paper, mention: DateMention) -> bool:
    """Whether a running note tells of an act of this stay."""
    kind = paper.kind
    if kind is None or not kind.is_course or kind.id in _FIRST_NOTE:
        return False
    start = max(paper.folded.rfind(stop, 0, mention.start) for stop in "。；;\n") + 1
    told = paper.folded[start : mention.end + _LOOK_BEHIND]
    if _ELSEWHERE.search(told) or RELATIVE.search(told) or _PLANNED.search(_before(paper, mention)):
        return False
    return _DONE_HERE.match(paper.folded, mention.end) is not None


def _before(paper: Paper, mention: DateMention) -> str:
    return paper.folded[max(0, mention.start - 2 * _LOOK_BEHIND) : mention.start]


def _clause(words: str) -> str:
    return re.split(r"[，,。；;\n]", words)[-1]


def _day(mention: DateMention, near: date) -> date | None:
    """The day that is meant, without a year the one nearest to the admission."""
    if mention.month is None or mention.day is None or mention.swapped is not None:
        return None
    years = (
        (mention.year,) if mention.year is not None else (near.year - 1, near.year, near.year + 1)
    )
    try:
        days = [date(year, mention.month, mention.day) for year in years]
    except ValueError:
        return None
    return min(days, key=lambda day: abs((day - near).days))


def _defect(paper: Paper, mention: DateMention, when: Bilingual) -> Defect:
    span = Span(mention.start, mention.end)
    return Defect(
        "RQ-C12",
        Bilingual(
            zh=f"{title_of(paper).zh}所述“{paper.quote(span)}”在{when.zh}。",
            en=f"What {title_of(paper).en} tells of “{paper.quote(span)}” lies {when.en}.",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span),),
    )
