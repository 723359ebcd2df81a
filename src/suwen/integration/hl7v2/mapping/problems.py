"""AL1, IAM, DG1, PRB and PR1: allergies, diagnoses, problems and procedures.

Source: HL7 v2.5.1, 3.4.6 (AL1), 3.4.7 (IAM), 6.5.2 (DG1), 12.4.2 (PRB), 6.5.4 (PR1).
"""

from __future__ import annotations

from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.context import UNKNOWN, Mapping, Resource
from suwen.integration.hl7v2.mapping.systems import TERMINOLOGY, coding_system, v2_table
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import missing

AL1 = frozenset({1, 2, 3, 4, 5, 6})
IAM = frozenset({1, 2, 3, 4, 5, 6, 7, 11, 13, 17})
DG1 = frozenset({1, 2, 3, 4, 5, 6, 16, 20, 21})
PRB = frozenset({1, 2, 3, 4, 7, 9, 13, 14, 16, 17})
PR1 = frozenset({1, 2, 3, 4, 5, 8, 11, 12, 19, 20})

_ALLERGY_VERIFICATION = f"{TERMINOLOGY}/allergyintolerance-verification"
_ALLERGY_CLINICAL = f"{TERMINOLOGY}/allergyintolerance-clinical"
_VERIFICATION = f"{TERMINOLOGY}/condition-ver-status"
_CLINICAL = f"{TERMINOLOGY}/condition-clinical"
_CONDITION_VERIFIED = frozenset(
    ["unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"]
)
_CONDITION_STATES = frozenset(
    ["active", "recurrence", "relapse", "inactive", "remission", "resolved"]
)
_SURE = {
    "U": "unconfirmed",
    "P": "unconfirmed",
    "S": "unconfirmed",
    "C": "confirmed",
    "D": "unconfirmed",
    "E": "entered-in-error",
}


def map_allergy(segment: Segment, m: Mapping) -> Resource:
    """AllergyIntolerance of an AL1 or IAM; AL1 does not say whether it is still active.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` at the code of what the patient is allergic to.
    """
    code = m.concept(segment, 3)
    if code is None:
        raise missing(segment.where(3))
    subject = m.patient_reference(segment)
    detailed = segment.name == "IAM"
    name = segment.text(3) or code["text"]
    allergy = m.new("AllergyIntolerance", subject["reference"], name)
    if detailed and (number := segment.text(7)):
        allergy["identifier"] = [{"value": number}]
    _allergy_state(segment, allergy, detailed)
    kind = tables.ALLERGY_CATEGORY.get(segment.text(2).strip().upper())
    if kind:
        allergy["category"] = [kind]
    elif segment.has(2):
        m.not_mapped(segment, 2)
    allergy["code"] = code
    allergy["patient"] = subject
    if visit := m.visit:
        allergy["encounter"] = visit
    onset = 11 if detailed else 6
    if moment := m.moment(segment, onset):
        allergy["onsetDateTime"] = moment
    if detailed and (reported := m.moment(segment, 13)):
        allergy["recordedDate"] = reported
    _reaction(segment, m, allergy)
    m.add(allergy)
    m.leave_out(segment, IAM if detailed else AL1)
    return allergy


def _allergy_state(segment: Segment, allergy: Resource, detailed: bool) -> None:
    state = segment.text(17).strip().upper() if detailed else ""
    deleted = detailed and segment.text(6).strip().upper() == "D"
    verified = "entered-in-error" if deleted else _SURE.get(state)
    if verified:
        allergy["verificationStatus"] = _status(_ALLERGY_VERIFICATION, verified)
    if state == "I":
        allergy["clinicalStatus"] = _status(_ALLERGY_CLINICAL, "inactive")
    elif verified != "entered-in-error":
        allergy["clinicalStatus"] = dict(UNKNOWN)


def _reaction(segment: Segment, m: Mapping, allergy: Resource) -> None:
    manifestations = m.concepts(segment, 5)
    stated = segment.text(4).strip().upper()
    severity = tables.ALLERGY_SEVERITY.get(stated)
    if stated and severity is None and stated != "U":
        m.not_mapped(segment, 4)
    if not manifestations and severity is None:
        return
    reaction: Resource = {"manifestation": manifestations or [dict(UNKNOWN)]}
    if severity:
        reaction["severity"] = severity
    allergy["reaction"] = [reaction]


def map_diagnosis(segment: Segment, m: Mapping) -> Resource:
    """Condition of a DG1, as a diagnosis of the visit.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` when neither a code nor a description is given.
    """
    code = m.concept(segment, 3)
    described = segment.whole(4).strip()
    code, remark = _described(code, described, segment)
    if segment.has(2):
        # Until 2.3.1 the coding system of DG1-3 stood in a field of its own.
        system = coding_system(segment.text(2), m.names)
        if system is None:
            m.not_mapped(segment, 2)
        for coding in code.get("coding", ()):
            if system:
                coding.setdefault("system", system)
    subject = m.patient_reference(segment)
    visit = m.visit
    condition = m.new(
        "Condition",
        subject["reference"],
        (visit or {}).get("reference", ""),
        segment.text(20) or segment.text(3) or code["text"],
        segment.text(6),
    )
    if number := segment.text(20):
        condition["identifier"] = [{"value": number}]
    if segment.text(21).strip().upper() == "D":
        condition["verificationStatus"] = _status(_VERIFICATION, "entered-in-error")
    category = [_status(f"{TERMINOLOGY}/condition-category", "encounter-diagnosis")]
    if kind := m.coded(segment, 6, v2_table("0052")):
        category.append(kind)
    condition["category"] = category
    condition["code"] = code
    condition["subject"] = subject
    if visit:
        condition["encounter"] = visit
    if moment := m.moment(segment, 5):
        condition["recordedDate"] = moment
    if persons := list(m.persons(segment, 16)):
        condition["asserter"] = persons[0]
    if remark:
        condition["note"] = [{"text": remark}]
    m.add(condition)
    m.leave_out(segment, DG1)
    return condition


def _described(
    code: Resource | None, described: str, segment: Segment
) -> tuple[Resource, str | None]:
    """The code with the description beside it as its wording, or the description as a remark where
    the code has a wording of its own.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` when there is neither.
    """
    if code is None:
        if not described:
            raise missing(segment.where(3))
        return {"text": described}, None
    if not described or described == code["text"]:
        return code, None
    if any("display" in coding for coding in code.get("coding", ())):
        return code, described
    return {**code, "text": described}, None


def map_problem(segment: Segment, m: Mapping) -> Resource:
    """Condition of a PRB, as an item of the problem list.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` at PRB-3.
    """
    code = m.concept(segment, 3)
    if code is None:
        raise missing(segment.where(3))
    subject = m.patient_reference(segment)
    instance = segment.text(4).strip()
    condition = m.new(
        "Condition", subject["reference"], "problem", segment.text(3) or code["text"], instance
    )
    if instance:
        condition["identifier"] = [{"value": instance}]
    for name, number, system, known in (
        ("clinicalStatus", 14, _CLINICAL, _CONDITION_STATES),
        ("verificationStatus", 13, _VERIFICATION, _CONDITION_VERIFIED),
    ):
        value = segment.text(number).strip().lower()
        if value in known and segment.text(number, 3) in ("", system):
            condition[name] = _status(system, value)
        elif value:
            m.not_mapped(segment, number)
    if segment.text(1).strip().upper() == "DE":
        condition["verificationStatus"] = _status(_VERIFICATION, "entered-in-error")
    condition["category"] = [_status(f"{TERMINOLOGY}/condition-category", "problem-list-item")]
    condition["code"] = code
    condition["subject"] = subject
    if visit := m.visit:
        condition["encounter"] = visit
    if onset := m.moment(segment, 16):
        condition["onsetDateTime"] = onset
        if segment.has(17):
            m.not_mapped(segment, 17)
    elif told := segment.whole(17).strip():
        condition["onsetString"] = told
    if resolved := m.moment(segment, 9):
        condition["abatementDateTime"] = resolved
    if recorded := m.moment(segment, 7) or m.moment(segment, 2):
        condition["recordedDate"] = recorded
    m.add(condition)
    m.leave_out(segment, PRB)
    return condition


def map_procedure(segment: Segment, m: Mapping) -> Resource:
    """Procedure of a PR1; whether it was done is not said, so its status is ``unknown``.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` when neither a code nor a description is given.
    """
    code = m.concept(segment, 3)
    described = segment.whole(4).strip()
    code, remark = _described(code, described, segment)
    subject = m.patient_reference(segment)
    visit = m.visit
    procedure = m.new(
        "Procedure",
        subject["reference"],
        (visit or {}).get("reference", ""),
        segment.text(19) or segment.text(3) or code["text"],
        segment.text(5),
    )
    if number := segment.text(19):
        procedure["identifier"] = [{"value": number}]
    deleted = segment.text(20).strip().upper() == "D"
    procedure["status"] = "entered-in-error" if deleted else "unknown"
    procedure["code"] = code
    procedure["subject"] = subject
    if visit:
        procedure["encounter"] = visit
    if moment := m.moment(segment, 5):
        procedure["performedDateTime"] = moment
    performers = [
        {"actor": person} for number in (11, 12, 8) for person in m.persons(segment, number)
    ]
    if performers:
        procedure["performer"] = performers
    if remark:
        procedure["note"] = [{"text": remark}]
    m.add(procedure)
    m.leave_out(segment, PR1)
    return procedure


def _status(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}
