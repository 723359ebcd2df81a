"""Signatures that came much faster or slower than others: hints at signing without reading.

Robust statistics, so that a few odd signatures do not shift what counts as usual: the modified
z-score over the logarithm of the seconds, with the median and the median absolute deviation.

Source: Iglewicz and Hoaglin, How to Detect and Handle Outliers, ASQC 1993 (0.6745, limit 3.5), from
memory.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Protocol

LIMIT: Final = 3.5
SCALE: Final = 0.6745
LEAST: Final = 20
"""Fewer signatures of an application tell no outlier."""

_SHORTEST_S: Final = 0.5


class Timed(Protocol):
    """A signature and how long its signer looked."""

    @property
    def app(self) -> str:
        """Of which application."""

    @property
    def signer(self) -> str:
        """Account."""

    @property
    def seconds(self) -> float:
        """From opening to signing, >= 0."""


@dataclass(frozen=True, slots=True)
class Pace:
    """One signature among those of its application.

    Attributes:
        score: modified z-score; below ``-LIMIT`` it came unusually fast.
    """

    signature: Timed
    score: float

    @property
    def fast(self) -> bool:
        """Whether it came unusually fast."""
        return self.score < -LIMIT

    @property
    def slow(self) -> bool:
        """Whether it took unusually long."""
        return self.score > LIMIT


@dataclass(frozen=True, slots=True)
class AppPace:
    """The signatures of one application.

    Attributes:
        median_s: seconds.
        spread: median absolute deviation of the natural logarithm of the seconds.
        judged: false where there are too few signatures, or all took the same time; then none is
            called an outlier.
    """

    app: str
    count: int
    median_s: float
    spread: float
    judged: bool
    outliers: tuple[Pace, ...]


@dataclass(frozen=True, slots=True)
class PersonPace:
    """The signatures of one person for one application; ``fast`` counts the outliers."""

    app: str
    signer: str
    count: int
    median_s: float
    fast: int


def paces(signatures: Sequence[Timed]) -> tuple[AppPace, ...]:
    """How fast signatures of each application come, by application."""
    by_app: defaultdict[str, list[Timed]] = defaultdict(list)
    for one in signatures:
        by_app[one.app].append(one)
    return tuple(_of_app(app, found) for app, found in sorted(by_app.items()))


def of_persons(signatures: Sequence[Timed]) -> tuple[PersonPace, ...]:
    """The same by person, those with the most outliers first."""
    fast = [pace.signature for found in paces(signatures) for pace in found.outliers if pace.fast]
    by_person: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for one in signatures:
        by_person[one.app, one.signer].append(one.seconds)
    told = [
        PersonPace(
            app,
            signer,
            len(seconds),
            median(seconds),
            sum((one.app, one.signer) == (app, signer) for one in fast),
        )
        for (app, signer), seconds in by_person.items()
    ]
    return tuple(sorted(told, key=lambda one: (-one.fast, one.median_s, one.signer)))


def _of_app(app: str, found: Sequence[Timed]) -> AppPace:
    logs = [math.log(max(one.seconds, _SHORTEST_S)) for one in found]
    middle = median(logs)
    spread = median([abs(log - middle) for log in logs])
    judged = len(found) >= LEAST and spread > 0
    outliers = []
    if judged:
        scored = [
            Pace(one, SCALE * (log - middle) / spread) for one, log in zip(found, logs, strict=True)
        ]
        outliers = [pace for pace in scored if pace.fast or pace.slow]
    seconds = median([one.seconds for one in found])
    ordered = tuple(sorted(outliers, key=lambda pace: pace.score))
    return AppPace(app, len(found), seconds, spread, judged, ordered)
