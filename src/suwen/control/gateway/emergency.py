"""Emergency access: somebody without a care relationship opens a record, and answers for it.

Nothing that is said before the person has proved who they are depends on whether there is such a
record. Who opens one is audited before it is open; the heads of the person's departments and the
compliance office find it on their list until one of them has reviewed it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from suwen.control.access.decision import Action, EmergencyTarget, InstallationTarget, PatientTarget
from suwen.control.access.decision import RecordOrigin as Origin
from suwen.control.access.sign_in_types import Proof
from suwen.control.gateway.acts import Act, audited, note, note_refusal
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import find_patient
from suwen.core.audit import AuditOutcome
from suwen.core.errors import (
    AccessError,
    AuthenticationError,
    ConflictError,
    InputError,
    NotFoundError,
    SuwenError,
)
from suwen.core.identity import PatientId, Principal
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.storage.emergency_access import EmergencyAccess, EmergencyStore, Review

LEAST_COMMENT: Final = 5
MOST_COMMENT: Final = 500
_MOST_ID: Final = 200


class EmergencyReason(StrEnum):
    """Why a record has to be opened before anybody can arrange it otherwise."""

    LIFE_THREATENING = "life_threatening"
    RESUSCITATION_OR_RESCUE = "resuscitation_or_rescue"
    URGENT_CONSULTATION = "urgent_consultation"
    ON_CALL_COVER = "on_call_cover"
    TRANSFER_NOT_REGISTERED = "transfer_not_registered"
    MASS_CASUALTY = "mass_casualty"
    OTHER = "other"


class ReviewOutcome(StrEnum):
    """What a review of an emergency access came to."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody states to open a record; ``patient`` is its id or its record number."""

    patient: str
    reason: str
    comment: str


@dataclass(frozen=True, slots=True)
class ListedEmergency:
    """An emergency access on the list of whoever looks after them."""

    access: EmergencyAccess
    active: bool
    may_review: bool


class ProofOfPerson(Protocol):
    """Makes sure that it is this very person who acts."""

    async def confirm(self, principal: Principal, proof: Proof, about: str = "") -> None:
        """Raises AuthenticationError when it is not."""


class EmergencyDesk:
    """Opens, ends and reviews emergency access.

    Args:
        lasts: how long one is open unless it is ended before.
    """

    def __init__(
        self,
        parts: GatewayParts,
        store: EmergencyStore,
        proofs: ProofOfPerson,
        lasts: timedelta,
    ) -> None:
        self._parts = parts
        self._store = store
        self._proofs = proofs
        self._lasts = lasts

    @property
    def minutes(self) -> int:
        """How long an emergency access is open, in minutes."""
        return int(self._lasts.total_seconds() // 60)

    def may_declare(self, principal: Principal) -> bool:
        """Whether the person's role and purpose let them declare an emergency at all."""
        asked = principal.launched_for or ""
        target = PatientTarget(asked, Origin.IMPORTED, care=False)
        return self._parts.access.decide(principal, Action.BREAK_GLASS, target).allowed

    async def open(
        self, principal: Principal, declared: Declaration, proof: Proof
    ) -> EmergencyAccess:
        """Opens a record; one that is open to the person already stays so.

        Raises:
            AccessError: ``not_permitted`` for whoever may not, whatever they ask for.
            InputError: ``emergency_incomplete`` with the field at fault.
            AuthenticationError: as ``Authenticator.confirm``; a session alone is no proof.
            NotFoundError: ``patient_not_found``, only to whoever has proved themselves.
            ConflictError: ``emergency_not_needed`` for a patient whom the person cares for.
            AuditError: when it cannot be audited; then nothing is open.
        """
        asked = declared.patient.strip()[:_MOST_ID]
        act = Act("emergency.open", f"Patient/{asked}", patient=asked)
        try:
            self._require(principal, asked)
            _check(declared)
            if proof.password is None and proof.statement is None:
                raise _not_proved()
            await self._proofs.confirm(principal, proof, f"emergency/{asked}")
            patient = await self._find(principal, asked)
        except (AccessError, AuthenticationError, NotFoundError) as error:
            await note(self._parts.audit, principal, act, AuditOutcome.REFUSED, code=error.code)
            raise
        return await self._opened(principal, patient, declared)

    async def _opened(
        self, principal: Principal, patient: PatientId, declared: Declaration
    ) -> EmergencyAccess:
        now = self._parts.clock.now()
        for open_now in await self._store.active(principal.id, now):
            if open_now.patient == patient:
                return open_now
        access = EmergencyAccess(
            id=str(uuid.uuid4()),
            person=principal.id,
            departments=principal.departments,
            patient=patient,
            reason=declared.reason,
            comment=declared.comment.strip(),
            opened_at=now,
            expires_at=now + self._lasts,
        )
        act = _act("emergency.open", access)
        async with audited(self._parts.audit, principal, act, number=access.id):
            await self._store.put(access)
        return access

    async def active(self, principal: Principal) -> list[EmergencyAccess]:
        """What is open to the person now; nothing for a program or service, and of nobody else in
        a session that is for one patient."""
        if not principal.is_person or principal.client is not None:
            return []
        found = await self._store.active(principal.id, self._parts.clock.now())
        return [one for one in found if principal.is_for(one.patient)]

    async def end(self, principal: Principal, access: str) -> bool:
        """Ends one before its time: whoever declared it, or may review it. False when it was over.

        Raises:
            NotFoundError: ``no_such_emergency``, also for whoever may do neither.
        """
        found = await self._store.read(access)
        own = found.person == principal.id and principal.is_person
        if not own and not self._may_review(principal, found):
            await self._refused(principal, "emergency.end", found, "not_permitted")
            raise _no_such_emergency()
        async with audited(self._parts.audit, principal, _act("emergency.end", found)):
            return await self._store.end(access, principal.id, self._parts.clock.now())

    async def list(
        self, principal: Principal, *, unreviewed: bool = False
    ) -> list[ListedEmergency]:
        """The emergency access that somebody looks after, the latest first: the compliance office
        all of it, a head of department that of the department.

        Raises:
            AccessError: for everybody else.
        """
        act = Act("emergency.list", "EmergencyAccess", detail={"unreviewed": unreviewed})
        try:
            self._parts.access.require(principal, Action.LIST_EMERGENCIES, InstallationTarget())
        except AccessError as error:
            await note_refusal(self._parts.audit, principal, act, error)
            raise
        await note(self._parts.audit, principal, act, AuditOutcome.DONE)
        now = self._parts.clock.now()
        rows = []
        for access in await self._store.latest(unreviewed=unreviewed):
            may = self._may_review(principal, access)
            if may or access.person == principal.id:
                rows.append(ListedEmergency(access, access.is_active(now), may))
        return rows

    async def review(
        self, principal: Principal, access: str, outcome: ReviewOutcome, comment: str
    ) -> None:
        """Decides whether an emergency access was justified; one that was not ends at once.

        Raises:
            AccessError: ``nobody_reviews_their_own_emergency`` or as the policies say.
            InputError: ``emergency_incomplete``.
            NotFoundError: ``no_such_emergency``, also for whoever may not know of it.
            ConflictError: ``emergency_reviewed``.
        """
        found = await self._store.read(access)
        try:
            self._parts.access.require(
                principal, Action.REVIEW_EMERGENCY, _target(principal, found)
            )
        except AccessError as error:
            await self._refused(principal, "emergency.review", found, error.code)
            if found.person != principal.id:
                raise _no_such_emergency() from error
            raise
        _check_comment(comment)
        now = self._parts.clock.now()
        act = _act("emergency.review", found, outcome=outcome.value)
        async with audited(self._parts.audit, principal, act):
            decided = Review(now, principal.id, outcome.value, comment.strip())
            await self._store.review(access, decided)
            if outcome is ReviewOutcome.NOT_JUSTIFIED:
                await self._store.end(access, principal.id, now)

    def _require(self, principal: Principal, patient: str) -> None:
        target = PatientTarget(patient, Origin.IMPORTED, care=False)
        self._parts.access.require(principal, Action.BREAK_GLASS, target)

    async def _find(self, principal: Principal, asked: str) -> PatientId:
        records, now = self._parts.records, self._parts.clock.now()
        summary = await records.read_summary(asked)
        if summary is None:
            known = await records.patients_by_identifier(asked)
            summary = await records.read_summary(known[0]) if len(known) == 1 else None
        if summary is None:
            raise NotFoundError(
                "patient_not_found",
                Bilingual(
                    zh="病历库中没有该患者。", en="There is no such patient in the record store."
                ),
                field="patient",
            )
        self._require(principal, summary.id)
        target = await find_patient(records, principal, summary.id, now)
        if target is not None and target.care:
            raise ConflictError(
                "emergency_not_needed",
                Bilingual(
                    zh="您与该患者有诊疗关系，可直接打开病历，无需紧急访问。",
                    en="You care for this patient: open the record without emergency access.",
                ),
                field="patient",
            )
        return PatientId(summary.id)

    def _may_review(self, principal: Principal, access: EmergencyAccess) -> bool:
        target = _target(principal, access)
        return self._parts.access.decide(principal, Action.REVIEW_EMERGENCY, target).allowed

    async def _refused(
        self, principal: Principal, action: str, access: EmergencyAccess, code: str
    ) -> None:
        act = _act(action, access)
        await note(self._parts.audit, principal, act, AuditOutcome.REFUSED, code=code)


def _target(principal: Principal, access: EmergencyAccess) -> EmergencyTarget:
    together = bool(principal.departments & access.departments)
    return EmergencyTarget(access.id, access.person, together)


def _act(action: str, access: EmergencyAccess, **detail: str) -> Act:
    said = {
        "emergency": access.id,
        "person": access.person,
        "reason": access.reason,
        "until": access.expires_at.isoformat(),
        **detail,
    }
    subject = f"Patient/{access.patient}"
    return Act(action, subject, patient=access.patient, detail=said)


def _check(declared: Declaration) -> None:
    if not declared.patient.strip():
        raise _incomplete("patient", "请填写患者编号或病历号", "state the patient's number")
    if declared.reason not in {reason.value for reason in EmergencyReason}:
        raise _incomplete("reason", "请选择原因", "choose a reason")
    _check_comment(declared.comment)


def _check_comment(comment: str) -> None:
    require_plain(comment, "comment")
    if not LEAST_COMMENT <= len(comment.strip()) <= MOST_COMMENT:
        raise _incomplete(
            "comment",
            f"请用 {LEAST_COMMENT}–{MOST_COMMENT} 个字说明",
            f"explain it in {LEAST_COMMENT} to {MOST_COMMENT} characters",
        )


def _incomplete(field: str, zh: str, en: str) -> SuwenError:
    return InputError(
        "emergency_incomplete", Bilingual(zh=f"{zh}。", en=f"Please {en}."), field=field
    )


def _not_proved() -> AuthenticationError:
    return AuthenticationError(
        "proof_missing",
        Bilingual(
            zh="紧急访问须当场输入本人密码。",
            en="Emergency access needs your password at this moment.",
        ),
        field="password",
    )


def _no_such_emergency() -> NotFoundError:
    return NotFoundError(
        "no_such_emergency",
        Bilingual(zh="没有这次紧急访问。", en="There is no such emergency access."),
    )
