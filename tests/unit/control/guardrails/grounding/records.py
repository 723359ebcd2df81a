"""A small invented record and an invented conversation to check statements against."""

from __future__ import annotations

import json
from typing import Any

from suwen.core.exact_json import read_exact
from suwen.core.grounding import DialogueTurn
from suwen.core.record import PatientRecord
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import read_record

PATIENT = {"reference": "Patient/p1"}
STAY = {"reference": "Encounter/e1"}


def _coded(text: str, code: str, system: str = "http://loinc.org") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def _observation(
    identity: str, code: dict[str, Any], value: float, unit: str, day: str, **more: Any
) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": code,
        "subject": PATIENT,
        "encounter": STAY,
        "effectiveDateTime": f"{day}T08:00:00+08:00",
        "valueQuantity": {"value": value, "unit": unit},
        **more,
    }


def _range(low: float, high: float, unit: str) -> list[dict[str, Any]]:
    return [{"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}]


def _medication(
    identity: str, name: str, dose: float, unit: str, times: int, day: str
) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": name},
        "subject": PATIENT,
        "encounter": STAY,
        "authoredOn": f"{day}T10:00:00+08:00",
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": dose, "unit": unit}}],
            }
        ],
    }


RESOURCES: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"text": "王某"}],
        "gender": "female",
        "birthDate": "1960-03-05",
        "identifier": [{"value": "MR20260017"}],
    },
    {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": PATIENT,
        "period": {"start": "2026-11-10T09:30:00+08:00", "end": "2026-11-16T10:00:00+08:00"},
        "reasonCode": [{"text": "胸闷3天"}],
    },
    {
        "resourceType": "Condition",
        "id": "c1",
        "subject": PATIENT,
        "encounter": STAY,
        "code": _coded("2型糖尿病", "44054006", "http://snomed.info/sct"),
        "onsetDateTime": "2014-05-01",
        "clinicalStatus": {"coding": [{"code": "active"}]},
    },
    _observation(
        "k1",
        _coded("血钾", "2823-3"),
        3.2,
        "mmol/L",
        "2026-11-12",
        referenceRange=_range(3.5, 5.3, "mmol/L"),
    ),
    _observation(
        "k2",
        _coded("血钾", "2823-3"),
        4.1,
        "mmol/L",
        "2026-11-15",
        referenceRange=_range(3.5, 5.3, "mmol/L"),
    ),
    _observation("n1", _coded("血钠", "2951-2"), 139, "mmol/L", "2026-11-12"),
    _observation("g1", _coded("Glucose", "2339-0"), 180, "mg/dL", "2026-11-12"),
    _observation("h1", _coded("身高", "8302-2"), 160, "cm", "2026-11-10"),
    _observation("w1", _coded("体重", "29463-7"), 64, "kg", "2026-11-10"),
    {
        "resourceType": "Observation",
        "id": "bp1",
        "status": "final",
        "code": _coded("血压", "85354-9"),
        "subject": PATIENT,
        "effectiveDateTime": "2026-11-10T09:40:00+08:00",
        "component": [
            {"code": _coded("收缩压", "8480-6"), "valueQuantity": {"value": 152, "unit": "mmHg"}},
            {"code": _coded("舒张压", "8462-4"), "valueQuantity": {"value": 88, "unit": "mmHg"}},
        ],
    },
    _medication("m1", "二甲双胍片", 0.5, "g", 2, "2026-11-11"),
    _medication("m2", "Atorvastatin 20 MG Oral Tablet", 20, "mg", 1, "2026-11-11"),
    {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": PATIENT,
        "code": {"text": "青霉素"},
        "reaction": [{"manifestation": [{"text": "皮疹"}]}],
    },
    {
        "resourceType": "FamilyMemberHistory",
        "id": "f1",
        "status": "completed",
        "patient": PATIENT,
        "relationship": {"text": "父亲"},
        "condition": [{"code": {"text": "冠心病"}}],
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "d1",
        "status": "final",
        "code": {"text": "膝关节X线片"},
        "subject": PATIENT,
        "encounter": STAY,
        "effectiveDateTime": "2026-11-13T11:00:00+08:00",
        "conclusion": "右膝关节间隙变窄。未见骨折。髌上囊未见积血。",
    },
]

CONVERSATION = tuple(
    DialogueTurn(number, speaker, text)
    for number, (speaker, text) in enumerate(
        [
            ("doctor", "What brings you in?"),
            ("patient", "My right knee has been hurting for about three weeks."),
            ("doctor", "Any fever or chills?"),
            ("patient", "No, nothing like that."),
            ("doctor", "Do you have any swelling?"),
            ("patient", "Yes, a bit in the evening."),
            ("doctor", "Is there heart disease in the family?"),
            ("patient", "My father had a heart attack at sixty two."),
            ("doctor", "Your blood pressure is one thirty over eighty five today."),
            ("doctor", "I will start you on meloxicam, fifteen milligrams once a day."),
            ("patient", "Okay. I also take lisinopril, ten milligrams."),
            ("doctor", "Come back in four weeks."),
        ]
    )
)


def record() -> PatientRecord:
    """The invented record as the platform reads it, numbers exact."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": r} for r in RESOURCES],
    }
    return read_record(read_resources(read_exact(json.dumps(bundle, ensure_ascii=False))))
