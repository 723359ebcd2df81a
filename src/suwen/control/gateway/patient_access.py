"""What the policies need to know of a patient before they decide."""

from __future__ import annotations

from datetime import datetime

from suwen.control.access.care import counted_since, has_care_relationship
from suwen.control.access.decision import PatientTarget, RecordOrigin
from suwen.core.errors import NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.records import RecordStore


async def find_patient(
    records: RecordStore, principal: Principal, patient: str, now: datetime
) -> PatientTarget | None:
    """The patient as a target of the policies; ``None`` when the record store does not know it."""
    summary = await records.read_summary(patient)
    if summary is None:
        return None
    team = await records.care_team(patient, counted_since(now))
    return PatientTarget(
        patient=patient,
        origin=RecordOrigin(summary.origin),
        care=has_care_relationship(principal, team.departments, team.principals),
    )


async def require_patient(
    records: RecordStore, principal: Principal, patient: str, now: datetime
) -> PatientTarget:
    """As ``find_patient``.

    Raises:
        NotFoundError: ``patient_not_found``.
    """
    target = await find_patient(records, principal, patient, now)
    if target is None:
        raise NotFoundError(
            "patient_not_found",
            Bilingual(
                zh="病历库中没有该患者。", en="There is no such patient in the record store."
            ),
            field="patient_id",
        )
    return target
