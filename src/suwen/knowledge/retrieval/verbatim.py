"""Passages that hold a code, a drug name or a dose exactly as it was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

from suwen.knowledge.retrieval.backend import ExactName, Hit
from suwen.language.width import fold

CHECKED: Final = 4
"""How many times as many passages as are wanted are read at most."""
_SPACE = re.compile(r"\s+")


def holds(text: str, name: str) -> bool:
    """Whether a text holds a folded name; no Latin letter or digit may go on at its borders."""
    folded, wanted = _SPACE.sub(" ", fold(text)), _SPACE.sub(" ", name)
    at = folded.find(wanted)
    while at >= 0:
        before, behind = (
            folded[max(at - 1, 0) : at],
            folded[at + len(wanted) : at + len(wanted) + 1],
        )
        if not (_goes_on(before, wanted[0]) or _goes_on(behind, wanted[-1])):
            return True
        at = folded.find(wanted, at + 1)
    return False


def read_and_rank(
    candidates: Sequence[tuple[int, float, Sequence[tuple[ExactName, float]]]],
    read: Callable[[int], Iterable[str]],
    limit: int,
) -> tuple[Hit, ...]:
    """Reads the most promising candidates and keeps what they really hold.

    Args:
        candidates: row, score by words, and the names whose terms it has with their weights.
        read: where it may stand, the likeliest first; only as much is read as is needed.
    """
    promised = sorted(
        candidates, key=lambda one: (-sum(weight for _, weight in one[2]), -one[1], one[0])
    )
    kept: list[tuple[float, float, int]] = []
    for row, by_words, names in promised[: CHECKED * limit]:
        weight = sum(
            weight
            for name, weight in names
            if name.text is None or any(holds(text, name.text) for text in read(row))
        )
        if weight > 0:
            kept.append((-weight, -by_words, row))
    return tuple(Hit(row, -weight) for weight, _, row in sorted(kept)[:limit])


def most_promising(
    weights: np.ndarray[tuple[int], np.dtype[np.float64]],
    scores: np.ndarray[tuple[int], np.dtype[np.float64]],
    limit: int,
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Which candidates are worth reading: most weight first, then score, then order."""
    order = np.lexsort((-scores, -weights))
    return order[: CHECKED * limit]


def _goes_on(neighbour: str, edge: str) -> bool:
    return neighbour.isascii() and neighbour.isalnum() and edge.isascii() and edge.isalnum()
