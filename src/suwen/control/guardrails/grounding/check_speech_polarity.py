"""Checks of denial in speech: what was said at the place that speaks most of the same matter.

Notes word things otherwise than people say them. So each clause is compared, word by word and
rare words first, with the sentences that share most with it; only when all of them that decide
anything decide the opposite is the clause wrong.
"""

from __future__ import annotations

import re

from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import PolarClause
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.polar_clauses import polar_clauses
from suwen.core.document import UnsupportedReason
from suwen.language.words import content_words

# What is planned or holds under a condition is neither affirmed nor denied.
_OPEN = re.compile(
    r"(?a)\b(?:if|unless|should|whether|when|until|avoid|will|would|discuss\w*|recommend\w*|plan|"
    r"advis\w+|encourag\w+|consider\w*|refer\w*|counsel\w*)\b|如|若|建议"
)
# Words by which something is told, and that are not themselves what is told.
_TELLING = content_words(
    "denies denied reports reported endorses states stated complains presents presented noted "
    "patient known marked evidence signs positive negative present absent time current currently "
    "history symptoms problems issues feels feeling experiencing noticed also otherwise review "
    "systems significant demonstrates shows does exam examination today 患者 目前"
)
# In a clause that denies something the rest is its subject, unless a verb affirms it.
_AFFIRMING = re.compile(r"(?a)\b(?:reports?|endorses?|admits?|complains?|has|had|have|positive)\b")
_SAME_MATTER = 0.6
_NEARLY_BEST = 0.8


def check_speech_polarity(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """No clause may affirm what was denied, or deny what was affirmed, of its matter."""
    for clause in polar_clauses(claims.reading):
        if _OPEN.search(clause.text):
            continue
        affirmed = clause.affirmed
        if clause.denied and not _AFFIRMING.search(clause.text):
            affirmed = frozenset()
        if _opposed(affirmed - _TELLING, index, denied=False) or _opposed(
            clause.denied - _TELLING, index, denied=True
        ):
            outcome.fails(UnsupportedReason.NEGATION)
            return


def _opposed(words: frozenset[str], index: EvidenceIndex, *, denied: bool) -> bool:
    votes = [_denies(c, words, index, denied=denied) for c in _nearest(words, index)]
    return bool(votes) and all(vote is not denied for vote in votes)


def _nearest(words: frozenset[str], index: EvidenceIndex) -> list[PolarClause]:
    """The decided clauses of the evidence that share most of the words."""
    facts = {id(f): f for word in words for f in index.of_word(word)}
    shared = [
        (sum(index.weight(w) for w in words & (c.affirmed | c.denied)), c)
        for fact in facts.values()
        for c in fact.clauses
    ]
    best = max((weight for weight, _ in shared), default=0.0)
    if best <= 0 or best < _SAME_MATTER * sum(index.weight(w) for w in words):
        return []
    return [clause for weight, clause in shared if weight >= _NEARLY_BEST * best]


def _denies(
    clause: PolarClause, words: frozenset[str], index: EvidenceIndex, *, denied: bool
) -> bool:
    """Whether a clause denies the words: any of them, where the statement denies them too, and
    most of them, where it affirms them."""
    no = sum(index.weight(w) for w in words & (clause.denied - clause.affirmed))
    if denied:
        return no > 0
    return no > sum(index.weight(w) for w in words & clause.affirmed)
