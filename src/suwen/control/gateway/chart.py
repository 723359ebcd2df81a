"""The door to patients' records for people: lists and charts, admitted and audited."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime

from suwen.control.access.care import counted_since
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.acts import Act, note, note_refusal
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import admitted_patient, launched_patient
from suwen.control.gateway.reading import read_whole
from suwen.control.privacy.data_class import (
    IDENTIFIABLE,
    check_client_ceiling,
    class_of_item,
)
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError, NotFoundError
from suwen.core.identity import Principal, Purpose
from suwen.core.record import PatientRecord, Resource
from suwen.integration.fhir.record import read_record
from suwen.storage.patient_summary import PatientSummary
from suwen.storage.records import CareFilter
from suwen.storage.rows import EVERYBODY, Rows

_MOST_ROWS = 500

BROKEN_GLASS = "break_glass"
"""In the audit of a reading: that only a declared emergency opened the record."""


class ChartDesk:
    """Lists the patients that somebody may see, and opens a record."""

    def __init__(self, parts: GatewayParts) -> None:
        self._records = parts.records
        self._access = parts.access
        self._audit = parts.audit
        self._clock = parts.clock

    async def list_patients(
        self,
        principal: Principal,
        query: str | None = None,
        department: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[PatientSummary]:
        """Patients whom the person may see, those who are here first.

        Treating staff get those with whom they have a care relationship; ``department`` narrows
        it further. The quality office gets all.

        Raises:
            AccessError: for everybody else.
            AuditError: when the look-up cannot be audited.
        """
        act = Act("patient.list", "Patient", detail={"searched": query is not None})
        try:
            self._access.require(principal, Action.LIST_PATIENTS, InstallationTarget())
        except AccessError as error:
            await note_refusal(self._audit, principal, act, error)
            raise
        await note(self._audit, principal, act, AuditOutcome.DONE)
        if principal.launched_for is not None:
            return await self._launched(principal)
        limit = min(limit, _MOST_ROWS)
        if principal.purpose is Purpose.QUALITY:
            return await self._records.list_patients(department, query, limit, offset)
        departments = principal.departments
        if department is not None:
            departments = departments & {department}
        return await self._records.list_cared_for(
            CareFilter(principal.id, departments, counted_since(self._clock.now())),
            query,
            limit,
            offset,
        )

    async def listed(
        self, principal: Principal, patients: Collection[str]
    ) -> dict[str, PatientSummary]:
        """Those of these patients whom the person's list holds, by id; none for whoever has none.

        Raises:
            AuditError: when the look-up cannot be audited.
        """
        if not self._access.decide(principal, Action.LIST_PATIENTS, InstallationTarget()).allowed:
            return {}
        act = Act("patient.list", "Patient", detail={"searched": False})
        await note(self._audit, principal, act, AuditOutcome.DONE)
        if principal.launched_for is not None:
            return {one.id: one for one in await self._launched(principal) if one.id in patients}
        rows = listed_rows(principal, self._clock.now())
        return await self._records.summaries_of(patients, rows)

    async def _launched(self, principal: Principal) -> list[PatientSummary]:
        """The one patient of a launched session, when the person may see them."""
        now = self._clock.now()
        only = await launched_patient(self._records, self._access, principal, now)
        found = None if only is None else await self._records.read_summary(only.patient)
        return [] if found is None else [found]

    async def search(self, principal: Principal, query: str) -> list[PatientSummary]:
        """As ``list_patients``, by part of name, record number, id or bed."""
        return await self.list_patients(principal, query=query)

    async def open_chart(self, principal: Principal, patient: str) -> PatientRecord:
        """A patient's whole record.

        Raises:
            NotFoundError: ``patient_not_found``.
            AccessError: ``no_care_relationship`` or ``not_permitted``.
            PrivacyError: ``above_client_ceiling`` for a program whose key is cleared for less.
            AuditError: when the reading cannot be audited; then nothing is read.
        """
        await self.admit(principal, patient)
        resources = _passed(await read_whole(self._records, patient), principal)
        return await asyncio.to_thread(read_record, resources)

    async def read_all(self, principal: Principal, patient: str) -> list[Resource]:
        """Every resource of a patient's record as it was received; raises as ``open_chart``."""
        await self.admit(principal, patient)
        return _passed(await self._records.read_patient(patient), principal)

    async def read_summary(self, principal: Principal, patient: str) -> PatientSummary:
        """A patient's row of the list; raises as ``open_chart``."""
        await self.admit(principal, patient)
        summary = await self._records.read_summary(patient)
        if summary is None:
            raise AssertionError("admitted to a record that is not there")
        return summary

    async def admit(self, principal: Principal, patient: str) -> None:
        """Lets somebody read a record, durably audited before; raises as ``open_chart``."""
        check_client_ceiling(IDENTIFIABLE, principal)
        act = Act("record.read", f"Patient/{patient}", patient=patient)
        now = self._clock.now()
        try:
            target = await admitted_patient(self._records, self._access, principal, patient, now)
        except (AccessError, NotFoundError) as error:
            refusal = error if isinstance(error, AccessError) else error.__cause__
            if isinstance(refusal, AccessError):
                await note_refusal(self._audit, principal, act, refusal)
            raise
        said = {BROKEN_GLASS: True} if target.break_glass else {}
        await note(self._audit, principal, act, AuditOutcome.DONE, **said)


def listed_rows(principal: Principal, now: datetime) -> Rows:
    """The rows of the patients whom a person's list holds, whoever may have one."""
    if principal.launched_for is not None:
        return Rows.of([principal.launched_for])
    if principal.purpose is Purpose.QUALITY:
        return EVERYBODY
    return Rows.cared_for(principal.id, principal.departments, counted_since(now))


def _passed(resources: list[Resource], principal: Principal) -> list[Resource]:
    """The resources, where every one of them may pass to the caller."""
    if principal.client is not None:
        check_client_ceiling(max(map(class_of_item, resources), default=0), principal)
    return resources
