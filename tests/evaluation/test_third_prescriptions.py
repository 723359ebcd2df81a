"""The third set of prescriptions: order sheets with a planted error and their near twins."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from itertools import pairwise

import pytest

from tests.evaluation.labelled_prescriptions.model import KINDS, SETTINGS, SEVERITIES
from tests.evaluation.labelled_prescriptions.scoring import score
from tests.evaluation.labelled_prescriptions.sheets import order_of
from tests.evaluation.labelled_prescriptions.third.reading import names, third_prescriptions

ALL = third_prescriptions()
PLANTED, CLEAN = 288, 288
# Changes only with the prescriptions: whoever alters a label alters this line beside it.
DIGEST = "b45ab4d038ba2c6bf4525a16b3efb7c8f1ecfa01421c3f24d041ab3c178817f6"
PATIENT = {
    "age_y", "age_months", "age_days", "sex", "weight_kg", "height_cm", "pregnant", "lactating",
    "egfr", "creatinine_umol_l", "child_pugh",
}  # fmt: skip
ORDER = {"drug", "dose", "unit", "route", "frequency", "days", "form"}
SOURCES = {
    "knowledge", "contracts", "ddi.yaml", "allergy.yaml", "max_dose.yaml", "renal.yaml",
    "drug_disease.yaml", "pregnancy.yaml", "paediatric.yaml", "beers.yaml",
    "duplicate_therapy.yaml", "prescription_rules.yaml", "high_alert.yaml",
}  # fmt: skip


def test_the_set_is_the_one_that_was_committed() -> None:
    lines = (json.dumps(asdict(one), ensure_ascii=False, sort_keys=True) for one in ALL)
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == DIGEST
    assert Counter(one.planted for one in ALL) == {True: PLANTED, False: CLEAN}
    assert len({one.id for one in ALL}) == len(ALL)
    assert {one.half for one in ALL} == {"third"}


def test_every_kind_is_planted() -> None:
    kinds = Counter(one["kinds"][0] for sheet in ALL for one in sheet.expected)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 5


def test_a_planted_sheet_is_followed_by_its_twin_that_differs_and_has_no_label() -> None:
    for first, second in list(pairwise(ALL))[::2]:
        assert (first.id[:-1], first.id[-1], second.id[-1]) == (second.id[:-1], "a", "b")
        assert first.expected and first.request != second.request, first.id
        assert not second.expected and second.must_interrupt is False, second.id


def test_sheets_have_several_lines_and_the_form_of_the_contract() -> None:
    for one in ALL:
        request = one.request
        assert request["setting"] in SETTINGS
        assert len(request["orders"]) >= 2, one.id
        assert set(request["patient"]) <= PATIENT, one.id
        for order in (*request["orders"], *request["current_medications"]):
            assert set(order) <= ORDER and order["drug"].strip(), one.id
            assert ("dose" in order) == ("unit" in order), one.id
            assert order.get("dose", 1) > 0, one.id
    assert sum(len(one.request["orders"]) >= 3 for one in ALL) >= len(ALL) - 5


def test_labels_are_sound() -> None:
    for one in ALL:
        written = {order["drug"] for order in
                   (*one.request["orders"], *one.request["current_medications"])}  # fmt: skip
        assert set(one.tolerated) <= set(KINDS), one.id
        for finding in one.expected:
            assert set(finding["kinds"]) <= set(KINDS), one.id
            assert finding["minimal_severity"] in SEVERITIES, one.id
            assert finding["basis"].split()[0].removesuffix(":") in SOURCES, one.id
            assert {names["written"] for names in finding["drugs"]} <= written, one.id
            if finding["minimal_severity"] == "contraindicated":
                assert one.must_interrupt is True, one.id


@pytest.mark.parametrize(("answer", "recall"), [("right", 1.0), ("silent", 0.0)])
def test_a_right_review_scores_full_marks_and_a_silent_one_none(answer: str, recall: float) -> None:
    made = []
    for one in ALL:
        findings = [
            {"kind": label["kinds"][0], "severity": label["minimal_severity"],
             "drugs": [names["written"] for names in label["drugs"]]}
            for label in one.expected
            if answer == "right"
        ]  # fmt: skip
        made.append((one, {"decision": "inform", "findings": findings}))
    result = score(made)
    assert result.recall == recall
    assert result.false == result.clean_interrupted == 0


def test_a_key_that_no_list_names_is_refused() -> None:
    with pytest.raises(KeyError):
        order_of("nodrugatall 5mg qd po", "outpatient", names())
