"""Vectors as an edition keeps them: in full, and as signed bytes for the first look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suwen.knowledge.edition.refusals import wrong_vectors

LARGEST = 127
_NEAR = 1e-5

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]


def unit_vector(values: ArrayLike, dimensions: int, embedding: str) -> Floats:
    """The vector with length 1.

    Raises:
        KnowledgeError: ``vectors_malformed`` when it has another dimension, is not finite or is
            zero.
    """
    vector = np.asarray(values, np.float32)
    length = float(np.linalg.norm(vector.astype(np.float64))) if vector.ndim == 1 else 0.0
    if vector.shape != (dimensions,) or not np.isfinite(length) or length == 0:
        raise wrong_vectors(embedding)
    # One that has it already stays as it is, to the last bit: its bytes are part of a hash.
    return vector if abs(length - 1) < _NEAR else (vector / length).astype(np.float32)


def shortened(vectors: Floats) -> tuple[Bytes, Floats]:
    """Each vector as signed bytes, and by what they must be multiplied to be the vector again.

    Each by its own largest value, so that no vector depends on its neighbours.
    """
    largest = np.abs(vectors).max(axis=1, initial=0)
    scale = np.where(largest > 0, largest / LARGEST, 1).astype(np.float32)
    return np.rint(vectors / scale[:, None]).astype(np.int8), scale


def from_bytes(raw: bytes, dimensions: int, embedding: str) -> Floats:
    """A vector kept as little-endian float32.

    Raises:
        KnowledgeError: ``vectors_malformed``.
    """
    if len(raw) != 4 * dimensions:
        raise wrong_vectors(embedding)
    return unit_vector(np.frombuffer(raw, "<f4"), dimensions, embedding)


def to_bytes(vector: Sequence[float]) -> bytes:
    """A vector as little-endian float32."""
    return np.asarray(vector, "<f4").tobytes()
