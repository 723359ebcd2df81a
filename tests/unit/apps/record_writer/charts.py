"""Small charts written by hand, as resources, and the documents built of them."""

from __future__ import annotations

import base64
from typing import Any

from suwen.apps.record_writer.app import APP
from suwen.core.document import Document, DocumentField, Draft, Section
from suwen.core.finding import Finding
from suwen.core.record import PatientRecord
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import read_record

Resource = dict[str, Any]
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
LOINC = "http://loinc.org"
ADMITTED, DISCHARGED = "2026-03-02T09:00:00+08:00", "2026-03-06T10:30:00+08:00"


def concept(text: str | None = None, code: str | None = None, system: str = LOINC) -> Resource:
    body: Resource = {}
    if code:
        body["coding"] = [{"system": system, "code": code}]
    if text:
        body["text"] = text
    return body


def status_of(kind: str, code: str) -> Resource:
    return {"coding": [{"system": f"{TERMINOLOGY}/{kind}", "code": code}]}


def patient(**more: Any) -> Resource:
    return {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"family": "陈", "given": ["安"]}],
        "gender": "female",
        "birthDate": "1960-03-05",
        "identifier": [{"value": "M-1"}],
    } | more


def stay(identity: str = "e", **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished",
        "class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/p"},
        "period": {"start": ADMITTED, "end": DISCHARGED},
    } | more


def visit(identity: str = "v", **more: Any) -> Resource:
    return stay(identity) | {"class": {"code": "AMB"}} | more


def of_patient(kind: str, identity: str, **more: Any) -> Resource:
    subject = "patient" if kind in ("AllergyIntolerance", "Immunization") else "subject"
    return {"resourceType": kind, "id": identity, subject: {"reference": "Patient/p"}} | more


def in_encounter(identity: str = "e") -> Resource:
    return {"encounter": {"reference": f"Encounter/{identity}"}}


def observation(
    identity: str,
    code: str,
    value: object,
    at: str | None = "2026-03-03T06:00:00+08:00",
    **more: Any,
) -> Resource:
    body = of_patient(
        "Observation",
        identity,
        status="final",
        category=[status_of("observation-category", more.pop("category", "laboratory"))],
        code=concept(more.pop("name", None), code),
    )
    if value is not None:
        body["valueQuantity"] = {"value": value, "unit": more.pop("unit", "mmol/L")}
    if at is not None:
        body["effectiveDateTime"] = at
    encounter = more.pop("encounter_id", "e")
    if encounter:
        body |= in_encounter(encounter)
    return body | more


def interval(low: object = None, high: object = None, unit: str = "mmol/L") -> list[Resource]:
    edges = {"low": low, "high": high}
    return [{k: {"value": v, "unit": unit} for k, v in edges.items() if v is not None}]


def condition(identity: str, text: str, onset: str | None, **more: Any) -> Resource:
    body = of_patient(
        "Condition",
        identity,
        code=concept(text, "X1", "urn:test"),
        clinicalStatus=status_of("condition-clinical", more.pop("status", "active")),
        verificationStatus=status_of("condition-ver-status", more.pop("verification", "confirmed")),
    )
    if onset:
        body["onsetDateTime"] = onset
    return body | more


def order(identity: str, drug: str, at: str, status: str = "active", **more: Any) -> Resource:
    body = of_patient(
        "MedicationRequest",
        identity,
        status=status,
        intent="order",
        medicationCodeableConcept=concept(drug, more.pop("atc", None), "http://www.whocc.no/atc"),
        authoredOn=at,
    )
    category = more.pop("category", None)
    if category:
        body["category"] = [status_of("medicationrequest-category", category)]
    return body | more


def allergy(identity: str, text: str, **more: Any) -> Resource:
    return (
        of_patient(
            "AllergyIntolerance",
            identity,
            code=concept(text),
            clinicalStatus=status_of("allergyintolerance-clinical", more.pop("status", "active")),
            verificationStatus=status_of(
                "allergyintolerance-verification", more.pop("verification", "confirmed")
            ),
        )
        | more
    )


def note(identity: str, title: str, at: str, text: str, status: str = "final") -> Resource:
    data = base64.b64encode(f"{title}\n{text}".encode()).decode()
    return of_patient(
        "DocumentReference",
        identity,
        status="current",
        docStatus=status,
        type=concept(title),
        date=at,
        content=[{"attachment": {"contentType": "text/plain; charset=utf-8", "data": data}}],
        context={"encounter": [{"reference": "Encounter/e"}]},
    )


def record_of(*resources: Resource) -> PatientRecord:
    entries = [{"resource": r} for r in resources]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return read_record(read_resources(bundle))


def draft_of(
    *resources: Resource, kind: str = "discharge_summary", language: str = "zh", **request: Any
) -> Draft:
    parsed = APP.parse({"bundle": {}, "document_type": kind, "language": language, **request})
    return APP.core(parsed, record_of(*resources), ()).draft


def document_of(*resources: Resource, **how: Any) -> Document:
    document = draft_of(*resources, **how).document
    assert document is not None
    return document


def section_of(document: Document, identity: str) -> Section:
    return next(s for s in document.sections if s.id == identity)


def field_of(document: Document, name: str) -> DocumentField:
    return next(f for s in document.sections for f in s.fields if f.name == name)


def findings_of(rule: str, *resources: Resource, **how: Any) -> list[Finding]:
    return [f for f in draft_of(*resources, **how).findings if f.rule == rule]
