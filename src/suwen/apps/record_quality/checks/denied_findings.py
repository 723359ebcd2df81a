"""Symptoms and signs at admission that one document denies and another tells of."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.denied_symptoms import denied_symptoms
from suwen.apps.record_quality.checks.relatives import is_of_a_relative
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.laterality import Side, find_sides

_TABLE = Path(__file__).parents[1] / "tables" / "findings.toml"
_CLAUSE = re.compile(r"(?:[^,，。;\n:]|:(?=\d))+")
_DENIED = re.compile(
    r"否认|无(?!力|法|意|诱因|明显诱因|规律|痛)|未见|未闻|未触|未及|未扪|未出现|未诉|没有|不伴|未引出|未|"
    r"\b(?:no|not|denies|denied|without|nor|absent|never)\b"
)
_NEGATIVE = re.compile(r"[^,，。;\n]{0,4}(?:\(-\)|阴性|未引出|未及|不明显)|\s(?:absent|negative)\b")
_DOUBTED = re.compile(
    r"好转|缓解|消失|减轻|改善|既往|年前|若|如(?!洗)|可能|注意|警惕|观察|除外|排除|鉴别|[?？]|较前|后(?:出现|有)|术后|"
    r"监测|预防|防止|退|止$|少许(?=.*未)|不(?!适|能|伴)|"
    r"\b(?:resolved|settled|previous\w*|if|watch|possible|exclude\w*|improv\w+|ago|risk|monitor|prevent\w*)\b"
)
_BEFORE_STAY = re.compile(
    r"追问|补充|补述|回忆|入院前|病前|起病|发病(?:时|后|前)|伤后|来院前|就诊前|"
    r"\b(?:additional|in addition|recalls?|before admission|adds|on further questioning|tells us)\b"
)
_LONG_AGO = re.compile(
    r"月龄|年前|岁时|既往|幼时|儿时|\b(?:ago|childhood|previous\w*|19\d{2}|20\d{2})\b"
)
_DISCUSSION = re.compile(
    r"诊断依据|依据|鉴别|拟诊|诊疗计划|计划|处理|辨病|辨证|\b(?:basis|differential|impression|plan|assessment|discussion|"
    r"diagnosis)\b"
)
_LATER = ("attending_round_note", "chief_round_note", "daily_course_note")


@dataclass(frozen=True, slots=True)
class _Told:
    paper: Paper
    part: str
    span: Span
    finding: str
    denied: bool
    side: Side | None


def denied_statements(stay: Stay) -> Iterator[Defect]:
    """Denied findings, and denied symptoms where no finding lies over the same words."""
    found = list(denied_findings(stay))
    yield from found
    for defect in denied_symptoms(stay):
        if not any(_overlap(defect, one) for one in found):
            yield defect


def _overlap(one: Defect, other: Defect) -> bool:
    if one.document is not other.document or one.span is None or other.span is None:
        return False
    return one.span.start < other.span.end and other.span.start < one.span.end


def denied_findings(stay: Stay) -> Iterator[Defect]:
    """A symptom or sign at admission that one document denies and never tells of, and another
    tells of; within the admission record of the history against the examination.

    Source: 病历质控常见缺陷 C17 (collected from memory).
    """
    told = [t for paper, part, region in _regions(stay) for t in _statements(paper, part, region)]
    seen_ids: set[str] = set()
    for denial in (t for t in told if t.denied):
        if denial.finding in seen_ids:
            continue
        affirmed = [t for t in told if not t.denied and t.finding == denial.finding]
        if any(t.paper is denial.paper for t in affirmed):
            continue
        against = next((t for t in affirmed if _is_same(t, denial)), None)
        if against is not None:
            seen_ids.add(denial.finding)
            yield _defect(denial, against)


def _is_same(told: _Told, denial: _Told) -> bool:
    """Whether both can be of one place: what is denied of the left may be there on the right."""
    if told.part == "later" and denial.part not in ("illness", "complaint", "features"):
        return False
    return denial.side in (None, Side.BOTH) or told.side in (None, Side.BOTH, denial.side)


def _regions(stay: Stay) -> Iterator[tuple[Paper, str, Span]]:
    """What documents tell of the admission, and what later notes add to the history."""
    for record in stay.papers_of("admission_record"):
        for name in ("complaint", "illness", "examination", "local"):
            for part in record.parts_of(name):
                yield record, name, part.body
    for note in stay.papers_of("first_course_note"):
        ends = _DISCUSSION.search(note.folded)
        yield note, "features", Span(0, ends.start() if ends else len(note.folded))
    for summary in stay.papers_of("discharge_summary"):
        for part in summary.parts_of("state"):
            yield summary, "state", part.body
    for kind in _LATER:
        for note in stay.papers_of(kind):
            for sentence in re.finditer(r"[^。;\n]+", note.folded):
                match = _BEFORE_STAY.search(sentence.group())
                if match is not None and not _LONG_AGO.search(sentence.group()):
                    yield note, "later", Span(sentence.start() + match.start(), sentence.end())


def _statements(paper: Paper, part: str, region: Span) -> Iterator[_Told]:
    for clause in _CLAUSE.finditer(paper.folded, region.start, region.end):
        words = clause.group()
        for match in _findings().finditer(words):
            if match.lastgroup is None:
                continue
            denied = bool(
                _DENIED.search(words, 0, match.end()) or _NEGATIVE.match(words, match.end())
            )
            if is_of_a_relative(words) or (not denied and _DOUBTED.search(words)):
                continue
            start = clause.start() + match.start()
            yield _Told(
                paper,
                part,
                Span(clause.start() if denied else start, clause.start() + match.end()),
                match.lastgroup,
                denied,
                _side(words) if match.lastgroup in _sided() else None,
            )


def _side(words: str) -> Side | None:
    sides = {s.side for s in find_sides(words)}
    return next(iter(sides)) if len(sides) == 1 else None


@cache
def _rows() -> tuple[dict[str, object], ...]:
    return tuple(tomllib.loads(_TABLE.read_text(encoding="utf-8"))["finding"])


@cache
def _findings() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<f{n}>{row['words']})" for n, row in enumerate(_rows())))


@cache
def _sided() -> frozenset[str]:
    return frozenset(f"f{n}" for n, row in enumerate(_rows()) if row.get("sided"))


def _defect(denial: _Told, told: _Told) -> Defect:
    one, other = denial.paper.quote(denial.span).strip(), told.paper.quote(told.span)
    return Defect(
        "RQ-C07",
        Bilingual(
            zh=f"{title_of(denial.paper).zh}写“{one}”，{title_of(told.paper).zh}写有“{other}”。",
            en=f"{title_of(denial.paper).en} says “{one}”, {title_of(told.paper).en} tells of "
            f"“{other}”.",
        ),
        document=denial.paper,
        span=denial.span,
        evidence=(seen(denial.paper, denial.span), seen(told.paper, told.span)),
    )
