"""The door to what was signed, for other systems: read and found within the care relationship."""

from __future__ import annotations

from dataclasses import replace

from suwen.control.access.decision import Action
from suwen.control.gateway.acts import Act, note, note_refusal
from suwen.control.gateway.draft_access import DraftDoor
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import admitted_patient
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError, NotFoundError
from suwen.core.identity import DraftId, Principal, SignedRecordId
from suwen.core.language import Bilingual
from suwen.storage.draft_reading import no_such_draft
from suwen.storage.signed_records import SignedEntry, SignedRecordStore, SignedWish


class SignedDesk:
    """Hands out signed records, each hand-over durably audited before."""

    def __init__(self, parts: GatewayParts, store: SignedRecordStore) -> None:
        self._parts = parts
        self._store = store
        self._door = DraftDoor(parts)

    async def read(self, principal: Principal, record: SignedRecordId, form: str) -> SignedEntry:
        """One signed record.

        Args:
            form: what is handed over, for the audit: a FHIR resource type.

        Raises:
            NotFoundError: ``no_such_signed_record``, also for whom it is not.
            AccessError: as the policies say.
            AuditError: when the reading cannot be audited; then nothing is read.
        """
        found = await self._store.read(record)
        if found is None:
            self._door.require_any(principal, DraftId(record), Action.READ_DRAFT)
            raise _no_such_record()
        try:
            await self._door.admit(principal, found.draft, Action.READ_DRAFT)
        except NotFoundError as error:
            if error.code == no_such_draft().code:
                raise _no_such_record() from None
            raise
        act = Act(
            "signed.read",
            f"SignedRecord/{record}",
            patient=found.patient,
            app=found.app,
            trace=found.trace,
            detail={"form": form, "content_hash": found.record.content_hash},
        )
        await note(self._parts.audit, principal, act, AuditOutcome.DONE)
        return found

    async def find(
        self, principal: Principal, wish: SignedWish, limit: int, form: str
    ) -> tuple[list[SignedEntry], int]:
        """Signed records of patients whom the person may see, the latest first; and how many.

        Args:
            wish: ``patients`` narrows it; a patient whom the person may not see is a refusal.

        Raises:
            AccessError, NotFoundError: as for opening the record of a patient that was named.
            AccessError: ``not_permitted`` for whoever may see no patients at all.
            AuditError: when the look-up cannot be audited.
        """
        act = Act("signed.search", "SignedRecord", detail={"form": form})
        if wish.patients is not None:
            for patient in sorted(wish.patients):
                await self._admit(principal, patient, form)
            # What was signed before a merge is under the id that was given up.
            one = await self._parts.records.with_priors(wish.patients)
            wish = replace(wish, patients=one)
        else:
            try:
                wish = replace(wish, patients=await self._door.visible_patients(principal))
            except AccessError as error:
                await note_refusal(self._parts.audit, principal, act, error)
                raise
        if principal.client is not None:
            wish = replace(wish, ceiling=principal.client.ceiling)
        found = await self._store.find(wish, limit)
        total = await self._store.count(wish)
        patients = {entry.patient for entry in found}
        only = next(iter(patients)) if len(patients) == 1 else None
        told = replace(act, patient=only)
        await note(
            self._parts.audit,
            principal,
            told,
            AuditOutcome.DONE,
            records=[str(entry.record.id) for entry in found],
        )
        return found, total

    async def _admit(self, principal: Principal, patient: str, form: str) -> None:
        act = Act("signed.search", f"Patient/{patient}", patient=patient, detail={"form": form})
        now = self._parts.clock.now()
        try:
            await admitted_patient(self._parts.records, self._parts.access, principal, patient, now)
        except (AccessError, NotFoundError) as error:
            refusal = error if isinstance(error, AccessError) else error.__cause__
            if isinstance(refusal, AccessError):
                await note_refusal(self._parts.audit, principal, act, refusal)
            raise


def _no_such_record() -> NotFoundError:
    return NotFoundError(
        "no_such_signed_record",
        Bilingual(zh="没有这份已签署的文书。", en="There is no such signed document."),
    )
