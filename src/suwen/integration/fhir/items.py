"""Each R4 resource that we type, as its record item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from suwen.core.record import (
    AllergyItem,
    CodedItem,
    ConditionItem,
    EncounterItem,
    ImagingItem,
    NoteItem,
    ObservationItem,
    PatientItem,
    ProcedureItem,
    RecordItem,
    ReportItem,
    Resource,
)
from suwen.integration.fhir import elements as e
from suwen.integration.fhir.item_context import ItemContext, based, linked
from suwen.integration.fhir.medicines import read_medication
from suwen.integration.fhir.narrative import attachment_text, composition_text

_OBSERVATION_CATEGORIES = ("laboratory", "vital-signs", "social-history", "imaging")
_SIGNED_STATUSES = frozenset({"final", "amended"})
_BED = "bd"


def read_patient(resource: Resource) -> PatientItem:
    """Demographics; the record number is the identifier marked MR, else the first one."""
    identifiers = [i for i in resource.get("identifier") or () if i.get("value")]
    marked = [i for i in identifiers if e.first_code(i.get("type")) == "MR"]
    birth = resource.get("birthDate")
    languages = resource.get("communication") or ()
    return PatientItem(
        reference=f"Patient/{resource['id']}",
        status=None,
        encounter=None,
        when=None,
        resource=resource,
        name=e.human_name(resource.get("name")),
        sex=resource.get("gender"),
        birth_date=date.fromisoformat(birth) if birth and len(birth) == 10 else None,
        birth_date_text=birth,
        deceased=bool(resource.get("deceasedBoolean") or resource.get("deceasedDateTime")),
        identifier=next((i["value"] for i in [*marked, *identifiers]), None),
        language=e.first_code(languages[0].get("language")) if languages else None,
    )


def _encounter(resource: Resource, context: ItemContext) -> RecordItem:
    service, provider = e.coded(resource.get("serviceType")), resource.get("serviceProvider")
    provider_code = ((provider or {}).get("identifier") or {}).get("value")
    stay = resource.get("hospitalization") or {}
    return EncounterItem(
        **based(resource, f"Encounter/{resource['id']}", e.when_of(resource, "period")),
        encounter_class=resource["class"].get("code"),
        types=e.many_coded(resource.get("type")),
        reasons=e.many_coded(resource.get("reasonCode")),
        department=service.text if service else context.name(provider),
        department_code=(service.code if service else None) or provider_code,
        attending=_attending(resource, context),
        bed=_bed(resource, context),
        discharge_disposition=e.coded(stay.get("dischargeDisposition")),
        part_of=e.reference_text(resource.get("partOf")),
    )


def _attending(resource: Resource, context: ItemContext) -> str | None:
    """Who is marked attender, else primary performer, else the first participant."""
    order = {"ATND": 0, "PPRF": 1}
    ranked = sorted(
        resource.get("participant") or (),
        key=lambda p: min(
            (order.get(str(e.first_code(t)), 3) for t in p.get("type") or ()), default=2
        ),
    )
    for participant in ranked:
        name = context.name(participant.get("individual"))
        if name:
            return name
    return None


def _bed(resource: Resource, context: ItemContext) -> str | None:
    for place in resource.get("location") or ():
        if e.first_code(place.get("physicalType")) == _BED:
            return context.name(place.get("location"))
    return None


def _condition(resource: Resource, _context: ItemContext) -> RecordItem:
    return ConditionItem(
        **linked(resource, e.when_of(resource, "onsetDateTime", "onsetPeriod", "recordedDate")),
        code=e.coded(resource.get("code")),
        clinical_status=e.first_code(resource.get("clinicalStatus")),
        verification_status=e.first_code(resource.get("verificationStatus")),
        abatement=e.when_of(resource, "abatementDateTime", "abatementPeriod"),
        body_sites=e.many_coded(resource.get("bodySite")),
    )


def _observation(resource: Resource, _context: ItemContext) -> RecordItem:
    value = e.observed(resource)
    moment = e.when_of(
        resource, "effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"
    )
    interpretations = resource.get("interpretation") or ()
    return ObservationItem(
        **linked(resource, moment),
        category=e.category_code(resource.get("category"), _OBSERVATION_CATEGORIES),
        code=e.coded(resource.get("code")),
        value=value,
        components=e.components(resource.get("component")),
        reference_range=e.reference_range(resource.get("referenceRange"), value),
        interpretation=next((c for c in map(e.first_code, interpretations) if c), None),
    )


def _allergy(resource: Resource, _context: ItemContext) -> RecordItem:
    reactions = [
        manifestation.text
        for reaction in resource.get("reaction") or ()
        for manifestation in e.many_coded(reaction.get("manifestation"))
    ]
    return AllergyItem(
        **linked(resource, e.when_of(resource, "onsetDateTime", "onsetPeriod", "recordedDate")),
        code=e.coded(resource.get("code")),
        clinical_status=e.first_code(resource.get("clinicalStatus")),
        verification_status=e.first_code(resource.get("verificationStatus")),
        criticality=resource.get("criticality"),
        reactions=tuple(reactions),
    )


def _procedure(resource: Resource, _context: ItemContext) -> RecordItem:
    return ProcedureItem(
        **linked(resource, e.when_of(resource, "performedPeriod", "performedDateTime")),
        code=e.coded(resource.get("code")),
        body_sites=e.many_coded(resource.get("bodySite")),
        outcome=e.coded(resource.get("outcome")),
    )


def _report(resource: Resource, _context: ItemContext) -> RecordItem:
    results = [e.reference_text(r) for r in resource.get("result") or ()]
    return ReportItem(
        **linked(resource, e.when_of(resource, "effectiveDateTime", "effectivePeriod", "issued")),
        category=e.category_code(resource.get("category"), ("LAB", "RAD", "CT", "US")),
        code=e.coded(resource.get("code")),
        conclusion=resource.get("conclusion"),
        results=tuple(r for r in results if r),
    )


def _imaging(resource: Resource, _context: ItemContext) -> RecordItem:
    series = resource.get("series") or ()
    codings = [*(resource.get("modality") or ()), *(s["modality"] for s in series)]
    sites = (e.coded_from_coding(s.get("bodySite")) for s in series)
    procedures = e.many_coded(resource.get("procedureCode"))
    return ImagingItem(
        **linked(resource, e.when_of(resource, "started")),
        description=resource.get("description") or (procedures[0].text if procedures else None),
        modalities=tuple(dict.fromkeys(c["code"] for c in codings if c.get("code"))),
        body_sites=tuple(dict.fromkeys(s for s in sites if s is not None)),
    )


def _immunization(resource: Resource, _context: ItemContext) -> RecordItem:
    return CodedItem(
        **linked(resource, e.when_of(resource, "occurrenceDateTime")),
        code=e.coded(resource["vaccineCode"]),
        description=resource.get("occurrenceString"),
    )


def _family(resource: Resource, _context: ItemContext) -> RecordItem:
    details = e.many_coded(c.get("code") for c in resource.get("condition") or ())
    return CodedItem(
        **based(resource, None, e.when_of(resource, "date")),
        code=details[0] if details else None,
        relationship=e.coded(resource["relationship"]),
        details=details,
    )


def _care_plan(resource: Resource, _context: ItemContext) -> RecordItem:
    details = [a.get("detail") or {} for a in resource.get("activity") or ()]
    categories = e.many_coded(resource.get("category"))
    return CodedItem(
        **linked(resource, e.when_of(resource, "period", "created")),
        code=categories[0] if categories else None,
        details=e.many_coded(d.get("code") or {"text": d.get("description")} for d in details),
        description=resource.get("title") or resource.get("description"),
    )


def _appointment(resource: Resource, _context: ItemContext) -> RecordItem:
    concepts = [
        *(resource.get("serviceType") or ()),
        *(resource.get("specialty") or ()),
        *([resource["appointmentType"]] if resource.get("appointmentType") else ()),
    ]
    codes = e.many_coded(concepts)
    return CodedItem(
        **based(resource, None, e.when(resource.get("start"), resource.get("end"))),
        code=codes[0] if codes else None,
        details=e.many_coded(resource.get("reasonCode")),
        description=resource.get("description"),
    )


def _service_request(resource: Resource, _context: ItemContext) -> RecordItem:
    moment = e.when_of(resource, "occurrenceDateTime", "occurrencePeriod", "authoredOn")
    return CodedItem(
        **linked(resource, moment),
        code=e.coded(resource.get("code")),
        details=e.many_coded(resource.get("reasonCode")),
        description=resource.get("patientInstruction"),
    )


def _document_reference(resource: Resource, context: ItemContext) -> RecordItem:
    encounters = (resource.get("context") or {}).get("encounter") or ()
    status = resource.get("docStatus")
    signed = True if resource.get("authenticator") else None
    if signed is None and status is not None:
        signed = status in _SIGNED_STATUSES
    return NoteItem(
        **based(
            resource,
            e.reference_text(encounters[0]) if encounters else None,
            e.when_of(resource, "date"),
        ),
        note_type=e.coded(resource.get("type")),
        text=attachment_text(resource),
        authors=_names(resource.get("author"), context),
        signed=signed,
    )


def _composition(resource: Resource, context: ItemContext) -> RecordItem:
    return NoteItem(
        **linked(resource, e.when_of(resource, "date")),
        note_type=e.coded(resource["type"]),
        text=composition_text(resource),
        authors=_names(resource.get("author"), context),
        signed=resource["status"] in _SIGNED_STATUSES,
    )


def _names(references: Any, context: ItemContext) -> tuple[str, ...]:
    return tuple(n for n in (context.name(r) for r in references or ()) if n)


ITEM_READERS: Mapping[str, tuple[str, Callable[[Resource, ItemContext], RecordItem]]] = {
    "Encounter": ("encounters", _encounter),
    "Condition": ("conditions", _condition),
    "Observation": ("observations", _observation),
    "MedicationRequest": ("medications", read_medication),
    "MedicationStatement": ("medications", read_medication),
    "AllergyIntolerance": ("allergies", _allergy),
    "Procedure": ("procedures", _procedure),
    "DiagnosticReport": ("reports", _report),
    "ImagingStudy": ("imaging", _imaging),
    "Immunization": ("immunizations", _immunization),
    "FamilyMemberHistory": ("family_history", _family),
    "CarePlan": ("care_plans", _care_plan),
    "Appointment": ("appointments", _appointment),
    "ServiceRequest": ("service_requests", _service_request),
    "DocumentReference": ("notes", _document_reference),
    "Composition": ("notes", _composition),
}
