"""Vectors as they leave an embedder: unit length, float32, checked."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LEAST_LENGTH = 1e-6


def unit_vectors(rows: ArrayLike, count: int, dimensions: int) -> list[Sequence[float]]:
    """The rows at unit length, one ``array("f")`` each.

    Raises:
        ValueError: not this many rows of this many finite numbers, or a row without a direction.
    """
    matrix: NDArray[np.float32] = np.asarray(rows, dtype=np.float32)
    if matrix.shape != (count, dimensions):
        raise ValueError("shape")
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths < _LEAST_LENGTH).any():
        raise ValueError("not a direction")
    unit = np.ascontiguousarray(matrix / lengths, dtype=np.float32)
    return [array("f", row.tobytes()) for row in unit]
