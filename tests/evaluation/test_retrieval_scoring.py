"""The arithmetic of the retrieval report against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from suwen.evaluation.retrieval.calibrating import Example, fit
from suwen.evaluation.retrieval.scoring import auroc, auroc_estimate, estimate, score


def test_ndcg_and_recall_of_known_orders() -> None:
    right = [frozenset({"a"}), frozenset({"a", "b"}), frozenset({"z"})]
    found = score([["a", "x"], ["x", "a", "y", "b"], ["x"]], right)
    second = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert found.ndcg.tolist() == pytest.approx([1.0, second, 0.0])
    assert found.recall.tolist() == [1.0, 1.0, 0.0]


def test_the_eleventh_place_does_not_count() -> None:
    order = [f"x{n}" for n in range(10)] + ["a"]
    found = score([order], [frozenset({"a"})])
    assert (found.ndcg[0], found.recall[0]) == (0.0, 0.0)


def test_with_more_right_documents_than_places_ten_are_enough() -> None:
    names = [f"d{n}" for n in range(15)]
    found = score([names], [frozenset(names)])
    assert (found.ndcg[0], found.recall[0]) == pytest.approx((1.0, 1.0))


def test_an_interval_holds_its_mean_and_narrows_with_more_questions() -> None:
    few, many = (estimate(np.tile([0.0, 1.0], n)) for n in (10, 1000))
    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < few.high - few.low
    assert estimate(np.tile([0.0, 1.0], 10)) == few


def test_auroc_counts_ties_half() -> None:
    assert auroc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auroc(np.array([0.0]), np.array([1.0])) == 0.0
    assert auroc(np.array([1.0, 1.0]), np.array([1.0])) == 0.5
    assert auroc(np.array([1.0, 3.0]), np.array([2.0, 0.0])) == 0.75
    assert math.isnan(auroc(np.array([]), np.array([1.0])))
    found = auroc_estimate(np.arange(50.0), np.arange(50.0) - 10)
    assert found.low < found.mean < found.high


def test_the_fit_finds_the_coefficients_that_made_the_data() -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=(20_000, 2)) * [1.0, 0.1] + [0.0, 5.0]
    chance = 1 / (1 + np.exp(-(1.0 + 2.0 * values[:, 0] - 0.4 * (values[:, 1] - 5) / 0.1)))
    holds = random.random(len(values)) < chance
    found = fit(
        Example((float(a), float(b)), bool(h), 1.0) for (a, b), h in zip(values, holds, strict=True)
    )
    assert found[1] == pytest.approx(2.0, rel=0.06)
    assert found[2] == pytest.approx(-4.0, rel=0.1)
    assert found[0] == pytest.approx(1.0 + 20.0, rel=0.1)


def test_an_example_of_more_weight_counts_as_several() -> None:
    rows = [((0.0,), False), ((1.0,), True), ((0.4,), True), ((0.6,), False)]
    weighed = fit(Example(values, holds, 3.0 if holds else 1.0) for values, holds in rows)
    repeated = fit(
        Example(values, holds, 1.0) for values, holds in rows for _ in range(3 if holds else 1)
    )
    assert weighed[0] == pytest.approx(repeated[0], abs=0.05)
