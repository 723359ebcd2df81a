"""How much each term of a question counts when passages are looked up by their words.

The constants were chosen on one half of the development questions of Toyhom (2,513 questions over
5,000 answers, 2026-11-22), and look the same on the other half; ``docs/evaluation/retrieval.md``
has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from suwen.knowledge.retrieval.expansion.wordings import other_wordings
from suwen.knowledge.retrieval.query import RetrievalQuery, weighted_terms

KNOWN_WEIGHT: Final = 0.3
"""Another wording of what the collection writes as it was asked: twice as much buries the words of
the question themselves."""
FIRST_WEIGHT: Final = 0.8
"""The first other wording that the collection has, where it does not have the one that was asked:
nDCG@10 of questions asked in English or pinyin rises by a third to two fifths."""
REST_WEIGHT: Final = 0.1
"""Every further one of those."""

Frequencies = Callable[[Sequence[int]], Sequence[int]]
"""Answers in how many of the readable passages each term stands."""


@dataclass(frozen=True, slots=True)
class OtherTerms:
    """Terms that together say the same as some terms of the question."""

    said: frozenset[int]
    terms: frozenset[int]


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """Terms to look up.

    Attributes:
        weights: each term of the question or of an added wording, greater than 0 to 1.
        asked: the terms of the question itself.
        added: the wordings that were added and that the readable passages have, as written.
        others: their terms, each with what they stand for.
    """

    weights: Mapping[int, float]
    asked: frozenset[int]
    added: tuple[str, ...]
    others: tuple[OtherTerms, ...]

    def of_question(self) -> dict[int, float]:
        """The terms of the question alone."""
        return {term: weight for term, weight in self.weights.items() if term in self.asked}


def expanded_terms(
    question: str, asked: Mapping[int, float], frequencies: Frequencies, passages: int
) -> WeightedTerms:
    """The terms of a question and of other wordings of what it names, with their weights.

    Args:
        asked: terms of the question and of what the caller added, with their weights.
        frequencies: over the passages that the reader may see and no others.
        passages: how many those are.
    """
    additions = [(wording, _weights(wording.text)) for wording in other_wordings(question)]
    said = {wording.said: _weights(wording.said) for wording, _ in additions}
    terms = dict.fromkeys(
        term for found in (*said.values(), *(own for _, own in additions)) for term in found
    )
    held = dict(zip(terms, frequencies(list(terms)), strict=True))
    rarity = {term: _rarity(count, passages) for term, count in held.items() if count}
    weights = dict(asked)
    added: list[str] = []
    others: list[OtherTerms] = []
    answered: set[str] = set()
    for wording, own in additions:
        if own and all(term in rarity for term in own):
            others.append(OtherTerms(frozenset(said[wording.said]), frozenset(own)))
            added.append(wording.text)
        new = {t: share for t, share in own.items() if t in rarity and t not in asked}
        if not new:
            continue
        if _is_written(said[wording.said], rarity):
            factor = KNOWN_WEIGHT * _no_rarer(said[wording.said], own, rarity)
        else:
            first = wording.said not in answered and len(new) == len(own)
            factor = FIRST_WEIGHT if first else REST_WEIGHT
            if first:
                answered.add(wording.said)
        _raise_to(weights, new, factor * wording.share)
    return WeightedTerms(weights, frozenset(asked), tuple(added), tuple(others))


def _weights(text: str) -> dict[int, float]:
    return weighted_terms(RetrievalQuery(text))


def _rarity(count: int, passages: int) -> float:
    """The weight of a term in BM25. Source: Robertson and Zaragoza, 2009, as Lucene floors it."""
    return log(1 + (passages - count + 0.5) / (count + 0.5))


def _is_written(said: Mapping[int, float], rarity: Mapping[int, float]) -> bool:
    """Whether the collection has what was said as a word, or all of its pairs."""
    return all(term in rarity for term in said) or any(
        term in rarity for term, share in said.items() if share == 1.0
    )


def _no_rarer(said: Iterable[int], own: Iterable[int], rarity: Mapping[int, float]) -> float:
    """So that a rare other wording counts no more than the usual one that was asked."""
    asked = sum(rarity.get(term, 0.0) for term in said)
    other = sum(rarity.get(term, 0.0) for term in own)
    return min(1.0, asked / other) if asked and other else 1.0


def _raise_to(weights: dict[int, float], new: Mapping[int, float], factor: float) -> None:
    for term, share in new.items():
        weights[term] = max(weights.get(term, 0.0), factor * share)
