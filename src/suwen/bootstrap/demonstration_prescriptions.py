"""Puts some orders of the demonstration hospital into the pharmacists' queue."""

from __future__ import annotations

from typing import Final

from suwen.bootstrap.placing import runs_in_general
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.prescriptions.intake import REVIEW
from suwen.storage.patient_summary import OPEN_STATUSES

QUEUED: Final = "demonstration.prescriptions"
MOST: Final = 14


async def queue_demonstration_prescriptions(platform: Platform) -> None:
    """Notes running orders of patients who are here, once; the service takes them from there."""
    if await platform.site.get(QUEUED) or not runs_in_general(REVIEW, platform.settings):
        return
    patients = await platform.records.list_patients(limit=100)
    arrivals = platform.prescriptions.intake.arrivals
    queued = 0
    for patient in patients:
        if patient.encounter_status not in OPEN_STATUSES or queued == MOST:
            continue
        orders = [
            f"MedicationRequest/{one['id']}"
            for one in await platform.records.read(patient.id, ("MedicationRequest",))
            if one.get("status") == "active" and _id(one.get("encounter")) == patient.encounter_id
        ]
        if orders:
            key = f"record:{patient.id}:{patient.encounter_id}"
            now = platform.clock.now()
            await arrivals.add(key, "record", patient.id, orders, None, now)
            queued += 1
    await platform.site.put(QUEUED, True)


def _id(reference: object) -> str | None:
    value = reference.get("reference") if isinstance(reference, dict) else None
    return value.rpartition("/")[2] if isinstance(value, str) else None
