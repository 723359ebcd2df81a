"""Resources of another system as this site keeps them: its ids, its patients, their source.

Two FHIR servers may number alike. One of them is the hospital's own numbering and keeps its ids;
every other one has a prefix, so that no two resources of different servers ever meet by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from suwen.core.record import Resource
from suwen.core.source_identity import derived_id
from suwen.integration.fhir.composition import CANONICAL
from suwen.integration.fhir.shapes import parse_date_time
from suwen.integration.fhir.stored import stored_resources
from suwen.storage.record_import import StatedSource, StoredResource

ORIGINAL_SOURCE: Final = f"{CANONICAL}/StructureDefinition/original-source"
DELETED_TAG: Final = f"{CANONICAL}/CodeSystem/source-state"
_LONGEST_ID: Final = 64
_RELATIVE: Final = re.compile(
    r"(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]+)?"
)


@dataclass(frozen=True, slots=True)
class IdSpace:
    """How the ids of one source become ids of this site.

    Attributes:
        connection: name of the connection.
        prefix: put before every id; empty for the one source whose ids are the site's own.
    """

    connection: str
    prefix: str

    @property
    def source(self) -> str:
        """``meta.source`` of everything that comes from there."""
        return f"urn:suwen:{self.connection}"

    def local(self, resource_type: str, identity: str) -> str:
        """The id here of a resource there; the same one every time."""
        if not self.prefix:
            return identity
        own = f"{self.prefix}{identity}"
        if len(own) <= _LONGEST_ID:
            return own
        return derived_id(self.connection, resource_type, (identity,))


def patients_named(resource: Resource) -> frozenset[str]:
    """Ids of the patients that a resource names anywhere, as its source numbers them."""
    return frozenset(
        found["id"]
        for reference in _references(resource)
        if (found := _RELATIVE.fullmatch(reference["reference"])) and found["type"] == "Patient"
    )


def localised(resource: Resource, space: IdSpace, patients: Mapping[str, str]) -> dict[str, Any]:
    """The resource as this site keeps it; the one that was read stays as it is.

    Args:
        patients: id here by id there, for sources whose patients are matched; where a patient is
            not among them the source's own numbering counts.
    """
    body: dict[str, Any] = _copied(resource)
    kind = str(body["resourceType"])
    if kind == "Patient" and body["id"] in patients:
        body["id"] = patients[body["id"]]
    else:
        body["id"] = space.local(kind, str(body["id"]))
    for reference in _references(body):
        found = _RELATIVE.fullmatch(reference["reference"])
        if found is None:
            continue
        target, identity = found["type"], found["id"]
        own = patients.get(identity) if target == "Patient" else None
        reference["reference"] = f"{target}/{own or space.local(target, identity)}"
    meta = dict(body.get("meta") or {})
    if meta.get("source") not in (None, space.source):
        kept = [e for e in meta.get("extension") or () if e.get("url") != ORIGINAL_SOURCE]
        meta["extension"] = [*kept, {"url": ORIGINAL_SOURCE, "valueUri": meta["source"]}]
    meta["source"] = space.source
    body["meta"] = meta
    return body


def for_the_store(body: Resource, origin: str, stated_by: StatedSource) -> StoredResource:
    """A resource with what the store needs of it: whose, since when, by whom stated."""
    [stored] = stored_resources([body], origin)
    return replace(stored, source_at=last_updated(body), stated_by=stated_by)


def last_updated(resource: Resource) -> datetime | None:
    """When the server last changed it, by its own clock; ``None`` where it does not say."""
    meta = resource.get("meta")
    text = meta.get("lastUpdated") if isinstance(meta, Mapping) else None
    moment = parse_date_time(text) if isinstance(text, str) else None
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def as_deleted(resource: Resource) -> dict[str, Any] | None:
    """A resource that its source deleted, as entered in error, which every reader leaves out.

    ``None`` for types that R4 gives no way to say so (Patient, Practitioner …): those a person
    must look at.

    Source: HL7 FHIR R4 (4.0.1), status and verificationStatus of the types.
    """
    body: dict[str, Any] = _copied(resource)
    kind = body["resourceType"]
    if kind in _BY_STATUS:
        body["status"] = "entered-in-error"
    elif kind in _BY_VERIFICATION:
        system = f"http://terminology.hl7.org/CodeSystem/{_BY_VERIFICATION[kind]}"
        body["verificationStatus"] = {"coding": [{"system": system, "code": "entered-in-error"}]}
        # R4 con-5 and ait-2: no clinical status beside it.
        body.pop("clinicalStatus", None)
    else:
        return None
    meta = dict(body.get("meta") or {})
    tags = [tag for tag in meta.get("tag") or () if tag.get("system") != DELETED_TAG]
    meta["tag"] = [*tags, {"system": DELETED_TAG, "code": "deleted"}]
    former = last_updated(resource)
    if former is not None:
        # Newer than the state it takes the place of, older than whatever its source may say next.
        later = former.astimezone(UTC) + timedelta(milliseconds=1)
        meta["lastUpdated"] = later.isoformat(timespec="milliseconds")
    body["meta"] = meta
    return body


def subject_path(resource: Resource) -> str:
    """The element that says whose a resource is, for a report."""
    return f"{resource['resourceType']}.{'patient' if 'patient' in resource else 'subject'}"


_BY_STATUS: Final = frozenset(
    {
        "Appointment", "CarePlan", "CareTeam", "Communication", "Composition", "DeviceRequest",
        "DiagnosticReport", "DocumentReference", "Encounter", "FamilyMemberHistory", "Goal",
        "ImagingStudy", "Immunization", "Media", "MedicationAdministration",
        "MedicationDispense", "MedicationRequest", "MedicationStatement", "Observation",
        "Procedure", "QuestionnaireResponse", "ServiceRequest",
    }
)  # fmt: skip
_BY_VERIFICATION: Final = {
    "Condition": "condition-ver-status",
    "AllergyIntolerance": "allergyintolerance-verification",
}


def _references(value: Any) -> Iterator[dict[str, Any]]:
    """Every Reference in a resource that has a literal one."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if isinstance(item.get("reference"), str):
                yield item
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    return value
