"""Simulated months with planted changes: how soon a rule signals, and how often for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from suwen.evaluation.monitoring.charts import Counted
from suwen.evaluation.monitoring.measures import Adverse
from suwen.evaluation.monitoring.watching import (
    REFERENCE_DAYS,
    SHIPPED,
    WatchRule,
    watch,
    within_day,
)

MONTHS_DAYS: Final = 90
LOOKS_A_DAY: Final = 4
FIRST_DAY: Final = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """An application's days, and what happens to them.

    Attributes:
        cases_a_day: mean; a weekend day has a third of it.
        usual: share before the change (for unsupported statements: events a run).
        changed: share from the day of the change on.
        scatter: how much the share of a day wanders beyond chance: the standard deviation of a
            factor on it.
    """

    rule: WatchRule
    cases_a_day: int
    usual: float
    changed: float
    scatter: float = 0.1


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of many such quarters.

    Attributes:
        false_quarters: share of quarters without any change in which an alarm was raised.
        days_between_false: days under watch for one false alarm; ``None`` where there was none.
        found: share of changes that were found within 30 days.
        delay_median, delay_90: whole days from the change until the alarm, of those found within
            the quarter; 0 is the very day.
    """

    scenario: Scenario
    quarters: int
    false_quarters: float
    days_between_false: float | None
    found: float
    delay_median: int | None
    delay_90: int | None


SCENARIOS: Final = tuple(
    Scenario(SHIPPED[measure.value], cases, usual, changed)
    for measure, usual, changed in (
        (Adverse.UNSAFE, 0.002, 0.03),
        (Adverse.REJECTED, 0.05, 0.12),
        (Adverse.CHANGED, 0.30, 0.45),
        (Adverse.UNSUPPORTED, 0.20, 0.45),
        (Adverse.REFUSED, 0.03, 0.10),
        (Adverse.FAILED, 0.004, 0.05),
    )
    for cases in (20, 60)
)


def simulate(scenario: Scenario, quarters: int, seed: int) -> Simulated:
    """Runs as many quarters without a change as with one on the first watched day."""
    random = Random(seed)  # noqa: S311 - a simulation that must give the same again
    false, watched_days = 0, 0
    delays: list[int | None] = []
    for _ in range(quarters):
        quiet = _first_alarm(scenario, random, planted=False)
        false += quiet is not None
        watched_days += MONTHS_DAYS if quiet is None else quiet + 1
        delays.append(_first_alarm(scenario, random, planted=True))
    found = sorted(delay for delay in delays if delay is not None)
    return Simulated(
        scenario=scenario,
        quarters=quarters,
        false_quarters=false / quarters,
        days_between_false=watched_days / false if false else None,
        found=sum(delay <= 30 for delay in found) / quarters,
        delay_median=found[len(found) // 2] if found else None,
        delay_90=found[int(len(found) * 0.9)] if found else None,
    )


def _first_alarm(scenario: Scenario, random: Random, *, planted: bool) -> int | None:
    """Days from the beginning of the watch until the first alarm; ``None`` without one."""
    usual = [_day(scenario, random, n, scenario.usual) for n in range(2 * REFERENCE_DAYS)]
    share = scenario.changed if planted else scenario.usual
    whole: list[Counted] = []
    for n in range(MONTHS_DAYS):
        full = _day(scenario, random, 2 * REFERENCE_DAYS + n, share)
        for seen in _looks(full, random) if within_day(scenario.rule) else (full,):
            watched = watch(scenario.rule, [*whole, seen], usual)
            if watched.points and watched.points[-1].out:
                return n
        whole.append(full)
    return None


def _day(scenario: Scenario, random: Random, n: int, share: float) -> Counted:
    day = FIRST_DAY + timedelta(days=n)
    mean = scenario.cases_a_day * (1 / 3 if day.weekday() >= 5 else 1.0)
    cases = max(0, round(random.gauss(mean, mean**0.5)))
    today = share * max(0.0, random.gauss(1.0, scenario.scatter))
    if scenario.rule.measure is Adverse.UNSUPPORTED:
        events = sum(_poisson(random, today) for _ in range(cases))
    else:
        events = sum(random.random() < today for _ in range(cases))
    return Counted(day, cases, events)


def _looks(full: Counted, random: Random) -> Sequence[Counted]:
    """The day as it grows: the watch looks at it several times before it is over."""
    bad = set(random.sample(range(full.cases), min(full.events, full.cases)))
    ends = [full.cases * look // LOOKS_A_DAY for look in range(1, LOOKS_A_DAY + 1)]
    return [Counted(full.day, end, sum(case < end for case in bad)) for end in ends]


def _poisson(random: Random, mean: float) -> int:
    """Knuth's method; means are small here."""
    limit, product, count = 2.718281828459045**-mean, random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def simulation_markdown(results: Sequence[Simulated], seed: int) -> str:
    """The report as a page of docs/evaluation."""
    quarters = results[0].quarters
    lines = [
        "# How soon a change is found, and how often an alarm is false",
        "",
        "Written by `suwen monitor simulate`; do not edit. The rules are those that suwen ships; a "
        "hospital that sets others measures them in the same way.",
        "",
        f"Each row: {quarters} simulated quarters of {MONTHS_DAYS} watched days without a change, "
        f"and {quarters} with a change on the first of them (seed {seed}). Before them "
        f"{2 * REFERENCE_DAYS} usual days are counted, from which a rule without a stated "
        "reference learns what is usual. Weekends bring a third of the cases; the share of a day "
        "wanders by 10 % (standard deviation) beyond chance. A CUSUM is looked at "
        f"{LOOKS_A_DAY} times a day, the other charts when the day is over.",
        "",
        "| measure | chart | cases/day | usual | changed to | false alarms: share of quarters | "
        "days for one false alarm | found within 30 days | delay, median (90 %) in days |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(result) for result in results]
    lines += [
        "",
        "**Read it with care.** The months are simulated: the shares, their scatter and the sizes "
        "of the changes are assumptions, not figures of a hospital. A delay counts from the day "
        "of the change until the decisive cases were decided; the count itself follows within the "
        "minutes that are set on the page of rules. An alarm needs drafts that people decide on: "
        "where nobody rejects, nothing is found.",
        "",
    ]
    return "\n".join(lines)


def _line(result: Simulated) -> str:
    one = result.scenario
    between = result.days_between_false
    delay = f"{result.delay_median} ({result.delay_90})" if result.delay_median is not None else "–"
    per_run = one.rule.measure is Adverse.UNSUPPORTED
    shares = [f"{v:.2f} a run" if per_run else f"{v:.1%}" for v in (one.usual, one.changed)]
    cells = [
        one.rule.measure.value,
        f"{one.rule.chart.value} {one.rule.limit:g}",
        str(one.cases_a_day),
        *shares,
        f"{result.false_quarters:.1%}",
        f"{between:.0f}" if between is not None else f"none in {result.quarters * MONTHS_DAYS}",
        f"{result.found:.1%}",
        delay,
    ]
    return f"| {' | '.join(cells)} |"
