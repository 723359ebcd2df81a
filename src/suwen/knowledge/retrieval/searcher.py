"""A search of one edition: by words, by meaning and by exact names, fused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suwen.core.knowledge import ReaderScope, passage_id
from suwen.knowledge.edition import Edition, PassagePlace
from suwen.knowledge.retrieval.backend import Hit, RetrievalBackend
from suwen.knowledge.retrieval.embedded import EmbeddedBackend
from suwen.knowledge.retrieval.fusion import fuse
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


class EditionSearcher:
    """Searches one edition; usable from several threads.

    Args:
        backend: the index; absent for the edition's own files.
        weights: of the legs in the fusion; a leg that is not named weighs 1.
    """

    def __init__(
        self,
        edition: Edition,
        backend: RetrievalBackend | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.edition = edition
        self._backend = backend or EmbeddedBackend(edition)
        self._weights = weights or {}
        self._sets = ReadableSets(edition)

    def readable(self, table: RightsTable, scope: ReaderScope) -> ReadableRows:
        """The passages that a reader may see by the rights of this moment."""
        return self._sets.readable(table, scope)

    def search(self, query: RetrievalQuery, readable: ReadableRows, limit: int) -> list[Candidate]:
        """The best readable passages, best first.

        Raises:
            KnowledgeError: ``vectors_malformed``.
        """
        legs = self.legs(query, readable, max(_DEPTH, limit))
        return [
            self._candidate(one.row, one.score, one.legs, one.leg_scores)
            for one in fuse(legs, self._weights, limit)
        ]

    def legs(
        self, query: RetrievalQuery, readable: ReadableRows, depth: int
    ) -> dict[str, tuple[Hit, ...]]:
        """What each leg finds by itself; a leg that finds nothing is not named."""
        words = self._backend.by_words(weighted_terms(query), exact_names(query), readable, depth)
        found = {LEXICAL: words.lexical, VERBATIM: words.verbatim}
        if query.vector is not None:
            found[DENSE] = self._backend.by_meaning(query.vector, readable, depth)
        return {leg: hits for leg, hits in found.items() if hits}

    def _candidate(
        self, row: int, score: float, legs: Mapping[str, int], leg_scores: Mapping[str, float]
    ) -> Candidate:
        place = self.edition.place(row)
        name = passage_id(self.edition.info.collection, place.document, place.ordinal)
        return Candidate(row, name, place, score, legs, leg_scores)
