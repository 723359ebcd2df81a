"""Rules by which an application is watched, and what they say about its counted days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.evaluation.monitoring.charts import (
    Chart,
    Counted,
    Point,
    cusum_chart,
    ewma_chart,
    p_chart,
    spread_of,
    u_chart,
)
from suwen.evaluation.monitoring.measures import Adverse

REFERENCE_DAYS: Final = 28
REFERENCE_CASES: Final = 100
"""So much of an application's usual work is counted before its own usual share counts as known."""


@dataclass(frozen=True, slots=True)
class WatchRule:
    """How one measure of an application is watched.

    Attributes:
        limit: standard errors for p, u and EWMA charts, the threshold for a CUSUM.
        worse: odds ratio that a CUSUM looks for.
        weight: of the newest day in an EWMA.
        reference: share that the hospital states as usual; ``None`` counts it from what was.
        suspends: whether an alarm takes the Release out of use.
    """

    measure: Adverse
    chart: Chart
    limit: float
    worse: float = 2.0
    weight: float = 0.2
    reference: float | None = None
    suspends: bool = False

    @property
    def name(self) -> str:
        """The rule's stable name; an application has one for each measure."""
        return self.measure.value


SHIPPED: Final[Mapping[str, WatchRule]] = {
    rule.name: rule
    for rule in (
        # What endangers is not learned from what was: the usual share is stated.
        WatchRule(Adverse.UNSAFE, Chart.CUSUM, 4.0, worse=8.0, reference=0.005),
        WatchRule(Adverse.REJECTED, Chart.CUSUM, 6.5, worse=2.5),
        WatchRule(Adverse.CHANGED, Chart.EWMA, 4.0),
        WatchRule(Adverse.UNSUPPORTED, Chart.U, 4.5),
        WatchRule(Adverse.OVERRIDDEN, Chart.EWMA, 4.0),
        WatchRule(Adverse.REFUSED, Chart.CUSUM, 6.5, worse=3.0),
        WatchRule(Adverse.FAILED, Chart.CUSUM, 5.0, worse=4.0, reference=0.01),
    )
}
"""Rules of an application for which the hospital set none. Their detection delay and their rate of
false alarms are measured in docs/evaluation/monitoring.md."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What is usual, and where that is known from.

    Attributes:
        origin: ``stated``, ``earlier`` (Releases before this one) or ``own`` (its first days).
        ends: the last day that was counted for it; ``None`` where it was stated.
    """

    share: float
    spread: float
    origin: str
    cases: int
    ends: date | None


@dataclass(frozen=True, slots=True)
class Watched:
    """One measure of one Release on its chart; no point while nothing usual is known yet."""

    rule: WatchRule
    reference: Reference | None
    points: Sequence[Point]


def watch(
    rule: WatchRule,
    days: Sequence[Counted],
    earlier: Sequence[Counted] = (),
    since: date | None = None,
) -> Watched:
    """The chart of a Release.

    Args:
        days: of this Release, oldest first.
        earlier: days of the application's former Releases, oldest first.
        since: the chart begins after this day, as after an alarm that somebody answered.
    """
    reference = reference_of(rule, days, earlier)
    if reference is None:
        return Watched(rule, None, ())
    own = reference.origin == "own"
    shown = [
        day
        for day in days
        if not (own and reference.ends is not None and day.day <= reference.ends)
        and (since is None or day.day > since)
    ]
    return Watched(rule, reference, _chart(rule, shown, reference))


def reference_of(
    rule: WatchRule, days: Sequence[Counted], earlier: Sequence[Counted]
) -> Reference | None:
    """What is usual: as stated, else as former Releases did, else as this one began; ``None``
    while too little was counted."""
    poisson = rule.chart is Chart.U
    if rule.reference is not None:
        return Reference(rule.reference, 1.0, "stated", 0, None)
    for origin, source in (("earlier", earlier[-2 * REFERENCE_DAYS :]), ("own", days)):
        used = source if origin == "earlier" else source[:REFERENCE_DAYS]
        cases, events = sum(d.cases for d in used), sum(d.events for d in used)
        whole = origin == "earlier" or len(days) > REFERENCE_DAYS
        if cases >= REFERENCE_CASES and whole:
            # Half an event more, so that nothing bad so far does not make the first one an alarm.
            share = (events + 0.5) / (cases + 1)
            spread = spread_of(used, share, poisson=poisson)
            return Reference(share, spread, origin, cases, used[-1].day)
    return None


def _chart(rule: WatchRule, days: Sequence[Counted], usual: Reference) -> Sequence[Point]:
    if rule.chart is Chart.CUSUM:
        return cusum_chart(days, usual.share, rule.worse, rule.limit)
    if rule.chart is Chart.EWMA:
        return ewma_chart(days, usual.share, rule.weight, rule.limit, usual.spread)
    charted = u_chart if rule.chart is Chart.U else p_chart
    return charted(days, usual.share, rule.limit, usual.spread)


def charts_for(measure: Adverse) -> tuple[Chart, ...]:
    """The charts that fit a measure: unsupported statements are counted a run, all else is a
    share of cases."""
    return (Chart.U,) if measure is Adverse.UNSUPPORTED else (Chart.P, Chart.EWMA, Chart.CUSUM)


def within_day(rule: WatchRule) -> bool:
    """Whether a day that is not over counts: a CUSUM goes case by case, the others day by day."""
    return rule.chart is Chart.CUSUM


def changed_rule(rule: WatchRule, given: Mapping[str, object]) -> WatchRule:
    """The rule with what the hospital set.

    Raises:
        InputError: ``watch_rule_wrong`` with the field.
    """
    limit = _number(given, "limit", rule.limit, 1.0, 20.0)
    worse = _number(given, "worse", rule.worse, 1.1, 50.0)
    weight = _number(given, "weight", rule.weight, 0.01, 1.0)
    stated = given.get("reference", rule.reference)
    reference = (
        None
        if stated in (None, "")
        else _number({"reference": stated}, "reference", 0, 0.0001, 0.9999)
    )
    if reference is None and rule.measure is Adverse.UNSAFE:
        raise _wrong("reference", 0.0001, 0.9999)
    chart = str(given.get("chart", rule.chart))
    if chart not in charts_for(rule.measure):
        raise InputError(
            "watch_rule_wrong",
            Bilingual(
                zh=f"chart 须为：{'、'.join(charts_for(rule.measure))}。",
                en=f"chart must be one of: {', '.join(charts_for(rule.measure))}.",
            ),
            field="chart",
        )
    return replace(
        rule,
        chart=Chart(chart),
        limit=limit,
        worse=worse,
        weight=weight,
        reference=reference,
        suspends=bool(given.get("suspends", rule.suspends)),
    )


def rule_as_json(rule: WatchRule) -> dict[str, object]:
    """As it is kept and exported."""
    return {
        "measure": rule.measure.value,
        "chart": rule.chart.value,
        "limit": rule.limit,
        "worse": rule.worse,
        "weight": rule.weight,
        "reference": rule.reference,
        "suspends": rule.suspends,
    }


def _number(given: Mapping[str, object], name: str, usual: float, low: float, high: float) -> float:
    try:
        value = float(str(given.get(name, usual)))
    except ValueError:
        raise _wrong(name, low, high) from None
    if not low <= value <= high:
        raise _wrong(name, low, high)
    return value


def _wrong(name: str, low: float, high: float) -> InputError:
    return InputError(
        "watch_rule_wrong",
        Bilingual(
            zh=f"{name} 须在 {low:g}–{high:g} 之间。", en=f"{name} must be within {low:g}–{high:g}."
        ),
        field=name,
    )
