"""Fusing legs and ordering anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from suwen.core.errors import InferenceError
from suwen.core.language import Bilingual
from suwen.knowledge.retrieval import (
    EditionSearcher,
    Hit,
    ReadableRows,
    RetrievalQuery,
    rerank,
)
from suwen.knowledge.retrieval.fusion import K, fuse
from tests.support.editions import TestKey, build, document


def test_ranks_and_not_scores_are_added() -> None:
    legs = {"lexical": [Hit(3, 90.0), Hit(1, 2.0)], "dense": [Hit(1, 0.9), Hit(2, 0.8)]}
    fused = fuse(legs, {}, 10)
    assert [one.row for one in fused] == [1, 3, 2]
    assert fused[0].score == pytest.approx(1 / (K + 2) + 1 / (K + 1))
    assert fused[0].legs == {"lexical": 2, "dense": 1}
    assert fused[0].leg_scores == {"lexical": 2.0, "dense": 0.9}
    assert [one.row for one in fuse(legs, {}, 1)] == [1]


def test_a_heavier_leg_pulls_and_equals_stand_in_the_edition_s_order() -> None:
    legs = {"lexical": [Hit(9, 1.0)], "dense": [Hit(4, 1.0)]}
    assert [one.row for one in fuse(legs, {}, 10)] == [4, 9]
    assert [one.row for one in fuse(legs, {"lexical": 2.0}, 10)] == [9, 4]


class FixedReranker:
    def __init__(self, scores: Sequence[float] | None) -> None:
        self._scores = scores
        self.texts: list[str] = []

    def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        self.texts = list(texts)
        if self._scores is None:
            raise InferenceError("down", Bilingual(zh="停机", en="down"))
        return self._scores


def test_a_reranker_orders_anew_and_its_silence_changes_nothing(state_folder: Path) -> None:
    edition = build(
        state_folder,
        [document("a", "糖尿病", "糖尿病 糖尿病", "糖尿病复查", title="题")],
        TestKey(),
    )
    searcher = EditionSearcher(edition)
    readable = ReadableRows(np.ones(edition.passages, np.bool_))
    found = searcher.search(RetrievalQuery("糖尿病"), readable, 10)
    reranker = FixedReranker([0.1, 0.9, 0.5])
    anew = rerank(found, "糖尿病", edition, reranker)
    assert [one.row for one in anew] == [found[1].row, found[2].row, found[0].row]
    assert [one.legs["reranked"] for one in anew] == [1, 2, 3]
    assert anew[0].leg_scores["reranked"] == 0.9
    assert all(text.startswith("题\n") for text in reranker.texts)
    for silent in (None, [0.1], [0.1, float("nan"), 0.2]):
        assert rerank(found, "糖尿病", edition, FixedReranker(silent)) == found
    assert rerank([], "糖尿病", edition, FixedReranker(None)) == []
