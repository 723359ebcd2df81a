"""Two invented records, one Chinese and one English, with sentences that are true of them.

Each fact carries twins: the same sentence with one thing falsified. They are put into the forms
of ``faithful_forms``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from suwen.core.exact_json import read_exact
from suwen.core.record import PatientRecord
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import read_record

_STAY = {"reference": "Encounter/stay"}
_PATIENT = {"reference": "Patient/own"}


@dataclass(frozen=True, slots=True)
class TrueSentence:
    """A sentence without its full stop, and what it becomes when one thing is falsified."""

    text: str
    twins: tuple[tuple[str, str], ...]
    of_relative: bool = False


def _measured(
    identity: str, name: str, loinc: str, value: float, unit: str, day: str
) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}], "text": name},
        "subject": _PATIENT,
        "encounter": _STAY,
        "effectiveDateTime": f"{day}T08:00:00+08:00",
        "valueQuantity": {"value": value, "unit": unit},
    }


def _ordered(
    identity: str, name: str, dose: float, route: str, times: int, day: str
) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": name},
        "subject": _PATIENT,
        "encounter": _STAY,
        "authoredOn": f"{day}T10:00:00+08:00",
        "dosageInstruction": [
            {
                "route": {"text": route},
                "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": dose, "unit": "mg"}}],
            }
        ],
    }


def _report(identity: str, name: str, conclusion: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": identity,
        "status": "final",
        "code": {"text": name},
        "subject": _PATIENT,
        "encounter": _STAY,
        "effectiveDateTime": f"{day}T11:00:00+08:00",
        "conclusion": conclusion,
    }


def _stay(reason: str) -> list[dict[str, Any]]:
    return [
        {
            "resourceType": "Patient",
            "id": "own",
            "name": [{"text": "周某某"}],
            "gender": "male",
            "birthDate": "1958-07-21",
        },
        {
            "resourceType": "Encounter",
            "id": "stay",
            "status": "finished",
            "class": {"code": "IMP"},
            "subject": _PATIENT,
            "period": {"start": "2026-11-03T09:30:00+08:00", "end": "2026-11-14T10:00:00+08:00"},
            "reasonCode": [{"text": reason}],
        },
    ]


def _told(relationship: str, illness: str, substance: str, reaction: str) -> list[dict[str, Any]]:
    return [
        {
            "resourceType": "AllergyIntolerance",
            "id": "allergy",
            "patient": _PATIENT,
            "code": {"text": substance},
            "reaction": [{"manifestation": [{"text": reaction}]}],
        },
        {
            "resourceType": "FamilyMemberHistory",
            "id": "family",
            "status": "completed",
            "patient": _PATIENT,
            "relationship": {"text": relationship},
            "condition": [{"code": {"text": illness}}],
        },
    ]


def _operated(name: str) -> dict[str, Any]:
    return {
        "resourceType": "Procedure",
        "id": "operation",
        "status": "completed",
        "subject": _PATIENT,
        "encounter": _STAY,
        "code": {"text": name},
        "performedDateTime": "2026-11-06T14:00:00+08:00",
    }


CHINESE_RESOURCES: list[dict[str, Any]] = [
    *_stay("胸闷3天"),
    _measured("k1", "血钾", "2823-3", 3.2, "mmol/L", "2026-11-04"),
    _measured("k2", "血钾", "2823-3", 4.1, "mmol/L", "2026-11-10"),
    _measured("na1", "血钠", "2951-2", 139, "mmol/L", "2026-11-04"),
    _measured("t1", "体温", "8310-5", 38.6, "Cel", "2026-11-03"),
    _ordered("m1", "呋塞米片", 40, "口服", 1, "2026-11-04"),
    _ordered("m2", "氯吡格雷片", 75, "口服", 1, "2026-11-07"),
    *_told("父亲", "冠心病", "青霉素", "皮疹"),
    _operated("右肺上叶楔形切除术"),
    _report("ct", "胸部CT", "右肺上叶结节，大小约8 mm。未见胸腔积液。", "2026-11-04"),
    _report("path", "病理检查", "右肺上叶微浸润性腺癌。切缘阴性。", "2026-11-09"),
]

ENGLISH_RESOURCES: list[dict[str, Any]] = [
    *_stay("Chest tightness for 3 days"),
    _measured("k1", "Potassium", "2823-3", 3.2, "mmol/L", "2026-11-04"),
    _measured("k2", "Potassium", "2823-3", 4.1, "mmol/L", "2026-11-10"),
    _measured("na1", "Sodium", "2951-2", 139, "mmol/L", "2026-11-04"),
    _measured("t1", "Body temperature", "8310-5", 38.6, "Cel", "2026-11-03"),
    _ordered("m1", "Furosemide 40 mg oral tablet", 40, "oral", 1, "2026-11-04"),
    _ordered("m2", "Clopidogrel 75 mg oral tablet", 75, "oral", 1, "2026-11-07"),
    *_told("father", "coronary artery disease", "penicillin", "rash"),
    _operated("Wedge resection of the right upper lobe"),
    _report(
        "ct",
        "CT of the chest",
        "Nodule of the right upper lobe, 8 mm in size. No pleural effusion.",
        "2026-11-04",
    ),
    _report(
        "path",
        "Pathology",
        "Minimally invasive adenocarcinoma of the right upper lobe. Resection margins negative.",
        "2026-11-09",
    ),
]

CHINESE_FACTS = (
    TrueSentence(
        "患者因“胸闷3天”于2026-11-03入院",
        (
            ("number", "患者因“胸闷5天”于2026-11-03入院"),
            ("unit", "患者因“胸闷3周”于2026-11-03入院"),
            ("date", "患者因“胸闷3天”于2026-11-06入院"),
            ("person", "患者母亲因“胸闷3天”于2026-11-03入院"),
        ),
    ),
    TrueSentence(
        "住院期间用药：呋塞米片，40 mg，口服，每日1次，2026-11-04开立",
        (
            ("dose", "住院期间用药：呋塞米片，80 mg，口服，每日1次，2026-11-04开立"),
            ("frequency", "住院期间用药：呋塞米片，40 mg，口服，每日3次，2026-11-04开立"),
            ("drug", "住院期间用药：托拉塞米片，40 mg，口服，每日1次，2026-11-04开立"),
            ("date", "住院期间用药：呋塞米片，40 mg，口服，每日1次，2026-11-10开立"),
        ),
    ),
    TrueSentence(
        "氯吡格雷片 75 mg 口服 每日1次",
        (
            ("dose", "氯吡格雷片 300 mg 口服 每日1次"),
            ("drug", "替格瑞洛片 75 mg 口服 每日1次"),
        ),
    ),
    TrueSentence(
        "血钾首次为3.2 mmol/L（2026-11-04），末次为4.1 mmol/L（2026-11-10）",
        (
            ("number", "血钾首次为2.3 mmol/L（2026-11-04），末次为4.1 mmol/L（2026-11-10）"),
            ("analyte", "血钠首次为3.2 mmol/L（2026-11-04），末次为4.1 mmol/L（2026-11-10）"),
            ("date", "血钾首次为3.2 mmol/L（2026-11-04），末次为4.1 mmol/L（2026-11-12）"),
        ),
    ),
    TrueSentence(
        "体温38.6℃（2026-11-03）",
        (("number", "体温39.6℃（2026-11-03）"), ("date", "体温38.6℃（2026-11-10）")),
    ),
    TrueSentence(
        "右肺上叶结节，大小约8 mm",
        (
            ("side", "左肺上叶结节，大小约8 mm"),
            ("number", "右肺上叶结节，大小约18 mm"),
            ("unit", "右肺上叶结节，大小约8 cm"),
        ),
    ),
    TrueSentence("未见胸腔积液", (("negation", "可见胸腔积液"),)),
    TrueSentence(
        "住院期间于2026-11-06行右肺上叶楔形切除术",
        (
            ("side", "住院期间于2026-11-06行左肺上叶楔形切除术"),
            ("date", "住院期间于2026-11-09行右肺上叶楔形切除术"),
            ("negation", "住院期间未行右肺上叶楔形切除术"),
        ),
    ),
    TrueSentence("病理切缘阴性", (("negation", "病理切缘阳性"),)),
    TrueSentence(
        "对青霉素过敏，反应为皮疹",
        (("drug", "对头孢曲松过敏，反应为皮疹"), ("negation", "无青霉素过敏")),
    ),
    TrueSentence(
        "父亲患冠心病",
        (("person", "母亲患冠心病"), ("person", "患者本人患冠心病")),
        of_relative=True,
    ),
    TrueSentence(
        "患者于2026-11-14出院，共住院11天",
        (
            ("number", "患者于2026-11-14出院，共住院15天"),
            ("date", "患者于2026-11-12出院，共住院11天"),
        ),
    ),
)

ENGLISH_FACTS = (
    TrueSentence(
        "the patient was admitted on 2026-11-03 for chest tightness for 3 days",
        (
            ("number", "the patient was admitted on 2026-11-03 for chest tightness for 5 days"),
            ("unit", "the patient was admitted on 2026-11-03 for chest tightness for 3 weeks"),
            ("date", "the patient was admitted on 2026-11-06 for chest tightness for 3 days"),
            (
                "person",
                "the patient's mother was admitted on 2026-11-03 for chest tightness for 3 days",
            ),
        ),
    ),
    TrueSentence(
        "furosemide 40 mg by mouth once daily was ordered on 2026-11-04",
        (
            ("dose", "furosemide 80 mg by mouth once daily was ordered on 2026-11-04"),
            ("frequency", "furosemide 40 mg by mouth three times daily was ordered on 2026-11-04"),
            ("drug", "torsemide 40 mg by mouth once daily was ordered on 2026-11-04"),
            ("date", "furosemide 40 mg by mouth once daily was ordered on 2026-11-10"),
        ),
    ),
    TrueSentence(
        "clopidogrel 75 mg orally once daily was given",
        (
            ("dose", "clopidogrel 300 mg orally once daily was given"),
            ("drug", "ticagrelor 75 mg orally once daily was given"),
            ("negation", "clopidogrel was never given"),
        ),
    ),
    TrueSentence(
        "potassium was 3.2 mmol/L first (2026-11-04) and 4.1 mmol/L last (2026-11-10)",
        (
            (
                "number",
                "potassium was 2.3 mmol/L first (2026-11-04) and 4.1 mmol/L last (2026-11-10)",
            ),
            (
                "analyte",
                "sodium was 3.2 mmol/L first (2026-11-04) and 4.1 mmol/L last (2026-11-10)",
            ),
            (
                "date",
                "potassium was 3.2 mmol/L first (2026-11-04) and 4.1 mmol/L last (2026-11-12)",
            ),
        ),
    ),
    TrueSentence(
        "body temperature was 38.6 ℃ on 2026-11-03",
        (
            ("number", "body temperature was 39.6 ℃ on 2026-11-03"),
            ("date", "body temperature was 38.6 ℃ on 2026-11-10"),
        ),
    ),
    TrueSentence(
        "a nodule of the right upper lobe measured 8 mm",
        (
            ("side", "a nodule of the left upper lobe measured 8 mm"),
            ("number", "a nodule of the right upper lobe measured 18 mm"),
            ("unit", "a nodule of the right upper lobe measured 8 cm"),
        ),
    ),
    TrueSentence("there was no pleural effusion", (("negation", "there was pleural effusion"),)),
    TrueSentence(
        "wedge resection of the right upper lobe was performed on 2026-11-06",
        (
            ("side", "wedge resection of the left upper lobe was performed on 2026-11-06"),
            ("date", "wedge resection of the right upper lobe was performed on 2026-11-09"),
            ("negation", "wedge resection of the right upper lobe was not performed"),
        ),
    ),
    TrueSentence(
        "the resection margins were negative",
        (("negation", "the resection margins were positive"),),
    ),
    TrueSentence(
        "the patient is allergic to penicillin, with a rash",
        (
            ("drug", "the patient is allergic to ceftriaxone, with a rash"),
            ("negation", "the patient is not allergic to penicillin"),
        ),
    ),
    TrueSentence(
        "the patient's father has coronary artery disease",
        (
            ("person", "the patient's mother has coronary artery disease"),
            ("person", "the patient has coronary artery disease"),
        ),
        of_relative=True,
    ),
    TrueSentence(
        "the patient was discharged on 2026-11-14 after 11 days in hospital",
        (
            ("number", "the patient was discharged on 2026-11-14 after 15 days in hospital"),
            ("date", "the patient was discharged on 2026-11-12 after 11 days in hospital"),
        ),
    ),
)


def chinese_record() -> PatientRecord:
    """The Chinese record as the platform reads it."""
    return _read(CHINESE_RESOURCES)


def english_record() -> PatientRecord:
    """The English record as the platform reads it."""
    return _read(ENGLISH_RESOURCES)


def _read(resources: list[dict[str, Any]]) -> PatientRecord:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": r} for r in resources],
    }
    return read_record(read_resources(read_exact(json.dumps(bundle, ensure_ascii=False))))
