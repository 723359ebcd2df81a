"""The statistics behind the monitoring, against published examples and by their own laws."""

from __future__ import annotations

from datetime import date, timedelta
from math import isclose, log

import pytest

from suwen.core.errors import InputError
from suwen.evaluation.monitoring.agreement import cohen_kappa
from suwen.evaluation.monitoring.buckets import LATENCY_MS, age_band, bucket, quantile
from suwen.evaluation.monitoring.charts import (
    Chart,
    Counted,
    cusum_chart,
    ewma_chart,
    p_chart,
    spread_of,
    u_chart,
)
from suwen.evaluation.monitoring.drift import Shift, drift
from suwen.evaluation.monitoring.gaps import group_gaps
from suwen.evaluation.monitoring.measures import (
    Adverse,
    Measure,
    cases_and_events,
    groups,
    merged,
)
from suwen.evaluation.monitoring.simulation import SCENARIOS, simulate, simulation_markdown
from suwen.evaluation.monitoring.watching import SHIPPED, WatchRule, changed_rule, watch


def days(*counts: tuple[int, int]) -> list[Counted]:
    first = date(2026, 1, 1)
    return [Counted(first + timedelta(days=n), c, e) for n, (c, e) in enumerate(counts)]


def test_a_p_chart_signals_above_three_standard_errors() -> None:
    # 0.10 + 3 * sqrt(0.10 * 0.90 / 100) = 0.19
    inside, outside = p_chart(days((100, 19), (100, 20)), 0.10)
    assert isclose(inside.limit, 0.19)
    assert (inside.out, outside.out) == (False, True)
    # One event among two cases is no pattern; no case at all is none either.
    assert not any(point.out for point in p_chart(days((2, 1), (0, 0)), 0.01))


def test_a_u_chart_counts_events_a_case() -> None:
    [point] = u_chart(days((25, 40)), 1.0)
    assert isclose(point.limit, 1.6)
    assert not point.out
    assert u_chart(days((25, 41)), 1.0)[0].out


def test_days_that_scatter_widen_the_limits() -> None:
    steady = days(*[(100, 10)] * 10)
    wild = days(*[(100, 2), (100, 18)] * 5)
    assert spread_of(steady, 0.10) == 1.0
    assert spread_of(wild, 0.10) > 4
    assert not p_chart(days((100, 30)), 0.10, spread=spread_of(wild, 0.10))[0].out


def test_an_ewma_finds_a_small_lasting_change_that_no_single_day_shows() -> None:
    shifted = days(*[(100, 15)] * 10)
    assert not any(point.out for point in p_chart(shifted, 0.10))
    found = ewma_chart(shifted, 0.10)
    assert found[-1].out
    # The limits widen to their known end: 3 * sigma * sqrt(0.2 / 1.8).
    assert isclose(found[-1].limit, 0.10 + 3 * 0.03 * (0.2 / 1.8) ** 0.5, rel_tol=0.01)


def test_a_cusum_adds_the_logarithm_of_the_likelihood_ratio_and_never_falls_below_nothing() -> None:
    quiet, two, more = cusum_chart(days((50, 0), (2, 2), (1, 1)), 0.01, 4.0, 3.9)
    assert quiet.value == 0
    feared = 4 * 0.01 / (1 - 0.01 + 4 * 0.01)
    assert isclose(two.value, 2 * log(feared / 0.01))
    assert (two.out, more.out) == (False, True)


def test_kappa_is_as_in_the_textbook() -> None:
    # Fleiss, Levin and Paik's kind of example: observed 0.70, chance 0.50.
    table = {("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15}
    found = cohen_kappa(table)
    assert found.observed == 0.7
    assert found.kappa is not None and isclose(found.kappa, 0.4)
    assert found.interval is not None
    assert found.interval[0] < 0.4 < found.interval[1]
    # Two readers who always say the same one thing agree no better than chance can.
    assert cohen_kappa({("a", "a"): 50}).kappa is None
    assert cohen_kappa({("a", "b"): 3}).kappa is None
    assert cohen_kappa({}).observed is None


def test_drift_is_none_between_equals_and_much_between_strangers() -> None:
    usual = {"zh": 900, "en": 100}
    assert drift(usual, {"zh": 90, "en": 10}).shift is Shift.NONE
    found = drift(usual, {"zh": 500, "en": 500})
    assert found.shift is Shift.MUCH
    # (0.9 - 0.5) * ln(0.9 / 0.5) + (0.1 - 0.5) * ln(0.1 / 0.5)
    assert found.psi is not None and isclose(found.psi, 0.879, abs_tol=0.01)
    assert found.divergence is not None and 0 < found.divergence < 1
    assert drift(usual, {"ja": 1000}).divergence is not None
    assert drift(usual, {"zh": 49}).shift is Shift.UNKNOWN


def test_small_groups_are_not_shown_and_cannot_be_worked_out() -> None:
    found = {g.group: g for g in group_gaps({"f": (5, 100), "m": (30, 100), "x": (1, 3)})}
    assert found["x"].cases is None and found["x"].share is None
    # With the total known, hiding one group alone would hide nothing.
    assert sum(g.cases is None for g in found.values()) == 2
    even = {g.group: g for g in group_gaps({"f": (5, 100), "m": (30, 100)})}
    assert even["m"].worse and not even["f"].worse
    interval = even["m"].gap_interval
    assert interval is not None and interval[0] < 0.25 < interval[1]


def test_sizes_fall_into_classes_and_quantiles_come_back_as_classes() -> None:
    assert (bucket(50, LATENCY_MS), bucket(51, LATENCY_MS)) == ("50", "100")
    assert bucket(10**9, LATENCY_MS) == "more"
    found = quantile({"50": 5, "100": 4, "more": 1}, LATENCY_MS, 0.9)
    assert found is not None and (found.low, found.high) == (50, 100)
    last = quantile({"more": 1}, LATENCY_MS, 0.5)
    assert last is not None and (last.low, last.high) == (51200, None)
    assert quantile({}, LATENCY_MS, 0.5) is None


@pytest.mark.parametrize(
    ("birth", "band"),
    [
        (date(2008, 11, 23), "0-17"),
        (date(2008, 11, 22), "18-44"),
        (date(1946, 11, 22), "80+"),
        (date(2030, 1, 1), "unknown"),
        (None, "unknown"),
    ],
)
def test_an_age_band_is_of_completed_years(birth: date | None, band: str) -> None:
    assert age_band(birth, date(2026, 11, 22)) == band


def test_measures_come_out_of_cells_alone() -> None:
    cells = {
        ("decision", "accept"): (6, 0.0),
        ("decision", "amend"): (3, 0.0),
        ("decision", "reject"): (1, 0.0),
        ("decision", "escalate"): (9, 0.0),
        ("reject", "unsafe"): (1, 0.0),
        ("outcome", "done"): (8, 0.0),
        ("outcome", "failed"): (2, 0.0),
        ("statements", "verified"): (4, 0.0),
        ("statements", "unsupported"): (7, 0.0),
        ("sex", "female.accept"): (4, 0.0),
        ("sex", "female.reject"): (1, 0.0),
        ("sex", "male.escalate"): (1, 0.0),
    }
    assert cases_and_events(cells, Adverse.CHANGED) == (10, 4)
    assert cases_and_events(cells, Adverse.UNSAFE) == (10, 1)
    assert cases_and_events(cells, Adverse.FAILED) == (10, 2)
    assert cases_and_events(cells, Adverse.UNSUPPORTED) == (4, 7)
    assert cases_and_events(cells, Adverse.OVERRIDDEN) == (0, 0)
    assert groups(cells, Measure.SEX) == {"female": (1, 5)}
    assert merged([cells, cells])["outcome", "done"] == (16, 0.0)


def test_what_is_usual_is_stated_or_of_earlier_releases_or_of_the_first_days() -> None:
    rule = SHIPPED["changed"]
    usual, bad = [(20, 4)] * 28, [(20, 16)] * 10
    assert watch(rule, days(*[(1, 0)] * 20)).reference is None
    own = watch(rule, days(*usual, *bad))
    assert own.reference is not None and own.reference.origin == "own"
    assert len(own.points) == 10 and own.points[-1].out
    earlier = watch(rule, days(*bad), earlier=days(*usual))
    assert earlier.reference is not None and earlier.reference.origin == "earlier"
    assert len(earlier.points) == 10
    stated = watch(SHIPPED["unsafe"], days((3, 3)))
    assert stated.reference is not None and stated.reference.origin == "stated"
    assert stated.points[0].out
    # After an answer the chart begins anew.
    assert (
        watch(SHIPPED["unsafe"], days((3, 3), (3, 0)), since=date(2026, 1, 1)).points[0].value == 0
    )


def test_a_rule_is_changed_within_bounds_and_danger_is_never_learned() -> None:
    unsafe = SHIPPED["unsafe"]
    assert changed_rule(unsafe, {"limit": "3", "suspends": True}).suspends
    for wrong in ({"limit": "0"}, {"worse": "x"}, {"reference": ""}, {"chart": "u"}, {"weight": 2}):
        with pytest.raises(InputError, match="watch_rule_wrong"):
            changed_rule(unsafe, wrong)
    assert changed_rule(SHIPPED["rejected"], {"reference": ""}).reference is None
    with pytest.raises(InputError):
        changed_rule(SHIPPED["unsupported"], {"chart": "ewma"})


def test_planted_changes_are_found_and_quiet_quarters_stay_quiet() -> None:
    unsafe = next(s for s in SCENARIOS if s.rule.measure is Adverse.UNSAFE and s.cases_a_day > 50)
    found = simulate(unsafe, 15, 3)
    assert found == simulate(unsafe, 15, 3)
    assert found.found >= 0.9
    assert found.false_quarters <= 0.2
    assert found.delay_median is not None and found.delay_median <= 7
    blind = simulate(
        type(unsafe)(
            WatchRule(Adverse.UNSAFE, Chart.CUSUM, 20, worse=8, reference=0.005), 60, 0.002, 0.03
        ),
        15,
        3,
    )
    assert blind.delay_median is None or blind.delay_median > found.delay_median
    told = simulation_markdown([found], 3)
    assert "| unsafe | cusum 4 | 60 |" in told
