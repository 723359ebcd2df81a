"""What R4 (4.0.1) requires of the resources that are typed: one fault each, refused in place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from suwen.core.errors import InputError
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.validate import TYPED_RESOURCES

Resource = dict[str, Any]
SUBJECT = {"subject": {"reference": "Patient/p"}}
PATIENT = {"patient": {"reference": "Patient/p"}}
CODE = {"text": "x", "coding": [{"system": "urn:s", "code": "c", "display": "d"}]}

VALID: dict[str, Resource] = {
    "Patient": {"gender": "male", "birthDate": "1960-02-29", "name": [{"family": "X"}]},
    "Encounter": {
        "status": "finished",
        "class": {"code": "IMP"},
        "period": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02"},
    },
    "Condition": SUBJECT | {"code": CODE, "onsetDateTime": "2020-05"},
    "Observation": SUBJECT
    | {"status": "final", "code": CODE, "valueQuantity": {"value": 1.5, "unit": "g"}},
    "DiagnosticReport": SUBJECT | {"status": "final", "code": CODE},
    "MedicationRequest": SUBJECT
    | {"status": "active", "intent": "order", "medicationCodeableConcept": CODE},
    "MedicationStatement": SUBJECT | {"status": "active", "medicationCodeableConcept": CODE},
    "AllergyIntolerance": PATIENT | {"code": CODE},
    "Procedure": SUBJECT | {"status": "completed", "performedDateTime": "2026"},
    "ImagingStudy": SUBJECT | {"status": "available", "started": "2026-01-01T00:00:00+08:00"},
    "Immunization": PATIENT
    | {"status": "completed", "vaccineCode": CODE, "occurrenceDateTime": "2026-01-01"},
    "FamilyMemberHistory": PATIENT | {"status": "completed", "relationship": CODE},
    "CarePlan": SUBJECT | {"status": "active", "intent": "plan"},
    "Appointment": {
        "status": "booked",
        "start": "2026-01-01T00:00:00Z",
        "participant": [{"actor": {"reference": "Patient/p"}}],
    },
    "ServiceRequest": SUBJECT | {"status": "active", "intent": "order"},
    "DocumentReference": SUBJECT | {"status": "current", "content": [{"attachment": {}}]},
    "Composition": SUBJECT
    | {
        "status": "final",
        "type": CODE,
        "date": "2026-01-01",
        "author": [{"display": "x"}],
        "title": "t",
    },
    "Medication": {"code": CODE},
    "Practitioner": {"name": [{"family": "X", "given": ["Y"]}]},
    "Organization": {"name": "Ward"},
}


def resource(kind: str, **changes: Any) -> Resource:
    body = copy.deepcopy(VALID[kind]) | changes
    return {"resourceType": kind, "id": "r"} | {k: v for k, v in body.items() if v is not ...}


@pytest.mark.parametrize("kind", sorted(TYPED_RESOURCES))
def test_a_valid_resource_is_taken(kind: str) -> None:
    assert read_resources(resource(kind)) == [resource(kind)]


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("Encounter", "status"),
        ("Encounter", "class"),
        ("Condition", "subject"),
        ("Observation", "status"),
        ("Observation", "code"),
        ("DiagnosticReport", "status"),
        ("DiagnosticReport", "code"),
        ("MedicationRequest", "status"),
        ("MedicationRequest", "intent"),
        ("MedicationRequest", "subject"),
        ("MedicationStatement", "status"),
        ("AllergyIntolerance", "patient"),
        ("Procedure", "status"),
        ("Procedure", "subject"),
        ("ImagingStudy", "status"),
        ("Immunization", "vaccineCode"),
        ("Immunization", "patient"),
        ("FamilyMemberHistory", "relationship"),
        ("CarePlan", "intent"),
        ("Appointment", "participant"),
        ("ServiceRequest", "intent"),
        ("DocumentReference", "content"),
        ("Composition", "type"),
        ("Composition", "author"),
        ("Composition", "title"),
    ],
)
def test_a_missing_required_element(kind: str, element: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_resources(resource(kind, **{element: ...}))
    assert refusal.value.code == "element_missing"
    assert refusal.value.field == f"{kind}.{element}"


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("MedicationRequest", "medicationCodeableConcept"),
        ("MedicationStatement", "medicationCodeableConcept"),
        ("Immunization", "occurrenceDateTime"),
    ],
)
def test_a_missing_choice(kind: str, element: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_resources(resource(kind, **{element: ...}))
    assert refusal.value.code == "element_missing"
    assert (refusal.value.field or "").endswith("[x]")


@pytest.mark.parametrize(
    ("kind", "changes", "path"),
    [
        ("Patient", {"gender": "M"}, "Patient.gender"),
        ("Encounter", {"status": "done"}, "Encounter.status"),
        ("Observation", {"status": "FINAL"}, "Observation.status"),
        ("MedicationRequest", {"intent": "request"}, "MedicationRequest.intent"),
        ("AllergyIntolerance", {"criticality": "severe"}, "AllergyIntolerance.criticality"),
        ("Procedure", {"status": "done"}, "Procedure.status"),
        ("DocumentReference", {"docStatus": "signed"}, "DocumentReference.docStatus"),
        (
            "Observation",
            {"valueQuantity": {"value": 1, "comparator": "~"}},
            "Observation.valueQuantity.comparator",
        ),
        (
            "Condition",
            {
                "clinicalStatus": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                            "code": "Active",
                        }
                    ]
                }
            },
            "Condition.clinicalStatus.coding[0].code",
        ),
    ],
)
def test_a_code_outside_its_required_binding(kind: str, changes: Resource, path: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_resources(resource(kind, **changes))
    assert (refusal.value.code, refusal.value.field) == ("code_not_allowed", path)


@pytest.mark.parametrize(
    ("kind", "changes", "path"),
    [
        ("Patient", {"birthDate": "1961-02-29"}, "Patient.birthDate"),
        ("Patient", {"birthDate": "29.02.1960"}, "Patient.birthDate"),
        ("Patient", {"birthDate": 19600229}, "Patient.birthDate"),
        ("Patient", {"name": {"family": "X"}}, "Patient.name"),
        ("Patient", {"name": [{"given": "X"}]}, "Patient.name[0].given"),
        ("Observation", {"valueQuantity": {"value": "1.5"}}, "Observation.valueQuantity.value"),
        ("Observation", {"valueQuantity": {"value": True}}, "Observation.valueQuantity.value"),
        ("Observation", {"valueQuantity": 1.5}, "Observation.valueQuantity"),
        ("Observation", {"code": "x"}, "Observation.code"),
        ("Observation", {"code": {"coding": {"code": "c"}}}, "Observation.code.coding"),
        ("Observation", {"effectiveDateTime": "2026-01-01 08:00"}, "Observation.effectiveDateTime"),
        (
            "Observation",
            {"effectiveDateTime": "2026-01-01T08:00:00"},
            "Observation.effectiveDateTime",
        ),
        (
            "Observation",
            {"effectiveDateTime": "2026-01-01T25:00:00Z"},
            "Observation.effectiveDateTime",
        ),
        ("Observation", {"component": [{"code": 5}]}, "Observation.component[0].code"),
        ("Condition", {"subject": "Patient/p"}, "Condition.subject"),
        ("Condition", {"onsetDateTime": ""}, "Condition.onsetDateTime"),
        ("Appointment", {"start": "2026-01-01"}, "Appointment.start"),
        (
            "MedicationRequest",
            {"dosageInstruction": [{"asNeededBoolean": "true"}]},
            "MedicationRequest.dosageInstruction[0].asNeededBoolean",
        ),
    ],
)
def test_an_element_of_the_wrong_type(kind: str, changes: Resource, path: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_resources(resource(kind, **changes))
    assert (refusal.value.code, refusal.value.field) == ("element_type", path)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2026", True),
        ("2026-12", True),
        ("2026-12-31", True),
        ("2026-12-31T23:59:59Z", True),
        ("2026-12-31T23:59:59.999999999+14:00", True),
        ("2026-13", False),
        ("2026-12-32", False),
        ("2026-12-31T23:59Z", False),
        ("2026-12-31T24:00:00Z", False),
        ("2026-12-31T23:59:60Z", False),
        ("26-12-31", False),
        ("2026-12-31T23:59:59+8", False),
    ],
)
def test_date_times_of_every_precision(text: str, valid: bool) -> None:
    given = resource("Observation", effectiveDateTime=text)
    if valid:
        assert read_resources(given) == [given]
    else:
        with pytest.raises(InputError):
            read_resources(given)


def test_one_value_of_one_kind_only() -> None:
    with pytest.raises(InputError) as refusal:
        read_resources(resource("Observation", valueString="x"))
    assert (refusal.value.code, refusal.value.field) == ("choice_repeated", "Observation.value[x]")


def test_a_period_does_not_end_before_it_starts() -> None:
    period = {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T23:59:59Z"}
    with pytest.raises(InputError) as refusal:
        read_resources(resource("Encounter", period=period))
    assert refusal.value.code == "period_reversed"


@pytest.mark.parametrize(
    ("kind", "changes", "release"),
    [
        ("Encounter", {"class": [{"coding": [{"code": "IMP"}]}]}, "R5"),
        ("Encounter", {"class": "inpatient"}, "DSTU2"),
        ("Condition", {"clinicalStatus": "active"}, "STU3"),
        ("MedicationRequest", {"medication": {"concept": CODE}}, "R5"),
    ],
)
def test_another_release_of_fhir_is_named(kind: str, changes: Resource, release: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_resources(resource(kind, **changes))
    assert refusal.value.code == "not_r4"
    assert release in refusal.value.safe_message.en
