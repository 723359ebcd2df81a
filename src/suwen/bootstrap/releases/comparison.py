"""Side by side: how two engines did on the same suites, and on the same cases of the wards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from suwen.evaluation.intervals import wilson_interval
from suwen.storage.releases import GateResult
from suwen.storage.shadow_cases import ShadowCase


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % Wilson interval; ``value`` is ``None`` where nothing was counted."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """0 to 1."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, 0 to 1."""
        return wilson_interval(self.hits, self.of) if self.of else (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One score of one suite of two engines; ``None`` where one of them has none.

    Attributes:
        needed: least that must be reached.
        interval: of ours, lower and upper bound at 95 %; ``None`` where the suite states none.
        most: greatest that is allowed.
    """

    suite: str
    score: str
    ours: float | None
    theirs: float | None
    needed: float | None
    interval: tuple[float, float] | None = None
    most: float | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is a share, and no count of cases."""
        return self.needed is None or self.needed <= 1

    @property
    def reached(self) -> bool:
        """Whether ours keeps both bounds."""
        least = float("-inf") if self.needed is None else self.needed
        most = float("inf") if self.most is None else self.most
        return self.ours is not None and least <= self.ours <= most

    @property
    def difference(self) -> float | None:
        """Ours less theirs."""
        if self.ours is None or self.theirs is None:
            return None
        return self.ours - self.theirs


@dataclass(frozen=True, slots=True)
class ShadowComparison:
    """What an engine on trial would have said, against what was shown, run by run.

    Attributes:
        cases: runs that it was asked about.
        answered: how many it answered in the required form.
        supported: its sentences that hold.
        shown: the sentences of the engine that was shown, in the same runs.
        same: sentences that both said alike.
        better: runs in which a greater share of its sentences holds; ``worse``: a smaller one.
        p_value: two-sided sign test over better and worse; ``None`` where neither is.
        failures: how often each reason of no answer came.
        median_ms: half of its answers took at most so long.
    """

    cases: int
    answered: Share
    supported: Share
    shown: Share
    same: int
    better: int
    worse: int
    p_value: float | None
    failures: Mapping[str, int]
    median_ms: float | None


def compare_scores(
    ours: Mapping[str, GateResult], theirs: Mapping[str, GateResult]
) -> tuple[ScoreRow, ...]:
    """Every score of both, suite by suite."""
    rows: list[ScoreRow] = []
    for suite in sorted({*ours, *theirs}):
        left, right = _scores(ours.get(suite)), _scores(theirs.get(suite))
        rows.extend(
            ScoreRow(
                suite,
                name,
                left.get(name, {}).get("value"),
                right.get(name, {}).get("value"),
                (left.get(name) or right[name]).get("needed"),
                _interval(left.get(name, {})),
                (left.get(name) or right[name]).get("most"),
            )
            for name in sorted({*left, *right})
        )
    return tuple(rows)


def _interval(score: Mapping[str, Any]) -> tuple[float, float] | None:
    bounds = score.get("interval")
    return (bounds[0], bounds[1]) if bounds and None not in bounds else None


def _scores(result: GateResult | None) -> dict[str, Mapping[str, Any]]:
    if result is None:
        return {}
    return {
        name: score
        for name, score in result.report.items()
        if isinstance(score, Mapping) and "value" in score
    }


def compare_shadow(cases: Sequence[ShadowCase]) -> ShadowComparison:
    """What the cases of a trial say together."""
    failures: dict[str, int] = {}
    for case in cases:
        if case.failure is not None:
            failures[case.failure] = failures.get(case.failure, 0) + 1
    answered = [case for case in cases if case.failure is None]
    better, worse = _better_and_worse(answered)
    times = sorted(case.took_ms for case in answered)
    return ShadowComparison(
        cases=len(cases),
        answered=Share(len(answered), len(cases)),
        supported=_sum(answered, "shadow"),
        shown=_sum(answered, "shown"),
        same=sum(case.counts["same"] for case in answered),
        better=better,
        worse=worse,
        p_value=sign_test(better, worse),
        failures=failures,
        median_ms=times[len(times) // 2] if times else None,
    )


def _sum(cases: Sequence[ShadowCase], side: str) -> Share:
    return Share(
        sum(case.counts[side]["supported"] for case in cases),
        sum(case.counts[side]["statements"] for case in cases),
    )


def _better_and_worse(cases: Sequence[ShadowCase]) -> tuple[int, int]:
    """Runs in which both said something, and one of them with a greater share that holds."""
    better = worse = 0
    for case in cases:
        ours, theirs = case.counts["shadow"], case.counts["shown"]
        if not ours["statements"] or not theirs["statements"]:
            continue
        # Compared as products: no rounding decides.
        left = ours["supported"] * theirs["statements"]
        right = theirs["supported"] * ours["statements"]
        better += left > right
        worse += left < right
    return better, worse


def sign_test(better: int, worse: int) -> float | None:
    """Two-sided probability of so uneven a count, were both alike; ``None`` where there is none."""
    total = better + worse
    if not total:
        return None
    tail: int = sum(comb(total, k) for k in range(min(better, worse) + 1))
    return float(min(1.0, 2 * tail / 2**total))
