"""The labelled prescriptions and the public interaction lists against the goals."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from suwen.clinical.prescription_review import (
    OrderLine,
    PatientFacts,
    Prescription,
    Review,
    read_prescription,
    review,
    review_as_json,
)
from tests.evaluation.labelled_prescriptions.fourth import reading as fourth
from tests.evaluation.labelled_prescriptions.labelled import labelled_prescriptions
from tests.evaluation.labelled_prescriptions.model import Labelled
from tests.evaluation.labelled_prescriptions.scoring import Score, score
from tests.evaluation.labelled_prescriptions.third.reading import may_be_read, third_prescriptions
from tests.support.shared_data import shared_data


def _scored(chosen: Iterable[Labelled]) -> Score:
    return score((one, review_as_json(review(read_prescription(one.request)))) for one in chosen)


def _score(*halves: str) -> Score:
    return _scored(one for one in labelled_prescriptions() if one.half in halves)


def test_planted_errors_are_found_and_clean_prescriptions_left_alone() -> None:
    both = _score("first", "second")
    assert both.recall >= 0.98
    assert both.precision >= 0.95
    assert both.interruptions_per_clean <= 1 / 20


def test_neither_half_is_far_behind() -> None:
    for half in ("first", "second"):
        found = _score(half)
        assert found.recall >= 0.95, half
        assert found.precision >= 0.95, half


@pytest.mark.parametrize(("read", "recall", "precision"), [(True, 0.99, 0.99), (False, 0.95, 0.97)])
def test_order_sheets_of_the_third_set(read: bool, recall: float, precision: float) -> None:
    found = _scored(one for one in third_prescriptions() if may_be_read(one) is read)
    assert found.clean > 100
    assert found.recall >= recall
    assert found.precision >= precision
    assert found.interruptions_per_clean <= 1 / 100


@pytest.mark.parametrize(("read", "recall", "precision"), [(True, 0.98, 0.98), (False, 0.84, 0.95)])
def test_order_sheets_of_the_fourth_set(read: bool, recall: float, precision: float) -> None:
    """The blind part is a floor of what was reached, below the aim of 0.98."""
    found = _scored(one for one in fourth.fourth_prescriptions() if fourth.may_be_read(one) is read)
    assert found.clean >= 75
    assert found.recall >= recall
    assert found.precision >= precision
    assert found.clean_interrupted == 0


def _pair(one: str, two: str) -> Review:
    orders = (OrderLine(one, "orders[0]", route="po"), OrderLine(two, "orders[1]", route="po"))
    patient = PatientFacts("male", age_y=50, weight_kg=70, egfr=95)
    return review(Prescription(patient, orders, "inpatient", allergies=()))


def _list(name: str) -> list[dict[str, str]]:
    lines = (shared_data("ddi") / f"dev/{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_pairs_of_high_priority_are_found_as_grave_and_contraindicated_ones_interrupt() -> None:
    found = stopped = contraindicated = 0
    rows = _list("onc_high_priority")
    for row in rows:
        result = _pair(row["drug1"], row["drug2"])
        severities = {f.severity.value for f in result.findings if f.kind.value == "interaction"}
        found += bool(severities & {"major", "contraindicated"})
        if "contraindicated" in severities:
            contraindicated += 1
            stopped += result.decision.value == "interrupt"
    assert found / len(rows) >= 0.97
    assert contraindicated > 100
    assert stopped / contraindicated >= 0.9


def test_pairs_not_to_interrupt_for_do_not() -> None:
    rows = _list("onc_non_interruptive")
    stopped = sum(_pair(row["drug1"], row["drug2"]).decision.value == "interrupt" for row in rows)
    assert stopped / len(rows) <= 0.05
