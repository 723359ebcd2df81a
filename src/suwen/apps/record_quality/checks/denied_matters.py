"""What a history denies as a kind and tells of by an instance, and what it denies word for word."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.denied_histories import told_in_spite
from suwen.apps.record_quality.checks.relatives import is_of_a_relative
from suwen.apps.record_quality.findings import Defect
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Stay

_TABLE = Path(__file__).parents[1] / "tables" / "histories.toml"
_HISTORIES = ("admission_record", "first_course_note", "short_stay_record")
_OTHERS = re.compile(r"其他|其它|其余|除|另外|以外|\b(?:other|further|else|besides|apart|except)\b")
_NOT_TOLD = re.compile(
    r"否认|无(?!诱因|明显诱因)|未(?!愈|治|戒|婚)|没有|不|非(?!甾|洲|典)|除外|排除|鉴别|可能|[?？]|若|如|预防|警惕|避免|禁|"
    r"戒|嘱|勿|待|筛查|\b(?:no|not|denies|denied|without|never|exclude\w*|risk|possible|if|avoid|stopped|"
    r"ex-|former)\b"
)
# A sentence that tells of the time before the stay.
_OF_BEFORE = re.compile(
    r"追问|补充|回忆|告知|补述|既往|曾|年前|月前|儿时|幼时|小时候|\d+月龄|\d+岁时|外院诊断|(?:19|20)\d{2}年|"
    r"\b(?:recalls?|additional|in addition|tells us|admits|known|previous\w*|(?:19|20)\d{2})\b"
)
_LIST = re.compile(r"(?:否认|(?<![一-鿿])无)(?P<list>[一-鿿、]{2,40})")
_TAIL = re.compile(r"(?:等.*|疾病史|病史|接触史|服用史|史|病|行为|表现|症状)$")
_NO_WORD = re.compile(
    r"手术|外伤|输血|药物|食物|过敏|吸烟|饮酒|烟酒|特殊|异常|明显|不适|诱因|其他|家族|遗传|高血压|糖尿|冠心|肝炎|结核|接触|"
    r"变化|传染|慢性|类似|嗜好|不良|肿瘤|重大|先天|服药|用药"
)
_LEAST, _LONGEST = 3, 8


@dataclass(frozen=True, slots=True)
class _Matter:
    """A matter; ``family``: it is the family history's, ``relatives``: it is told of others,
    ``elsewhere``: only what another document tells contradicts it."""

    title: Bilingual
    denied: re.Pattern[str]
    told: re.Pattern[str]
    family: bool
    relatives: bool
    elsewhere: bool


@cache
def _matters() -> tuple[_Matter, ...]:
    rows = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["matter"]
    return tuple(
        _Matter(
            Bilingual(row["zh"], row["en"]),
            re.compile(row["denied"]),
            re.compile(row["told"]),
            bool(row.get("family", False)),
            bool(row.get("relatives", False) or row.get("family", False)),
            bool(row.get("elsewhere", False)),
        )
        for row in rows
    )


def denied_matters(stay: Stay) -> Iterator[Defect]:
    """What the history denies as a kind while the record tells of one of it; and what it denies
    in words that a later note tells of the time before the stay.

    Source: 病历质控常见缺陷 C17 (collected from memory).
    """
    told: set[tuple[str, int]] = set()
    for defect in (*_of_a_kind(stay), *_word_for_word(stay)):
        if defect.document is None or defect.span is None:
            continue
        place = (defect.document.id, defect.span.start)
        if place not in told:
            told.add(place)
            yield defect


_Place = tuple[Paper, Span]


def _of_a_kind(stay: Stay) -> Iterator[Defect]:
    for matter in _matters():
        denials = [d for paper in _histories(stay) for d in _denials(paper, matter)]
        if not denials:
            continue
        own = {paper.id for paper, _ in denials} if matter.elsewhere else ()
        papers = [paper for paper in stay.papers if paper.id not in own]
        told = next((t for paper in papers for t in _told(paper, matter, denials)), None)
        if told is not None:
            yield told_in_spite(matter.title, denials[0], told)


def _histories(stay: Stay) -> Iterator[Paper]:
    for kind in _HISTORIES:
        yield from stay.papers_of(kind)


def _denials(paper: Paper, matter: _Matter) -> Iterator[_Place]:
    for match in matter.denied.finditer(paper.folded):
        family = [part.body for part in paper.parts_of("family")]
        begin = _begin(paper.folded, match.start())
        before = paper.folded[begin : match.start()]
        clause = re.split(r"[,，]", before)[-1] + match.group()
        if any(b.start <= match.start() < b.end for b in family) is not matter.family:
            continue
        if not _OTHERS.search(clause) and (matter.relatives or not is_of_a_relative(clause)):
            yield paper, Span(*match.span())


def _told(paper: Paper, matter: _Matter, denials: list[_Place]) -> Iterator[_Place]:
    for match in matter.told.finditer(paper.folded):
        family = [part.body for part in paper.parts_of("family")]
        inside = any(b.start <= match.start() < b.end for b in family)
        if inside and not matter.family:
            continue
        if any(p is paper and s.start < match.end() and match.start() < s.end for p, s in denials):
            continue
        if _is_meant(paper, match, of_others=matter.relatives):
            yield paper, Span(*match.span())


def _is_meant(paper: Paper, match: re.Match[str], *, of_others: bool = False) -> bool:
    begin = max(paper.folded.rfind(stop, 0, match.start()) for stop in ",，。;\n:") + 1
    clause = paper.folded[begin : match.start()]
    if _NOT_TOLD.search(clause) or (not of_others and is_of_a_relative(clause + match.group())):
        return False
    line = paper.folded[paper.folded.rfind("\n", 0, match.start()) + 1 : match.start()]
    return re.search(r"鉴别(?!.*(?:计划|处理|补充))|differential(?!.*plan)", line) is None


def _word_for_word(stay: Stay) -> Iterator[Defect]:
    denied: dict[str, _Place] = {}
    for paper in _histories(stay):
        for part in paper.parts_of("past", "personal", "illness"):
            for match in _LIST.finditer(paper.folded, part.body.start, part.body.end):
                for word in re.split(r"[、和及与或]", match.group("list")):
                    bare = _TAIL.sub("", word)
                    if _LEAST <= len(bare) <= _LONGEST and not _NO_WORD.search(bare):
                        denied.setdefault(bare, (paper, Span(*match.span())))
    for word, (denying, span) in denied.items():
        place = next(_told_before(stay, word, denying), None)
        if place is not None:
            yield told_in_spite(Bilingual(word, word), (denying, span), place)


def _told_before(stay: Stay, word: str, denying: Paper) -> Iterator[_Place]:
    for paper in stay.papers:
        if paper is denying or word not in paper.folded:
            continue
        heads = [part.body for part in paper.parts_of("family", "plan", "orders", *DIAGNOSES)]
        for match in re.finditer(re.escape(word), paper.folded):
            begin, stop = _begin(paper.folded, match.start()), paper.folded.find("。", match.end())
            sentence = paper.folded[begin : stop if stop >= 0 else len(paper.folded)]
            inside = any(b.start <= match.start() < b.end for b in heads)
            if not inside and _OF_BEFORE.search(sentence) and _is_meant(paper, match):
                yield paper, Span(*match.span())


def _begin(folded: str, position: int) -> int:
    return max(max(folded.rfind(stop, 0, position) for stop in "。;\n"),
               folded.rfind(". ", 0, position)) + 1  # fmt: skip
