"""Which term stands how often in which passage, gathered passage by passage, sorted by term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suwen.knowledge.edition.analysis import Keys, RowTerms, analyse

_ROW_BITS = 32
_COUNT_BITS = 8
_MOST_TERMS = 1 << (64 - _ROW_BITS - _COUNT_BITS)
_MOST_COUNTED = (1 << _COUNT_BITS) - 1
_ROW_MASK = np.uint64((1 << _ROW_BITS) - 1)
_COUNT_MASK = np.uint64(_MOST_COUNTED)
_LOW = np.uint64(_ROW_BITS + _COUNT_BITS)
_COUNT_SHIFT = np.uint64(_COUNT_BITS)


@dataclass(frozen=True, slots=True)
class TermTable:
    """The postings of an edition.

    Attributes:
        keys: the distinct terms, ascending.
        offsets: term ``i`` stands in ``rows[offsets[i]:offsets[i + 1]]``.
        rows: passages, ascending within a term.
        counts: how often the term stands there, at most 255.
        lengths: how many terms each passage has, each counted at most 255 times.
    """

    keys: Keys
    offsets: NDArray[np.uint64]
    rows: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    lengths: NDArray[np.uint32]

    def look_up(self, wanted: Sequence[int]) -> list[tuple[int, int]]:
        """Where the postings of each term begin and end; an unknown term has none."""
        sought = np.asarray(wanted, np.uint64)
        places = np.searchsorted(self.keys, sought)
        inside = np.minimum(places, len(self.keys) - 1)
        known = self.keys[inside] == sought if len(self.keys) else np.zeros(len(sought), bool)
        return [
            (int(self.offsets[place]), int(self.offsets[place + 1])) if there else (0, 0)
            for place, there in zip(places, known, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Part:
    """Postings of some passages, each packed as (place in ``keys``, row, count)."""

    keys: Keys
    packed: NDArray[np.uint64]


class TermGatherer:
    """Collects the terms of an edition's passages; passages that were analysed before are taken
    from the former edition's table."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def add(self, texts: Sequence[str], rows: Sequence[int]) -> None:
        """Analyses texts that are the passages ``rows``."""
        if texts:
            self._parts.append(_counted(analyse(texts), np.asarray(rows, np.uint64)))

    def adopt(self, former: TermTable, new_rows: NDArray[np.int64]) -> None:
        """Takes over passages of a former table.

        Args:
            new_rows: for each passage there its row here, or -1 when it is not taken over.
        """
        if not len(former.keys):
            return
        rows = new_rows[former.rows]
        kept = rows >= 0
        each = np.asarray(former.offsets[1:] - former.offsets[:-1], np.int64)
        terms = np.repeat(np.arange(len(former.keys), dtype=np.uint64), each)[kept]
        packed = _pack(terms, rows[kept].astype(np.uint64), former.counts[kept])
        self._parts.append(_Part(np.asarray(former.keys), packed))

    def finish(self, passages: int) -> TermTable:
        """The table of everything that was added; the gatherer is then empty."""
        parts, self._parts = self._parts, []
        keys = np.unique(np.concatenate([np.empty(0, np.uint64), *(part.keys for part in parts)]))
        merged = np.concatenate([np.empty(0, np.uint64), *_renumbered(parts, keys)])
        merged.sort()
        terms = merged >> _LOW
        rows = ((merged >> _COUNT_SHIFT) & _ROW_MASK).astype(np.uint32)
        counts = (merged & _COUNT_MASK).astype(np.uint8)
        # A key that came only from passages that were not taken over has no posting left.
        used, each = np.unique(terms, return_counts=True)
        offsets = np.concatenate([np.zeros(1, np.uint64), np.cumsum(each, dtype=np.uint64)])
        lengths = np.bincount(rows, weights=counts, minlength=passages).astype(np.uint32)
        return TermTable(keys[used.astype(np.int64)], offsets, rows, counts, lengths)


def _renumbered(parts: list[_Part], keys: Keys) -> Iterator[NDArray[np.uint64]]:
    """The postings of each part with the places of their terms in the common list."""
    if len(keys) >= _MOST_TERMS:
        raise OverflowError("more distinct terms than an edition can hold")
    while parts:
        part = parts.pop()
        places = np.searchsorted(keys, part.keys).astype(np.uint64)
        low = (np.uint64(1) << _LOW) - np.uint64(1)
        yield (places[part.packed >> _LOW] << _LOW) | (part.packed & low)


def _counted(found: RowTerms, rows: NDArray[np.uint64]) -> _Part:
    keys, places = np.unique(found.keys, return_inverse=True)
    pairs = (places.astype(np.uint64) << np.uint64(_ROW_BITS)) | found.rows
    distinct, counts = np.unique(pairs, return_counts=True)
    here = rows[(distinct & _ROW_MASK).astype(np.int64)]
    return _Part(keys, _pack(distinct >> np.uint64(_ROW_BITS), here, counts))


def _pack(
    terms: NDArray[np.uint64], rows: NDArray[np.uint64], counts: NDArray[np.integer]
) -> NDArray[np.uint64]:
    few: NDArray[np.uint64] = np.minimum(counts, _MOST_COUNTED).astype(np.uint64)
    few |= (terms << _LOW) | (rows << _COUNT_SHIFT)
    return few
