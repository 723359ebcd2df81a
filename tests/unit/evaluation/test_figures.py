"""Figures against values worked out elsewhere, and the two comparisons of runs."""

from __future__ import annotations

import random

import pytest

from suwen.core.errors import InputError
from suwen.evaluation.figures import (
    brier,
    calibration_error,
    cohen_kappa,
    quantile,
    resampled,
    share,
)
from suwen.evaluation.suites.comparison import compare, mcnemar_exact
from suwen.evaluation.suites.model import Case, CaseResult, Scored


def test_kappa_is_as_in_the_textbook_table() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: observed 0.7, expected 0.5, kappa 0.4.
    pairs = [("y", "y")] * 20 + [("n", "n")] * 15 + [("y", "n")] * 5 + [("n", "y")] * 10
    assert cohen_kappa(pairs) == pytest.approx(0.4)
    assert cohen_kappa([("y", "y")] * 9) is None
    assert cohen_kappa([]) is None


def test_mcnemar_is_the_exact_binomial() -> None:
    assert mcnemar_exact(0, 0) == 1.0
    assert mcnemar_exact(1, 5) == pytest.approx(0.21875)
    assert mcnemar_exact(10, 0) == pytest.approx(2 / 1024)


def test_brier_and_calibration_error() -> None:
    assert brier([(1.0, 1.0), (0.5, 0.0)]) == pytest.approx(0.125)
    # In each bin of ten the stated probability is off by 0.1.
    pairs = [(0.9, float(n < 8)) for n in range(10)] + [(0.3, float(n < 2)) for n in range(10)]
    assert calibration_error(pairs) == pytest.approx(0.1)
    assert calibration_error([]) is None


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    chance = random.Random(4)
    wilson = bootstrap = 0
    for _ in range(60):
        drawn = [float(chance.random() < 0.7) for _ in range(80)]
        one = share("x", int(sum(drawn)), len(drawn))
        two = resampled("x", drawn, lambda values: sum(values) / len(values))
        assert one.low is not None and one.high is not None
        assert two.low is not None and two.high is not None
        wilson += one.low <= 0.7 <= one.high
        bootstrap += two.low <= 0.7 <= two.high
    assert wilson >= 54 and bootstrap >= 53


def test_quantiles_lie_between_neighbours() -> None:
    assert quantile([1.0, 2.0, 4.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 4.0], 0.75) == 3.0


def results(*values: float | None, text: str = "q") -> list[CaseResult]:
    """Results of cases of the same ids."""
    return [
        CaseResult(Case(f"c{n}", (("user", text),), {}), Scored(value))
        for n, value in enumerate(values)
    ]


def test_two_runs_are_held_against_each_other_case_by_case() -> None:
    compared = compare(results(1.0, 0.0, 1.0, None), results(1.0, 1.0, 0.0, 1.0))
    assert (compared["only_before_right"], compared["only_after_right"]) == (1, 2)
    assert compared["difference"]["value"] == 0.25
    assert compared["turned"] == ["c1", "c2", "c3"]
    assert compared["mcnemar_p"] == 1.0


def test_runs_over_other_cases_are_not_compared() -> None:
    for other in (results(1.0, text="another"), []):
        with pytest.raises(InputError) as refused:
            compare(results(1.0), other)
        assert refused.value.code == "runs_not_comparable"
