"""FHIR R4 data types as plain dictionaries: codings, quantities, references, instants."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

Resource = dict[str, Any]

#: The wards' clock: China Standard Time, UTC+08:00, without summer time.
WARD_ZONE = timezone(timedelta(hours=8))

CANONICAL = "https://suwen.example/fhir"
SYNTHETIC_TAG: Resource = {
    "system": f"{CANONICAL}/CodeSystem/data-origin",
    "code": "synthetic",
    "display": "Synthetic demonstration data",
}
MRN_SYSTEM = f"{CANONICAL}/NamingSystem/mrn"
VISIT_SYSTEM = f"{CANONICAL}/NamingSystem/visit-number"
DEPARTMENT_SYSTEM = f"{CANONICAL}/CodeSystem/department"
LOCAL_TEST_SYSTEM = f"{CANONICAL}/CodeSystem/laboratory-panel"
DOCUMENT_TYPE_SYSTEM = f"{CANONICAL}/CodeSystem/document-type"

ATC = "http://www.whocc.no/atc"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ICD9_PROCEDURES = "http://hl7.org/fhir/sid/icd-9-cm"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
CVX = "http://hl7.org/fhir/sid/cvx"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def meta() -> Resource:
    """The ``meta`` element that every resource carries: marked synthetic."""
    return {"tag": [dict(SYNTHETIC_TAG)]}


def coding(system: str, code: str, display: str | None = None) -> Resource:
    """One Coding; without a display when none is known."""
    body = {"system": system, "code": code}
    if display is not None:
        body["display"] = display
    return body


def concept(text: str | None, *codings: Resource) -> Resource:
    """A CodeableConcept of codings and the wording that was used."""
    body: Resource = {}
    if codings:
        body["coding"] = list(codings)
    if text is not None:
        body["text"] = text
    return body


def hl7_concept(code_system: str, code: str, display: str | None = None) -> Resource:
    """A CodeableConcept of one code out of terminology.hl7.org."""
    return concept(None, coding(f"{TERMINOLOGY}/{code_system}", code, display))


def quantity(value: float, unit: str, ucum: str) -> Resource:
    """A Quantity with its printed unit and its UCUM code."""
    return {"value": value, "unit": unit, "system": UCUM, "code": ucum}


def reference(target: str, display: str | None = None) -> Resource:
    """A literal reference ``Type/id`` with the name to show."""
    body = {"reference": target}
    if display is not None:
        body["display"] = display
    return body


def instant(moment: datetime) -> str:
    """A moment as RFC 3339 on the wards' clock, to the second."""
    return moment.astimezone(WARD_ZONE).replace(microsecond=0).isoformat()


def period(start: datetime, end: datetime | None) -> Resource:
    """A Period; open when it has not ended."""
    body = {"start": instant(start)}
    if end is not None:
        body["end"] = instant(end)
    return body


def bundle(bundle_id: str, timestamp: datetime, resources: list[Resource]) -> Resource:
    """A Bundle of type collection with a full URL for every entry."""
    return {
        "resourceType": "Bundle",
        "id": bundle_id,
        "meta": meta(),
        "type": "collection",
        "timestamp": instant(timestamp),
        "entry": [
            {"fullUrl": f"{CANONICAL}/{item['resourceType']}/{item['id']}", "resource": item}
            for item in resources
        ],
    }
