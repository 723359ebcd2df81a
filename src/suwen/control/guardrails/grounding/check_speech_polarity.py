"""Checks of denial in speech: what was said at the place that speaks most of the same matter.

Notes word things otherwise than people say them. So each clause is compared, word by word and
rare words first, with the sentences that share most with it; only when all of them that decide
anything decide the opposite is the clause wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.reading import PolarClause, polar_clauses
from suwen.core.document import UnsupportedReason
from suwen.language.words import content_words

_CONDITION = re.compile(r"(?a)\b(?:if|unless|should|whether|when|until|avoid)\b|如|若")
# Words by which something is told, and that are not themselves what is told.
_TELLING = content_words(
    "denies denied reports reported endorses states stated complains presents presented noted "
    "patient known marked evidence signs positive negative present absent time current currently "
    "history symptoms problems issues feels feeling experiencing noticed also otherwise review "
    "systems significant demonstrates shows does exam examination today 患者 目前"
)
_SAME_MATTER = 0.6
_NEARLY_BEST = 0.8


def check_speech_polarity(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """No clause may affirm what was denied, or deny what was affirmed, of its matter."""
    for clause in polar_clauses(claims.reading):
        if _CONDITION.search(clause.text):
            continue
        if _is_opposed(clause, index):
            outcome.fails(UnsupportedReason.NEGATION)
            return


def _is_opposed(clause: PolarClause, index: EvidenceIndex) -> bool:
    for words, denied in ((clause.affirmed, False), (clause.denied, True)):
        telling = words - _TELLING
        votes = [_denies(fact, telling, index) for fact in _nearest(telling, index)]
        decided = [v for v in votes if v is not None]
        if decided and all(v is not denied for v in decided):
            return True
    return False


def _nearest(words: frozenset[str], index: EvidenceIndex) -> list[Fact]:
    """The sentences that share most with the words, if that is most of the words."""
    if not words:
        return []
    shared: dict[int, float] = {}
    facts: dict[int, Fact] = {}
    for word in words:
        for fact in index.of_word(word):
            shared[id(fact)] = shared.get(id(fact), 0.0) + _weight(word, index)
            facts[id(fact)] = fact
    best = max(shared.values(), default=0.0)
    if best < _SAME_MATTER * sum(_weight(w, index) for w in words):
        return []
    return [facts[key] for key, weight in shared.items() if weight >= _NEARLY_BEST * best]


def _denies(fact: Fact, words: Iterable[str], index: EvidenceIndex) -> bool | None:
    """Whether a sentence denies more of the words than it affirms; ``None``: it decides none."""
    balance = 0.0
    for word in words:
        if word in fact.denied_words and word not in fact.affirmed_words:
            balance += _weight(word, index)
        elif word in fact.affirmed_words and word not in fact.denied_words:
            balance -= _weight(word, index)
    return None if balance == 0 else balance > 0


def _weight(word: str, index: EvidenceIndex) -> float:
    """How telling a word is: the rarer among the sentences, the more."""
    return math.log(1 + len(index.facts) / max(1, len(index.of_word(word))))
