"""Checks of medicines: the substance, what it is there for, its dose and its frequency."""

from __future__ import annotations

import re
from collections.abc import Sequence

from suwen.control.guardrails.grounding.check_values import on_days, states_unit
from suwen.control.guardrails.grounding.claims import Claims, DrugClaim
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact, FactTerm, FactValue
from suwen.control.guardrails.grounding.numbers_match import Agreement, agreement
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.core.document import UnsupportedReason
from suwen.core.finding import EvidenceKind
from suwen.language.negation import Assertion

_NEIGHBOURS = 4
_STOPPED = re.compile(r"(?a)\bstop|\bdiscontinu|\bhold\b|\bavoid|\boff\b|停|禁")
_Held = tuple[Fact, FactTerm]


def check_drugs(
    claims: Claims, index: EvidenceIndex, outcome: Outcome, *, settled: bool = False
) -> None:
    """Every medicine of the statement with its doses and frequencies.

    Args:
        settled: whether it is already known that the evidence denies what the statement denies.
    """
    for claim in claims.drugs:
        held = list(index.of_term(claim.use.term.key))
        under = index.under(claim.use.term.key)
        if not held and not under:
            outcome.fails(UnsupportedReason.DRUG)
            continue
        fitting = _of_right_kind(held, claim, claims)
        if not fitting and not under:
            outcome.fails(UnsupportedReason.DRUG)
            continue
        if fitting and not settled and _is_contradicted(claim, fitting, claims):
            outcome.fails(UnsupportedReason.NEGATION)
            continue
        dated = [h for h in fitting if on_days(h[0], claim.dates)]
        facts = [h[0] for h in dated or fitting]
        if claim.dates and not dated and _all_recorded(facts):
            outcome.fails(UnsupportedReason.DATE)
        _check_doses(claim, [*facts, *under], index, outcome)


def _all_recorded(facts: Sequence[Fact]) -> bool:
    return all(f.kind is EvidenceKind.RECORD and f.category != "text" for f in facts)


def _of_right_kind(held: list[_Held], claim: DrugClaim, claims: Claims) -> list[_Held]:
    """An allergy is claimed of allergies, a treatment of anything else."""
    if claims.about_allergy and not claims.is_treatment(claim):
        return [h for h in held if h[0].category in ("allergy", "text")]
    return [h for h in held if h[0].category != "allergy"]


def _is_contradicted(claim: DrugClaim, held: list[_Held], claims: Claims) -> bool:
    said = {t.assertion for _, t in held}
    if None in said or Assertion.UNCERTAIN in said or _STOPPED.search(claims.reading.folded):
        return False
    if claim.use.assertion is Assertion.NEGATED:
        return Assertion.NEGATED not in said
    return Assertion.AFFIRMED not in said


def _check_doses(
    claim: DrugClaim, facts: Sequence[Fact], index: EvidenceIndex, outcome: Outcome
) -> None:
    """All doses and frequencies of one claim must stand in one fact (or beside it, in speech)."""
    stated = [(n, d.quantity) for d in claim.doses for n in d.quantity.numbers]
    best_missing: int | None = None
    chosen: Fact | None = None
    for fact in facts:
        values = _values_near(fact, claim.use.term.key, index)
        missing = sum(
            not any(
                agreement(n, quantity.unit, v) is Agreement.EQUAL and states_unit(fact, v, quantity)
                for v in values
            )
            for n, quantity in stated
        )
        missing += _missing_rates(claim, fact, index)
        if best_missing is None or missing < best_missing:
            best_missing, chosen = missing, fact
        if missing == 0:
            break
    if chosen is None:
        return
    if best_missing:
        outcome.fails(UnsupportedReason.DOSE)
    else:
        outcome.holds(chosen.evidence())


def _values_near(fact: Fact, key: str, index: EvidenceIndex) -> list[FactValue]:
    if fact.category != "text":
        return [v for v in fact.values if v.owner in (None, key)]
    return [
        value
        for near in _neighbours(fact, index)
        for value in near.values
        if value.owner in (None, key)
    ]


def _neighbours(fact: Fact, index: EvidenceIndex) -> list[Fact]:
    """In speech a dose may come a turn before or after the name of the medicine."""
    if fact.kind is not EvidenceKind.DIALOGUE:
        return [fact]
    return [
        f
        for f in index.facts
        if f.kind is EvidenceKind.DIALOGUE and abs(f.position - fact.position) <= _NEIGHBOURS
    ]


def _missing_rates(claim: DrugClaim, fact: Fact, index: EvidenceIndex) -> int:
    if not claim.frequencies:
        return 0
    rates = {r for f in _neighbours(fact, index) for r in f.rates}
    if not rates and fact.kind is EvidenceKind.DIALOGUE:
        return 0
    return sum(f.per_day not in rates for f in claim.frequencies)
