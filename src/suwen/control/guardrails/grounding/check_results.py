"""Checks of results without a number (negative, positive) and of claims about having no allergy."""

from __future__ import annotations

import re

from suwen.clinical.allergies import NO_ALLERGY
from suwen.control.guardrails.grounding.check_values import on_days
from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.vocabulary import TermKind
from suwen.core.document import UnsupportedReason
from suwen.core.record import AllergyItem
from suwen.language.negation import Assertion

_RESULT = re.compile(r"(?a)弱阳性|阳性|阴性|\bpositive\b|\bnegative\b")
_SAME = {"positive": "阳性", "negative": "阴性"}
_REFERENCE_BEFORE = re.compile(r"(?:参考区间|参考范围|参考值|参考|reference|ref\.?)\W*$")
_NO_KNOWN_ALLERGY = NO_ALLERGY | {"no-known-allergies", "nka", "nkda"}
_DENIED = re.compile(
    r"(?a)否认|无|没有|未发现|\bno\b|\bnone\b|\bdenie[sd]\b|\bnkda\b|\bnka\b|\bnot\b"
)


def check_results(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """A stated positive or negative must be the result, or the reference, of its own test."""
    tests = [
        use.term.key
        for use in claims.reading.terms
        if use.term.kind in (TermKind.ANALYTE, TermKind.RECORDED)
    ]
    if not tests or not index.has_record:
        return
    facts = [f for key in tests for f, _ in index.of_term(key) if f.category == "observation"]
    dated = [f for f in facts if on_days(f, claims.reading.dates)] or facts
    with_result = [f for f in dated if f.results or f.references]
    if not with_result:
        return
    for match in _RESULT.finditer(claims.reading.folded):
        said = _SAME.get(match.group(), match.group())
        reference = bool(_REFERENCE_BEFORE.search(claims.reading.folded[: match.start()]))
        held = [f for f in with_result if said in _words(f, reference)]
        if held:
            outcome.holds(held[-1].evidence())
        else:
            outcome.fails(UnsupportedReason.NEGATION)


def _words(fact: Fact, reference: bool) -> set[str]:
    texts = fact.references if reference else fact.results
    return {_SAME.get(m.group(), m.group()) for t in texts for m in _RESULT.finditer(t)}


def check_known_allergy(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """A statement that there is, or is no, allergy at all, without naming a substance."""
    if index.record is None or not claims.about_allergy or claims.drugs:
        return
    if not index.record.allergies:
        return
    substances = [a for a in index.record.allergies if not _is_none_known(a)]
    denies = bool(_DENIED.search(claims.reading.folded))
    names_one = any(_names(a, claims) for a in substances)
    if (substances and denies and not names_one and _is_general(claims)) or (
        not substances and not denies
    ):
        outcome.fails(UnsupportedReason.NEGATION)


def _is_none_known(allergy: AllergyItem) -> bool:
    return allergy.code is not None and allergy.code.code in _NO_KNOWN_ALLERGY


def _names(allergy: AllergyItem, claims: Claims) -> bool:
    name = allergy.code.text.lower() if allergy.code else ""
    return bool(name) and name in claims.reading.folded


def _is_general(claims: Claims) -> bool:
    """Whether the denial is of allergies as such, not of some finding beside one."""
    denied = [u for u in claims.reading.terms if u.assertion is Assertion.NEGATED]
    return not denied and bool(
        re.search(
            r"(?:否认|无)[^，。；]{0,12}过敏|no\s+(?:known\s+)?(?:\w+\s+)?allerg",
            claims.reading.folded,
        )
    )
