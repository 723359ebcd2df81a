"""PID, PD1, NK1 and MRG: who the patient is, and which numbers are the same person.

Source: HL7 v2.5.1, 3.4.2 (PID), 3.4.9 (MRG), 3.4.10 (PD1), 3.4.5 (NK1), 3.6.2 (merge and link).
"""

from __future__ import annotations

from typing import Any

from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.context import Mapping, PatientLink, Resource, reference_to
from suwen.integration.hl7v2.mapping.systems import TERMINOLOGY, v2_table
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import missing, not_in_table, wrong_form

PID = frozenset(
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 18, 19, 20, 22, 23, 24, 25, 29, 30}
)
PD1 = frozenset({3, 4})
NK1 = frozenset({1, 2, 3, 4, 5, 6, 7, 15, 16, 33})
MRG = frozenset({1})

_BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
_MOTHERS_NAME = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"


def map_patient(segment: Segment, m: Mapping) -> Resource:
    """Patient of a PID.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` at PID-3 without any number of the patient;
            ``hl7_code_unknown`` at PID-8; ``hl7_data_type`` at a date.
    """
    numbers = [_cx(one, segment, m) for one in segment.repetitions(3)]
    numbers += [_cx(one, segment, m) for n in (2, 4) for one in segment.repetitions(n)]
    identifiers = _distinct([one for one in numbers if one is not None])
    if not identifiers:
        raise missing(segment.where(3))
    patient = m.new("Patient", *patient_key(segment, 3, m, identifiers))
    for number, kind in ((18, "AN"), (19, "SS"), (20, "DL")):
        identifiers += _other_number(segment, number, kind, m)
    patient["identifier"] = _distinct(identifiers)
    _names(segment, m, patient)
    _demographics(segment, m, patient)
    _contacts(segment, m, patient)
    _extensions(segment, m, patient)
    m.add(patient)
    m.partial.add(reference_to(patient))
    _note_removed(segment, m, patient)
    m.leave_out(segment, PID)
    m.of_patient(patient)
    return patient


def patient_key(
    segment: Segment, number: int, m: Mapping, identifiers: list[Resource]
) -> tuple[str, ...]:
    """By which number a patient is known: the site's choice, else the one marked MR, PI, PT, else
    the first; with the authority that assigned it."""
    wanted = m.channel.mapping.file.patient_identifier
    marks = segment.delimiters
    candidates: list[tuple[int, tuple[str, ...]]] = []
    for place, components in enumerate(segment.repetitions(number)):
        value = d.text_of(components, 1, marks)
        if not value:
            continue
        kind = d.text_of(components, 5, marks)
        assigner = d.sub_of(components, 4, 1, marks) or d.sub_of(components, 4, 2, marks)
        if wanted.type or wanted.assigner:
            fits = (wanted.type in (None, kind)) and (wanted.assigner in (None, assigner))
            rank = 0 if fits else 10
        else:
            rank = {"MR": 0, "PI": 1, "PT": 1}.get(kind, 2)
        candidates.append((rank * 1000 + place, (assigner, value)))
    if candidates:
        return min(candidates)[1]
    first = identifiers[0]
    return (str(first.get("assigner", {}).get("display", "")), str(first["value"]))


def map_merge(segment: Segment, m: Mapping, patient: Resource) -> None:
    """Notes that the number of MRG-1 now belongs to the patient of the PID before it.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` at MRG-1; ``hl7_data_type`` when both are the
            same.
    """
    numbers = [_cx(one, segment, m) for one in segment.repetitions(1)]
    identifiers = [one for one in numbers if one is not None]
    if not identifiers:
        raise missing(segment.where(1))
    prior = m.id_for("Patient", *patient_key(segment, 1, m, identifiers))
    if prior == patient["id"]:
        raise wrong_form(
            segment.where(1),
            "与 PID-3 不同的旧号码",
            "a prior number, other than the one of PID-3",
        )
    patient.setdefault("link", []).append(
        {
            "other": {"reference": f"Patient/{prior}", "identifier": identifiers[0]},
            "type": "replaces",
        }
    )
    m.links.append(PatientLink(prior, str(patient["id"]), True))
    m.leave_out(segment, MRG)


def map_next_of_kin(segment: Segment, m: Mapping) -> None:
    """RelatedPerson of an NK1; one without a name and without a relationship says nothing."""
    names = [d.human_name(one, segment.delimiters) for one in segment.repetitions(2)]
    relationship = m.coded(segment, 3, v2_table("0063"))
    known = [name for name in names if name]
    if not known and relationship is None:
        m.leave_out(segment, frozenset({1}))
        return
    subject = m.patient_reference(segment)
    shown = known[0]["text"] if known else ""
    kind = (relationship or {}).get("text") or segment.text(3)
    person = m.new("RelatedPerson", subject["reference"], shown, kind)
    person["patient"] = subject
    if relationship:
        person["relationship"] = [relationship]
    if known:
        person["name"] = known
    telecoms = [
        *(d.telecom(one, segment.delimiters, "home") for one in segment.repetitions(5)),
        *(d.telecom(one, segment.delimiters, "work") for one in segment.repetitions(6)),
    ]
    if found := [t for t in telecoms if t]:
        person["telecom"] = found
    if addresses := [
        a for one in segment.repetitions(4) if (a := d.address(one, segment.delimiters))
    ]:
        person["address"] = addresses
    if gender := _sex(segment, 15):
        person["gender"] = gender
    if birth := m.day(segment, 16):
        person["birthDate"] = birth
    numbers = [_cx(one, segment, m) for one in segment.repetitions(33)]
    if identifiers := [n for n in numbers if n]:
        person["identifier"] = identifiers
    if role := m.coded(segment, 7, v2_table("0131")):
        person["relationship"] = [*person.get("relationship", []), role]
    m.add(person)
    m.leave_out(segment, NK1)


def map_primary_care(segment: Segment, m: Mapping) -> None:
    """General practitioners and practices of a PD1."""
    found: list[Resource] = list(m.persons(segment, 4))
    for components in segment.repetitions(3):
        name = d.text_of(components, 1, segment.delimiters)
        if name:
            found.append({"type": "Organization", "display": name})
    if found and m.patient is not None:
        m.patient["generalPractitioner"] = found
    m.leave_out(segment, PD1)


def _cx(components: list[str], segment: Segment, m: Mapping) -> Resource | None:
    return d.identifier(components, segment.delimiters, m.names)


def _other_number(segment: Segment, number: int, kind: str, m: Mapping) -> list[Resource]:
    found = [_cx(one, segment, m) for one in segment.repetitions(number)]
    kept = [one for one in found if one is not None]
    for one in kept:
        one.setdefault("type", {"coding": [{"system": v2_table("0203"), "code": kind}]})
    return kept


def _distinct(identifiers: list[Resource]) -> list[Resource]:
    kept: list[Resource] = []
    for one in identifiers:
        if one not in kept:
            kept.append(one)
    return kept


def _names(segment: Segment, m: Mapping, patient: Resource) -> None:
    marks = segment.delimiters
    names = [n for one in segment.repetitions(5) if (n := d.human_name(one, marks))]
    for one in segment.repetitions(9):
        alias = d.human_name(one, marks)
        if alias:
            # An alias is never shown as the name: FHIR has no use code "alias".
            alias["use"] = "nickname" if alias.get("use") is None else alias["use"]
            names.append(alias)
    if names:
        patient["name"] = names


def _demographics(segment: Segment, m: Mapping, patient: Resource) -> None:
    if birth := m.day(segment, 7):
        patient["birthDate"] = birth
    if gender := _sex(segment, 8):
        patient["gender"] = gender
    if death := m.moment(segment, 29):
        patient["deceasedDateTime"] = death
    elif segment.has(30):
        patient["deceasedBoolean"] = _yes(segment, 30)
    if marital := m.concept(segment, 16):
        known = tables.MARITAL.get(segment.text(16))
        if known:
            coding = {
                "system": f"{TERMINOLOGY}/v3-MaritalStatus",
                "code": known[0],
                "display": known[1],
            }
            marital = {**marital, "coding": [coding, *marital.get("coding", [])]}
        patient["maritalStatus"] = marital
    if language := m.coded(segment, 15, v2_table("0296")):
        patient["communication"] = [{"language": language}]
    if segment.has(25) and segment.text(25).isdigit():
        patient["multipleBirthInteger"] = int(segment.text(25)[:3])
    elif segment.has(24):
        patient["multipleBirthBoolean"] = _yes(segment, 24)


def _contacts(segment: Segment, m: Mapping, patient: Resource) -> None:
    marks = segment.delimiters
    if addresses := [a for one in segment.repetitions(11) if (a := d.address(one, marks))]:
        patient["address"] = addresses
    telecoms = [
        *(d.telecom(one, marks, "home") for one in segment.repetitions(13)),
        *(d.telecom(one, marks, "work") for one in segment.repetitions(14)),
    ]
    if found := [t for t in telecoms if t]:
        patient["telecom"] = found


def _extensions(segment: Segment, m: Mapping, patient: Resource) -> None:
    extensions: list[dict[str, Any]] = []
    for one in segment.repetitions(6):
        mother = d.human_name(one, segment.delimiters)
        if mother and mother.get("family"):
            extensions.append({"url": _MOTHERS_NAME, "valueString": mother["family"]})
    for number, url in ((10, "race"), (22, "ethnicGroup")):
        for concept in m.concepts(segment, number):
            extensions.append(
                {"url": f"urn:suwen:hl7v2:PID-{number}:{url}", "valueCodeableConcept": concept}
            )
    if place := segment.text(23):
        extensions.append({"url": _BIRTH_PLACE, "valueAddress": {"text": place}})
    if extensions:
        patient["extension"] = extensions


def _sex(segment: Segment, number: int) -> str | None:
    code = segment.text(number).strip()
    if not code:
        return None
    found = tables.SEX.get(code.upper())
    if found is None:
        raise not_in_table(segment.where(number), "HL70001")
    return found


def _yes(segment: Segment, number: int) -> bool:
    code = segment.text(number).strip().upper()
    if code not in ("Y", "N"):
        raise not_in_table(segment.where(number), "HL70136")
    return code == "Y"


_REMOVABLE = {
    5: "name",
    7: "birthDate",
    8: "gender",
    11: "address",
    16: "maritalStatus",
    29: "deceasedDateTime",
    30: "deceasedBoolean",
}


def _note_removed(segment: Segment, m: Mapping, patient: Resource) -> None:
    gone = [name for number, name in _REMOVABLE.items() if segment.is_null(number)]
    if segment.is_null(13) and segment.is_null(14):
        gone.append("telecom")
    if gone:
        m.removed[reference_to(patient)] = gone
