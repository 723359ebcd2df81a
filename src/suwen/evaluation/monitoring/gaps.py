"""Whether an application does worse for one group of patients than for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final

from suwen.evaluation.intervals import wilson_interval

FEWEST_SHOWN: Final = 11
"""A group with fewer cases is not shown: its patients could be told from the numbers.

Source: CMS cell size suppression policy (cells of 1 to 10 are withheld; from memory)."""


@dataclass(frozen=True, slots=True)
class GroupGap:
    """One group against all others.

    Attributes:
        cases: ``None`` where the group is too small to be shown; then nothing else is.
        gap: share of the group less that of the others; ``None`` where the others are too few.
        gap_interval: 95 % interval of the gap; where it lies above 0 the group fares worse.
    """

    group: str
    cases: int | None
    share: float | None = None
    interval: tuple[float, float] | None = None
    gap: float | None = None
    gap_interval: tuple[float, float] | None = None

    @property
    def worse(self) -> bool:
        """Whether chance alone hardly explains that the group fares worse."""
        return self.gap_interval is not None and self.gap_interval[0] > 0


def group_gaps(counts: Mapping[str, tuple[int, int]]) -> list[GroupGap]:
    """Each group against the rest.

    Args:
        counts: events and cases by group.
    """
    events = sum(e for e, _ in counts.values())
    cases = sum(n for _, n in counts.values())
    hidden = [name for name, (_, n) in counts.items() if 0 < n < FEWEST_SHOWN]
    if len(hidden) == 1:
        # With the total one could work the single hidden group out: the next smallest goes too.
        others = [name for name, (_, n) in counts.items() if n >= FEWEST_SHOWN]
        hidden += sorted(others, key=lambda name: counts[name][1])[:1]
    found = []
    for name in sorted(counts):
        bad, n = counts[name]
        if name in hidden or n == 0:
            found.append(GroupGap(name, None if n else 0))
            continue
        gap, interval = _difference(bad, n, events - bad, cases - n)
        found.append(GroupGap(name, n, bad / n, wilson_interval(bad, n), gap, interval))
    return found


def _difference(
    hits: int, total: int, other_hits: int, others: int
) -> tuple[float | None, tuple[float, float] | None]:
    """Difference of two independent shares with its 95 % interval.

    Source: Newcombe, Stat Med 1998;17:873-890, method 10.
    """
    if others < FEWEST_SHOWN:
        return None, None
    p, q = hits / total, other_hits / others
    (l1, u1), (l2, u2) = wilson_interval(hits, total), wilson_interval(other_hits, others)
    below = sqrt((p - l1) ** 2 + (u2 - q) ** 2)
    above = sqrt((u1 - p) ** 2 + (q - l2) ** 2)
    return p - q, (p - q - below, p - q + above)
