"""What a text affirms and what it denies, clause by clause."""

from __future__ import annotations

import re
from itertools import pairwise

from suwen.control.guardrails.grounding.facts import PolarClause
from suwen.control.guardrails.grounding.reading import Reading, words_of_polarity
from suwen.language.negation import Assertion
from suwen.language.words import content_words

# Where a new matter may begin, in writing and in speech without punctuation.
_EDGE = re.compile(
    r"(?a)[，；;。\n]|,(?!\d{3}\b)|(?<=[a-z])\s?\.\s|"
    r"\b(?:but|however|whereas|while|because|okay|alright|so|now|and\s+(?:i|you|we|it|he|she|they|"
    r"then|that|so|now))\b"
)
# A denial that ends at such a word leaves open what follows ("no pain when walking").
_SOFT_END = re.compile(r"(?a)\W*(?:when|while|with|if|until|since|due\s+to|just|only|that|which)\b")
_HARD_END = re.compile(
    r"(?a)[；;。.\n]|\b(?:but|however|although|except|reports?|endorses?|complains?|admits?)\b|但"
)


def polar_clauses(reading: Reading) -> tuple[PolarClause, ...]:
    """The clauses of a text with what each affirms and denies; quantities count as neither."""
    quantities = [v.quantity for v in reading.values]
    folded = reading.folded
    denied = words_of_polarity(folded, reading.scopes, quantities, denied=True)
    affirmed = words_of_polarity(folded, reading.scopes, quantities, denied=False)
    for start, end in _left_open(reading):
        affirmed = affirmed[:start] + "|" * (end - start) + affirmed[end:]
    edges = [0, *(m.end() for m in _EDGE.finditer(folded)), len(folded)]
    return tuple(
        PolarClause(
            folded[begin:end], content_words(affirmed[begin:end]), content_words(denied[begin:end])
        )
        for begin, end in pairwise(edges)
        if begin < end
    )


def _left_open(reading: Reading) -> list[tuple[int, int]]:
    found = []
    for scope in reading.scopes:
        if scope.assertion is Assertion.UNCERTAIN:
            found.append((scope.start, scope.end))
        elif scope.assertion is Assertion.NEGATED and _SOFT_END.match(reading.folded, scope.end):
            hard = _HARD_END.search(reading.folded, scope.end)
            found.append((scope.end, hard.start() if hard else len(reading.folded)))
    return found
