"""Checks of results with an opposite: negative for positive, abnormal for normal."""

from __future__ import annotations

from collections.abc import Sequence

from suwen.control.guardrails.grounding.check_values import on_days
from suwen.control.guardrails.grounding.claims import Claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.facts import Fact
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.control.guardrails.grounding.wordings import label_words
from suwen.core.document import UnsupportedReason
from suwen.language.qualities import Quality

# Two results are of the same matter when they share this much of the shorter wording.
_SAME_MATTER = 0.6
_Held = tuple[Fact, Quality]


def check_qualities(claims: Claims, index: EvidenceIndex, outcome: Outcome) -> None:
    """A result in words must not be the opposite of all that the evidence says of its matter."""
    for said in claims.reading.qualities:
        held = _of_same_matter(said, index)
        dated = [h for h in held if on_days(h[0], claims.reading.dates)] or held
        agreeing = [h for h in dated if h[1].good is said.good]
        if agreeing:
            outcome.holds(agreeing[-1][0].evidence())
        elif dated:
            outcome.fails(UnsupportedReason.NEGATION)


def _of_same_matter(said: Quality, index: EvidenceIndex) -> Sequence[_Held]:
    """Where the evidence speaks of what this result is said of, as closely as it ever does."""
    words = said.words - label_words()
    best, found = 0, list[_Held]()
    for fact in {id(f): f for w in words for f in index.of_word(w)}.values():
        for held in fact.qualities:
            own = held.words - label_words()
            shared = len(own & words)
            if held.scale != said.scale or not shared:
                continue
            if shared < _SAME_MATTER * min(len(own), len(words)) or shared < best:
                continue
            if shared > best:
                best, found = shared, []
            found.append((fact, held))
    return found
