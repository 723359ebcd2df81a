"""Diseases that one place of the record denies and another tells of as known before the stay."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.relatives import is_of_a_relative
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Stay

_TABLE = Path(__file__).parents[1] / "tables" / "histories.toml"
_NONE = r"(?!)"
_YEARS = (
    r"(?:[\d一二三四五六七八九十]+\s?[余多]?\s?(?:年|个?月)(?!\d)|(?:19|20)\d{2}\s?年?|"
    r"多年|数年|数十年)"
)
_DENYING = re.compile(
    r"否认|从无|从未|未患|没有|未曾|不曾|(?<![一-鿿])无(?!明显|诱因|力)|既往无|亦无|"
    r"\b(?:no|denies|denied|without|never had|nil|negative for|not known to have)\b"
)
_OTHERS = re.compile(r"其他|其它|其余|除|另|以外|\b(?:other|further|else|besides|apart|except)\b")
_NOT_TOLD = re.compile(
    r"否认|无|未|没有|不|非|除外|排除|鉴别|可能|考虑|新发|新诊断|本次|首次发现|此次|[?？]|待查|待排|筛查|风险|预防|"
    r"\b(?:no|not|denies|denied|without|never|new(?:ly)?|exclude\w*|risk|screen\w*|possible|gestational|"
    r"query|suspected|rule)\b"
)
_AT_HOME = (
    r"(?:长期|平素|规律|一直|每[日天]|平时|院外|入院前|自服|服用|口服|使用|应用|注射|"
    r"\b(?:takes?|taking|on|using|uses|regular\w*|home)\b)"
)
_NOT_AT_HOME = re.compile(
    r"予|给予|建议|停|改|加用|拟|计划|换|启动|\b(?:start\w*|given|give|plan\w*|add\w*|switch\w*)\b"
)
_HISTORY_OF = ("admission_record", "first_course_note", "short_stay_record")
_ABOUT_HOME = ("past", "illness", "personal", "features", "state", "plan")
_LIST_REACH = 44
_STOPS = "。;\n"


@dataclass(frozen=True, slots=True)
class _History:
    """One thing that a history denies or tells of.

    Attributes:
        name: the name alone, as in a denial.
        told: the name as of something known, or what gives it away.
        alone: what gives it away without its name.
        taken: a medicine for it, taken at home.
    """

    title: Bilingual
    name: re.Pattern[str]
    told: re.Pattern[str]
    alone: re.Pattern[str]
    taken: re.Pattern[str]


@cache
def _histories() -> tuple[_History, ...]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return tuple(_history(row) for row in table["history"])


def _history(row: dict[str, str]) -> _History:
    zh, en = row["names"], row["names_en"]
    told = [
        rf"(?:{zh})(?:病)?(?:病?史)(?!\s?[:：]?\s?(?:无|否|不详))",
        rf"(?:患有?|有|素有|既往|合并|确诊|诊断为?|发现|罹患)\s?[“\"]?(?:{zh})(?![^,，。;\n]{{0,4}}(?:家族|风险|可能))",
        rf"(?:{zh})[^,，。;\n\d(否无未]{{0,8}}[(（]?{_YEARS}",
        rf"{_YEARS}前?[^,，。;\n否无未]{{0,8}}(?:患|诊断为?|确诊为?|发现|得)(?:有|了)?\s?(?:{zh})",
        rf"\b(?:{en})\b,? (?:for|since|of|diagnosed|on|controlled|treated|x)\b",
        rf"\b(?:history of|known|has had|has|had|with longstanding|long-?standing|background of)"
        rf" (?:an? )?(?:{en})\b",
        rf"\b(?:recalls?|letter|records?|(?:in|of|since) (?:19|"
        rf"20)\d{{2}})\b[^.;\n]{{0,40}}?\b(?:{en})\b",
    ]
    if row["told"]:
        told.append(row["told"])
    drugs = row["medicines"]
    taken = rf"{_AT_HOME}[^。;\n]{{0,24}}?(?:{drugs})" if drugs else _NONE
    return _History(
        Bilingual(row["zh"], row["en"]),
        re.compile(rf"{zh}|\b(?:{en})\b"),
        re.compile("|".join(told)),
        re.compile(row["told"] or _NONE),
        re.compile(taken),
    )


def denied_histories(stay: Stay) -> Iterator[Defect]:
    """A disease that is denied altogether, and told of as known for long or by what the patient
    takes for it at home.

    Source: 病历质控常见缺陷 C17 (collected from memory).
    """
    records = [paper for kind in _HISTORY_OF for paper in stay.papers_of(kind)]
    for history in _histories():
        denials = [d for paper in records for d in _denials(paper, history)]
        if not denials:
            continue
        told = next((t for paper in stay.papers for t in _told(paper, history, denials)), None)
        if told is not None:
            yield told_in_spite(history.title, denials[0], told)


_Place = tuple[Paper, Span]


def _denials(paper: Paper, history: _History) -> Iterator[_Place]:
    for match in history.name.finditer(paper.folded):
        if any(p.body.start <= match.start() < p.body.end for p in paper.parts_of("family")):
            continue
        begin = _begin(paper.folded, match.start())
        before = paper.folded[max(begin, match.start() - _LIST_REACH) : match.start()]
        denying = list(_DENYING.finditer(before))
        if not denying:
            continue
        listed = before[denying[-1].end() :]
        behind = re.split(r"[,，。;\n.]", paper.folded[match.end() : match.end() + 16])[0]
        if not _is_list(listed) or _OTHERS.search(before[denying[-1].start() :] + behind):
            continue
        if is_of_a_relative(before) or "家族" in before + behind or "家族" in listed:
            continue
        start = match.start() - len(before) + denying[-1].start()
        yield paper, Span(start, match.end())


def _is_list(words: str) -> bool:
    """Whether between a denial and a name stand only other things that are denied."""
    return not re.search(
        r"\.\s|有|患|曾|行|因|示|为|后|时|予|治|[:：]|\b(?:but|has|had|is|was|on|for|since|which|due)\b",
        words,
    )


def _told(paper: Paper, history: _History, denials: list[_Place]) -> Iterator[_Place]:
    speaks = history.name.search(paper.folded) or history.alone.search(paper.folded)
    for match in history.told.finditer(paper.folded) if speaks else ():
        others = paper.parts_of("family", *DIAGNOSES)
        if any(p.body.start <= match.start() < p.body.end for p in others):
            continue
        if any(p is paper and s.start <= match.start() < s.end + 8 for p, s in denials):
            continue
        if _is_meant(paper, match):
            yield paper, Span(*match.span())
    if paper.kind is None or paper.kind.id not in _HISTORY_OF:
        return
    for part in paper.parts_of(*_ABOUT_HOME):
        for match in history.taken.finditer(paper.folded, part.body.start, part.body.end):
            clause = re.split(r"[,，。;(\n]", paper.folded[: match.start()])[-1] + match.group()
            if _is_meant(paper, match) and not _NOT_AT_HOME.search(clause):
                yield paper, Span(*match.span())


def _is_meant(paper: Paper, match: re.Match[str]) -> bool:
    begin = max(paper.folded.rfind(stop, 0, match.start()) for stop in ",，。;\n:") + 1
    clause = paper.folded[begin : match.end()]
    line = paper.folded[paper.folded.rfind("\n", 0, match.start()) + 1 : match.start()]
    if _NOT_TOLD.search(clause) or is_of_a_relative(clause):
        return False
    return re.search(r"鉴别(?!.*(?:计划|处理))|differential(?!.*plan)", line) is None


def _begin(folded: str, position: int) -> int:
    return max(folded.rfind(stop, 0, position) for stop in _STOPS) + 1


def told_in_spite(what: Bilingual, denial: tuple[Paper, Span], told: tuple[Paper, Span]) -> Defect:
    """That one place denies what another tells of.

    Args:
        what: what is denied, as people call it.
    """
    (denying, span), (telling, place) = denial, told
    return Defect(
        "RQ-C06",
        Bilingual(
            zh=f"{what.zh}：{title_of(denying).zh}写“{denying.quote(span)}”，"
            f"{title_of(telling).zh}写有“{telling.quote(place)}”。",
            en=f"{what.en}: {title_of(denying).en} says “{denying.quote(span)}”, "
            f"{title_of(telling).en} tells of “{telling.quote(place)}”.",
        ),
        document=denying,
        span=span,
        evidence=(seen(denying, span), seen(telling, place)),
    )
