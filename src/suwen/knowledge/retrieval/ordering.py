"""The best of many scores, in one order on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suwen.knowledge.retrieval.backend import Hit


def best(rows: NDArray[np.intp], scores: NDArray[np.float64], limit: int) -> tuple[Hit, ...]:
    """The highest scores first; equal ones in ascending order of the passages.

    Args:
        rows: ascending.
    """
    if limit <= 0:
        return ()
    if len(rows) > limit:
        least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        kept = np.flatnonzero(scores >= least)
        rows, scores = rows[kept], scores[kept]
    order = np.argsort(-scores, kind="stable")[:limit]
    return tuple(map(Hit, rows[order].tolist(), scores[order].tolist()))
