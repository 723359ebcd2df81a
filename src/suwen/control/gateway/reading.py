"""Reads what an application may read of one patient, from the record store."""

from __future__ import annotations

from collections.abc import Sequence, Set

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
    return [*found, *await _referred_to(records, found, shared)]


async def read_whole(records: RecordStore, patient: str) -> list[Resource]:
    """Everything of the patient, and the shared resources that it refers to."""
    found = await records.read_patient(patient)
    return [*found, *await _referred_to(records, found, _SHARED_TYPES)]


async def _referred_to(
    records: RecordStore, found: Sequence[Resource], types: Set[str]
) -> list[Resource]:
    resources = [
        await records.read_resource(kind, name) for kind, name in referenced_elsewhere(found, types)
    ]
    return [resource for resource in resources if resource is not None]
