"""One patient's record, typed, out of the resources of a unit or of the record store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from suwen.core.record import PatientRecord, RecordItem, Resource
from suwen.integration.fhir.elements import reference_text
from suwen.integration.fhir.item_context import ItemContext
from suwen.integration.fhir.items import ITEM_READERS, read_patient
from suwen.integration.fhir.problems import refused

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_SUBJECTS = ("subject", "patient")


def read_record(resources: Sequence[Resource]) -> PatientRecord:
    """Types one patient's resources; every resource ends up in exactly one list of the record.

    A resource of a type that we use but without a subject is nobody's: it is kept among
    ``others`` and never read as this patient's.

    Args:
        resources: as ``read_resources`` or the record store give them (checked, ids present).

    Raises:
        InputError: ``no_patient``, ``several_patients`` or ``other_patient`` when the resources
            are not those of exactly one patient.
    """
    patient = _the_patient(resources)
    context = ItemContext({f"{r['resourceType']}/{r['id']}": r for r in resources})
    own = f"Patient/{patient['id']}"
    lists: dict[str, list[RecordItem]] = {}
    others: list[Resource] = []
    for resource in resources:
        if resource is patient:
            continue
        reader = ITEM_READERS.get(resource["resourceType"])
        if reader is None or not _belongs(resource, own):
            others.append(resource)
            continue
        attribute, read = reader
        lists.setdefault(attribute, []).append(read(resource, context))
    ordered: dict[str, Any] = {
        name: tuple(sorted(items, key=_order)) for name, items in lists.items()
    }
    return PatientRecord(patient=read_patient(patient), others=tuple(others), **ordered)


def referenced_elsewhere(
    resources: Sequence[Resource], types: Collection[str]
) -> list[tuple[str, str]]:
    """Type and id of what the resources refer to and do not hold: the practitioners,
    organizations, places and medicines that belong to no patient, for a store to add.

    Args:
        types: resource types that may be added, for example ``Practitioner``.
    """
    held = {f"{r['resourceType']}/{r['id']}" for r in resources}
    wanted: dict[tuple[str, str], None] = {}
    pending: list[Any] = list(resources)
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            reference = value.get("reference")
            if isinstance(reference, str) and reference not in held:
                kind, _, identity = reference.partition("/")
                if kind in types and identity:
                    wanted[(kind, identity)] = None
            pending.extend(value.values())
        elif isinstance(value, list | tuple):
            pending.extend(value)
    return sorted(wanted)


def patient_of(resource: Resource) -> str | None:
    """``Patient/id`` that a resource is about; ``None`` where it names none."""
    if resource["resourceType"] == "Patient":
        return f"Patient/{resource['id']}"
    for name in _SUBJECTS:
        reference = reference_text(_mapping(resource.get(name)))
        if reference is not None:
            return _local(reference)
    for participant in _participants(resource):
        reference = reference_text(_mapping(participant.get("actor")))
        if reference is not None and _local(reference):
            return _local(reference)
    return None


def _participants(resource: Resource) -> Sequence[Mapping[str, Any]]:
    if resource["resourceType"] != "Appointment":
        return ()
    return [p for p in resource.get("participant", ()) if isinstance(p, Mapping)]


def _mapping(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _local(reference: str) -> str | None:
    """``Patient/id`` out of a literal or absolute reference to a patient."""
    parts = reference.split("/_history/")[0].split("/")
    if len(parts) >= 2 and parts[-2] == "Patient":
        return f"Patient/{parts[-1]}"
    return None


def _belongs(resource: Resource, own: str) -> bool:
    subject = patient_of(resource)
    if subject is not None and subject != own:
        raise refused(
            "other_patient",
            f"{resource['resourceType']}.subject",
            "该资源属于另一位患者；一次只能处理一位患者的数据。",
            "The resource is another patient's; only one patient's data can be read at once.",
        )
    return subject == own


def _the_patient(resources: Sequence[Resource]) -> Resource:
    patients = [r for r in resources if r["resourceType"] == "Patient"]
    if not patients:
        raise refused("no_patient", "Patient", "没有患者资源。", "There is no Patient resource.")
    if len(patients) > 1:
        raise refused(
            "several_patients",
            "Patient",
            "有多位患者；一次只能处理一位。",
            "There are several patients; only one can be read at once.",
        )
    return patients[0]


def _order(item: RecordItem) -> tuple[datetime, str]:
    return (item.when.start if item.when else _EARLIEST, item.reference)
