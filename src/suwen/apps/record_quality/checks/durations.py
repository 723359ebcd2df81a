"""How long the illness lasts: the chief complaint against the history and the later documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay

_DAYS = {
    "小时": 1 / 24, "h": 1 / 24, "天": 1.0, "日": 1.0, "周": 7.0, "星期": 7.0, "月": 30.0,
    "年": 365.0,
    "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0,
}  # fmt: skip
_NUMBERS = {"半": 0.5, "两": 2.0, **{c: float(n) for n, c in enumerate("一二三四五六七八九十", 1)}}
_LASTED = re.compile(
    r"(?P<n>\d{1,3}(?:\.\d)?|[一二两三四五六七八九十半])\s?(?P<more>\+|余|多)?\s?个?(?P<u>小时|h(?![a-z])|天|日|周|星期|月|年)"
    r"(?P<behind>前|来|余)?"
)
_LASTED_EN = re.compile(
    r"\b(?:for|over|of) (?:about |the (?:last|past) )?(?P<n>\d{1,3}) (?P<u>hour|day|week|month|"
    r"year)s?\b"
)
_WORD = re.compile(r"([一-鿿]{2,8}?)(?:加重|反复发作|伴[一-鿿]{0,8})?\s?$")
_FAR = 2.0
_LATER = ("first_course_note", "discharge_summary", "preoperative_summary", "short_stay_record")
_BEFORE_DISCUSSION = 160


@dataclass(frozen=True, slots=True)
class _Duration:
    span: Span
    days: float
    symptom: str


def duration_defects(stay: Stay) -> Iterator[Defect]:
    """A complaint that lasts far longer or shorter than the history of it, or than another
    document says of the same symptom.

    Source: 病历评分标准 QC01, QC02 (collected from memory).
    """
    for record in stay.papers_of("admission_record"):
        complaint = next(iter(record.parts_of("complaint")), None)
        if complaint is None:
            continue
        told = list(_durations(record, complaint.body))
        if not told:
            continue
        yield from _of_the_history(record, told)
        for kind in _LATER:
            for paper in stay.papers_of(kind):
                yield from _of_another(record, told, paper)


def _of_the_history(record: Paper, told: list[_Duration]) -> Iterator[Defect]:
    """The history's own lengths of time, none of which is near one of the complaint."""
    illness = next(iter(record.parts_of("illness")), None)
    if illness is None:
        return
    first = record.folded.find("。", illness.body.start, illness.body.end)
    opening = Span(illness.body.start, first if first >= 0 else illness.body.end)
    ago = [d for d in _durations(record, opening) if record.folded[d.span.end - 1] in "前来"]
    every = list(_durations(record, illness.body))
    if not ago or any(_near(one.days, other.days) for one in told for other in every):
        return
    if all(_far(one.days, ago[0].days) for one in told):
        yield _defect(record, told[0], record, ago[0])


def _of_another(record: Paper, told: list[_Duration], paper: Paper) -> Iterator[Defect]:
    """The same symptom with another length of time at the beginning of a later document."""
    regions = [Span(0, min(len(paper.folded), _BEFORE_DISCUSSION))]
    regions += [part.body for part in paper.parts_of("state", "complaint")]
    for region in regions:
        for other in _durations(paper, region):
            same = [one for one in told if one.symptom and one.symptom == other.symptom]
            if same and all(_far(one.days, other.days) for one in same):
                yield _defect(record, same[0], paper, other)
                return


def _durations(paper: Paper, region: Span) -> Iterator[_Duration]:
    for pattern in (_LASTED, _LASTED_EN):
        for match in pattern.finditer(paper.folded, region.start, region.end):
            said = match.group("n")
            number = _NUMBERS.get(said)
            days = (float(said) if number is None else number) * _DAYS[match.group("u")]
            before = re.split(r"[,，。;:、\n“\"]", paper.folded[region.start : match.start()])[-1]
            word = _WORD.search(before)
            yield _Duration(
                Span(*match.span()), days, word.group(1)[-4:] if word is not None else ""
            )


def _near(one: float, other: float) -> bool:
    return max(one, other) <= 1.5 * min(one, other) + 0.5


def _far(one: float, other: float) -> bool:
    return max(one, other) >= _FAR * min(one, other) and abs(one - other) >= 1


def _defect(record: Paper, told: _Duration, paper: Paper, other: _Duration) -> Defect:
    one, two = record.quote(told.span), paper.quote(other.span)
    return Defect(
        "RQ-C14",
        Bilingual(
            zh=f"主诉写“{one}”，{title_of(paper).zh}写“{two}”。",
            en=f"The chief complaint says “{one}”, {title_of(paper).en} says “{two}”.",
        ),
        document=paper,
        span=other.span,
        evidence=(seen(record, told.span), seen(paper, other.span)),
    )
