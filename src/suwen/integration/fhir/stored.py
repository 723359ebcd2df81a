"""Resources of a unit as the record store takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from suwen.core.record import Resource, When
from suwen.integration.fhir import elements as e
from suwen.integration.fhir.record import patient_of
from suwen.storage.record_import import StoredResource

_TIMES = (
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "onsetDateTime",
    "onsetPeriod",
    "started",
    "period",
    "start",
    "authoredOn",
    "date",
    "recordedDate",
    "issued",
    "dateAsserted",
    "created",
)


def stored_resources(resources: Sequence[Resource], origin: str) -> list[StoredResource]:
    """Every resource with the columns by which the store finds it; the body is unchanged.

    Args:
        resources: checked resources of one unit, references resolved.
        origin: ``synthetic`` or ``imported``.
    """
    return [_stored(resource, origin) for resource in resources]


def _stored(resource: Resource, origin: str) -> StoredResource:
    patient = patient_of(resource)
    return StoredResource(
        type=resource["resourceType"],
        id=resource["id"],
        patient_id=patient.removeprefix("Patient/") if patient else None,
        encounter_id=_encounter_of(resource),
        department=_department_of(resource),
        at=_time_of(resource),
        origin=origin,
        body=resource,
    )


def _encounter_of(resource: Resource) -> str | None:
    if resource["resourceType"] == "Encounter":
        return str(resource["id"])
    element = resource.get("encounter")
    context = resource.get("context")
    if element is None and isinstance(context, Mapping):
        listed = context.get("encounter")
        element = listed[0] if isinstance(listed, list) and listed else context
    reference = e.reference_text(element if isinstance(element, Mapping) else None) or ""
    kind, _, identity = reference.rpartition("/")
    return identity if kind.rsplit("/", 1)[-1] == "Encounter" and identity else None


def _department_of(resource: Resource) -> str | None:
    """Code of the department of an Encounter: its service type, else its provider's number."""
    if resource["resourceType"] != "Encounter":
        return None
    code = e.first_code(_mapping(resource.get("serviceType")))
    provider = _mapping(resource.get("serviceProvider")) or {}
    number = (_mapping(provider.get("identifier")) or {}).get("value")
    return code or (str(number) if number else None)


def department_wording(encounter: Resource) -> str | None:
    """How an Encounter calls its department; ``None`` where it only gives a code."""
    service = e.coded(_mapping(encounter.get("serviceType")))
    display = (_mapping(encounter.get("serviceProvider")) or {}).get("display")
    if service is not None and service.text != service.code:
        return service.text
    return str(display) if display else None


def _time_of(resource: Resource) -> datetime | None:
    if resource["resourceType"] == "Patient":
        return None
    moment: When | None = e.when_of(resource, *_TIMES)
    return moment.start if moment else None


def _mapping(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None
