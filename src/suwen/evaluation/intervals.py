"""How sure a measured share is."""

from __future__ import annotations

from math import sqrt
from typing import Final

_Z: Final = 1.959963984540054


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share; (0, 1) when nothing was counted.

    Source: Wilson, J Am Stat Assoc 1927;22:209-212.
    """
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    denominator = 1 + _Z**2 / total
    centre = (share + _Z**2 / (2 * total)) / denominator
    spread = _Z * sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2)) / denominator
    return max(0.0, centre - spread), min(1.0, centre + spread)
