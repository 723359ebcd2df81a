"""Sizes counted in classes, so that a median of a month needs no single value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

LATENCY_MS: Final = (50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200)
MINUTES: Final = (1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 240, 480, 1440, 4320)
CODE_POINTS: Final = (250, 500, 1000, 1500, 2000, 3000, 4000, 6000, 10000)
EDIT_PERCENT: Final = (0, 1, 2, 5, 10, 20, 40, 70)
AGE_YEARS: Final = (18, 45, 65, 80)
"""Upper ends of the classes; what lies above the last is a class of its own."""


def bucket(value: float, edges: Sequence[int]) -> str:
    """The class of a value: the smallest edge that it does not exceed, ``more`` beyond the last."""
    return next((str(edge) for edge in edges if value <= edge), "more")


def age_band(birth: date | None, on: date) -> str:
    """The age band in completed years; ``unknown`` without a full date of birth."""
    if birth is None or birth > on:
        return "unknown"
    years = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
    low = 0
    for edge in AGE_YEARS:
        if years < edge:
            return f"{low}-{edge - 1}"
        low = edge
    return f"{low}+"


@dataclass(frozen=True, slots=True)
class Quantile:
    """Within which class a quantile lies: above ``low``, at most ``high``; open above the last."""

    low: int
    high: int | None


def quantile(counts: Mapping[str, int], edges: Sequence[int], part: float) -> Quantile | None:
    """The class that holds a quantile; ``None`` where nothing was counted.

    Args:
        counts: cases by class, as ``bucket`` names them.
        part: 0.5 for the median.
    """
    total, seen, low = sum(counts.values()), 0, 0
    if total == 0:
        return None
    for edge in edges:
        seen += counts.get(str(edge), 0)
        if seen >= part * total:
            return Quantile(low, edge)
        low = edge
    return Quantile(low, None)
