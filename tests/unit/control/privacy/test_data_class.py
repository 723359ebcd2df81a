"""The class of a run is the highest of the manifest's and of every item's."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from suwen.control.privacy.data_class import check_ceiling, class_of_item, effective_class
from suwen.core.errors import PrivacyError
from tests.support.applications import MANIFEST, endpoint, patient_resources

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ICD10 = "http://hl7.org/fhir/sid/icd-10"


def labelled(system: str, code: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "meta": {"security": [{"system": system, "code": code}]}}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": {"coding": [{"system": system, "code": code}]}}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"resourceType": "Observation"}, 4),
        (labelled(CONFIDENTIALITY, "N"), 4),
        (labelled(CONFIDENTIALITY, "R"), 5),
        (labelled(CONFIDENTIALITY, "V"), 5),
        (labelled(ACT_CODE, "HIV"), 5),
        (labelled(ACT_CODE, "TREAT"), 4),
        (coded(ICD10, "B20.1"), 5),
        (coded(ICD10, "A53.9"), 5),
        (coded(ICD10, "A49.9"), 4),
        (coded(ICD10, "A65"), 4),
        (coded(ICD10, "Z21"), 5),
        (coded("http://example.org", "B20"), 4),
        ({"resourceType": "Condition", "code": {"text": "x"}, "meta": "odd"}, 4),
    ],
)
def test_the_class_of_an_item(item: dict[str, Any], expected: int) -> None:
    assert class_of_item(item) == expected


def test_the_highest_counts() -> None:
    low = dataclasses.replace(MANIFEST, data_class=2)
    assert effective_class(low, []) == 2
    assert effective_class(low, patient_resources()) == 4
    assert effective_class(low, [*patient_resources(), coded(ICD10, "B22")]) == 5
    assert effective_class(dataclasses.replace(MANIFEST, data_class=5), patient_resources()) == 5


@pytest.mark.parametrize("ceiling", range(1, 6))
@pytest.mark.parametrize("data_class", range(1, 6))
def test_a_ceiling_lets_pass_up_to_itself(data_class: int, ceiling: int) -> None:
    if data_class <= ceiling:
        check_ceiling(data_class, endpoint(ceiling=ceiling))
        return
    with pytest.raises(PrivacyError) as refused:
        check_ceiling(data_class, endpoint(ceiling=ceiling))
    assert refused.value.code == "above_route_ceiling"
