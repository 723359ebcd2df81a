"""Medicines that are given although the record says that the patient is allergic to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from suwen.appkit import Bilingual, Evidence, EvidenceKind, Span
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.clinical.allergy_classes import (
    NAMED_CLASS,
    SAME_SUBSTANCE,
    Agent,
    allergy_classes,
    classes_of,
    substance_wordings,
    worst_conflict,
)
from suwen.language.terms import TermSpotter

_STATED = re.compile(
    r"(?:对\s*)?(?P<zh>[^，。；;\n：:、]{1,16}?)(?:类)?(?:药物?)?过敏|"
    r"\ballergic to (?P<en>[a-z][^.;,\n]{1,30})|\b(?P<en2>[a-z]{5,}(?: [a-z]+)?) allergy\b"
)
_NONE = re.compile(r"否认|无|未发现|没有|不详|\bno\b|\bnone\b|\bnot\b|\bdenies\b|\bnil\b|\bnkd?a\b")
_RELATIVE = re.compile(
    r"父|母|兄|弟|姐|妹|配偶|子女|家属|邻床|\b(?:mother|father|wife|husband|family)\b"
)
_AVOIDED = re.compile(
    r"避免|禁用|禁|忌|不用|不予|不宜|不能|未用|未予|未使用|停用|停|换|勿|过敏|皮试|代替|替代|不选|慎|拒|"
    r"\b(?:no|not|never|avoid\w*|without|instead of|stop\w*|allerg\w*|contraindicat\w*|withh\w*|"
    r"rather than|refus\w*|declin\w*|replac\w*|except|not to)\b"
)
_SENTENCE_STOP = "。；;\n"
_PATHS = ("allergy",)
# A heading that no table knows ends what is said of allergies, too: in brackets, or a short line
# of its own behind an empty one.
_NEXT_HEADING = re.compile(r"\n[ \t]*[【\[〔]|\n[ \t]*\n[^\n。，；：:,;.]{2,32}\n")


def allergy_defects(stay: Stay) -> Iterator[Defect]:
    """Medicines given of the substance or class that an allergy names; cross-reactions of other
    classes are the prescription review's and are not told here.

    Source: 病历质控常见缺陷 C04; the classes of ``clinical.allergy_classes``.
    """
    allergens = list(_allergens(stay))
    if not allergens:
        return
    told: set[tuple[str, str]] = set()
    for paper in stay.papers:
        for span, agents in _mentions(paper.folded):
            for agent, source in allergens:
                conflict = worst_conflict((agent,), agents, grave=False)
                if conflict is None or conflict.rule not in (SAME_SUBSTANCE, NAMED_CLASS):
                    continue
                word = paper.folded[span.start : span.end]
                if (paper.id, word) in told or not _is_given(paper, span):
                    continue
                told.add((paper.id, word))
                yield Defect(
                    "RQ-C08",
                    Bilingual(
                        zh=f"记录对{conflict.shared.zh}过敏（“{source.quote}”），"
                        f"{title_of(paper).zh}却用“{paper.quote(span)}”。",
                        en=f"Allergic to {conflict.shared.en} (“{source.quote}”), yet "
                        f"{title_of(paper).en} gives “{paper.quote(span)}”.",
                    ),
                    document=paper,
                    span=span,
                    evidence=(seen(paper, span), source),
                )


def _mentions(folded: str) -> Iterator[tuple[Span, tuple[Agent, ...]]]:
    """Medicines that a text names, by the table or by the stem of their class."""
    taken: list[Span] = []
    for mention in _spotter().find(folded):
        taken.append(Span(mention.start, mention.end))
        yield taken[-1], mention.meanings
    for stem, agent in _stems():
        for match in stem.finditer(folded):
            if not any(s.start < match.end() and match.start() < s.end for s in taken):
                yield Span(match.start(), match.end()), (agent,)


def _allergens(stay: Stay) -> Iterator[tuple[Agent, Evidence]]:
    for reference, wording in stay.allergies:
        for agent in _agents(wording.lower()):
            yield agent, Evidence(EvidenceKind.RECORD, reference, wording)
    for paper in stay.papers:
        for span in _stated(paper):
            for agent in _agents(paper.folded[span.start : span.end]):
                yield agent, seen(paper, span)


def _stated(paper: Paper) -> Iterator[Span]:
    """Where a document says that the patient is allergic to something."""
    for part in paper.parts_of(*_PATHS):
        span = _said_of_allergies(paper, part.body)
        body = paper.folded[span.start : span.end]
        if not _NONE.search(body.split("其他")[0].split("other")[0]):
            yield span
    for match in _STATED.finditer(paper.folded):
        sentence = paper.folded[_start(paper.folded, match.start()) : match.end()]
        if not (_NONE.search(sentence) or _RELATIVE.search(sentence)):
            yield Span(match.start(), match.end())


def _said_of_allergies(paper: Paper, body: Span) -> Span:
    following = _NEXT_HEADING.search(paper.folded, body.start, body.end)
    return Span(body.start, following.start()) if following is not None else body


def _is_given(paper: Paper, span: Span) -> bool:
    """Whether the words around say that it is given, and not that it is avoided."""
    said = [_said_of_allergies(paper, part.body) for part in paper.parts_of(*_PATHS)]
    if any(one.start <= span.start < one.end for one in said):
        return False
    start = _start(paper.folded, span.start)
    stops = [paper.folded.find(stop, span.end) for stop in _SENTENCE_STOP]
    end = min((s for s in stops if s >= 0), default=len(paper.folded))
    clause = re.split(r"\.\s", paper.folded[start : span.start])[-1]
    behind = re.split(r"[，,.]", paper.folded[span.end : end])[0]
    if _RELATIVE.search(clause):
        return False
    return not (_AVOIDED.search(clause) or _AVOIDED.search(behind))


def _start(folded: str, position: int) -> int:
    return max(folded.rfind(stop, 0, position) for stop in _SENTENCE_STOP) + 1


def names_allergen(folded: str) -> bool:
    """Whether a wording names a medicine or class that the tables know, or says allergic."""
    return bool(_agents(folded)) or _STATED.search(folded) is not None


def _agents(folded: str) -> list[Agent]:
    """What a wording of an allergy names: classes first, then substances."""
    named = frozenset(
        c.id for c in allergy_classes().values() if any(w.lower() in folded for w in c.words)
    )
    found: list[Agent] = [Agent(None, named, named)] if named else []
    for mention in _spotter().find(folded):
        found.extend(agent for agent in mention.meanings if agent.substance is not None)
    return found


@cache
def _spotter() -> TermSpotter[Agent]:
    return TermSpotter(_vocabulary())


def _vocabulary() -> Iterable[tuple[str, Agent]]:
    for wording, substance in substance_wordings():
        yield wording, Agent(substance, classes_of(substance))
    for known in allergy_classes().values():
        for word in known.words:
            yield word, Agent(None, frozenset({known.id}))


@cache
def _stems() -> tuple[tuple[re.Pattern[str], Agent], ...]:
    return tuple(
        (re.compile(stem), Agent(None, frozenset({known.id})))
        for known in allergy_classes().values()
        for stem in known.stems
    )
