"""The labelled prescriptions themselves: enough of each kind, sound, and the same every time."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import asdict, replace
from typing import Any

import pytest

from tests.evaluation.labelled_prescriptions.labelled import TOPICS, labelled_prescriptions
from tests.evaluation.labelled_prescriptions.model import KINDS, SETTINGS, SEVERITIES, SIDES
from tests.evaluation.labelled_prescriptions.patients import creatinine_for_clearance, patient_of
from tests.evaluation.labelled_prescriptions.scoring import answers, score
from tests.evaluation.labelled_prescriptions.writing import catalogue, write, written_order

ALL = labelled_prescriptions()
# Changes only with the prescriptions: whoever alters a label alters this line beside it.
DIGEST = "a9fe265e684dd6a8628c634057323cf757db11425df8124261bb5d10169a9c37"


def _digest() -> str:
    lines = (json.dumps(asdict(one), ensure_ascii=False, sort_keys=True) for one in ALL)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _perfect(labelled: Any) -> dict[str, Any]:
    findings = [
        {
            "kind": one["kinds"][0],
            "severity": one["minimal_severity"],
            "drugs": [names["generic_zh"] for names in one["drugs"]],
        }
        for one in labelled.expected
    ]
    return {"decision": "interrupt" if labelled.must_interrupt else "inform", "findings": findings}


def test_there_are_enough_and_clean_ones_are_the_majority() -> None:
    planted = sum(one.planted for one in ALL)
    assert len(ALL) >= 1200
    assert planted >= 1000
    assert len(ALL) - planted > len(ALL) / 2
    assert sum(one.topic == "ordinary" for one in ALL) >= 600


def test_the_set_is_the_one_that_was_committed() -> None:
    assert _digest() == DIGEST


def test_identifiers_are_unique_and_no_request_stands_twice_with_other_labels() -> None:
    assert len({one.id for one in ALL}) == len(ALL)
    by_request: dict[str, set[bool]] = defaultdict(set)
    for one in ALL:
        by_request[json.dumps(one.request, ensure_ascii=False, sort_keys=True)].add(one.planted)
    assert all(len(answers_) == 1 for answers_ in by_request.values())


def test_every_kind_is_expected_somewhere_and_every_topic_has_both() -> None:
    kinds = Counter(one["kinds"][0] for prescription in ALL for one in prescription.expected)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 15
    both = {(one.topic, one.planted) for one in ALL}
    for topic in {one.topic for one in ALL} - {"ordinary"}:
        assert {(topic, True), (topic, False)} <= both


@pytest.mark.parametrize("topic", ["dose", "age", "quantity", "antibacterial", "chinese_medicine"])
def test_limits_are_held_from_both_sides(topic: str) -> None:
    sides = Counter((one.side, one.planted) for one in ALL if one.topic == topic)
    assert sides["at", False] >= 10
    beyond = sides["above", True] + sides["below", True]
    assert beyond >= 10


@pytest.mark.parametrize("topic", ["renal", "hepatic"])
def test_organ_limits_are_held_from_both_sides(topic: str) -> None:
    sides = Counter((one.side, one.planted) for one in ALL if one.topic == topic)
    assert sum(number for (_, planted), number in sides.items() if planted) >= 20
    assert sum(number for (_, planted), number in sides.items() if not planted) >= 30


def test_requests_have_the_form_of_the_contract() -> None:
    patient_fields = {
        "age_y", "age_months", "age_days", "sex", "weight_kg", "height_cm", "pregnant",
        "lactating", "egfr", "creatinine_umol_l", "child_pugh",
    }  # fmt: skip
    order_fields = {"drug", "dose", "unit", "route", "frequency", "days", "form"}
    for one in ALL:
        request = one.request
        assert set(request["patient"]) <= patient_fields, one.id
        assert request["patient"]["sex"] in ("male", "female", "other", "unknown")
        assert request["setting"] in SETTINGS
        assert request["orders"], one.id
        for order in (*request["orders"], *request["current_medications"]):
            assert set(order) <= order_fields, one.id
            assert order["drug"].strip(), one.id
            assert ("dose" in order) == ("unit" in order), one.id
        assert all(set(diagnosis) <= {"code", "text"} for diagnosis in request["diagnoses"])


def test_labels_are_sound() -> None:
    for one in ALL:
        assert one.side is None or one.side in SIDES
        assert one.half in ("first", "second")
        assert set(one.tolerated) <= set(KINDS)
        assert one.planted == bool(one.expected)
        written = [order["drug"] for order in
                   (*one.request["orders"], *one.request["current_medications"])]  # fmt: skip
        for finding in one.expected:
            assert set(finding["kinds"]) <= set(KINDS)
            assert finding["minimal_severity"] in SEVERITIES
            assert finding["basis"].split()[0].removesuffix(":") in (
                "knowledge", "contracts", "ddi.yaml", "allergy.yaml", "max_dose.yaml", "renal.yaml",
                "drug_disease.yaml", "pregnancy.yaml", "paediatric.yaml", "beers.yaml",
                "duplicate_therapy.yaml", "prescription_rules.yaml", "high_alert.yaml",
            ), one.id  # fmt: skip
            assert all(names["written"] in written for names in finding["drugs"]), one.id
            if finding["minimal_severity"] == "contraindicated":
                assert one.must_interrupt is True, one.id
        if not one.planted:
            assert one.must_interrupt is False, one.id


def test_the_halves_are_alike() -> None:
    for topic in {one.topic for one in ALL}:
        for planted in (True, False):
            halves = Counter(
                one.half for one in ALL if (one.topic, one.planted) == (topic, planted)
            )
            assert abs(halves["first"] - halves["second"]) <= 1


def test_names_units_and_frequencies_are_written_in_many_ways() -> None:
    orders = [order for one in ALL for order in one.request["orders"]]
    known = catalogue().values()
    drugs = {order["drug"] for order in orders}
    assert sum(drug.zh in drugs for drug in known) > 100
    assert sum(drug.en in drugs for drug in known) > 60
    assert sum(any(brand in drugs for brand in drug.brands) for drug in known) > 60
    assert sum(any(wrong in drugs for wrong in drug.misspelt) for drug in known) > 25
    assert {"mg", "g", "ug", "IU", "片", "粒", "ml"} <= {order.get("unit") for order in orders}
    frequencies = {json.dumps(order.get("frequency"), ensure_ascii=False) for order in orders}
    assert {'"bid"', '"每日两次"', '"q8h"', '"每8小时一次"', '"qw"'} <= frequencies
    assert any("repeat" in text for text in frequencies)


def test_a_prescription_is_written_alike_every_time() -> None:
    for name, make in TOPICS.items():
        case = make()[0]
        assert write(case, f"{name}-0001") == write(case, f"{name}-0001")


def test_clearance_in_the_request_is_the_one_that_was_meant() -> None:
    creatinine = creatinine_for_clearance(30, 55, 68, "male")
    assert (140 - 55) * 68 * 1.23 / creatinine == pytest.approx(30, rel=0.01)
    assert patient_of("M55 crcl=30")["creatinine_umol_l"] == creatinine


@pytest.mark.parametrize("wrong", ["amlodipine 5 qd", "amlodipine 5mg dq", "no_such_drug"])
def test_a_slip_in_the_short_hand_is_refused(wrong: str) -> None:
    import random

    with pytest.raises((ValueError, KeyError)):
        written_order(wrong, "outpatient", random.Random(0))


def test_a_perfect_review_scores_full_marks() -> None:
    result = score((one, _perfect(one)) for one in ALL)
    assert (result.recall, result.precision, result.wrong_decision) == (1.0, 1.0, 0)
    assert result.interruptions_per_clean == 0.0


def test_a_silent_review_and_a_shouting_one_score_badly() -> None:
    silent = score((one, {"decision": "pass", "findings": []}) for one in ALL)
    assert silent.recall == 0.0
    shout = {
        "decision": "interrupt",
        "findings": [
            {"kind": kind, "severity": "major", "drugs": []} for kind in KINDS
        ],
    }  # fmt: skip
    loud = score((one, shout) for one in ALL)
    assert loud.precision < 0.1
    assert loud.interruptions_per_clean == 1.0


def test_another_drug_a_lower_severity_or_another_kind_is_no_answer() -> None:
    one = next(one for one in ALL if one.topic == "interaction" and one.must_interrupt)
    expected = one.expected[0]
    right = _perfect(one)["findings"][0]
    assert answers(expected, right)
    assert not answers(expected, {**right, "drugs": right["drugs"][:1]})
    assert not answers(expected, {**right, "severity": "major"})
    assert not answers(expected, {**right, "kind": "dose"})
    missed = replace(one, must_interrupt=True)
    assert score([(missed, {"decision": "inform", "findings": []})]).wrong_decision == 1
