"""What the policies need to know of a patient before they decide."""

from __future__ import annotations

from datetime import datetime

from suwen.control.access.care import counted_since, has_care_relationship
from suwen.control.access.decision import AccessDecider, Action, PatientTarget, RecordOrigin
from suwen.core.errors import AccessError, NotFoundError
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
    care = has_care_relationship(principal, team.departments, team.principals)
    may_declare = principal.is_person and principal.client is None and not care
    return PatientTarget(
        patient=patient,
        origin=RecordOrigin(summary.origin),
        care=care,
        break_glass=may_declare and await records.in_emergency(principal.id, patient, now),
    )


async def launched_patient(
    records: RecordStore, access: AccessDecider, principal: Principal, now: datetime
) -> PatientTarget | None:
    """The one patient of a launched session, when the person may read the record."""
    if principal.launched_for is None:
        return None
    target = await find_patient(records, principal, principal.launched_for, now)
    if target is None or not access.decide(principal, Action.READ_RECORD, target).allowed:
        return None
    return target


async def admitted_patient(
    records: RecordStore, access: AccessDecider, principal: Principal, patient: str, now: datetime
) -> PatientTarget:
    """The patient, when the person or program may read the record.

    Whoever treats patients, and whom the want of a care relationship alone keeps out, is told that
    the record is there, and so can ask for it or declare an emergency. Everybody else gets one
    answer, whether there is such a record or not: a program can do neither.

    Raises:
        NotFoundError: ``patient_not_found``; its cause is the refusal where there is a record.
        AccessError: ``no_care_relationship`` or as the policies say.
    """
    target = await find_patient(records, principal, patient, now)
    if target is not None and access.decide(principal, Action.READ_RECORD, target).allowed:
        return target
    cared_for = PatientTarget(patient, RecordOrigin.IMPORTED, care=True)
    reads_some = access.decide(principal, Action.READ_RECORD, cared_for).allowed
    # The batch service sees what its request and the demonstration hold; nothing else exists.
    nothing_else_exists = principal.batch or (reads_some and principal.client is not None)
    if target is None and (reads_some or nothing_else_exists):
        raise _not_found()
    may_know = reads_some and not nothing_else_exists
    uncared_for = PatientTarget(patient, RecordOrigin.IMPORTED, care=False)
    asked = target if target is not None and may_know else uncared_for
    try:
        access.require(principal, Action.READ_RECORD, asked)
    except AccessError as refusal:
        if nothing_else_exists:
            raise _not_found() from refusal
        raise
    raise AssertionError("a record of nobody is open to nobody")


def _not_found() -> NotFoundError:
    return NotFoundError(
        "patient_not_found",
        Bilingual(zh="病历库中没有该患者。", en="There is no such patient in the record store."),
        field="patient_id",
    )
