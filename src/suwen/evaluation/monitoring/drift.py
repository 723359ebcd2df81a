"""Whether what comes in is still what it was: two distributions over the same categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import log, log2
from typing import Final

LEAST_CASES: Final = 50
"""With fewer cases on either side nothing is said: both indices rise with small samples."""

SOME: Final = 0.10
MUCH: Final = 0.25
"""Population stability index from which a shift is some, and much.

Source: Siddiqi, Credit Risk Scorecards, 2006 (rule of thumb, from memory); Yurdakul 2018 shows
that its size depends on the sample, hence ``LEAST_CASES``."""

_SMOOTHING: Final = 0.5


class Shift(StrEnum):
    """How far two distributions lie apart."""

    UNKNOWN = "unknown"
    NONE = "none"
    SOME = "some"
    MUCH = "much"


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the present lies from the reference.

    Attributes:
        psi: population stability index, >= 0; ``None`` with too few cases.
        divergence: Jensen-Shannon divergence to base 2, 0 to 1; ``None`` with too few cases.
    """

    before: int
    now: int
    psi: float | None
    divergence: float | None
    shift: Shift


def drift(before: Mapping[str, int], now: Mapping[str, int]) -> Drift:
    """How far apart two counted distributions are.

    A category that one side lacks counts half a case, so that the index stays finite.

    Source: Kullback and Leibler 1951 (PSI is its symmetric form); Lin, IEEE Trans Inf Theory
    1991;37:145-151 (Jensen-Shannon).
    """
    first, second = sum(before.values()), sum(now.values())
    if min(first, second) < LEAST_CASES:
        return Drift(first, second, None, None, Shift.UNKNOWN)
    names = sorted({*before, *now})
    p, q = _shares(before, names), _shares(now, names)
    psi = sum((b - a) * log(b / a) for a, b in zip(p, q, strict=True))
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    divergence = (_relative(p, middle) + _relative(q, middle)) / 2
    shift = Shift.MUCH if psi >= MUCH else Shift.SOME if psi >= SOME else Shift.NONE
    return Drift(first, second, psi, divergence, shift)


def _shares(counts: Mapping[str, int], names: list[str]) -> list[float]:
    filled = [counts.get(name, 0) + _SMOOTHING for name in names]
    return [value / sum(filled) for value in filled]


def _relative(p: list[float], q: list[float]) -> float:
    return sum(a * log2(a / b) for a, b in zip(p, q, strict=True) if a > 0)
