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
_FEW = 0.03
"""Share of readable passages below which their postings are kept apart from the others'."""
_AT_ONCE = 1 << 22


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
        self._own: WeakKeyDictionary[ReadableRows, TermTable] = WeakKeyDictionary()

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
        table = self._own.get(readable, self._table)
        spans = sorted(table.look_up(keys), key=lambda span: span[1] - span[0])
        first, after = spans[0]
        found = table.rows[first:after]
        if not readable.everything:
            found = found[readable.mask[found]]
        for first, after in spans[1:]:
            if not len(found):
                break
            others = table.rows[first:after]
            if not len(others):
                return np.empty(0, np.intp)
            places = np.minimum(np.searchsorted(others, found), len(others) - 1)
            found = found[others[places] == found]
        return found.astype(np.intp)

    def _postings(
        self, keys: list[int], readable: ReadableRows
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint8], NDArray[np.int64]]:
        """Rows and counts of the terms one behind the other, and how many each term has."""
        table = self._table_for(readable)
        spans = table.look_up(keys) if keys else []
        rows = [table.rows[first:after] for first, after in spans]
        counts = [table.counts[first:after] for first, after in spans]
        if table is self._table and not readable.everything:
            kept = [readable.mask[found].nonzero()[0] for found in rows]
            rows = [found[places] for found, places in zip(rows, kept, strict=True)]
            counts = [found[places] for found, places in zip(counts, kept, strict=True)]
        each = np.array([len(found) for found in rows], np.int64)
        none_rows, none_counts = np.empty(0, np.uint32), np.empty(0, np.uint8)
        return np.concatenate([none_rows, *rows]), np.concatenate([none_counts, *counts]), each

    def _table_for(self, readable: ReadableRows) -> TermTable:
        """The postings of a few readable passages alone, once they are asked for again."""
        if readable.count >= _FEW * len(readable.mask):
            return self._table
        own = self._own.get(readable)
        # Not at the first question: while rights change all the time it would not pay.
        if own is None and readable in self._norms:
            own = self._own[readable] = only_rows(self._table, readable)
        return own or self._table

    def _norms_of(self, readable: ReadableRows) -> NDArray[np.float32]:
        """What the length of each passage does to its score, by the readable average."""
        known = self._norms.get(readable)
        if known is None:
            lengths = self._table.lengths
            known = length_norms(lengths, int(lengths[readable.mask].sum(dtype=np.int64)), readable)
            self._norms[readable] = known
        return known


def only_rows(table: TermTable, readable: ReadableRows) -> TermTable:
    """The part of a table that is of readable passages."""
    places = [
        readable.mask[table.rows[begin : begin + _AT_ONCE]].nonzero()[0] + begin
        for begin in range(0, len(table.rows), _AT_ONCE)
    ]
    kept = np.concatenate([np.empty(0, np.intp), *places])
    offsets = np.searchsorted(kept, table.offsets)
    used = np.flatnonzero(np.diff(offsets))
    return TermTable(
        keys=table.keys[used],
        offsets=np.append(offsets[used], len(kept)).astype(np.uint64),
        rows=table.rows[kept],
        counts=table.counts[kept],
        lengths=table.lengths,
    )


def length_norms(
    lengths: NDArray[np.uint32], total: int, readable: ReadableRows
) -> NDArray[np.float32]:
    """``K1 * (1 - B + B * length / average)`` for each passage."""
    average = total / readable.count if total else 1.0
    return (K1 * (1 - B) + K1 * B / average * lengths).astype(np.float32)


def idf(passages: int, holding: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much a term says that so many of the passages hold."""
    return np.log1p((passages - holding + 0.5) / (holding + 0.5))
