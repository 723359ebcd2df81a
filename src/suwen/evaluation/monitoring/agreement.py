"""How far two readers agree beyond chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final

_Z: Final = 1.959963984540054
LEAST_PAIRS: Final = 20
"""With fewer pairs the interval of kappa says nothing and it is not shown."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two readers on the same cases.

    Attributes:
        observed: share of equal verdicts; ``None`` without a pair.
        kappa: Cohen's kappa, -1 to 1; ``None`` with too few pairs, or where both always gave one
            and the same verdict, so that chance alone would agree.
        interval: 95 % interval of kappa.
    """

    pairs: int
    observed: float | None
    kappa: float | None
    interval: tuple[float, float] | None


def cohen_kappa(table: Mapping[tuple[str, str], int]) -> Agreement:
    """Cohen's kappa of a table of (first reader's, second reader's) verdicts.

    Source: Cohen, Educ Psychol Meas 1960;20:37-46; standard error by Fleiss, Cohen and Everitt,
    Psychol Bull 1969;72:323-327.
    """
    total = sum(table.values())
    if total == 0:
        return Agreement(0, None, None, None)
    names = sorted({name for pair in table for name in pair})
    share = {pair: count / total for pair, count in table.items()}
    first = {a: sum(share.get((a, b), 0.0) for b in names) for a in names}
    second = {b: sum(share.get((a, b), 0.0) for a in names) for b in names}
    observed = sum(share.get((a, a), 0.0) for a in names)
    chance = sum(first[a] * second[a] for a in names)
    if total < LEAST_PAIRS or chance >= 1:
        return Agreement(total, observed, None, None)
    kappa = (observed - chance) / (1 - chance)
    equal = sum(
        share.get((a, a), 0.0) * (1 - (first[a] + second[a]) * (1 - kappa)) ** 2 for a in names
    )
    unequal = (1 - kappa) ** 2 * sum(
        share.get((a, b), 0.0) * (second[a] + first[b]) ** 2 for a in names for b in names if a != b
    )
    rest = (kappa - chance * (1 - kappa)) ** 2
    error = sqrt(max(0.0, equal + unequal - rest) / total) / (1 - chance)
    return Agreement(
        total, observed, kappa, (max(-1.0, kappa - _Z * error), min(1.0, kappa + _Z * error))
    )
