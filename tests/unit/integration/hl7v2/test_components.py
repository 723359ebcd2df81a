"""A compounded medicine reaches the record with everything that it is made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from suwen.core.errors import InputError
from suwen.core.record import MedicationItem
from suwen.integration.fhir.record import read_record
from suwen.integration.fhir.validate import check_resource
from suwen.integration.hl7v2.merging import merged
from suwen.integration.hl7v2.reading import read
from tests.support.hl7 import PID, facts, message

ORC = "ORC|NW|O1"
RXO = "RXO|TPN1^Infusion 500^L|500||mL^mL^UCUM"
RXE = "RXE||TPN1^Infusion 500^L|500||mL^mL^UCUM|||||1"
NACL = "RXC|B|NS^Sodium chloride 0.9%^L|490|mL^mL^UCUM"
KCL = "RXC|A|KCL^Potassium chloride^L|1.50|g^g^UCUM|10|%^%^UCUM"
INSULIN = "RXC|A|INS^Insulin human^L|8|[iU]^IU^UCUM"


def mapped(kind: str, *segments: str) -> list[dict[str, Any]]:
    outcome = read(message(kind, "M1", PID, *segments), facts())
    assert outcome.refusal is None, outcome.refusal
    assert outcome.mapped is not None
    for resource in outcome.mapped.resources:
        check_resource(resource, str(resource["resourceType"]))
    return outcome.mapped.resources


def order(*segments: str, kind: str = "RDE^O11") -> dict[str, Any]:
    [request] = [
        r for r in mapped(kind, ORC, *segments) if r["resourceType"] == "MedicationRequest"
    ]
    return request


def item(request: dict[str, Any]) -> MedicationItem:
    patient = {"resourceType": "Patient", "id": request["subject"]["reference"].split("/")[1]}
    [found] = read_record([patient, request]).medications
    return found


@pytest.mark.parametrize(("kind", "detail"), [("RDE^O11", RXE), ("OMP^O09", RXO)])
def test_every_component_is_carried_with_its_amount(kind: str, detail: str) -> None:
    request = order(detail, NACL, KCL, INSULIN, kind=kind)
    assert "medicationCodeableConcept" not in request
    found = item(request)
    assert found.medication is not None
    assert found.medication.text == "Infusion 500"
    said = [
        (part.medication.text, part.amount.value if part.amount else None, part.amount)
        for part in found.ingredients
    ]
    assert [(name, value) for name, value, _ in said] == [
        ("Sodium chloride 0.9%", Decimal(490)),
        ("Potassium chloride", Decimal("1.50")),
        ("Insulin human", Decimal(8)),
    ]
    [compound] = request["contained"]
    strength = compound["ingredient"][1]["extension"][1]["valueQuantity"]
    assert (strength["value"], strength["unit"]) == (Decimal(10), "%")


def test_a_medicine_of_one_substance_is_named_as_before() -> None:
    request = order(RXE)
    assert "contained" not in request
    assert item(request).ingredients == ()


def test_what_the_pharmacy_states_takes_the_place_of_what_was_asked_for() -> None:
    request = order(RXO, NACL, KCL, RXE, NACL, INSULIN)
    assert [p.medication.text for p in item(request).ingredients] == [
        "Sodium chloride 0.9%",
        "Insulin human",
    ]
    kept = order(RXO, NACL, KCL, RXE)
    assert len(item(kept).ingredients) == 2, "an RXE without components takes none away"


def test_each_order_of_a_message_has_its_own_components() -> None:
    requests = [
        r
        for r in mapped("RDE^O11", ORC, RXE, NACL, KCL, "ORC|NW|O2", RXE.replace("TPN1", "X"))
        if r["resourceType"] == "MedicationRequest"
    ]
    assert [len(item(r).ingredients) for r in requests] == [2, 0]


@pytest.mark.parametrize(
    ("segments", "code", "where"),
    [
        ([RXE, "RXC|A||5"], "hl7_field_missing", "RXC-2"),
        ([RXE, "RXC|Q|KCL^KCl^L|5"], "hl7_code_unknown", "RXC-1"),
        ([RXE, "RXC|A|KCL^KCl^L|much"], "hl7_data_type", "RXC-3"),
        ([RXE, "RXC|A|KCL^KCl^L|1||much"], "hl7_data_type", "RXC-5"),
        (["OBR|1|O1||1^Panel^L", KCL], "hl7_segment_misplaced", "RXC"),
    ],
)
def test_a_component_that_cannot_be_read_refuses_the_order(
    segments: list[str], code: str, where: str
) -> None:
    outcome = read(message("RDE^O11", "M1", PID, ORC, *segments), facts())
    assert outcome.refusal is not None
    assert (outcome.refusal.code, outcome.refusal.where) == (code, where)


def test_a_later_message_without_components_hides_none() -> None:
    stored = order(RXE, NACL, KCL)
    held = merged(stored, {**order(RXE), "status": "on-hold"})
    assert len(item(held).ingredients) == 2
    check_resource(held, "MedicationRequest")
    other = merged(stored, order(RXE.replace("TPN1^Infusion 500", "X^Other")))
    assert item(other).ingredients == ()
    check_resource(other, "MedicationRequest")
    compounded = merged(order(RXE), stored)
    assert len(item(compounded).ingredients) == 2
    check_resource(compounded, "MedicationRequest")


@pytest.mark.parametrize(
    "contained",
    ["x", [5], [{"resourceType": "Medication", "ingredient": 5}],
     [{"resourceType": "Medication", "ingredient": [{"strength": {"numerator": "much"}}]}]],
)  # fmt: skip
def test_a_contained_medicine_of_another_form_is_refused(contained: Any) -> None:
    body = {**order(RXE, KCL), "contained": contained}
    with pytest.raises(InputError) as refused:
        check_resource(body, "MedicationRequest")
    assert refused.value.code == "element_type"
    assert str(refused.value.field).startswith("MedicationRequest.contained")
