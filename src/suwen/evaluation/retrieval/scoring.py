"""How good an order of documents is, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

TOP: Final = 10
_RESAMPLES: Final = 2000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with the bounds of its 95 % interval by resampling the questions."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scores:
    """One value for each question.

    Attributes:
        ndcg: nDCG@10 with equal gain for every right document.
        recall: right documents among the first ten, of as many as could be there.
    """

    ndcg: Floats
    recall: Floats


def score(orders: Sequence[Sequence[str]], right: Sequence[frozenset[str]]) -> Scores:
    """The scores of one order of documents for each question.

    Source: Järvelin and Kekäläinen, ACM TOIS 2002;20:422-446.
    """
    gains = 1 / np.log2(np.arange(TOP) + 2)
    ndcg, recall = [], []
    for order, wanted in zip(orders, right, strict=True):
        hits = np.array([name in wanted for name in order[:TOP]], np.float64)
        possible = min(TOP, len(wanted))
        ndcg.append(float((hits * gains[: len(hits)]).sum() / gains[:possible].sum()))
        recall.append(float(hits.sum() / possible))
    return Scores(np.array(ndcg), np.array(recall))


def estimate(values: Floats, seed: int = 7) -> Estimate:
    """The mean and its interval; of differences it is the paired one.

    Source: percentile bootstrap, Efron and Tibshirani 1993.
    """
    if not len(values):
        return Estimate(float("nan"), float("nan"), float("nan"))
    draws = np.random.default_rng(seed).integers(0, len(values), (_RESAMPLES, len(values)))
    means = values[draws].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(values.mean()), float(low), float(high))


def auroc(positive: Floats, negative: Floats) -> float:
    """How often a positive stands above a negative, ties counting half; NaN without either."""
    if not len(positive) or not len(negative):
        return float("nan")
    both = np.concatenate([positive, negative])
    _, place, count = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    above = ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(above / (len(positive) * len(negative)))


def auroc_estimate(positive: Floats, negative: Floats, seed: int = 7) -> Estimate:
    """The AUROC with its interval by resampling both groups."""
    random = np.random.default_rng(seed)
    found = [
        auroc(random.choice(positive, len(positive)), random.choice(negative, len(negative)))
        for _ in range(_RESAMPLES // 4)
    ]
    low, high = np.quantile(found, (0.025, 0.975))
    return Estimate(auroc(positive, negative), float(low), float(high))
