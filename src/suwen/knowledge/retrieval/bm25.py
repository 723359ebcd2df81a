"""BM25 over the readable passages alone.

Every statistic (number of passages, frequency of a term, average length) is counted over what the
reader may see, so that a hidden passage can move neither a place nor a score.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009; with
the inverse document frequency that is never negative (as in Lucene).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from suwen.knowledge.edition.terms import TermTable
from suwen.knowledge.retrieval.readable import ReadableRows

K1: Final = 0.9
B: Final = 0.6


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of the readable passages that hold a term.

    Attributes:
        rows: ascending.
        scores: above zero, except where every weight of a term was zero.
    """

    rows: NDArray[np.intp]
    scores: NDArray[np.float64]


class Bm25:
    """Scores passages by the terms of a question."""

    def __init__(self, table: TermTable) -> None:
        self._table = table
        self._norms: WeakKeyDictionary[ReadableRows, NDArray[np.float32]] = WeakKeyDictionary()

    def score(self, terms: Mapping[int, float], readable: ReadableRows) -> Scored:
        """Scores of every readable passage with at least one of the terms."""
        rows, counts, each = self._postings(list(terms), readable)
        if not len(rows):
            return Scored(np.empty(0, np.intp), np.empty(0))
        weights = np.fromiter(terms.values(), np.float64, len(terms))
        factors = np.repeat(weights * idf(readable.count, each) * (K1 + 1), each)
        norms = self._norms_of(readable)
        frequency = counts.astype(np.float32)
        parts = factors * (frequency / (frequency + norms[rows]))
        # Adds in the order of the terms, whatever else is in the edition.
        places = rows if readable.everything else readable.ranks[rows]
        totals = np.bincount(places, weights=parts).astype(np.float64, copy=False)
        found = np.flatnonzero(totals)
        return Scored(found if readable.everything else readable.rows[found], totals[found])

    def holding(self, keys: tuple[int, ...], readable: ReadableRows) -> NDArray[np.intp]:
        """The readable passages that hold every one of these terms, ascending."""
        spans = sorted(self._table.look_up(keys), key=lambda span: span[1] - span[0])
        first, after = spans[0]
        found = self._table.rows[first:after]
        if not readable.everything:
            found = found[readable.mask[found]]
        for first, after in spans[1:]:
            if not len(found):
                break
            others = self._table.rows[first:after]
            if not len(others):
                return np.empty(0, np.intp)
            places = np.minimum(np.searchsorted(others, found), len(others) - 1)
            found = found[others[places] == found]
        return found.astype(np.intp)

    def _postings(
        self, keys: list[int], readable: ReadableRows
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.int64]]:
        """Rows and counts of the terms one behind the other, and how many each term has."""
        table = self._table
        spans = table.look_up(keys) if keys else []
        rows = np.concatenate([np.empty(0, np.uint32), *(table.rows[a:b] for a, b in spans)])
        counts = np.concatenate([np.empty(0, np.uint8), *(table.counts[a:b] for a, b in spans)])
        each = np.array([b - a for a, b in spans], np.int64)
        if readable.everything:
            return rows, counts, each
        kept = np.flatnonzero(readable.mask[rows])
        ends = np.searchsorted(kept, np.cumsum(each))
        return rows[kept], counts[kept], np.diff(ends, prepend=0)

    def _norms_of(self, readable: ReadableRows) -> NDArray[np.float32]:
        """What the length of each passage does to its score, by the readable average."""
        known = self._norms.get(readable)
        if known is None:
            lengths = self._table.lengths
            known = length_norms(lengths, int(lengths[readable.mask].sum(dtype=np.int64)), readable)
            self._norms[readable] = known
        return known


def length_norms(
    lengths: NDArray[np.uint32], total: int, readable: ReadableRows
) -> NDArray[np.float32]:
    """``K1 * (1 - B + B * length / average)`` for each passage."""
    average = total / readable.count if total else 1.0
    return (K1 * (1 - B) + K1 * B / average * lengths).astype(np.float32)


def idf(passages: int, holding: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much a term says that so many of the passages hold."""
    return np.log1p((passages - holding + 0.5) / (holding + 0.5))
