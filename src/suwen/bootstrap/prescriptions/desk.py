"""The pharmacists' desk: the queue, one prescription, decisions and the way to prescribers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.prescriptions.acts import (
    AFTER,
    PHARMACIST,
    PRESCRIBER,
    acts_at,
    check_reasons,
    first_signer,
    needs_second,
)
from suwen.bootstrap.prescriptions.intake import REVIEW, Intake, content_of
from suwen.bootstrap.prescriptions.quieting import rows_of, urgency_of
from suwen.bootstrap.prescriptions.shown import Deed, PrescriptionView, QueueView
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.acts import Act, audited, note
from suwen.core.audit import AuditEvent, AuditOutcome
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.storage.patient_summary import PatientSummary
from suwen.storage.prescription_rows import no_such_prescription
from suwen.storage.prescription_types import (
    QUEUE,
    FindingRow,
    PrescriptionAct,
    PrescriptionState,
    Reviewed,
    RuleAnswer,
    Step,
    StoredPrescription,
)

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

LONGEST_COMMENT: Final = 500
HERE: Final = InstallationTarget()


class PrescriptionDesk:
    """Who sees which prescription, and who may take it a step on.

    Nobody decides on a prescription of their own, and nobody signs twice where two have to.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.intake = Intake(platform)
        self._store = self.intake.store

    def is_pharmacist(self, principal: Principal) -> bool:
        """Whether somebody reviews prescriptions."""
        access = self._platform.access
        return access.decide(principal, Action.REVIEW_PRESCRIPTIONS, HERE).allowed

    async def queue(
        self,
        principal: Principal,
        *,
        states: Sequence[PrescriptionState] = QUEUE,
        department: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> QueueView:
        """What waits for a pharmacist.

        Raises:
            AccessError: ``not_permitted``.
        """
        platform = self._platform
        platform.access.require(principal, Action.REVIEW_PRESCRIPTIONS, HERE)
        await self._note_list(principal)
        found = await self._store.queue(states, department=department, limit=limit, offset=offset)
        failed = await self.intake.arrivals.failed()
        return QueueView(
            prescriptions=found,
            patients=await self._patients(found),
            counts=await self._store.count(QUEUE),
            departments=await self._store.departments(states),
            unreviewed=len(await self.intake.arrivals.waiting(100)),
            failed=[(arrival.patient, code) for arrival, code in failed],
        )

    async def mine(self, principal: Principal) -> QueueView:
        """What this prescriber was asked, and what of theirs was refused or still waits.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._platform.access.require(principal, Action.SUBMIT_PRESCRIPTIONS, HERE)
        await self._note_list(principal)
        found = await self._store.queue(_PRESCRIBERS, prescriber=principal.id)
        found.sort(key=lambda p: (_PRESCRIBERS.index(p.state), p.submitted_at))
        return QueueView(found, await self._patients(found), {}, (), 0, ())

    async def _note_list(self, principal: Principal) -> None:
        act = Act("prescription.list", "Prescription", app=REVIEW)
        await note(self._platform.audit, principal, act, AuditOutcome.DONE)

    async def open(self, wanted: str, principal: Principal) -> PrescriptionView:
        """One prescription, for pharmacists and for whoever wrote it; the reading is audited.

        Raises:
            NotFoundError: ``no_such_prescription``, also for whom it does not concern.
        """
        found = await self._mine(wanted, principal)
        act = Act("prescription.read", f"Prescription/{found.id}", found.patient, REVIEW)
        await note(self._platform.audit, principal, act, AuditOutcome.DONE)
        if found.decided_by is not None and found.decided_by != principal.id:
            await self._store.mark_taken(found.id, self._platform.clock.now())
            found = await self._store.read(wanted)
        return await self._view(found, principal)

    async def decide(self, wanted: str, deed: Deed, principal: Principal) -> PrescriptionView:
        """A pharmacist's act, audited before it takes effect.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_prescription``.
            ConflictError: ``step_not_possible``, ``prescription_has_moved``.
            InputError: ``reason_needed``, ``findings_need_reasons``, ``comment_needed``.
        """
        self._platform.access.require(principal, Action.REVIEW_PRESCRIPTIONS, HERE)
        found, rows = await self._ready(wanted, deed, principal, PHARMACIST)
        check_reasons(deed.act, deed.reason, deed.comment, deed.overridden, rows)
        second = deed.act is PrescriptionAct.ACCEPT and self._second(found)
        after = PrescriptionState.SECOND if second else AFTER[deed.act]
        step = Step(
            prescription=found.id,
            version=deed.version,
            act=deed.act,
            before=found.state,
            after=after,
            by=principal.id,
            at=self._platform.clock.now(),
            reason=deed.reason,
            comment=deed.comment,
            decided=deed.act is not PrescriptionAct.RETURN,
            overridden=deed.overridden,
            upheld=_upheld(deed, rows),
            answers=_answers(found, deed, rows, principal),
        )
        async with audited(self._platform.audit, principal, self._act(found, deed)):
            await self._store.do(step)
        return await self._view(await self._store.read(wanted), principal)

    async def undo(self, wanted: str, version: int, principal: Principal) -> PrescriptionView:
        """Takes one's own decision back within the time there is, where nobody was told.

        Raises:
            ConflictError: ``too_late_to_undo``, ``prescription_has_moved``.
        """
        found = await self._mine(wanted, principal)
        if not self._undo_s(found, principal):
            raise ConflictError(
                "too_late_to_undo",
                Bilingual(
                    zh="已超过可撤销时间，或结论已被他人取用。",
                    en="It is too late to take it back, or somebody was told of it.",
                ),
            )
        steps = await self._store.steps(wanted)
        before = steps[-2].state
        second = before is PrescriptionState.SECOND
        deed = Deed(PrescriptionAct.UNDO, version)
        step = Step(
            prescription=found.id,
            version=version,
            act=PrescriptionAct.UNDO,
            before=found.state,
            after=before,
            by=principal.id,
            at=self._platform.clock.now(),
        )
        async with audited(self._platform.audit, principal, self._act(found, deed)):
            await self._store.undo(step, first_signer(steps[:-1]) if second else None)
        return await self._view(await self._store.read(wanted), principal)

    async def answer(
        self,
        wanted: str,
        deed: Deed,
        principal: Principal,
        request: Mapping[str, Any] | None = None,
    ) -> PrescriptionView:
        """The prescriber's answer to a query: it returns to the queue, or is withdrawn.

        Args:
            request: the changed prescription in the form of the contract, for ``CHANGE``.

        Raises:
            NotFoundError: ``no_such_prescription``.
            ConflictError: ``step_not_possible``, ``prescription_has_moved``.
            InputError: ``comment_needed``, or of the changed prescription.
        """
        found, _ = await self._ready(wanted, deed, principal, PRESCRIBER)
        if deed.act is PrescriptionAct.JUSTIFY and not deed.comment:
            raise _comment_needed()
        changed = None
        if deed.act is PrescriptionAct.CHANGE:
            changed = await self._changed(found, request, principal)
        step = Step(
            prescription=found.id,
            version=deed.version,
            act=deed.act,
            before=found.state,
            after=AFTER[deed.act],
            by=principal.id,
            at=self._platform.clock.now(),
            comment=deed.comment,
        )
        async with audited(self._platform.audit, principal, self._act(found, deed)):
            await self._store.do(step, changed)
        return await self._view(await self._store.read(wanted), principal)

    async def happened(self, opened: AuditEvent) -> bool | None:
        """Whether an act that was opened and never closed took effect; ``None`` for others'."""
        subject, version = opened.entry.subject or "", opened.entry.detail.get("version")
        if not subject.startswith("Prescription/") or not isinstance(version, int):
            return None
        steps = await self._store.steps(subject.partition("/")[2])
        wanted = opened.entry.action.partition(".")[2]
        return version < len(steps) and (
            steps[version].by == opened.entry.actor and steps[version].act.value == wanted
        )

    async def _changed(
        self, found: StoredPrescription, request: Mapping[str, Any] | None, principal: Principal
    ) -> Reviewed:
        if request is None or found.orders:
            # What another system ordered is changed there; the changed order comes back by itself.
            raise _not_possible()
        run, said = await self.intake.review_again(
            principal, request, found.patient, found.encounter or ""
        )
        return Reviewed(
            decision=said["decision"],
            urgency=urgency_of(said),
            setting=said["reviewed"]["setting"],
            findings=rows_of(said),
            content=content_of(run, said, found.content.get("prescriber_name")),
        )

    async def _ready(
        self, wanted: str, deed: Deed, principal: Principal, part: str
    ) -> tuple[StoredPrescription, list[FindingRow]]:
        require_plain(deed.comment, "comment")
        found = await self._mine(wanted, principal)
        first = first_signer(await self._store.steps(found.id))
        if deed.act not in acts_at(found, principal.id, part, first):
            raise _not_possible()
        if len(deed.comment) > LONGEST_COMMENT:
            raise InputError(
                "field_too_long",
                Bilingual(f"最多 {LONGEST_COMMENT} 个字符。", f"At most {LONGEST_COMMENT}."),
                field="comment",
            )
        return found, await self._store.findings(found.id, found.round)

    async def _view(self, found: StoredPrescription, principal: Principal) -> PrescriptionView:
        steps = await self._store.steps(found.id)
        parts = (PHARMACIST, PRESCRIBER) if self.is_pharmacist(principal) else (PRESCRIBER,)
        first = first_signer(steps)
        acts = [act for part in parts for act in acts_at(found, principal.id, part, first)]
        patient = None
        if found.patient is not None:
            patient = await self._platform.records.read_summary(found.patient)
        return PrescriptionView(
            prescription=found,
            patient=patient,
            rows=await self._store.findings(found.id, found.round),
            steps=steps,
            acts=tuple(acts),
            undo_s=self._undo_s(found, principal),
            second=self._second(found),
        )

    def _undo_s(self, found: StoredPrescription, principal: Principal) -> int:
        if found.decided_at is None or found.decided_by != principal.id or found.taken_at:
            return 0
        ends = found.decided_at + timedelta(seconds=self._platform.settings.pharmacy.undo_seconds)
        return max(0, int((ends - self._platform.clock.now()).total_seconds()))

    def _second(self, found: StoredPrescription) -> bool:
        return needs_second(self._platform.settings.pharmacy.double_signature, found)

    def _act(self, found: StoredPrescription, deed: Deed) -> Act:
        detail: dict[str, Any] = {"version": deed.version}
        if deed.reason is not None:
            detail["reason"] = deed.reason
        if deed.overridden:
            detail["overridden"] = sorted(set(deed.overridden.values()))
        return Act(
            f"prescription.{deed.act.value}",
            f"Prescription/{found.id}",
            found.patient,
            REVIEW,
            detail=detail,
        )

    async def _mine(self, wanted: str, principal: Principal) -> StoredPrescription:
        found = await self._store.read(wanted)
        access = self._platform.access
        own = (
            found.prescriber == principal.id
            and access.decide(principal, Action.SUBMIT_PRESCRIPTIONS, HERE).allowed
        )
        comments = found.state is PrescriptionState.COMMENTED and (
            access.decide(principal, Action.COMMENT_PRESCRIPTIONS, HERE).allowed
        )
        if not (own or comments or self.is_pharmacist(principal)):
            raise no_such_prescription()
        return found

    async def _patients(self, found: Sequence[StoredPrescription]) -> dict[str, PatientSummary]:
        known = {}
        for patient in {p.patient for p in found if p.patient is not None}:
            summary = await self._platform.records.read_summary(patient)
            if summary is not None:
                known[patient] = summary
        return known


_PRESCRIBERS: Final = (
    PrescriptionState.QUERIED,
    PrescriptionState.REJECTED,
    PrescriptionState.WAITING,
    PrescriptionState.ANSWERED,
    PrescriptionState.SECOND,
)


def _upheld(deed: Deed, rows: Sequence[FindingRow]) -> frozenset[str]:
    """What a query or a rejection rests on: what asks, and was not overridden."""
    if deed.act not in (PrescriptionAct.QUERY, PrescriptionAct.REJECT):
        return frozenset()
    return frozenset(r.matter for r in rows if r.asked != "pass") - set(deed.overridden)


def _answers(
    found: StoredPrescription, deed: Deed, rows: Sequence[FindingRow], principal: Principal
) -> tuple[RuleAnswer, ...]:
    """What is remembered of it in the encounter; of nobody nothing is."""
    if found.patient is None:
        return ()
    rules = {row.matter: row.rule for row in rows}
    return tuple(
        RuleAnswer(
            patient=found.patient,
            encounter=found.encounter or "",
            rule=rules[matter],
            matter=matter,
            outcome="overridden",
            reason=reason,
            by=principal.id,
            door="desk",
        )
        for matter, reason in sorted(deed.overridden.items())
        if matter in rules
    )


def _not_possible() -> ConflictError:
    return ConflictError(
        "step_not_possible",
        Bilingual(zh="此时不能这样处理该处方。", en="This cannot be done with it now."),
    )


def _comment_needed() -> InputError:
    return InputError(
        "comment_needed", Bilingual(zh="请写明理由。", en="Say why."), field="comment"
    )
