"""Checks of findings and procedures: whether they hold, of whom, and on which side."""

from __future__ import annotations

import re

from suwen.control.guardrails.grounding.check_polarity import stands_alone
from suwen.control.guardrails.grounding.check_values import on_days
from suwen.control.guardrails.grounding.claims import Claims, FindingClaim
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact, FactTerm
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.reading import TermUse
from suwen.control.guardrails.grounding.vocabulary import TermKind
from suwen.control.guardrails.grounding.wordings import own_words
from suwen.core.document import UnsupportedReason
from suwen.core.finding import EvidenceKind
from suwen.language.laterality import Side
from suwen.language.negation import Assertion
from suwen.language.words import content_words

# A family history tells of relatives; an entry about the patient does not belong there.
_OWN_IN_FAMILY = re.compile(r"(?:家族史|family history)\s*[:：]\s*(?:患者本人|本人|the patient\b)")
_RELATIVE_REACH = 6
_DECIDED = (Assertion.AFFIRMED, Assertion.NEGATED)
_Held = tuple[Fact, FactTerm]


def check_findings(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """Every finding, disease, habit and procedure of the statement."""
    for claim in claims.findings:
        held = list(index.of_term(claim.use.term.key))
        if not held and claim.use.label:
            continue
        if not held:
            _check_untraced(claim, claims, index, outcome)
            continue
        own = [h for h in held if _is_of(claim.use, h[1]) or _is_told_near(claim.use, h[0], index)]
        if not own:
            if index.has_record or claim.use.assertion is not Assertion.NEGATED:
                outcome.fails(UnsupportedReason.PERSON)
            continue
        decided = [h for h in own if h[1].assertion in _DECIDED]
        agreeing = [h for h in decided or own if _agrees(claim.use, h[1])]
        if not agreeing:
            if index.has_record and _is_part_of_a_name(claim.use.start, claims, index):
                outcome.holds(own[0][0].evidence())
            else:
                outcome.fails(UnsupportedReason.NEGATION)
            continue
        dated = [h for h in agreeing if on_days(h[0], claim.dates)]
        if claim.dates and not dated and index.has_record and _are_dated(agreeing):
            outcome.fails(UnsupportedReason.DATE)
            continue
        outcome.holds((dated or agreeing)[0][0].evidence())


def _are_dated(held: list[_Held]) -> bool:
    return all(fact.days for fact, _ in held)


def _is_of(use: TermUse, held: FactTerm) -> bool:
    """Whether both speak of the patient, or both of a relative who may be the same."""
    if use.relation is None:
        return held.relation is None
    if held.relation is None:
        return False
    return held.relation == use.relation or "family" in (held.relation, use.relation)


def _is_told_near(use: TermUse, fact: Fact, index: EvidenceIndex) -> bool:
    """In speech: whether the relative is named a few sentences away ("and your father?")."""
    if use.relation is None or fact.kind is not EvidenceKind.DIALOGUE:
        return False
    if use.relation == "family":
        return True
    names = (use.relation, *_RELATED.get(use.relation, ()))
    return any(
        abs(told.position - fact.position) <= _RELATIVE_REACH
        for name in names
        for told in index.of_relation(name)
    )


def _agrees(use: TermUse, held: FactTerm) -> bool:
    if held.assertion is None or held.assertion is Assertion.UNCERTAIN:
        return True
    if use.assertion is Assertion.UNCERTAIN:
        return True
    return use.assertion is held.assertion


def _check_untraced(
    claim: FindingClaim, claims: Claims, index: EvidenceIndex, outcome: Outcome
) -> None:
    """A finding that the evidence never names by any wording of ours."""
    surface = claims.reading.folded[claim.use.start : claim.use.end]
    words = content_words(surface)
    if words and all(index.knows_word(w) for w in words):
        fact, shared = index.best_match(words)
        if fact is not None and shared == len(words):
            outcome.holds(fact.evidence())
            return
    if index.has_record:
        outcome.fails(UnsupportedReason.NO_EVIDENCE)


def check_persons(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """A relative of whom something is stated must be somebody of whom the evidence says so."""
    own_history = _OWN_IN_FAMILY.search(claims.reading.folded)
    if own_history and index.has_record:
        outcome.fails(UnsupportedReason.PERSON)
    for person in claims.reading.persons:
        if person.relation == "family":
            continue
        if not index.has_record:
            if not index.has_guest and not _is_mentioned(person.relation, index):
                outcome.fails(UnsupportedReason.PERSON)
            continue
        if _is_part_of_a_name(person.start, claims, index):
            continue
        told = index.of_relation(person.relation)
        shares = any(
            held.term.key in claims.terms and held.relation == person.relation
            for fact in told
            for held in fact.terms
        )
        if not shares and not any(_tells_the_same(fact, claims) for fact in told):
            outcome.fails(UnsupportedReason.PERSON)


_RELATED = {
    "parent": ("mother", "father"),
    "mother": ("parent",),
    "father": ("parent",),
    "sibling": ("brother", "sister"),
    "child": ("son", "daughter"),
    "grandparent": ("grandmother", "grandfather"),
}


def _is_mentioned(relation: str, index: EvidenceIndex) -> bool:
    return any(index.of_relation(r) for r in (relation, *_RELATED.get(relation, ())))


def _is_part_of_a_name(position: int, claims: Claims, index: EvidenceIndex) -> bool:
    """Whether the words around stand in the evidence as they are ("Hospital for Children")."""
    clauses = re.finditer(r"[^，,。；;、:：]+", claims.reading.folded)
    clause = next((m.group() for m in clauses if m.start() <= position < m.end()), "")
    return stands_alone(clause.strip(" ."), index.pool)


def _tells_the_same(fact: Fact, claims: Claims) -> bool:
    own = set(own_words(claims.reading.folded))
    return bool(own) and len(own & fact.words) * 2 >= len(own)


def check_sides(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """Every side of the body that the statement names."""
    seen: set[tuple[str, Side]] = set()
    for use in claims.reading.terms:
        for side in use.sides:
            if (use.term.key, side) not in seen and use.term.kind is not TermKind.DRUG:
                seen.add((use.term.key, side))
                _check_side(use, side, index, outcome)
    if claims.reading.sides and not seen:
        stated = {s.side for s in claims.reading.sides}
        everywhere = {s for f in index.facts for s in f.sides}
        if not all(_is_covered(side, everywhere) for side in stated):
            outcome.fails(UnsupportedReason.LATERALITY)


def _check_side(use: TermUse, side: Side, index: EvidenceIndex, outcome: Outcome) -> None:
    held = index.of_term(use.term.key)
    bound = {s for _, term in held for s in term.sides}
    if bound:
        if _is_covered(side, bound):
            outcome.holds()
        else:
            outcome.fails(UnsupportedReason.LATERALITY)
        return
    if side is Side.BOTH and not index.has_record:
        # Speech examines "the lungs" or "your legs" and means both.
        return
    near: set[Side] = set()
    for fact, _ in held:
        near |= fact.sides
        if fact.kind is EvidenceKind.DIALOGUE:
            near |= _sides_around(fact, index)
    everywhere = near or {s for f in index.facts for s in f.sides}
    if _is_covered(side, everywhere):
        outcome.holds()
    else:
        outcome.fails(UnsupportedReason.LATERALITY)


def _sides_around(fact: Fact, index: EvidenceIndex) -> set[Side]:
    return {
        side
        for other in index.facts
        if other.kind is EvidenceKind.DIALOGUE and abs(other.position - fact.position) <= 3
        for side in other.sides
    }


def _is_covered(side: Side, held: set[Side]) -> bool:
    if side in held:
        return True
    if side is Side.BOTH:
        return {Side.LEFT, Side.RIGHT} <= held
    return Side.BOTH in held
