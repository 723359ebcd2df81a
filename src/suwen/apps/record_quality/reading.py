"""A stay out of a request or out of the patient's record; what cannot be read is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from suwen.appkit import Bilingual, InputError, PatientRecord, PreconditionError
from suwen.apps.record_quality.documents import kind_of, kind_of_code
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.schema import RecordQualityRequest
from suwen.apps.record_quality.stay import Event, Measured, Person, Stay
from suwen.clinical.allergies import NO_ALLERGY
from suwen.clinical.analytes import Analyte, analyte_of_loinc, analytes
from suwen.core.record import EncounterItem, NoteItem, When

_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
_VOID = frozenset({"cancelled", "entered-in-error", "planned"})
# What a bundle may hold besides without being read here.
_KNOWN_RESOURCES = frozenset(
    {
        *("Patient", "Encounter", "Condition", "DiagnosticReport", "Procedure", "Medication"),
        *("MedicationRequest", "MedicationStatement", "DocumentReference", "Composition"),
        *("Practitioner", "PractitionerRole", "Organization", "Location", "Specimen"),
        *("ServiceRequest", "Immunization", "FamilyMemberHistory", "ImagingStudy", "CarePlan"),
        *("Appointment", "MedicationAdministration", "Coverage", "Device"),
    }
)
_NO_UNIT = re.compile(r"[\n\x00-\x1f，。：]|.{33}")
_DEAD = frozenset({"exp", "419099009"})


def stay_of_request(request: RecordQualityRequest) -> Stay:
    """The stay that a request hands in.

    Raises:
        InputError: ``request_invalid`` where the bundle is none.
    """
    encounter, documents = request.encounter, request.documents
    if encounter is None or documents is None:
        raise TypeError("the request reads the record store")
    form = encounter.patient
    papers = [
        Paper(
            id=d.id,
            type_name=d.document_type,
            kind=kind_of(d.document_type),
            text=d.text,
            written_at=d.written_at,
            author_role=d.author_role,
            signed_by=d.signed_by,
        )
        for d in documents
    ]
    resources = _resources(request.bundle)
    return Stay(
        person=Person(form.name, form.sex, form.birth_date, form.age_y),
        events=_in_order(Event(e.type, e.at) for e in encounter.events),
        papers=_by_time(papers),
        measured=tuple(_measured(resources)),
        allergies=tuple(_allergies(resources)),
        unread=sum(_is_damaged(r) for r in resources),
        at=request.at,
    )


def stay_of_record(record: PatientRecord, request: RecordQualityRequest) -> Stay:
    """The stay that the record holds: the one that is asked for, else the latest inpatient one.

    Raises:
        PreconditionError: ``no_inpatient_encounter`` or ``stay_without_begin``.
    """
    encounter = _encounter(record, request.encounter_id)
    if encounter.when is None or encounter.when.precision != "instant":
        raise PreconditionError(
            "stay_without_begin",
            Bilingual(
                zh="住院记录没有入院时间，无法判断时限。",
                en="The stay has no instant of admission: no limit can be judged.",
            ),
        )
    begin, end = encounter.when.start, encounter.when.end
    notes = [n for n in record.notes if _belongs(n, encounter.reference, begin, end)]
    return Stay(
        person=Person(record.patient.name, record.patient.sex, record.patient.birth_date),
        events=_in_order(_events(record, encounter, begin, end)),
        papers=_by_time(_paper(n) for n in notes),
        measured=tuple(_measured([o.resource for o in record.observations])),
        allergies=tuple(_allergies([a.resource for a in record.allergies])),
        at=request.at,
    )


def _encounter(record: PatientRecord, wanted: str | None) -> EncounterItem:
    stays = [
        e
        for e in record.encounters
        if e.encounter_class in _INPATIENT and e.status not in _VOID and e.part_of is None
    ]
    if wanted is not None:
        name = f"Encounter/{wanted.removeprefix('Encounter/')}"
        stays = [e for e in stays if e.reference == name]
    if not stays:
        raise PreconditionError(
            "no_inpatient_encounter",
            Bilingual(zh="没有可质控的住院记录。", en="There is no inpatient stay to judge."),
            field="encounter_id",
        )
    return stays[-1]


def _events(
    record: PatientRecord, encounter: EncounterItem, begin: datetime, end: datetime | None
) -> Iterable[Event]:
    yield Event("admission", begin)
    if end is not None:
        disposition = encounter.discharge_disposition
        dead = disposition is not None and disposition.code in _DEAD
        yield Event("death" if dead else "discharge", end)
    for procedure in record.procedures:
        when = procedure.when
        mine = procedure.encounter in (None, encounter.reference)
        if not mine or when is None or when.end is None or procedure.status != "completed":
            continue
        if (
            _is_operation(procedure.resource)
            and begin <= when.start
            and when.end <= (end or when.end)
        ):
            yield Event("surgery_start", when.start)
            yield Event("surgery_end", when.end)


def _is_operation(procedure: Mapping[str, Any]) -> bool:
    """Whether the record files a procedure as surgical (SNOMED CT 387713003)."""
    category = procedure.get("category")
    codings = category.get("coding", []) if isinstance(category, Mapping) else []
    return any(isinstance(c, Mapping) and c.get("code") == "387713003" for c in codings)


def _belongs(note: NoteItem, encounter: str, begin: datetime, end: datetime | None) -> bool:
    if note.status in _VOID or note.status == "superseded":
        return False
    if note.encounter is not None:
        return note.encounter == encounter
    return (
        note.when is not None
        and begin <= note.when.start
        and (end is None or note.when.start <= end)
    )


def _paper(note: NoteItem) -> Paper:
    name = note.note_type.text if note.note_type else ""
    code = note.note_type.code if note.note_type else None
    title = note.text.strip().split("\n", 1)[0] if note.text.strip() else ""
    kind = kind_of(name) or kind_of(title) or kind_of_code(code)
    return Paper(
        id=note.reference,
        type_name=name or title[:40],
        kind=kind,
        text=note.text,
        written_at=_instant(note.when),
        signed=note.signed,
        author=note.authors[0] if note.authors else None,
        author_ids=_author_ids(note.resource),
    )


def _author_ids(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the first author, as the name is."""
    authors = document.get("author")
    first = authors[0] if isinstance(authors, list) and authors else None
    if not isinstance(first, Mapping):
        return ()
    kind, _, identity = str(first.get("reference") or "").rpartition("/")
    if kind.rpartition("/")[2] == "Practitioner" and identity:
        return (identity,)
    number = first.get("identifier")
    value = number.get("value") if isinstance(number, Mapping) else None
    return (value,) if isinstance(value, str) and value else ()


def _instant(when: When | None) -> datetime | None:
    return when.start if when is not None and when.precision == "instant" else None


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda e: e.at))


def _by_time(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    given = list(papers)
    undated = [p for p in given if p.written_at is None]
    dated = [(p.written_at, n, p) for n, p in enumerate(given) if p.written_at is not None]
    return (*undated, *(p for _, _, p in sorted(dated, key=lambda row: row[:2])))


def _resources(bundle: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The resources of a bundle.

    Raises:
        InputError: ``request_invalid`` where it is no bundle.
    """
    if bundle is None:
        return []
    entries = bundle.get("entry", [])
    if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list):
        raise _no_bundle("bundle")
    found: list[Mapping[str, Any]] = []
    for number, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if not isinstance(resource, Mapping) or not isinstance(resource.get("resourceType"), str):
            raise _no_bundle(f"bundle.entry.{number}.resource")
        found.append(resource)
    return found


def _no_bundle(field: str) -> InputError:
    return InputError(
        "request_invalid",
        Bilingual(
            zh=f"{field}：不是 FHIR R4 Bundle 的内容。", en=f"{field}: no part of an R4 Bundle."
        ),
        field=field,
    )


def _measured(resources: Sequence[Mapping[str, Any]]) -> Iterable[Measured]:
    for resource in resources:
        if resource.get("resourceType") != "Observation" or _is_void(resource):
            continue
        quantity = resource.get("valueQuantity")
        analyte = _analyte(resource.get("code"))
        if analyte is None or not isinstance(quantity, Mapping):
            continue
        value = quantity.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            continue
        if not Decimal(str(value)).is_finite():
            continue
        unit = quantity.get("unit") or quantity.get("code")
        yield Measured(
            analyte=analyte.code,
            value=Decimal(str(value)),
            unit=unit if isinstance(unit, str) else None,
            at=_taken_at(resource),
            reference=f"Observation/{resource.get('id', '')}",
        )


def _taken_at(observation: Mapping[str, Any]) -> datetime | None:
    """When a result was taken, else when it was given out; ``None`` where it does not tell."""
    for name in ("effectiveDateTime", "effectiveInstant", "issued"):
        said = observation.get(name)
        try:
            moment = datetime.fromisoformat(said) if isinstance(said, str) else None
        except ValueError:
            continue
        if moment is not None and moment.tzinfo is not None:
            return moment
    return None


def _is_void(resource: Mapping[str, Any]) -> bool:
    status = resource.get("status")
    return isinstance(status, str) and status in _VOID


def _analyte(code: object) -> Analyte | None:
    if not isinstance(code, Mapping):
        return None
    codings = code.get("coding")
    for coding in codings if isinstance(codings, list) else []:
        named = coding.get("code") if isinstance(coding, Mapping) else None
        known = analyte_of_loinc(named) if isinstance(named, str) else None
        if known is not None:
            return known
    text = code.get("text")
    if not isinstance(text, str):
        return None
    return next((a for a in analytes().values() if text in a.names), None)


def _is_damaged(resource: Mapping[str, Any]) -> bool:
    """Whether a laboratory result or allergy is there whose content cannot be read."""
    kind, code = resource.get("resourceType"), resource.get("code")
    if kind not in ("Observation", "AllergyIntolerance"):
        return kind not in _KNOWN_RESOURCES
    codings = code.get("coding", []) if isinstance(code, Mapping) else None
    if not isinstance(codings, list) or any(
        not isinstance(c, Mapping) or not isinstance(c.get("code"), str) for c in codings
    ):
        return True
    if kind == "AllergyIntolerance":
        return False
    quantity = resource.get("valueQuantity")
    if quantity is None:
        return not any(name.startswith(("value", "component")) for name in resource)
    return (
        not isinstance(quantity, Mapping)
        or isinstance(quantity.get("value"), bool)
        or not isinstance(quantity.get("value"), int | float | Decimal)
        or not isinstance(quantity.get("unit", ""), str)
        or _NO_UNIT.search(str(quantity.get("unit", ""))) is not None
    )


def _allergies(resources: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Reference and wording of each standing allergy."""
    for resource in resources:
        if resource.get("resourceType") != "AllergyIntolerance":
            continue
        code = resource.get("code")
        if not isinstance(code, Mapping) or _codes(code) & NO_ALLERGY:
            continue
        if _status(resource, "verificationStatus") & {"refuted", "entered-in-error"}:
            continue
        if _status(resource, "clinicalStatus") & {"inactive", "resolved"}:
            continue
        words = [c.get("display") for c in _codings(code)]
        said = next((w for w in (code.get("text"), *words) if isinstance(w, str) and w), None)
        if said is not None:
            yield f"AllergyIntolerance/{resource.get('id', '')}#AllergyIntolerance.code", said


def _status(resource: Mapping[str, Any], name: str) -> set[str]:
    value = resource.get(name)
    return _codes(value) if isinstance(value, Mapping) else set()


def _codes(concept: Mapping[str, Any]) -> set[str]:
    return {c["code"] for c in _codings(concept) if isinstance(c.get("code"), str)}


def _codings(concept: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    codings = concept.get("coding")
    return [c for c in codings if isinstance(c, Mapping)] if isinstance(codings, list) else []


KNOWN_EVENTS = frozenset(
    [
        "admission",
        "discharge",
        "death",
        "surgery_start",
        "surgery_end",
        "rescue_end",
        "transfer_in",
        "takeover",
        "consult_request",
        "urgent_consult_request",
        "consult_arrival",
        "procedure_end",
        "transfusion_end",
        "critical_value_received",
        "case_discussed",
        "archived",
        "critical",
        "serious",
        "stable",
    ]
)
"""Types of events that some rule uses."""
