"""The index that reads an edition's own files; no server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from suwen.knowledge.edition import Edition
from suwen.knowledge.retrieval.backend import ExactName, Hit, WordHits
from suwen.knowledge.retrieval.bm25 import Bm25, Scored, idf
from suwen.knowledge.retrieval.dense import DenseIndex
from suwen.knowledge.retrieval.ordering import best
from suwen.knowledge.retrieval.readable import ReadableRows
from suwen.knowledge.retrieval.verbatim import most_promising, read_and_rank


class EmbeddedBackend:
    """A RetrievalBackend on the files of an edition; usable from several threads."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._bm25 = Bm25(edition.terms)
        self._dense = DenseIndex(edition)

    def by_words(
        self,
        terms: Mapping[int, float],
        names: Sequence[ExactName],
        readable: ReadableRows,
        limit: int,
    ) -> WordHits:
        """The best passages by BM25, and those that hold exact names."""
        if not readable.count or limit <= 0:
            return WordHits((), ())
        scored = self._bm25.score(terms, readable)
        verbatim = self._verbatim(names, scored, readable, limit) if names else ()
        return WordHits(best(scored.rows, scored.scores, limit), verbatim)

    def by_meaning(
        self, vector: Sequence[float], readable: ReadableRows, limit: int
    ) -> tuple[Hit, ...]:
        """The passages whose vectors have the greatest cosine with the question's."""
        return self._dense.search(vector, readable, limit)

    def _verbatim(
        self, names: Sequence[ExactName], scored: Scored, readable: ReadableRows, limit: int
    ) -> tuple[Hit, ...]:
        found = [self._bm25.holding(name.keys, readable) for name in names]
        weights = idf(readable.count, np.array([len(rows) for rows in found], np.int64))
        rows = np.unique(np.concatenate(found))
        if not len(rows):
            return ()
        totals = np.zeros(len(rows))
        has = np.zeros((len(names), len(rows)), np.bool_)
        for number, holding in enumerate(found):
            places = np.searchsorted(rows, holding)
            totals[places] += weights[number]
            has[number, places] = True
        scores = np.zeros(len(rows))
        places = np.searchsorted(scored.rows, rows)
        inside = np.minimum(places, max(len(scored.rows) - 1, 0))
        known = scored.rows[inside] == rows if len(scored.rows) else np.zeros(len(rows), bool)
        scores[known] = scored.scores[inside[known]]
        candidates = [
            (
                int(rows[place]),
                float(scores[place]),
                [
                    (name, float(weights[number]))
                    for number, name in enumerate(names)
                    if has[number, place]
                ],
            )
            for place in most_promising(totals, scores, limit)
        ]
        return read_and_rank(candidates, self._texts, limit)

    def _texts(self, row: int) -> Iterator[str]:
        """The passage itself, and only where that is not enough its headings."""
        yield self._edition.said(row)
        yield self._edition.indexed(row)
