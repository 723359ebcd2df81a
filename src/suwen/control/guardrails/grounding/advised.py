"""What a sentence advises, and of which medicines and under which conditions."""

from __future__ import annotations

from dataclasses import replace

from suwen.control.guardrails.grounding.facts import HeldAdvice
from suwen.control.guardrails.grounding.reading import Reading, TermUse
from suwen.control.guardrails.grounding.vocabulary import TermKind
from suwen.language.advice import Advice, find_advice
from suwen.language.negation import Assertion, Scope, assertion_of


def held_advice(reading: Reading) -> tuple[HeldAdvice, ...]:
    """What a sentence advises: of the medicines of the clause, else of those of the sentence.

    A clause that has a name of its own (ACEI) is not about what stands in another clause.
    """
    drugs = [use for use in reading.terms if use.term.kind is TermKind.DRUG]
    every = frozenset(use.term.key for use in drugs)
    found = []
    advised = find_advice(reading.folded)
    plain = all(
        is_of_advice(s, advised) for s in reading.scopes if s.assertion is Assertion.NEGATED
    )
    for advice in advised:
        low, high = advice.clause
        own = frozenset(use.term.key for use in drugs if low <= use.start < high)
        surfaces = {reading.folded[use.start : use.end] for use in reading.terms}
        unknown = advice.names - surfaces
        found.append(HeldAdvice(advice, own or (frozenset() if unknown else every), plain))
    return tuple(found)


def conditions_affirmed(reading: Reading) -> Reading:
    """The reading in which advice against something denies none of the findings beside it.

    "Not to be given in asthma" does not say that there is no asthma.
    """
    advised = find_advice(reading.folded)
    kept = [s for s in reading.scopes if not is_of_advice(s, advised)]
    if len(kept) == len(reading.scopes):
        return reading
    return replace(reading, terms=tuple(_reread(use, kept) for use in reading.terms))


def is_of_advice(scope: Scope, advised: list[Advice]) -> bool:
    """Whether the words of a denial are themselves advice or a bound."""
    return scope.assertion is Assertion.NEGATED and any(
        a.start < scope.trigger[1] and scope.trigger[0] < a.end for a in advised
    )


def _reread(use: TermUse, scopes: list[Scope]) -> TermUse:
    if use.assertion is not Assertion.NEGATED or use.term.kind is TermKind.DRUG:
        return use
    return replace(use, assertion=assertion_of(use.start, use.end, scopes))
