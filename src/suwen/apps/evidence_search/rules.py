"""The deterministic findings of a search: what the reader must know before relying on it.

| rule | what it notices |
|---|---|
| ES-01 | a document that does not hold today is among what was found |
| ES-02 | two sources say different things about the same matter |
| ES-03 | what would answer no longer or not yet holds, so there is no answer |
| ES-04 | the confidence does not reach the threshold: no answer |
| ES-05 | the answer rests on a document that nobody has reviewed |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from suwen.appkit import (
    Bilingual,
    Confidence,
    Evidence,
    EvidenceKind,
    Finding,
    Passage,
    Rule,
    Severity,
    Source,
)
from suwen.apps.evidence_search.matters import advises_against, same_matter
from suwen.apps.evidence_search.sentences import SourceSentence
from suwen.core.knowledge import Currency, TrustLevel
from suwen.language.quantities import find_quantities
from suwen.language.width import fold

ANSWER_FROM = 0.1
"""Least calibrated confidence, 0 to 1, from which a question is answered."""

_DESIGN = Source("suwen evidence search", "1", "answering")
NOT_IN_FORCE = Rule("ES-01", Severity.MINOR, _DESIGN, Confidence.REVIEWED)
SOURCES_DIFFER = Rule("ES-02", Severity.MODERATE, _DESIGN, Confidence.REVIEWED)
NOTHING_IN_FORCE = Rule("ES-03", Severity.MODERATE, _DESIGN, Confidence.REVIEWED)
NOT_FOUND = Rule("ES-04", Severity.INFO, _DESIGN, Confidence.REVIEWED)
NOT_REVIEWED = Rule("ES-05", Severity.INFO, _DESIGN, Confidence.REVIEWED)

CURRENCY_SAYS = {
    Currency.EXPIRED: Bilingual(zh="已过期", en="expired"),
    Currency.SUPERSEDED: Bilingual(zh="已被替代", en="superseded"),
    Currency.NOT_YET_EFFECTIVE: Bilingual(zh="尚未生效", en="not yet effective"),
}
_RELEVANT = 0.25


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sources that differ: in a ``number`` or in ``advice``."""

    first: SourceSentence
    second: SourceSentence
    kind: str


def in_force(passages: Sequence[Passage]) -> list[Passage]:
    """The passages that may be cited as what holds today."""
    return [
        p
        for p in passages
        if p.currency is Currency.CURRENT and p.trust is not TrustLevel.QUARANTINED
    ]


def find_conflicts(sentences: Sequence[SourceSentence]) -> tuple[Conflict, ...]:
    """Pairs of sentences of different documents that treat the same matter differently."""
    relevant = [s for s in sentences if s.coverage >= _RELEVANT]
    found = []
    for first, second in combinations(relevant, 2):
        if _document(first) == _document(second):
            continue
        if not same_matter(first, second, first.asked | second.asked):
            continue
        if advises_against(first.text) != advises_against(second.text):
            found.append(Conflict(first, second, "advice"))
        elif _differ(first.text, second.text):
            found.append(Conflict(first, second, "number"))
    return tuple(found[:5])


def findings_of(
    passages: Sequence[Passage],
    cited: Sequence[Passage],
    conflicts: Sequence[Conflict],
    *,
    confident: bool,
) -> tuple[Finding, ...]:
    """What must be said beside the answer."""
    found: list[Finding] = []
    outdated = {p.document_id: p for p in passages if p.currency is not Currency.CURRENT}
    found.extend(_outdated(p) for p in outdated.values())
    would_answer = [p for p in passages if (p.confidence or 0.0) >= ANSWER_FROM]
    if not confident and any(p.currency is not Currency.CURRENT for p in would_answer):
        found.append(NOTHING_IN_FORCE.finding(_NOTHING_IN_FORCE))
    elif not confident:
        found.append(NOT_FOUND.finding(_NOT_FOUND))
    found.extend(_conflict(c) for c in conflicts)
    unreviewed = {p.document_id: p for p in cited if p.trust is TrustLevel.UNREVIEWED}
    if unreviewed:
        found.append(NOT_REVIEWED.finding(_not_reviewed(list(unreviewed.values()))))
    return tuple(found)


def _outdated(passage: Passage) -> Finding:
    state = CURRENCY_SAYS[passage.currency]
    return NOT_IN_FORCE.finding(
        Bilingual(
            zh=f"《{passage.title}》{state.zh}，仅供参考，未用于回答。",
            en=f"'{passage.title}' is {state.en}; it is listed for reference and was not used.",
        ),
        evidence=(Evidence(EvidenceKind.PASSAGE, passage.id, passage.title),),
    )


def _conflict(conflict: Conflict) -> Finding:
    a, b = conflict.first.passage.title, conflict.second.passage.title
    zh, en = ("建议", "advice") if conflict.kind == "advice" else ("数值", "numbers")
    return SOURCES_DIFFER.finding(
        Bilingual(
            zh=f"《{a}》与《{b}》的{zh}不一致，请对照原文判断。",
            en=f"'{a}' and '{b}' differ in their {en}; compare the sources.",
        ),
        evidence=tuple(
            Evidence(EvidenceKind.PASSAGE, s.passage.id, s.text)
            for s in (conflict.first, conflict.second)
        ),
    )


_NOT_FOUND = Bilingual(
    zh="资料库中没有足以回答此问题的内容。下列段落最为接近，请自行判断，或换一种问法、换一个资料库。",
    en="The library holds nothing that suffices to answer. The nearest passages are listed for "
    "your own judgement; ask in other words, or another collection.",
)
_NOTHING_IN_FORCE = Bilingual(
    zh="能回答此问题的资料已失效或尚未生效，不能作为现行依据，因此不作回答。",
    en="What would answer the question no longer or not yet holds; it is no current evidence, so "
    "there is no answer.",
)


def _not_reviewed(passages: Sequence[Passage]) -> Bilingual:
    names = [p.title for p in passages][:3]
    return Bilingual(
        zh="所引资料尚未经本院审核：" + "、".join(f"《{n}》" for n in names) + "。",
        en="Cited documents that this hospital has not reviewed yet: "
        + ", ".join(f"'{n}'" for n in names)
        + ".",
    )


def _document(sentence: SourceSentence) -> tuple[str, str]:
    return sentence.passage.collection, sentence.passage.document_id


def _differ(first: str, second: str) -> bool:
    """Whether both state quantities of the same unit, and not one value is common to them."""
    a, b = _quantities(first), _quantities(second)
    return any(a[unit].isdisjoint(b[unit]) for unit in a.keys() & b.keys())


def _quantities(text: str) -> dict[str, set[Decimal]]:
    found: dict[str, set[Decimal]] = {}
    for mention in find_quantities(fold(text)):
        if mention.unit is not None and not mention.ordinal:
            values = {n.value * mention.unit.factor for n in mention.numbers}
            found.setdefault(mention.unit.dimension, set()).update(values)
    return found
