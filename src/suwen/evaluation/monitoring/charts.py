"""Control charts over counted days: when is a share worse than chance explains.

Only the side of harm raises an alarm: every measure here is a share of cases that went badly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from math import log, sqrt
from typing import Final

_MEAN_OF_MOVING_RANGE: Final = 1.128
"""Mean range of two standard normal values (d2). Source: Montgomery, Introduction to Statistical
Quality Control, 8th ed., appendix VI (from memory)."""


class Chart(StrEnum):
    """How a measure is watched."""

    P = "p"
    U = "u"
    EWMA = "ewma"
    CUSUM = "cusum"


@dataclass(frozen=True, slots=True)
class Counted:
    """What one day brought.

    Attributes:
        cases: how many there were, >= 0.
        events: how many of them went badly; for a u chart events may outnumber the cases.
    """

    day: date
    cases: int
    events: int

    @property
    def share(self) -> float:
        """Events a case; 0 where there was no case."""
        return self.events / self.cases if self.cases else 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """One day on a chart.

    Attributes:
        value: what is charted: a share, its moving average, or the sum of a CUSUM.
        limit: above it the chart signals.
        low: lower limit, for the eye only; ``None`` where the chart has none.
    """

    day: date
    cases: int
    value: float
    centre: float
    limit: float
    low: float | None
    out: bool


def p_chart(
    days: Sequence[Counted], reference: float, sigmas: float = 3.0, spread: float = 1.0
) -> list[Point]:
    """Shares with limits of so many standard errors of a binomial share, day by day.

    Args:
        reference: the share that is usual, 0 to 1.
        spread: how much wider than binomial the usual days scatter, >= 1 (``spread_of``).

    Source: Shewhart 1931; Laney, Quality Engineering 2002;14:531-537 for the spread.
    """
    return [_shewhart(d, reference, sigmas * spread, reference * (1 - reference)) for d in days]


def u_chart(
    days: Sequence[Counted], reference: float, sigmas: float = 3.0, spread: float = 1.0
) -> list[Point]:
    """Events a case with limits of so many standard errors of a Poisson rate.

    Source: Montgomery, Introduction to Statistical Quality Control, chapter on charts for
    nonconformities; Laney 2002 for the spread.
    """
    return [_shewhart(d, reference, sigmas * spread, reference) for d in days]


def _shewhart(day: Counted, reference: float, widths: float, variance: float) -> Point:
    reach = widths * sqrt(variance / day.cases) if day.cases else 0.0
    limit = reference + reach
    # A single event among few cases is no pattern, however small the usual share is.
    out = day.events > 1 and day.share > limit
    return Point(day.day, day.cases, day.share, reference, limit, max(0.0, reference - reach), out)


def ewma_chart(
    days: Sequence[Counted],
    reference: float,
    weight: float = 0.2,
    sigmas: float = 3.0,
    spread: float = 1.0,
) -> list[Point]:
    """The exponentially weighted moving average of the shares, with exact limits for days of
    unequal size; a day without a case leaves it as it is.

    Args:
        weight: of the newest day, above 0, at most 1.

    Source: Roberts, Technometrics 1959;1:239-250; Lucas and Saccucci, Technometrics
    1990;32:1-12.
    """
    level, variance, points = reference, 0.0, []
    for day in days:
        if day.cases:
            level = weight * day.share + (1 - weight) * level
            own = spread**2 * reference * (1 - reference) / day.cases
            variance = weight**2 * own + (1 - weight) ** 2 * variance
        reach = sigmas * sqrt(variance)
        low = max(0.0, reference - reach)
        out = day.cases > 0 and level > reference + reach
        points.append(Point(day.day, day.cases, level, reference, reference + reach, low, out))
    return points


def cusum_chart(
    days: Sequence[Counted], reference: float, worse: float = 2.0, threshold: float = 4.5
) -> list[Point]:
    """The sum of the evidence that the odds of an event are ``worse`` times the usual ones.

    Each case adds the logarithm of its likelihood ratio; the sum never falls below 0. It counts
    cases, not days, so that a busy day is heard on that very day.

    Args:
        worse: odds ratio that is to be found, above 1.
        threshold: above it the chart signals; higher means fewer false alarms and later true ones.

    Source: Page, Biometrika 1954;41:100-115; Steiner et al., Biostatistics 2000;1:441-452;
    Reynolds and Stoumbos, J Qual Technol 1999;31:87-108.
    """
    usual = min(max(reference, 1e-6), 1 - 1e-6)
    feared = worse * usual / (1 - usual + worse * usual)
    for_event, for_none = log(feared / usual), log((1 - feared) / (1 - usual))
    total, points = 0.0, []
    for day in days:
        total = max(0.0, total + day.events * for_event + (day.cases - day.events) * for_none)
        out = day.cases > 0 and total > threshold
        points.append(Point(day.day, day.cases, total, 0.0, threshold, None, out))
    return points


def spread_of(days: Sequence[Counted], reference: float, *, poisson: bool = False) -> float:
    """How much wider usual days scatter than chance alone: 1 where they do not.

    Cases of one day are alike (one ward, one shift), so that plain binomial limits cry wolf.

    Source: Laney, Quality Engineering 2002;14:531-537 (mean moving range of the z scores).
    """
    variance = reference if poisson else reference * (1 - reference)
    scores = [
        (d.share - reference) / sqrt(variance / d.cases) for d in days if d.cases and variance
    ]
    ranges = [abs(b - a) for a, b in pairwise(scores)]
    if not ranges:
        return 1.0
    return max(1.0, sum(ranges) / len(ranges) / _MEAN_OF_MOVING_RANGE)
