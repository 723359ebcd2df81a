"""Fits the coefficients that tell how sure the library may be; coefficients only, no text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from suwen.evaluation.retrieval.sets import TUNING
from suwen.evaluation.retrieval.trials import Kind, Trial
from suwen.knowledge.retrieval.confidence import Signs, Values

_RIDGE: Final = 1e-3
_STEPS: Final = 50
_PASSAGES: Final = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """Signs, whether what they stand for holds, and how much that counts."""

    values: Values
    holds: bool
    weight: float


def fit_weighing(trials: Mapping[str, Sequence[Trial]], off_topic_weight: float) -> dict[str, Any]:
    """Coefficients for topic, answer and passage from the tuning halves of several sets.

    Every set, and in it every kind of question, counts the same.

    Args:
        trials: by set.
        off_topic_weight: how much worse it is to take an off-topic question for a topical one than
            the other way round.
    """
    tuning = {name: [t for t in given if t.half == TUNING] for name, given in trials.items()}
    return {
        "topic": fit(_topic(tuning, off_topic_weight)),
        "answer": fit(_answer(tuning)),
        "passage": fit(_passage(tuning)),
    }


def calibration_file(
    words: Mapping[str, Any], embeddings: Mapping[str, Mapping[str, Any]], data: str, on: date
) -> dict[str, Any]:
    """What ``calibration.json`` holds."""
    return {
        "fitted": on.isoformat(),
        "data": data,
        "words": dict(words),
        "embeddings": {key: dict(row) for key, row in embeddings.items()},
    }


def fit(examples: Iterable[Example]) -> list[float]:
    """Logistic regression with a small ridge, by Newton's steps: intercept and coefficients."""
    rows = list(examples)
    values = np.array([row.values for row in rows], np.float64)
    target = np.array([row.holds for row in rows], np.float64)
    weight = np.array([row.weight for row in rows], np.float64)
    weight *= len(rows) / weight.sum()
    mean = np.average(values, axis=0, weights=weight)
    spread = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weight)) + 1e-9
    scaled = np.column_stack([np.ones(len(rows)), (values - mean) / spread])
    ridge = _RIDGE * len(rows) * np.r_[0.0, np.ones(values.shape[1])]
    found = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-scaled @ found))
        slope = scaled.T @ (weight * (chance - target)) + ridge * found
        bend = (scaled * (weight * chance * (1 - chance))[:, None]).T @ scaled + np.diag(ridge)
        found -= np.linalg.solve(bend, slope)
    coefficients = found[1:] / spread
    intercept = found[0] - float((coefficients * mean).sum())
    return [round(float(value), 4) for value in (intercept, *coefficients)]


def _topic(trials: Mapping[str, Sequence[Trial]], off_topic_weight: float) -> list[Example]:
    def weight(trial: Trial) -> float:
        return off_topic_weight if trial.kind is Kind.OFF_TOPIC else 0.5

    return [
        Example(signs.topic, trial.kind is not Kind.OFF_TOPIC, share)
        for trial, signs, share in _shared(trials, lambda trial: True, weight)
    ]


def _answer(trials: Mapping[str, Sequence[Trial]]) -> list[Example]:
    return [
        Example(signs.answer, trial.place is not None, share)
        for trial, signs, share in _shared(trials, _on_topic, lambda trial: 1.0)
    ]


def _passage(trials: Mapping[str, Sequence[Trial]]) -> list[Example]:
    return [
        Example(values, right, share)
        for trial, signs, share in _shared(trials, _on_topic, lambda trial: 1.0)
        for values, right in list(zip(signs.passages.values(), trial.passages_right, strict=True))[
            :_PASSAGES
        ]
    ]


def _on_topic(trial: Trial) -> bool:
    return trial.kind is not Kind.OFF_TOPIC


def _shared(
    trials: Mapping[str, Sequence[Trial]],
    wanted: Callable[[Trial], bool],
    weight: Callable[[Trial], float],
) -> list[tuple[Trial, Signs, float]]:
    found = []
    for given in trials.values():
        kept = [t for t in given if wanted(t) and t.signs is not None]
        many = Counter(t.kind for t in kept)
        found += [(t, t.signs, weight(t) / many[t.kind]) for t in kept if t.signs is not None]
    return found
