"""Checks that a statement leaves a trace in its evidence at all, and claims of absence."""

from __future__ import annotations

import re

from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.wordings import own_words
from suwen.core.document import UnsupportedReason
from suwen.core.finding import Evidence, EvidenceKind

_ABSENT = re.compile(
    r"(?a)未记录|无记录|暂无|未见.{0,12}记录|没有.{0,12}记录|无.{0,12}记录|病历中(?:未|无)|记录中(?:未|无)|未登记|未提供|未填写|"
    r"\bnot\s+(?:recorded|documented|known|available|stated)\b|"
    r"\bno\b[^.;]{0,60}\b(?:recorded|documented|on\s+record|on\s+file|in\s+the\s+record)\b|"
    r"\bnone\s+(?:recorded|documented|known)\b|\bno\s+record\b"
)
_LISTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (attribute, re.compile(pattern))
    for attribute, pattern in (
        ("allergies", r"过敏|allerg"),
        ("medications", r"用药|药物|带药|医嘱|medication|drug"),
        ("procedures", r"手术|操作|procedure|surger|operation"),
        ("imaging", r"影像|imaging"),
        ("immunizations", r"接种|疫苗|immuni|vaccin"),
        ("family_history", r"家族|family"),
        ("appointments", r"预约|appointment"),
        ("care_plans", r"护理计划|诊疗计划|care\s+plan"),
    )
)
_LEAST_COVERED_RECORD = 0.5
_LEAST_COVERED_SPEECH = 0.2
_FEWEST_WORDS_IN_SPEECH = 3
_MOST_UNKNOWN_BESIDE_CLAIMS = 6


def is_claim_of_absence(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> bool:
    """Whether the statement says that the record lacks something; judged by that list."""
    record = index.record
    if record is None or not _ABSENT.search(claims.reading.folded):
        return False
    subject = claims.reading.folded
    named = [a for a, p in _LISTS if p.search(subject)]
    if not named:
        named = [a for a, p in _LISTS if p.search(claims.context[-40:])]
    for attribute in named:
        items = getattr(record, attribute)
        if items and attribute != "allergies":
            held = [i for i in items if i.status not in ("entered-in-error", "not-done")]
        else:
            held = list(items)
        if held and not claims.values and not claims.terms:
            # A list that has entries may still lack what the statement narrows it to.
            narrowed = _narrowing(claims, index)
            if not narrowed:
                outcome.fails(UnsupportedReason.NEGATION)
                return True
    reference = f"{record.patient.reference}"
    outcome.holds(Evidence(EvidenceKind.RECORD, reference, ""))
    return True


def _narrowing(claims: Claims, index: EvidenceIndex) -> bool:
    return bool(
        re.search(
            r"本次|住院期间|this\s+(?:stay|visit|encounter)|during|当前|current|出院",
            claims.reading.folded,
        )
    )


def check_trace(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """Whether the statement's own words occur in the evidence."""
    words = own_words(claims.reading.folded)
    unknown = [w for w in words if not index.knows_word(w)]
    covered = 1 - len(unknown) / len(words) if words else 1.0
    if outcome.evidence:
        few = len(unknown) < _MOST_UNKNOWN_BESIDE_CLAIMS
        if index.has_record and not few and covered < _LEAST_COVERED_RECORD / 2:
            outcome.fails(UnsupportedReason.NO_EVIDENCE)
        return
    least = _LEAST_COVERED_RECORD if index.has_record else _LEAST_COVERED_SPEECH
    enough = index.has_record or len(words) >= _FEWEST_WORDS_IN_SPEECH
    if words and enough and covered < least:
        outcome.fails(UnsupportedReason.NO_EVIDENCE)
        return
    fact, shared = index.best_match(words)
    if fact is not None and shared:
        outcome.holds(fact.evidence())
