"""Reads what an application may read of one patient, from the record store."""

from __future__ import annotations

from suwen.core.application import RecordRead
from suwen.core.record import Resource
from suwen.integration.fhir.record import referenced_elsewhere
from suwen.storage.records import RecordStore

# Resources that belong to no patient: a patient's record refers to them.
_SHARED_TYPES = frozenset({"Practitioner", "Organization", "Medication", "Location"})


async def read_stored(records: RecordStore, read: RecordRead, patient: str) -> list[Resource]:
    """The patient's resources of the wanted types, and the shared ones that they refer to.

    A drug, a practitioner or a department that the record refers to is read only where its type
    is among the wanted ones; one that the store does not hold stays missing.
    """
    found = await records.read(patient, read.resource_types)
    shared = _SHARED_TYPES.intersection(read.resource_types)
    for kind, name in referenced_elsewhere(found, shared):
        resource = await records.read_resource(kind, name)
        if resource is not None:
            found.append(resource)
    return found
