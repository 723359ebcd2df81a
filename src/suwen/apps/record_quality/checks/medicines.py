"""Medicines that are given although the record says that the patient is allergic to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache

from suwen.appkit import Bilingual, Evidence, EvidenceKind, Span
from suwen.apps.record_quality.checks.relatives import RELATIVE
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.clinical.allergy_classes import (
    Agent,
    allergy_classes,
    classes_of,
    substance_wordings,
)
from suwen.clinical.allergy_conflicts import NAMED_CLASS, SAME_SUBSTANCE, worst_conflict
from suwen.language.terms import TermSpotter

_STATED = re.compile(
    r"(?:对\s*)?(?P<zh>[^，,。；;\n：:、(（]{1,16}?)(?:类)?(?:药物?)?"
    r"(?:(?<![抗非防])过敏(?!性|原|体质)|皮试(?:呈|为)?(?:阳性|\(\+\)))|"
    r"(?:注射|服用?|使用|应用|口服|静滴|静点|输注)[^,，。;\n]{2,14}?后[^。;\n]{0,12}?"
    r"(?:风团|荨麻疹|喉头水肿|过敏性?休克|全身皮疹|全身瘙痒|喉紧)|"
    r"\ballergic to (?P<en>[a-z][^.;,\n]{1,30})|\b(?P<en2>[a-z]{5,}(?: [a-z]+)?) allergy\b"
)
_NONE = re.compile(
    r"否认|无(?!力)|未发现|没有|不详|阴性|\(-\)|\bno\b|\bnone\b|\bnot\b|\bdenies\b|\bnil\b|\bnkd?a\b|"
    r"\bnegative\b|\bwithout\b"
)
# What the patient can have although it stands beside what the patient cannot.
_TOLERATED = re.compile(
    r"耐受|可用|能用|可以用|可使用|可服|可应用|无反应|无不适|正常使用|安全|"
    r"\b(?:tolerat\w*|safe\w*|without (?:any )?(?:reaction|problem)s?|no reaction|fine)\b"
)
_NO_MORE_OF_ALLERGIES = re.compile(
    r"用药|服用|口服|\d\s*m?g\b|手术|输血|预防接种|疫苗|"
    r"\b(?:medic(?:ation|ine)s?|drugs? history|vaccin\w*|immuni\w*|takes?|taking|surger\w*|"
    r"transfus\w*|"
    r"current\w*|regular)\b"
)
_ALLERGEN_CLAUSE = re.compile(r"(?:\([^)]*\)|[^，,。；;\n.(]|\.(?=\d)|\()+")
# One of a class stands for all of it: the reaction is to what they share.
_ONE_FOR_ALL = frozenset({"penicillins"})
_TOLD_BEFORE = ("past", "illness", "complaint", "family", "personal")
_AVOIDED = re.compile(
    r"避免|禁(?![食饮水烟酒])|忌(?![口烟酒食])|无关|无交叉|不用|不予|不宜|不能|未用|未予|未使用|停(?!经|搏)|换(?!药|瓣|液)|勿|过敏|皮试|代替|替代|不选|慎|拒|敏感|耐药|药敏|耐受|"
    r"\b(?:no|not|never|avoid\w*|without|instead of|stop\w*|allerg\w*|contraindicat\w*|withh\w*|"
    r"rather than|refus\w*|declin\w*|replac\w*|except|not to|resist\w*|suscept\w*|"
    r"sensitiv\w*|tolerat\w*|react\w*)\b"
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
    learned = {paper.id: paper.written_at for paper in stay.course if _is_of_later(paper)}
    if not allergens:
        return
    told: set[tuple[str, str]] = set()
    for paper in stay.papers:
        for span, agents in _mentions(paper.folded):
            for agent, source in allergens:
                shared = _shared(agent, agents)
                if shared is None or _is_learned_later(paper, source, learned):
                    continue
                if (paper.id, shared.en) in told or not _is_given(paper, span):
                    continue
                told.add((paper.id, shared.en))
                yield Defect(
                    "RQ-C08",
                    Bilingual(
                        zh=f"记录对{shared.zh}过敏（“{source.quote}”），"
                        f"{title_of(paper).zh}却用“{paper.quote(span)}”。",
                        en=f"Allergic to {shared.en} (“{source.quote}”), yet "
                        f"{title_of(paper).en} gives “{paper.quote(span)}”.",
                    ),
                    document=paper,
                    span=span,
                    evidence=(seen(paper, span), source),
                )


def _is_of_later(paper: Paper) -> bool:
    return paper.kind is not None and paper.kind.id != "first_course_note"


def _is_learned_later(
    paper: Paper, source: Evidence, learned: Mapping[str, datetime | None]
) -> bool:
    """Whether the allergy was told first in a note behind the document that gives the medicine."""
    at = learned.get(source.reference.partition("#")[0])
    return at is not None and paper.written_at is not None and paper.written_at < at


def _shared(allergen: Agent, given: tuple[Agent, ...]) -> Bilingual | None:
    """What an allergen and what is given have in common, where that forbids it by itself."""
    conflict = worst_conflict((allergen,), given, grave=False)
    if conflict is not None and conflict.rule in (SAME_SUBSTANCE, NAMED_CLASS):
        return conflict.shared
    both = sorted(c for one in given for c in allergen.classes & one.classes & _ONE_FOR_ALL)
    return allergy_classes()[both[0]].title if both else None


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
        yield from _listed(paper, _said_of_allergies(paper, part.body))
    for match in _STATED.finditer(paper.folded):
        clause = paper.folded[_clause_start(paper.folded, match.start()) : match.end()]
        if not (_NONE.search(clause) or RELATIVE.search(clause)):
            yield Span(match.start(), match.end())


def _listed(paper: Paper, said: Span) -> Iterator[Span]:
    """The clauses below the heading for allergies that name what the patient cannot have."""
    denied = False
    for clause in _ALLERGEN_CLAUSE.finditer(paper.folded, said.start, said.end):
        words = clause.group()
        if _NO_MORE_OF_ALLERGIES.search(words):
            return
        if _NONE.search(words):
            denied = True
            continue
        # Behind a denial only what says that it is an allergy is one.
        if _TOLERATED.search(words) or RELATIVE.search(words) or (denied and "敏" not in words):
            continue
        yield Span(clause.start(), clause.end())


def _clause_start(folded: str, position: int) -> int:
    return max(folded.rfind(stop, 0, position) for stop in "，,。；;\n") + 1


def _said_of_allergies(paper: Paper, body: Span) -> Span:
    following = _NEXT_HEADING.search(paper.folded, body.start, body.end)
    return Span(body.start, following.start()) if following is not None else body


def _is_given(paper: Paper, span: Span) -> bool:
    """Whether the words around say that it is given, and not that it is avoided."""
    said = [_said_of_allergies(paper, part.body) for part in paper.parts_of(*_PATHS)]
    said += [part.body for part in paper.parts_of(*_TOLD_BEFORE)]
    if any(one.start <= span.start < one.end for one in said):
        return False
    start = _start(paper.folded, span.start)
    stops = [paper.folded.find(stop, span.end) for stop in _SENTENCE_STOP]
    end = min((s for s in stops if s >= 0), default=len(paper.folded))
    clause = re.split(r"\.\s", paper.folded[start : span.start])[-1]
    behind = re.split(r"[，,.]", paper.folded[span.end : end])[0]
    if RELATIVE.search(clause):
        return False
    return not (_AVOIDED.search(clause) or _AVOIDED.search(behind))


def _start(folded: str, position: int) -> int:
    return max(folded.rfind(stop, 0, position) for stop in _SENTENCE_STOP) + 1


def names_allergen(folded: str) -> bool:
    """Whether a wording names a medicine or class that the tables know, or says allergic."""
    return bool(_agents(folded)) or _STATED.search(folded) is not None


def _agents(folded: str) -> list[Agent]:
    """What a wording of an allergy names: classes first, then substances."""
    mentions = list(_spotter().find(folded))
    agents = [agent for mention in mentions for agent in mention.meanings]
    named = frozenset(c for agent in agents if agent.substance is None for c in agent.classes)
    found: list[Agent] = [Agent(None, named, named)] if named else []
    found.extend(agent for agent in agents if agent.substance is not None)
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
