"""A bundle is read as a prescription: what it does not say stays unknown, and is told."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.apps.prescription_review.app import APP
from suwen.apps.prescription_review.from_record import prescription_of
from suwen.apps.prescription_review.schema import BundleForm
from suwen.clinical.prescription_review import Prescription
from suwen.core.document import Draft
from suwen.core.errors import InputError
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import read_record

AT = "2026-03-02T10:00:00+08:00"
PATIENT = {"reference": "Patient/p1"}


def order(drug: str, number: int = 1, status: str = "draft", **more: Any) -> dict[str, Any]:
    dosage = {
        "route": {"text": "口服"},
        "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 0.5, "unit": "g", "code": "g"}}],
    }
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": status,
        "intent": "order",
        "subject": PATIENT,
        "authoredOn": "2026-03-02T09:00:00+08:00",
        "medicationCodeableConcept": {"text": drug},
        "reasonCode": [{"text": "扁桃体炎"}],
        "dosageInstruction": [dosage],
    } | more


def measured(loinc: str, value: float, unit: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{loinc}-{day}",
        "status": "final",
        "subject": PATIENT,
        "effectiveDateTime": f"{day}T08:00:00+08:00",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "valueQuantity": {"value": value, "unit": unit},
    }


def allergy(text: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": PATIENT,
        "code": {"text": text},
    } | more


def coded(code: str) -> dict[str, Any]:
    return {"code": {"coding": [{"system": "http://snomed.info/sct", "code": code}]}}


def given(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    person = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1996-05-01"}
    entries = [{"resource": r} for r in (person, *resources)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {"bundle": bundle, "setting": "outpatient", "at": AT} | more


def reviewed(request: dict[str, Any]) -> Draft:
    parsed = APP.parse(request)
    read = APP.plan(parsed).read
    assert read is not None and read.bundle is not None
    return APP.core(parsed, read_record(read_resources(read.bundle)), ()).draft


def read(request: dict[str, Any]) -> Prescription:
    form = APP.parse(request).record
    assert isinstance(form, BundleForm)
    return prescription_of(read_record(read_resources(form.bundle)), form)[0]


def rules(draft: Draft) -> set[str]:
    return {finding.rule for finding in draft.findings}


def test_a_bundle_is_decided_as_the_same_prescription_in_the_contracts_form() -> None:
    draft = reviewed(given(order("阿莫西林胶囊"), allergy("青霉素")))
    result = APP.output(draft)
    assert result["decision"] == "interrupt" and "penicillin-penicillin" in rules(draft)
    assert result["findings"][0]["lines"] == ["MedicationRequest/m1"]
    [line] = read(given(order("阿莫西林胶囊"))).orders
    assert (line.dose, line.unit, line.route) == (0.5, "g", "口服")


def test_the_latest_value_by_then_is_taken_with_its_date() -> None:
    values = (
        measured("2160-0", 1.0, "mg/dL", "2026-01-01"),
        measured("2160-0", 2.5, "mg/dL", "2026-02-01"),
        measured("2160-0", 9.0, "mg/dL", "2026-03-05"),
        measured("29463-7", 130, "[lb_av]", "2026-02-01"),
    )
    facts = read(given(order("阿莫西林胶囊"), *values)).patient
    assert facts.creatinine_umol_l == 221.0 and facts.weight_kg is None
    told = [limit.en for limit in reviewed(given(order("阿莫西林胶囊"), *values)).limits]
    assert "The creatinine is the record's: 221 µmol/L (2026-02-01)." in told
    assert any("weight" in limit and "not used" in limit for limit in told)


def test_what_is_not_recorded_of_allergies_is_not_known() -> None:
    drug = order("阿莫西林胶囊")
    assert read(given(drug)).allergies is None
    assert read(given(drug, allergy("无", **coded("429625007")))).allergies is None
    assert read(given(drug, allergy("无", **coded("716186003")))).allergies == ()
    assert read(given(drug, allergy("无", **coded("409137002")))).allergies == ()
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    assert read(given(drug, allergy("青霉素", **refuted))).allergies is None


def test_drafts_are_reviewed_and_what_runs_is_taken() -> None:
    found = read(
        given(order("阿莫西林胶囊"), order("华法林", 2, "active"), order("地高辛", 3, "stopped"))
    )
    assert [o.drug for o in found.orders] == ["阿莫西林胶囊"]
    assert [o.drug for o in found.current] == ["华法林"]
    alone = read(given(order("华法林", 2, "active")))
    assert [o.drug for o in alone.orders] == ["华法林"] and alone.current == ()


@pytest.mark.parametrize("dosages", [2, "range"])
def test_no_dose_is_made_out_of_several(dosages: object) -> None:
    drug = order("阿莫西林胶囊")
    if dosages == "range":
        low_high = {"low": {"value": 1, "unit": "g"}, "high": {"value": 9, "unit": "g"}}
        drug["dosageInstruction"][0]["doseAndRate"] = [{"doseRange": low_high}]
    else:
        drug["dosageInstruction"] *= 2
    draft = reviewed(given(drug, allergy("无", **coded("716186003"))))
    assert any("several parts" in limit.en for limit in draft.limits)
    assert "UNC-dose" in rules(draft)
    assert read(given(drug)).orders[0].dose is None


def test_ages_are_counted_in_the_unit_of_the_young() -> None:
    def age_in(birth: str) -> str | None:
        request = given(order("阿莫西林胶囊"))
        request["bundle"]["entry"][0]["resource"]["birthDate"] = birth
        return read(request).patient.age_in

    assert [age_in(day) for day in ("2026-02-20", "2025-06-01", "1996-05-01")] == [
        "days",
        "months",
        "years",
    ]


def test_the_encounter_says_where_it_is_given() -> None:
    stay = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "subject": PATIENT,
        "class": {"code": "IMP"},
        "period": {"start": "2026-03-01T08:00:00+08:00"},
    }
    assert read(given(order("阿莫西林胶囊"), stay, setting=None)).setting == "inpatient"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (given(), "bundle"),
        (given(order("阿莫西林胶囊"), setting=None), "setting"),
        (given(order("阿莫西林胶囊"), at="1990-01-01T00:00:00+08:00"), "bundle"),
        (given(order("阿莫西林胶囊"), at="2026-03-02T10:00:00"), "at"),
        (given(order("阿莫西林胶囊"), orders=[]), "orders"),
    ],
)
def test_a_bundle_without_a_prescription_is_refused_by_its_field(
    request_: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        reviewed(request_)
    assert refused.value.field == field


def test_what_is_carried_on_is_not_counted_twice() -> None:
    """An order of another encounter, or of another kind, that this one carries on."""
    home = {**order("达格列净", 2, "active"), "encounter": {"reference": "Encounter/before"}}
    new = {**order("达格列净", 1), "encounter": {"reference": "Encounter/e1"}}
    again = {**new, "id": "m3", "status": "active"}
    carried, both = (read(given(new, other)) for other in (home, again))
    assert [line.drug for line in carried.current] == []
    assert [line.drug for line in both.current] == ["达格列净"]
    said = " ".join(limit.zh for limit in reviewed(given(new, home)).limits)
    assert "视为延续原有用药" in said


def test_named_orders_are_reviewed_as_of_a_past_day() -> None:
    done = {**order("左氧氟沙星", 1, "completed"), "authoredOn": AT}
    void = {**order("阿莫西林", 2, "entered-in-error"), "authoredOn": AT}
    request = given(done, void, orders=["m1", "m2"], retrospective=True, at=AT)
    assert [line.drug for line in read(request).orders] == ["左氧氟沙星"]
