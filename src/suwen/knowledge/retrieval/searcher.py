"""A search of one edition: by words, by meaning and by exact names, fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from suwen.core.knowledge import ReaderScope, passage_id
from suwen.knowledge.edition import Edition, PassagePlace
from suwen.knowledge.retrieval.backend import Hit, RetrievalBackend
from suwen.knowledge.retrieval.confidence import Asked, Confidence, judge
from suwen.knowledge.retrieval.embedded import EmbeddedBackend
from suwen.knowledge.retrieval.expansion.weights import WeightedTerms, expanded_terms
from suwen.knowledge.retrieval.expansion.wordings import named_share
from suwen.knowledge.retrieval.fusion import WEIGHTS, fuse
from suwen.knowledge.retrieval.query import RetrievalQuery, exact_names, weighted_terms
from suwen.knowledge.retrieval.readable import ReadableRows, ReadableSets
from suwen.storage.knowledge_types import RightsTable

LEXICAL = "lexical"
DENSE = "dense"
VERBATIM = "verbatim"
_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was found, before its rights are checked in the database once more.

    Attributes:
        row: its place in the edition.
        score: fused, higher is better.
        legs: rank from 1 in each leg that found it.
        leg_scores: score in each of these; comparable within a leg and a question only.
    """

    row: int
    id: str
    place: PassagePlace
    score: float
    legs: Mapping[str, int]
    leg_scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        candidates: best first.
        confidence: that they answer the question, and that each of the first ones does.
        added: other wordings that were looked up too, as they are written.
    """

    candidates: list[Candidate]
    confidence: Confidence
    added: tuple[str, ...]


def asked_of(query: RetrievalQuery, terms: WeightedTerms, embedding: str | None) -> Asked:
    """A question as its confidence is told by.

    Args:
        embedding: key of the edition's embedding model, absent in a lexical edition.
    """
    named = named_share(query.text)
    return Asked(terms.of_question(), terms.others, named, query.vector, embedding)


class EditionSearcher:
    """Searches one edition; usable from several threads.

    Args:
        backend: the index; absent for the edition's own files.
        weights: of the legs in the fusion; absent for the measured ones.
    """

    def __init__(
        self,
        edition: Edition,
        backend: RetrievalBackend | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.edition = edition
        self._backend = backend or EmbeddedBackend(edition)
        self._weights = WEIGHTS if weights is None else weights
        self._sets = ReadableSets(edition)

    def readable(self, table: RightsTable, scope: ReaderScope) -> ReadableRows:
        """The passages that a reader may see by the rights of this moment."""
        return self._sets.readable(table, scope)

    def search(self, query: RetrievalQuery, readable: ReadableRows, limit: int) -> list[Candidate]:
        """The best readable passages, best first.

        Raises:
            KnowledgeError: ``vectors_malformed``.
        """
        return self._fused(self.legs(query, readable, max(_DEPTH, limit)), limit)

    def answer(self, query: RetrievalQuery, readable: ReadableRows, limit: int) -> SearchResult:
        """As ``search``, with how likely the passages answer the question.

        The confidence does not depend on ``limit``.

        Raises:
            KnowledgeError: ``vectors_malformed``.
        """
        terms = self.terms(query, readable)
        legs = self._legs(query, terms, readable, max(_DEPTH, limit))
        first = {leg: hits[:_DEPTH] for leg, hits in legs.items()}
        confidence = judge(
            asked_of(query, terms, self.edition.embedding),
            first,
            [one.row for one in fuse(first, self._weights, _DEPTH)],
            self.edition.terms,
            readable,
        )
        return SearchResult(self._fused(legs, limit), confidence, terms.added)

    def legs(
        self, query: RetrievalQuery, readable: ReadableRows, depth: int
    ) -> dict[str, tuple[Hit, ...]]:
        """What each leg finds by itself; a leg that finds nothing is not named."""
        return self._legs(query, self.terms(query, readable), readable, depth)

    def terms(self, query: RetrievalQuery, readable: ReadableRows) -> WeightedTerms:
        """What is looked up by words: the question, what was added to it, and other wordings of
        what it names, by how the readable passages write."""

        def frequencies(keys: Sequence[int]) -> list[int]:
            table = self.edition.terms
            spans = table.look_up(keys)
            if readable.everything:
                return [after - first for first, after in spans]
            return [int(np.count_nonzero(readable.mask[table.rows[a:b]])) for a, b in spans]

        return expanded_terms(query.text, weighted_terms(query), frequencies, readable.count)

    def _legs(
        self, query: RetrievalQuery, terms: WeightedTerms, readable: ReadableRows, depth: int
    ) -> dict[str, tuple[Hit, ...]]:
        words = self._backend.by_words(terms.weights, exact_names(query), readable, depth)
        found = {LEXICAL: words.lexical, VERBATIM: words.verbatim}
        if query.vector is not None:
            found[DENSE] = self._backend.by_meaning(query.vector, readable, depth)
        return {leg: hits for leg, hits in found.items() if hits}

    def _fused(self, legs: Mapping[str, Sequence[Hit]], limit: int) -> list[Candidate]:
        return [
            self._candidate(one.row, one.score, one.legs, one.leg_scores)
            for one in fuse(legs, self._weights, limit)
        ]

    def _candidate(
        self, row: int, score: float, legs: Mapping[str, int], leg_scores: Mapping[str, float]
    ) -> Candidate:
        place = self.edition.place(row)
        name = passage_id(self.edition.info.collection, place.document, place.ordinal)
        return Candidate(row, name, place, score, legs, leg_scores)
