"""A request that is wrong is refused at its field; one that says less is reviewed and says so."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.clinical.prescription_review import Kind, read_prescription, review
from suwen.core.errors import InputError
from tests.unit.clinical.prescription_review.cases import ADULT, order, request
from tests.unit.clinical.prescription_review.malformed import malformed_requests

ORDER = order("氨氯地平", "5 mg", "qd")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (request(), "orders"),
        (request(ORDER, orders="氨氯地平"), "orders"),
        (request({**ORDER, "drug": " "}), "orders[0].drug"),
        (request(ORDER, {**ORDER, "dose": -1}), "orders[1].dose"),
        (request({**ORDER, "dose": "5"}), "orders[0].dose"),
        (request({**ORDER, "dose": True}), "orders[0].dose"),
        (request({**ORDER, "dose": float("nan")}), "orders[0].dose"),
        (request({**ORDER, "days": 0}), "orders[0].days"),
        (request({**ORDER, "strenght": "5mg"}), "orders[0].strenght"),
        (request({**ORDER, "frequency": {"repeat": {"period": 1, "periodUnit": "fortnight"}}}),
         "orders[0].frequency.repeat.periodUnit"),
        (request(ORDER, setting="home"), "setting"),
        (request(ORDER, patient={**ADULT, "sex": "M"}), "patient.sex"),
        (request(ORDER, patient={**ADULT, "age_y": 460}), "patient.age_y"),
        (request(ORDER, patient={**ADULT, "age_months": 5}), "patient.age_months"),
        (request(ORDER, patient={**ADULT, "child_pugh": "D"}), "patient.child_pugh"),
        (request(ORDER, patient={**ADULT, "pregnant": "no"}), "patient.pregnant"),
        (request(ORDER, diagnoses=[{}]), "diagnoses[0]"),
        (request(ORDER, allergies=[1]), "allergies[0]"),
        (request(ORDER, prescriber={"antibacterial_level": 4}), "prescriber.antibacterial_level"),
        (request(ORDER, at="2026-01-01T00:00:00"), "at"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_its_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_prescription(wrong)
    assert caught.value.code == "request_invalid"
    assert caught.value.field == field


def test_the_value_at_fault_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        read_prescription(request(ORDER, patient={**ADULT, "sex": "张三丰"}))
    assert "张三丰" not in caught.value.safe_message.zh + str(caught.value.detail)


def test_ages_in_months_and_days_become_years() -> None:
    patient = {"sex": "male", "age_months": 9}
    assert read_prescription(request(ORDER, patient=patient)).patient.age_y == pytest.approx(0.75)


def test_malformed_prescriptions_never_pass_in_silence() -> None:
    refused, said = answers_to_malformed(500, seed=5)
    assert min(refused, said) > 80


def answers_to_malformed(count: int, seed: int) -> tuple[int, int]:
    """How many damaged requests were refused at a field, and how many were told what lacks."""
    refused = said = 0
    silent = []
    for sound, damaged in malformed_requests(count, seed):
        before = {f.rule for f in review(read_prescription(sound)).findings}
        try:
            found = review(read_prescription(damaged)).findings
        except InputError as error:
            assert error.field and error.safe_message.zh, damaged
            refused += 1
            continue
        said += 1
        if not {f.rule for f in found} - before:
            silent.append(damaged)
    assert not silent, silent[:5]
    return refused, said


@pytest.mark.soak
def test_five_thousand_malformed_prescriptions_never_pass_in_silence() -> None:
    refused, said = answers_to_malformed(5_000, seed=11)
    assert refused + said == 5_000
    assert min(refused, said) > 800


@pytest.mark.parametrize("patient", [
    {**ADULT, "pregnant": True}, {**ADULT, "weight_kg": 4.0}, {**ADULT, "height_cm": 50},
    {**ADULT, "egfr": 110, "creatinine_umol_l": 800},
])  # fmt: skip
def test_facts_that_cannot_all_be_true_are_told(patient: dict[str, Any]) -> None:
    found = review(read_prescription(request(ORDER, patient=patient))).findings
    (told,) = [f for f in found if f.rule == "UNC-contradictory"]
    assert "与" in told.message.zh and told.kind is Kind.UNCHECKED


def test_the_most_that_a_timing_allows_is_what_is_checked() -> None:
    repeat = {"frequency": 1, "frequencyMax": 4, "period": 1, "periodUnit": "d"}
    often = order("氨氯地平", "5 mg", frequency={"repeat": repeat})
    assert any(f.kind is Kind.DOSE for f in review(read_prescription(request(often))).findings)
    when = {"when": ["MORN", "NOON", "EVE"], "period": 1, "periodUnit": "d"}
    thrice = order("氨氯地平", "5 mg", frequency={"repeat": when})
    assert any(f.kind is Kind.DOSE for f in review(read_prescription(request(thrice))).findings)
