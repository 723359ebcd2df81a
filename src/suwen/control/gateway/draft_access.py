"""Who may do what with a draft, and the evidence that its statements are checked against."""

from __future__ import annotations

import asyncio

from suwen.control.access.care import counted_since
from suwen.control.access.decision import (
    Action,
    DraftTarget,
    InstallationTarget,
    RecordOrigin,
)
from suwen.control.gateway.acts import Act, note_refusal
from suwen.control.gateway.admission import find_application
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import find_patient, launched_patient
from suwen.control.gateway.reading import read_stored
from suwen.control.gateway.reliance import asks_view
from suwen.control.gateway.sign_off_types import SIGN_ROLES
from suwen.control.gateway.verification import evidence_base
from suwen.control.governance.first_opinion import opinion_wanted
from suwen.control.privacy.data_class import check_client_ceiling
from suwen.core.application import RecordRead
from suwen.core.document_form import document_from_json
from suwen.core.draft import DraftRecord, DraftStatus
from suwen.core.errors import AccessError, NotFoundError
from suwen.core.grounding import EvidenceBase, StatementChecker
from suwen.core.identity import DraftId, Principal, Purpose
from suwen.core.manifest import Manifest
from suwen.integration.fhir.record import read_record
from suwen.storage.draft_reading import no_such_draft
from suwen.storage.records import CareFilter

_MOST_PATIENTS = 2_000


def act_on(action: str, draft: DraftRecord, **detail: object) -> Act:
    """The act on a draft, as the audit names it."""
    return Act(
        action,
        f"Draft/{draft.id}",
        patient=draft.patient,
        app=draft.app,
        trace=draft.trace,
        detail={"version": draft.version, "content_hash": draft.content_hash, **detail},
    )


class DraftDoor:
    """Admits people to drafts."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts

    def manifest(self, draft: DraftRecord) -> Manifest:
        """The manifest of the draft's application.

        Raises:
            NotFoundError: ``application_not_found`` when it is no longer installed.
        """
        return find_application(self._parts.applications, draft.app).manifest

    async def admit(
        self, principal: Principal, draft: DraftId, action: Action, *, held_back: bool = True
    ) -> DraftRecord:
        """The draft, when the person may do this with it; a refusal is audited.

        Args:
            held_back: false where nothing of the output is shown, so that whoever is asked for
                their own view first may already come.

        Raises:
            NotFoundError: ``no_such_draft``.
            PreconditionError: ``first_opinion_needed``.
            AccessError: as the policies say.
            PrivacyError: ``above_client_ceiling`` for a program whose key is cleared for less.
        """
        try:
            found = await self._parts.drafts.read(draft)
        except NotFoundError:
            self.require_any(principal, draft, action)
            raise
        target = await self.target(principal, found)
        try:
            self._parts.access.require(principal, action, target)
        except AccessError as error:
            await note_refusal(
                self._parts.audit, principal, act_on(f"draft.{action.value}", found), error
            )
            best = _best_for_anybody(draft, principal)
            if principal.batch and self._parts.access.decide(principal, action, best).allowed:
                raise no_such_draft() from error
            raise
        check_client_ceiling(found.data_class, principal)
        if held_back:
            await self._require_view(principal, found)
        return found

    async def _require_view(self, principal: Principal, found: DraftRecord) -> None:
        manifest = self.manifest(found)
        if self._parts.reliance is not None:
            await self._parts.reliance.require_view(principal, found, manifest)
        elif asks_view(principal, manifest):
            raise opinion_wanted(manifest)

    def require_any(self, principal: Principal, draft: DraftId, action: Action) -> None:
        """Refuses whoever may do this with no draft whatever, so that they get one answer, whether
        it is there or not.

        Raises:
            AccessError: as the policies say.
        """
        self._parts.access.require(principal, action, _best_for_anybody(draft, principal))

    async def visible_patients(self, principal: Principal) -> frozenset[str] | None:
        """Patients whose drafts the person may see: those they care for, under the ids that were
        given up for them too; ``None`` means all, for the quality office.

        Raises:
            AccessError: for whoever may not list patients.
        """
        self._parts.access.require(principal, Action.LIST_PATIENTS, InstallationTarget())
        if principal.launched_for is not None:
            only = await launched_patient(
                self._parts.records, self._parts.access, principal, self._parts.clock.now()
            )
            return await self._parts.records.with_priors([] if only is None else [only.patient])
        if principal.purpose is Purpose.QUALITY:
            return None
        since = counted_since(self._parts.clock.now())
        care = CareFilter(principal.id, principal.departments, since)
        mine = await self._parts.records.list_cared_for(care, limit=_MOST_PATIENTS)
        return await self._parts.records.with_priors([patient.id for patient in mine])

    async def may_read(self, principal: Principal, draft: DraftRecord) -> bool:
        """Whether the policies let the person read the draft."""
        target = await self.target(principal, draft)
        return self._parts.access.decide(principal, Action.READ_DRAFT, target).allowed

    async def checker(self, draft: DraftRecord) -> StatementChecker:
        """The checker of a draft's statements: the patient's record as it is now, and the
        calculations of the rules. A record that came with its request was not kept, so that
        nothing new can be supported by it."""
        record = None
        if _origin(draft) is not RecordOrigin.REQUEST and draft.patient is not None:
            reads = self.manifest(draft).reads
            read = RecordRead(reads, draft.patient)
            resources = await read_stored(self._parts.records, read, draft.patient)
            record = await asyncio.to_thread(read_record, resources)
        base = EvidenceBase(record=record)
        document = draft.content["result"].get("document")
        if document is not None:
            base = evidence_base(record, (), document_from_json(document))
        return await asyncio.to_thread(self._parts.checker, base)

    async def target(self, principal: Principal, draft: DraftRecord) -> DraftTarget:
        """The draft as the policies see it when this person asks."""
        origin = _origin(draft)
        care = emergency = False
        if draft.patient is not None:
            patient = await find_patient(
                self._parts.records, principal, draft.patient, self._parts.clock.now()
            )
            care = patient is not None and patient.care
            emergency = patient is not None and patient.break_glass
        if origin is RecordOrigin.REQUEST and draft.created_by == principal.id:
            care = principal.is_person
        return DraftTarget(
            draft=draft.id,
            origin=origin,
            care=care,
            sign_roles=frozenset(role.value for role in SIGN_ROLES[self.manifest(draft).sign_off]),
            escalated=draft.status is DraftStatus.ESCALATED,
            break_glass=emergency,
            patient=draft.patient,
        )


def _best_for_anybody(draft: DraftId, principal: Principal) -> DraftTarget:
    """The draft with which this person may do whatever they may do with any draft."""
    # The roles that sign anything at all: with others it would seem as if everybody signed some.
    roles = frozenset(role.value for signers in SIGN_ROLES.values() for role in signers)
    return DraftTarget(
        draft,
        RecordOrigin.SYNTHETIC,
        care=True,
        sign_roles=roles,
        patient=principal.launched_for,
    )


def _origin(draft: DraftRecord) -> RecordOrigin:
    """Where the record came from; a draft about no patient counts as brought by its author."""
    stated = draft.content.get("origin")
    return RecordOrigin.REQUEST if stated is None else RecordOrigin(stated)
