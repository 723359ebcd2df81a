"""Checks of advice: what the passages forbid must not be allowed, nor raised what they lower."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from suwen.control.guardrails.grounding.advised import held_advice
from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact, HeldAdvice
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.wordings import label_words
from suwen.core.document import UnsupportedReason
from suwen.core.finding import EvidenceKind

# Two pieces of advice are of the same matter when they share this much of the shorter wording.
_SAME_MATTER = 0.5
_NEARLY_BEST = 0.93
# What stands in another clause of the same sentence counts for half.
_OTHER_CLAUSE = 0.5
_FEWEST_WORDS = 2


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the evidence advises on a matter, and how near that is to the statement's."""

    fact: Fact
    held: HeldAdvice
    nearness: float


def check_advice(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> bool:
    """No advice of the statement may be the opposite of what passages advise on its matter.

    Returns:
        Whether the passages bear out all the advice, and neither they nor the statement deny
        anything else there.
    """
    advised = held_advice(claims.reading)
    if not advised or not index.advising or _is_of_record(claims, index):
        return False
    settled = True
    for said in advised:
        places = _nearest(said, index)
        agreeing = [p for p in places if not said.advice.is_opposed(p.held.advice)]
        if agreeing:
            best = max(agreeing, key=lambda p: p.nearness)
            outcome.holds(best.fact.evidence())
            settled = settled and said.plain and best.held.plain
        elif places:
            outcome.fails(UnsupportedReason.NEGATION)
        settled = settled and bool(agreeing)
    return settled


def _is_of_record(claims: Claims, index: EvidenceIndex) -> bool:
    """Whether the statement is nearer to what the record or the conversation tells."""
    if not index.has_record:
        return False
    nearest, _ = index.best_match(claims.reading.words - label_words())
    return nearest is None or nearest.kind is not EvidenceKind.PASSAGE


def _nearest(said: HeldAdvice, index: EvidenceIndex) -> list[_Place]:
    """The comparable advice of the passages whose matter is nearly as near as the nearest."""
    places = [
        _Place(fact, held, nearness)
        for fact in index.advising
        for held in fact.advice
        if _may_be_same(said, held) and (nearness := _nearness(said, held, index)) > 0
    ]
    best = max((p.nearness for p in places), default=0.0)
    return [p for p in places if p.nearness >= _NEARLY_BEST * best]


def _may_be_same(said: HeldAdvice, held: HeldAdvice) -> bool:
    """Whether both are on one question, and no other medicine or number stands between them."""
    if not said.advice.is_comparable(held.advice):
        return False
    if said.drugs and held.drugs and not said.drugs & held.drugs:
        return False
    named, other = said.drugs | said.advice.names, held.drugs | held.advice.names
    if said.advice.names and other and not named & other:
        return False
    numbers, own = said.advice.numbers, held.advice.numbers
    return not (numbers and own) or bool(numbers & own)


def _nearness(said: HeldAdvice, held: HeldAdvice, index: EvidenceIndex) -> float:
    told, sentence = _matter(held)
    own, matter = _matter(said)
    whole = _weight(told, index)
    near = _weight(told & own, index) + _OTHER_CLAUSE * _weight(told & (matter - own), index)
    if not whole or near < _SAME_MATTER * min(whole, _weight(own, index)):
        return 0.0
    return _weight(sentence & matter, index) * (1 + near / whole)


def _matter(of: HeldAdvice) -> tuple[frozenset[str], frozenset[str]]:
    """What its clause speaks of, and what its sentence does: words, numbers and medicines."""
    named = of.advice.numbers | of.drugs
    sentence = _telling(of.advice.sentence) | named
    clause = _telling(of.advice.words) | named
    return (clause if len(clause) >= _FEWEST_WORDS else sentence), sentence


def _telling(words: frozenset[str]) -> frozenset[str]:
    """The words that tell a matter: no labels, no single character (和, 时)."""
    return frozenset(w for w in words - label_words() if len(w) > 1)


def _weight(words: Iterable[str], index: EvidenceIndex) -> float:
    return sum(index.weight(w) for w in words)
