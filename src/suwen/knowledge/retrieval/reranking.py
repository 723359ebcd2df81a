"""Candidates ordered anew by a model that reads question and passage together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from suwen.core.errors import InferenceError
from suwen.core.knowledge import Reranker
from suwen.knowledge.edition import Edition
from suwen.knowledge.retrieval.searcher import Candidate

RERANKED: Final = "reranked"


def rerank(
    candidates: Sequence[Candidate], query: str, edition: Edition, reranker: Reranker
) -> list[Candidate]:
    """The candidates by the reranker's scores, best first; equal ones keep their order.

    When the engine does not answer, or not one score for each, the order stays as it was. The
    fused score stays the candidate's score; the new rank and score stand in ``legs``.
    """
    if not candidates:
        return []
    try:
        scores = list(reranker.rerank(query, [edition.indexed(one.row) for one in candidates]))
    except InferenceError:
        return list(candidates)
    # A NaN is not equal to itself.
    if len(scores) != len(candidates) or any(score != score for score in scores):
        return list(candidates)
    order = sorted(range(len(candidates)), key=lambda place: -scores[place])
    return [
        replace(
            candidates[place],
            legs={**candidates[place].legs, RERANKED: rank},
            leg_scores={**candidates[place].leg_scores, RERANKED: float(scores[place])},
        )
        for rank, place in enumerate(order, start=1)
    ]
