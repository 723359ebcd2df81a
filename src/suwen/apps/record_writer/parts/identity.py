"""Who the patient is and which stay or visit it was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from suwen.apps.record_writer.moments import shown, zone_of
from suwen.apps.record_writer.parts.part import Part, line, statement
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import (
    DISPOSITION,
    DISPOSITION_SYSTEM,
    ENCOUNTER_CLASS,
    SEX,
    label,
    recorded,
    term_evidence,
    term_of,
)
from suwen.core.document import DocumentField, Statement
from suwen.core.finding import Evidence, EvidenceKind


def patient_part(visit: Visit) -> Part:
    """Name, sex, age at the encounter, date of birth, record number; source: Patient."""
    patient = visit.record.patient
    reference = patient.reference
    birth = patient.birth_date_text
    return Part(
        (
            line("patient_name", patient.name, _name_evidence(visit)),
            line(
                "sex",
                label(SEX, patient.sex, visit.language),
                [recorded(reference, "Patient.gender", patient.sex)],
            ),
            _age(visit),
            line("birth_date", birth, [recorded(reference, "Patient.birthDate", birth)]),
            line("identifier", patient.identifier, _identifier_evidence(visit)),
        ),
        _death(visit),
    )


def stay_part(visit: Visit) -> Part:
    """Dates, length of stay, department, attending; source: Encounter (inpatient)."""
    fields = [_time_field(visit, "admission_date", "start")]
    if visit.document_type.value == "discharge_summary":
        fields.append(_time_field(visit, "discharge_date", "end"))
        fields.append(_length_of_stay(visit))
    fields.extend((_department(visit), _attending(visit)))
    return Part(tuple(fields), _disposition(visit))


def visit_part(visit: Visit) -> Part:
    """Date and kind of the visit, and where; source: Encounter."""
    return Part((_time_field(visit, "visit_date", "start"), _visit_type(visit)))


def _name_evidence(visit: Visit) -> list[Evidence]:
    """The parts of the one recorded name that the shown name is made of."""
    patient = visit.record.patient
    name = patient.name or ""
    for index, item in enumerate(patient.resource.get("name") or ()):
        path = f"Patient.name[{index}]"
        if item.get("text") == name:
            return [recorded(patient.reference, f"{path}.text", name)]
        pieces = [
            (f"{path}.given[{number}]", given)
            for number, given in enumerate(item.get("given") or ())
        ]
        if item.get("family"):
            pieces.append((f"{path}.family", item["family"]))
        if pieces and all(piece in name for _, piece in pieces):
            return [recorded(patient.reference, place, piece) for place, piece in pieces]
    return []


def _identifier_evidence(visit: Visit) -> list[Evidence]:
    patient = visit.record.patient
    for index, item in enumerate(patient.resource.get("identifier") or ()):
        if item.get("value") == patient.identifier:
            path = f"Patient.identifier[{index}].value"
            return [recorded(patient.reference, path, patient.identifier)]
    return []


def _age(visit: Visit) -> DocumentField:
    """Completed years on the day the encounter began (months below one year, days below one
    month); with only a year or month of birth recorded, the two ages that are possible."""
    patient, start = visit.record.patient, visit.start
    birth = patient.birth_date_text
    if birth is None or start is None:
        return line("age", None, ())
    value = _age_text(birth, start.text, visit)
    if value is None:
        return line("age", None, ())
    return line(
        "age",
        value,
        [
            Evidence(
                EvidenceKind.CALCULATION,
                "age_at_encounter",
                f"{start.text[:10]} - {birth} = {value}",
            ),
            recorded(patient.reference, "Patient.birthDate", birth),
            recorded(visit.encounter.reference, "Encounter.period.start", start.text),
        ],
    )


def _age_text(birth: str, start: str, visit: Visit) -> str | None:
    if len(birth) < len("2024-05-31") or len(start) < len("2024-05-31"):
        years = int(start[:4]) - int(birth[:4])
        if years < 1:
            return None
        return visit.say(f"{years - 1}至{years}岁", f"{years - 1} to {years} years")
    born, day = date.fromisoformat(birth), date.fromisoformat(start[:10])
    if born > day:
        return None
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if months >= 12:
        return visit.say(f"{months // 12}岁", f"{months // 12} years")
    if months >= 1:
        return visit.say(f"{months}个月", f"{months} months")
    days = (day - born).days
    return visit.say(f"{days}天", f"{days} days")


def _death(visit: Visit) -> tuple[Statement, ...]:
    patient = visit.record.patient
    moment = patient.resource.get("deceasedDateTime")
    if not patient.deceased:
        return ()
    if not moment:
        evidence = recorded(patient.reference, "Patient.deceasedBoolean", "true")
        text = visit.say("患者已死亡", "The patient has died")
    else:
        evidence = recorded(patient.reference, "Patient.deceasedDateTime", moment)
        when = shown(moment, zone_of(visit.start.text) if visit.start else None)
        text = visit.say(f"患者已于{when}死亡", f"The patient died on {when}")
    return (statement(text, [evidence], visit),)


def _time_field(visit: Visit, name: str, edge: str) -> DocumentField:
    moment = visit.start if edge == "start" else visit.end
    if moment is None:
        return line(name, None, ())
    zone = zone_of(visit.start.text) if visit.start else None
    return line(
        name,
        shown(moment.text, zone),
        [recorded(visit.encounter.reference, f"Encounter.period.{edge}", moment.text)],
    )


def length_of_stay_days(visit: Visit) -> int | None:
    """Days in hospital: discharge day minus admission day, at least 1.

    Source: 住院病案首页数据填写质量规范 (暂行), 2016: the days of admission and of discharge count
    as one (from memory).
    """
    if visit.start is None or visit.end is None:
        return None
    days = [m.text[:10] for m in (visit.start, visit.end)]
    if any(len(day) < len("2024-05-31") for day in days):
        return None
    first, last = (date.fromisoformat(day) for day in days)
    return max((last - first).days, 1) if last >= first else None


def length_of_stay_evidence(visit: Visit) -> list[Evidence]:
    """The calculation with its two inputs."""
    days = length_of_stay_days(visit)
    if days is None or visit.start is None or visit.end is None:
        return []
    reference = visit.encounter.reference
    return [
        Evidence(
            EvidenceKind.CALCULATION,
            "length_of_stay",
            f"max(1, {visit.end.text[:10]} - {visit.start.text[:10]}) = {days}",
        ),
        recorded(reference, "Encounter.period.start", visit.start.text),
        recorded(reference, "Encounter.period.end", visit.end.text),
    ]


def days_text(days: int, visit: Visit) -> str:
    """A number of days in words of the document's language."""
    return visit.say(f"{days}天", f"{days} day" if days == 1 else f"{days} days")


def _length_of_stay(visit: Visit) -> DocumentField:
    days = length_of_stay_days(visit)
    value = None if days is None else days_text(days, visit)
    return line("length_of_stay", value, length_of_stay_evidence(visit))


def _department(visit: Visit) -> DocumentField:
    encounter = visit.encounter
    value = encounter.department
    service = term_of(
        encounter.resource.get("serviceType"), "Encounter.serviceType", visit.language
    )
    if service is not None:
        return line("department", service.text, term_evidence(encounter.reference, service)[:1])
    provider = encounter.resource.get("serviceProvider") or {}
    evidence = _named_evidence(visit, provider, "Encounter.serviceProvider", value)
    return line("department", value, evidence)


def _attending(visit: Visit) -> DocumentField:
    encounter = visit.encounter
    evidence: list[Evidence] = []
    for index, participant in enumerate(encounter.resource.get("participant") or ()):
        path = f"Encounter.participant[{index}].individual"
        found = _named_evidence(
            visit, participant.get("individual") or {}, path, encounter.attending
        )
        if found:
            evidence = found
            break
    return line("attending", encounter.attending, evidence)


def _named_evidence(
    visit: Visit, element: Mapping[str, Any], path: str, name: str | None
) -> list[Evidence]:
    """Where a referenced person or organization gets the shown name from."""
    reference = visit.encounter.reference
    if name is None:
        return []
    if element.get("display") == name:
        return [recorded(reference, f"{path}.display", name)]
    target = element.get("reference")
    for resource in visit.record.others:
        own = f"{resource['resourceType']}/{resource['id']}"
        if own != target:
            continue
        link = recorded(reference, f"{path}.reference", target)
        if resource.get("name") == name:
            return [link, recorded(own, f"{resource['resourceType']}.name", name)]
        for index, item in enumerate(resource.get("name") or ()):
            pieces = [*(item.get("given") or ()), item.get("family") or ""]
            if item.get("text") == name or all(piece in name for piece in pieces):
                place = f"{resource['resourceType']}.name[{index}]"
                place += ".text" if item.get("text") == name else ".family"
                return [link, recorded(own, place, item.get("text") or item.get("family"))]
    return []


def _visit_type(visit: Visit) -> DocumentField:
    encounter = visit.encounter
    kind = label(ENCOUNTER_CLASS, encounter.encounter_class, visit.language)
    evidence = []
    if encounter.encounter_class:
        evidence.append(
            recorded(encounter.reference, "Encounter.class.code", encounter.encounter_class)
        )
    parts = [kind] if kind else []
    for index, concept in enumerate(encounter.resource.get("type") or ()):
        term = term_of(concept, f"Encounter.type[{index}]", visit.language)
        if term is not None and term.text != kind:
            parts.append(term.shown(visit.language))
            evidence.extend(term_evidence(encounter.reference, term)[:1])
    return line("visit_type", visit.say("，", ", ").join(parts) or None, evidence)


def _disposition(visit: Visit) -> tuple[Statement, ...]:
    if visit.document_type.value != "discharge_summary":
        return ()
    stay = visit.encounter.resource.get("hospitalization") or {}
    path = "Encounter.hospitalization.dischargeDisposition"
    disposition = visit.encounter.discharge_disposition
    term = term_of(stay.get("dischargeDisposition"), path, visit.language)
    if term is None or disposition is None:
        return ()
    known = DISPOSITION.get(disposition.code or "")
    if known is not None and disposition.system == DISPOSITION_SYSTEM:
        wording = known.in_language(visit.language)
        evidence = [recorded(visit.encounter.reference, f"{path}.coding[0].code", disposition.code)]
    else:
        wording = term.shown(visit.language)
        evidence = [*term_evidence(visit.encounter.reference, term)[:1]]
    text = visit.say(f"离院去向：{wording}", f"Discharge disposition: {wording}")
    return (statement(text, evidence, visit),)
