"""Figures with how sure each is: shares, means, medians, agreement and calibration."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Final, TypeVar

from suwen.evaluation.intervals import wilson_interval

RESAMPLES: Final = 1000
_SEED: Final = 20261122
_LOW: Final = 0.025
_HIGH: Final = 0.975

Unit = TypeVar("Unit")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        name: of what was measured.
        part: label of the part of the cases that it is over; ``None`` for all.
        value: ``None`` where nothing was counted.
        low, high: 95 % interval; ``None`` where there is none.
        of: how many cases, groups or statements it rests on.
        method: ``wilson``, ``bootstrap`` (percentile, 1,000 resamples, fixed seed) or ``count``.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    of: int
    method: str
    part: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Rounded to four places."""
        body = asdict(self)
        for key in ("value", "low", "high"):
            body[key] = None if body[key] is None else round(body[key], 4)
        return body


def share(name: str, hits: int, total: int, part: str | None = None) -> Figure:
    """A share with its Wilson interval."""
    if total == 0:
        return Figure(name, None, None, None, 0, "wilson", part)
    low, high = wilson_interval(hits, total)
    return Figure(name, hits / total, low, high, total, "wilson", part)


def count(name: str, value: float | None, of: int, part: str | None = None) -> Figure:
    """A number without an interval."""
    return Figure(name, value, None, None, of, "count", part)


def resampled(
    name: str,
    units: Sequence[Unit],
    statistic: Callable[[Sequence[Unit]], float | None],
    part: str | None = None,
) -> Figure:
    """A statistic with its bootstrap interval over independent units.

    Source: Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile).
    """
    value = statistic(units) if units else None
    if value is None:
        return Figure(name, None, None, None, len(units), "bootstrap", part)
    chance = random.Random(_SEED)  # noqa: S311 - statistics, not security
    drawn = []
    for _ in range(RESAMPLES):
        again = statistic(chance.choices(units, k=len(units)))
        if again is not None:
            drawn.append(again)
    drawn.sort()
    low, high = quantile(drawn, _LOW), quantile(drawn, _HIGH)
    return Figure(name, value, low, high, len(units), "bootstrap", part)


def quantile(ordered: Sequence[float], at: float) -> float:
    """The quantile of ordered numbers, between neighbours linearly."""
    place = at * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Agreement of two raters beyond chance, -1 to 1; ``None`` where both always say the same
    one thing or nothing was rated.

    Source: Cohen, Educ Psychol Meas 1960;20:37-46.
    """
    if not pairs:
        return None
    labels = {label for pair in pairs for label in pair}
    total = len(pairs)
    observed = sum(a == b for a, b in pairs) / total
    expected = sum(
        (sum(a == one for a, _ in pairs) / total) * (sum(b == one for _, b in pairs) / total)
        for one in labels
    )
    return None if expected == 1 else (observed - expected) / (1 - expected)


def brier(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Mean squared distance of stated probability and outcome, 0 best.

    Source: Brier, Mon Weather Rev 1950;78:1-3.
    """
    return fmean((p - y) ** 2 for p, y in pairs) if pairs else None


def calibration_error(pairs: Sequence[tuple[float, float]], bins: int = 10) -> float | None:
    """Expected calibration error over bins of equal width, 0 best.

    Source: Naeini et al., AAAI 2015 (ECE).
    """
    if not pairs:
        return None
    found = reliability(pairs, bins)
    return sum(n * abs(stated - right) for stated, right, n in found) / len(pairs)


def reliability(
    pairs: Sequence[tuple[float, float]], bins: int = 10
) -> list[tuple[float, float, int]]:
    """Mean stated probability, share that was right, and number of each bin that is not empty."""
    sorted_in: dict[int, list[tuple[float, float]]] = {}
    for probability, outcome in pairs:
        place = min(int(probability * bins), bins - 1)
        sorted_in.setdefault(place, []).append((probability, outcome))
    return [
        (fmean(p for p, _ in pairs_in), fmean(y for _, y in pairs_in), len(pairs_in))
        for _, pairs_in in sorted(sorted_in.items())
    ]
