"""Facts that have one value in a stay, and organs that were taken out before it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.relatives import RELATIVE
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay

_TABLE = Path(__file__).parents[1] / "tables" / "facts.toml"
_OF_BEFORE = re.compile(
    r"既往|曾|年前|史(?!诊)|(?:19|20)\d{2}\s?年|上次|前次|g\d+p\d+[,，]|育|现体健|"
    r"\b(?:history|previous\w*|in (?:19|20)\d{2}|ago|children)\b"
)
_NOT_MEANT = re.compile(
    r"无|未|否认|不|除外|排除|鉴别|[?？]|可能|待|\b(?:no|not|without|exclude\w*|versus|possible|if)\b"
)
_CLAUSE = re.compile(r"(?:[^,，。;\n.]|\.(?!\s|$))+")
_SIDES = {"左": "left", "右": "right"}
_PAST = ("past", "illness", "marital", "features")
_FAMILY = ("family", "personal", "past", "marital")


@dataclass(frozen=True, slots=True)
class _Fact:
    title: Bilingual
    values: re.Pattern[str]
    context: re.Pattern[str]
    never: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Removed:
    title: Bilingual
    gone: re.Pattern[str]
    there: re.Pattern[str]
    paired: bool


@dataclass(frozen=True, slots=True)
class _Said:
    paper: Paper
    span: Span
    value: str


def single_fact_defects(stay: Stay) -> Iterator[Defect]:
    """A fact with another value than the rest of the stay tells, and a part of the body told as
    present that was taken out before.

    Source: 病历质控常见缺陷 C17 (collected from memory).
    """
    for fact in _facts():
        yield from _deviating(stay, fact)
    for removed in _removed():
        yield from _still_there(stay, removed)


@cache
def _facts() -> tuple[_Fact, ...]:
    return tuple(
        _Fact(
            Bilingual(row["zh"], row["en"]),
            re.compile("|".join(f"(?P<{name}>{words})" for name, words in row["values"].items())),
            re.compile(row["context"]),
            re.compile(row["never"]),
        )
        for row in _rows("fact")
    )


@cache
def _removed() -> tuple[_Removed, ...]:
    return tuple(
        _Removed(
            Bilingual(row["zh"], row["en"]),
            re.compile(row["gone"]),
            re.compile(row["there"]),
            bool(row.get("side", False)),
        )
        for row in _rows("removed")
    )


@cache
def _rows(kind: str) -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(_TABLE.read_text(encoding="utf-8"))[kind])


def _deviating(stay: Stay, fact: _Fact) -> Iterator[Defect]:
    said: list[_Said] = []
    for paper in stay.papers:
        found = list(_said(paper, fact))
        if found and fact.never.search(paper.folded):
            return
        said.extend(found)
    values = {one.value for one in said}
    if len(values) != 2:
        return
    papers = {v: {one.paper.id for one in said if one.value == v} for v in values}
    few, many = sorted(values, key=lambda v: (len(papers[v]), sum(s.value == v for s in said)))
    if len(papers[few]) > 1 or papers[few] & papers[many]:
        return
    wrong = next(one for one in said if one.value == few)
    right = next(one for one in said if one.value == many)
    yield _defect(fact.title, wrong, right)


def _said(paper: Paper, fact: _Fact) -> Iterator[_Said]:
    if fact.values.search(paper.folded) is None:
        return
    before_now = [part.body for part in paper.parts_of(*_FAMILY)]
    for clause in _CLAUSE.finditer(paper.folded):
        match = fact.values.search(clause.group())
        if match is None or match.lastgroup is None:
            continue
        words = clause.group()
        start = clause.start() + match.start()
        if any(b.start <= start < b.end for b in before_now):
            continue
        if not fact.context.search(words) or _NOT_MEANT.search(words[: match.start()]):
            continue
        if not (_OF_BEFORE.search(words) or RELATIVE.search(words)):
            yield _Said(paper, Span(start, clause.start() + match.end()), match.lastgroup)


def _still_there(stay: Stay, removed: _Removed) -> Iterator[Defect]:
    gone = [g for paper in stay.papers_of("admission_record") for g in _gone(paper, removed)]
    for before in gone[:1]:
        for paper in stay.papers:
            for match in removed.there.finditer(paper.folded):
                begin = max(paper.folded.rfind(stop, 0, match.start()) for stop in ",，。;\n") + 1
                clause = paper.folded[begin : match.end()]
                same = not removed.paired or _side(match) == before.value
                if same and not (_OF_BEFORE.search(clause) or RELATIVE.search(clause)):
                    yield _defect(removed.title, _Said(paper, Span(*match.span()), ""), before)
                    return


def _gone(paper: Paper, removed: _Removed) -> Iterator[_Said]:
    for part in paper.parts_of(*_PAST):
        for match in removed.gone.finditer(paper.folded, part.body.start, part.body.end):
            begin = max(paper.folded.rfind(stop, 0, match.start()) for stop in "。;\n") + 1
            sentence = paper.folded[begin : match.end()]
            if _NOT_MEANT.search(sentence) or RELATIVE.search(sentence):
                continue
            if _OF_BEFORE.search(sentence) or re.search(r"(?:19|20)\d{2}|术后", sentence):
                yield _Said(paper, Span(*match.span()), _side(match))


def _side(match: re.Match[str]) -> str:
    said = match.groupdict().get("s") or match.groupdict().get("s2") or ""
    return _SIDES.get(said, said)


def _defect(what: Bilingual, wrong: _Said, right: _Said) -> Defect:
    one, other = wrong.paper.quote(wrong.span), right.paper.quote(right.span)
    return Defect(
        "RQ-C16",
        Bilingual(
            zh=f"{what.zh}：{title_of(wrong.paper).zh}写“{one}”，{title_of(right.paper).zh}写“{other}”。",
            en=f"{what.en[0].upper()}{what.en[1:]}: {title_of(wrong.paper).en} says “{one}”, "
            f"{title_of(right.paper).en} says “{other}”.",
        ),
        document=wrong.paper,
        span=wrong.span,
        evidence=(seen(wrong.paper, wrong.span), seen(right.paper, right.span)),
    )
