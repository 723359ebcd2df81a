"""One order out of several: reciprocal rank fusion.

Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from suwen.knowledge.retrieval.backend import Hit

K: Final = 60


@dataclass(frozen=True, slots=True)
class Fused:
    """A passage in the common order.

    Attributes:
        legs: its rank from 1 in each leg that found it.
        leg_scores: its score there; comparable within a leg and a question only.
    """

    row: int
    score: float
    legs: Mapping[str, int]
    leg_scores: Mapping[str, float]


def fuse(
    legs: Mapping[str, Sequence[Hit]], weights: Mapping[str, float], limit: int
) -> list[Fused]:
    """The passages by the sum of ``weight / (K + rank)``; equal ones in the edition's order."""
    scores: dict[int, float] = {}
    ranks: dict[int, dict[str, int]] = {}
    found: dict[int, dict[str, float]] = {}
    for leg, hits in legs.items():
        weight = weights.get(leg, 1.0)
        for rank, hit in enumerate(hits, start=1):
            scores[hit.row] = scores.get(hit.row, 0.0) + weight / (K + rank)
            ranks.setdefault(hit.row, {})[leg] = rank
            found.setdefault(hit.row, {})[leg] = hit.score
    order = sorted(scores, key=lambda row: (-scores[row], row))[:limit]
    return [Fused(row, scores[row], ranks[row], found[row]) for row in order]
