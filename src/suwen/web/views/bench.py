"""A search taken apart for the curator: legs, ranks, scores, and the words that were found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suwen.core.knowledge import SearchTiming
from suwen.language.width import fold
from suwen.web.texts import Texts
from suwen.web.views.passages import PassageCard, passage_card

if TYPE_CHECKING:
    from suwen.bootstrap.library.searching import Explained

LEGS = ("verbatim", "lexical", "dense")
LEAST_MARKED = 2
"""Characters of the shortest word that is marked in a passage."""


@dataclass(frozen=True, slots=True)
class LegResult:
    """Rank (from 1) and score in one leg; both absent where the leg did not find the passage."""

    rank: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One passage that was found, and how."""

    card: PassageCard
    legs: tuple[LegResult, ...]
    score: float
    confidence: float | None


@dataclass(frozen=True, slots=True)
class BenchResult:
    """A search taken apart.

    Attributes:
        confidence: calibrated probability, 0 to 1, that the question is answered.
        exact: wordings that had to stand in a passage as they are.
        vectors: whether the question was compared by meaning, too.
    """

    confidence: float
    expanded: tuple[str, ...]
    exact: tuple[str, ...]
    vectors: bool
    timing: SearchTiming
    edition: str
    legs: tuple[str, ...]
    rows: tuple[BenchRow, ...]


def bench_result(found: Explained, query: str, texts: Texts) -> BenchResult:
    """A search for the screen."""
    answer = found.answer
    words = [*query.split(), *answer.expanded, *found.exact]
    rows = []
    for number, passage in enumerate(answer.passages, start=1):
        marked = tuple(_standing_in(passage.text, words))
        scores = found.leg_scores.get(passage.id, {})
        rows.append(
            BenchRow(
                card=passage_card(passage, number, marked, texts),
                legs=tuple(LegResult(passage.legs.get(leg), scores.get(leg)) for leg in LEGS),
                score=passage.score,
                confidence=passage.confidence,
            )
        )
    return BenchResult(
        confidence=answer.confidence,
        expanded=answer.expanded,
        exact=found.exact,
        vectors=found.vectors,
        timing=answer.timing,
        edition=answer.passages[0].edition if answer.passages else "",
        legs=LEGS,
        rows=tuple(rows),
    )


def _standing_in(text: str, words: Iterable[str]) -> Iterable[str]:
    """Which words stand in a text, as they are written there; letter case does not matter."""
    folded = fold(text)
    if len(folded) != len(text):
        folded = text.casefold() if len(text.casefold()) == len(text) else text
    for word in words:
        at = folded.find(fold(word)) if len(word) >= LEAST_MARKED else -1
        if at >= 0:
            yield text[at : at + len(fold(word))]
