"""Checks of denial for wordings that no table knows: what is denied only, or affirmed only."""

from __future__ import annotations

import re
from collections.abc import Iterable

from suwen.control.guardrails.grounding.check_speech_polarity import check_speech_polarity
from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.wordings import label_words
from suwen.core.document import UnsupportedReason

_CLAUSE = re.compile(r"[^，,。；;、\n]+")
_SHORTEST_CLAUSE = 4


def check_polarity(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """A word that the evidence only denies must not be affirmed, and the other way round."""
    reading = claims.reading
    if not index.has_record:
        check_speech_polarity(claims, index, outcome)
        return
    labels = label_words()
    turned = [w for w in reading.affirmed_words - labels if index.is_only_denied(w)]
    turned += [w for w in reading.denied_words - labels if index.is_only_affirmed(w)]
    if turned and not _is_verbatim(turned, claims, index):
        outcome.fails(UnsupportedReason.NEGATION)


def _is_verbatim(words: Iterable[str], claims: Claims, index: EvidenceIndex) -> bool:
    """Whether every clause with such a word stands in the evidence word for word.

    Reading a clause next to others can stretch a denial too far; the same clause, from border to
    border, says the same.
    """
    clauses = [m.group().strip(" .[]()") for m in _CLAUSE.finditer(claims.reading.folded)]
    for word in words:
        holding = [c for c in clauses if word in c]
        if not holding or not any(stands_alone(c, index.pool) for c in holding):
            return False
    return True


def stands_alone(clause: str, pool: str) -> bool:
    """Whether a clause stands in the evidence between borders of clauses."""
    if len(clause) < _SHORTEST_CLAUSE:
        return False
    position = pool.find(clause)
    while position >= 0:
        before = pool[max(0, position - 2) : position].rstrip(" ")[-1:]
        after = pool[position + len(clause) : position + len(clause) + 2].strip()[:1]
        if (not before or before in "，,。；;、\n.:：") and (
            not after or after in "，,。；;、\n.:："
        ):
            return True
        position = pool.find(clause, position + 1)
    return False
