"""Nearest vectors, exactly: every readable vector is looked at as signed bytes, the best in full.

The products of signed bytes are whole numbers, so a passage's score is the same whatever else is
in the edition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

import numkong
import numpy as np
from numpy.typing import NDArray

from suwen.knowledge.edition import Edition
from suwen.knowledge.edition.vectors import shortened, unit_vector
from suwen.knowledge.retrieval.backend import Hit
from suwen.knowledge.retrieval.ordering import best
from suwen.knowledge.retrieval.readable import ReadableRows

IN_FULL: Final = 4
"""How many times as many candidates as are wanted are compared in full."""
_LEAST_IN_FULL = 64
_GATHERED_BELOW = 0.15
"""Share of readable vectors below which copying them together is cheaper than passing over all."""


class DenseIndex:
    """Exact search over the vectors of an edition."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._places: WeakKeyDictionary[ReadableRows, NDArray[np.intp]] = WeakKeyDictionary()

    def search(
        self, vector: Sequence[float], readable: ReadableRows, limit: int
    ) -> tuple[Hit, ...]:
        """The readable passages with the greatest cosine, best first.

        Raises:
            KnowledgeError: ``vectors_malformed``.
        """
        edition = self._edition
        if edition.embedding is None or limit <= 0:
            return ()
        query = unit_vector(vector, edition.dimensions, edition.embedding)
        places = self._readable_places(readable)
        if not len(places):
            return ()
        rough = self._rough_scores(query, places)
        wanted = max(IN_FULL * limit, _LEAST_IN_FULL)
        if len(places) > wanted:
            least = np.partition(rough, len(rough) - wanted)[len(rough) - wanted]
            places = places[rough >= least]
        # Row by row and not by a matrix product, whose rounding depends on the other rows.
        scores = np.add.reduce(edition.vectors[places] * query, axis=1, dtype=np.float64)
        return best(edition.vector_rows[places].astype(np.intp), scores, limit)

    def _rough_scores(
        self, query: NDArray[np.float32], places: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        edition = self._edition
        short, _ = shortened(query[None, :])
        if len(places) == len(edition.short_vectors):
            return products(short, edition.short_vectors) * edition.vector_scales
        if len(places) < _GATHERED_BELOW * len(edition.short_vectors):
            return products(short, edition.short_vectors[places]) * edition.vector_scales[places]
        return (products(short, edition.short_vectors) * edition.vector_scales)[places]

    def _readable_places(self, readable: ReadableRows) -> NDArray[np.intp]:
        known = self._places.get(readable)
        if known is None:
            known = np.flatnonzero(readable.mask[self._edition.vector_rows])
            self._places[readable] = known
        return known


def products(query: NDArray[np.int8], vectors: NDArray[np.int8]) -> NDArray[np.float64]:
    """The products of one vector of signed bytes with many, each a whole number."""
    found: NDArray[np.float64] = np.asarray(numkong.cdist(query, vectors, "dot"))[0]
    return found
