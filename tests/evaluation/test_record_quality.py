"""How well record_quality finds the planted defects, by place; the second half is only measured."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suwen.apps.record_quality.app import APP
from suwen.core.finding import Severity
from tests.evaluation.corrupted_records.build import build_half
from tests.evaluation.corrupted_records.matching import Found, answers, judge
from tests.evaluation.corrupted_records.model import Item
from tests.evaluation.strange_records.judging import judged

RECALL, PRECISION = 0.95, 0.93
_GRAVEST_FIRST = [s.value for s in Severity]


def _findings(item: Item) -> list[tuple[Found, str]]:
    request = APP.parse(item.request)
    result = APP.output(APP.core(request, None, ()).draft)
    return [
        (
            Found(
                family=None if row["kind"] == "unchecked" else row["kind"],
                document_id=row["document_id"],
                span=(row["span"]["start"], row["span"]["end"]) if row["span"] else None,
            ),
            row["severity"],
        )
        for row in result["findings"]
    ]


def _measured(items: Sequence[Item]) -> tuple[float, float]:
    planted = found = told = false = 0
    for item in items:
        findings = _findings(item)
        verdict = judge(item, [f for f, _ in findings])
        planted += len(item.defects)
        found += len(verdict.found)
        told += sum(f.family is not None for f, _ in findings)
        false += len(verdict.false)
        _check_order(item, findings)
    return found / planted, 1 - false / told


def _check_order(item: Item, findings: list[tuple[Found, str]]) -> None:
    """A graver defect never comes with a lesser severity than a lighter one."""
    ranked = [
        (defect.rank, min(_GRAVEST_FIRST.index(s) for f, s in findings if answers(f, defect)))
        for defect in item.defects
        if any(answers(f, defect) for f, _ in findings)
    ]
    for rank, severity in ranked:
        assert all(severity <= other for lower, other in ranked if lower > rank), item.id


def test_a_sample_of_the_first_half_is_found_by_place() -> None:
    recall, precision = _measured(build_half("first")[::6])
    assert recall >= RECALL and precision >= PRECISION


def test_a_sample_of_the_half_that_nobody_read_is_found_by_place() -> None:
    recall, _ = _measured(build_half("second")[::6])
    assert recall >= RECALL


@pytest.mark.soak
def test_the_first_half_is_found_by_place() -> None:
    recall, precision = _measured(build_half("first"))
    assert recall >= RECALL and precision >= PRECISION


@pytest.mark.soak
def test_the_half_that_nobody_read_is_found_by_place() -> None:
    recall, precision = _measured(build_half("second"))
    assert recall >= RECALL and precision >= PRECISION


def test_records_of_many_hands_are_judged_by_place() -> None:
    told = judged("second")
    assert told.recall >= RECALL and told.precision >= PRECISION


@pytest.mark.soak
@pytest.mark.parametrize(
    ("part", "recall", "precision"),
    [
        ("first", RECALL, PRECISION),
        ("third", 0.75, 0.70),
        ("fourth_read", RECALL, 0.90),
        ("fourth", 0.40, 0.60),
    ],
)
def test_all_records_of_many_hands_are_judged_by_place(
    part: str, recall: float, precision: float
) -> None:
    """The third and the fourth part were read by nobody who writes rules: their floors are what
    the rules reach there."""
    told = judged(part)
    assert told.recall >= recall and told.precision >= precision
