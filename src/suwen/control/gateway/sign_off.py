"""From a draft to a signed record: opened, edited, and answered for by a named person.

A signature takes exactly one draft, in exactly the version and with exactly the hash that was
shown, from a person who proves at that moment who they are. There is no way to sign several.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import replace
from datetime import datetime

from suwen.control.access.authentication import Authenticator
from suwen.control.access.decision import Action
from suwen.control.gateway.acts import audited, note
from suwen.control.gateway.draft_access import DraftDoor, act_on
from suwen.control.gateway.draft_content import text_of, visible_label
from suwen.control.gateway.edit_distance import edit_distance, line_differences
from suwen.control.gateway.edits import edited_content
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.sign_off_types import (
    SIGN_ROLES,
    CopiedText,
    DraftHistory,
    Signature,
    SignRequest,
)
from suwen.control.gateway.signing import (
    check_acknowledged,
    decision_of,
    refusal_of,
    signed_decision,
)
from suwen.control.governance.releases import require_in_use
from suwen.core.audit import AuditOutcome, content_hash
from suwen.core.draft import (
    Decision,
    DraftRecord,
    DraftStatus,
    RejectReason,
    SignedRecord,
    SignOff,
)
from suwen.core.errors import (
    ConflictError,
    InputError,
    PreconditionError,
)
from suwen.core.identity import (
    AppId,
    DraftId,
    PatientId,
    Principal,
    PrincipalId,
    Role,
    SignedRecordId,
)
from suwen.core.language import Bilingual, Language
from suwen.core.ports import SignatureProvider
from suwen.storage.draft_reading import draft_changed

SignatureOf = Callable[[PrincipalId], SignatureProvider]
"""Who signs for a person: the installation's key, a hospital's CA, a USB key."""


class SignOffDesk:
    """Everything that people do with drafts."""

    def __init__(
        self, parts: GatewayParts, authenticator: Authenticator, signature_of: SignatureOf
    ) -> None:
        self._parts = parts
        self._authenticator = authenticator
        self._signature_of = signature_of
        self._door = DraftDoor(parts)

    def _now(self) -> datetime:
        return self._parts.clock.now()

    async def open_draft(self, principal: Principal, draft: DraftId) -> DraftRecord:
        """A draft in its present version.

        Raises:
            NotFoundError: ``no_such_draft``.
            AccessError: as the policies say.
        """
        found = await self._door.admit(principal, draft, Action.READ_DRAFT)
        await note(self._parts.audit, principal, act_on("draft.read", found), AuditOutcome.DONE)
        return found

    async def history(self, principal: Principal, draft: DraftId) -> DraftHistory:
        """What became of a draft; raises as ``open_draft``."""
        found = await self.open_draft(principal, draft)
        before, after = await self._first_text(found), text_of(found.content)
        changed = before is not None and after is not None
        return DraftHistory(
            draft=found,
            sign_offs=tuple(await self._parts.drafts.sign_offs(draft)),
            signed=tuple(await self._parts.drafts.signed_versions(draft)),
            edit_distance=edit_distance(before or "", after or "") if changed else None,
            differences=line_differences(before or "", after or "") if changed else "",
        )

    async def save(
        self,
        principal: Principal,
        draft: DraftId,
        expected_version: int,
        sections: Mapping[str, str],
    ) -> DraftRecord:
        """Stores an edit as the next version, every changed statement checked again.

        Returns only once it is durable.

        Raises:
            ConflictError: ``draft_changed`` when somebody saved or decided meanwhile.
            InputError: ``not_editable``, ``section_unknown``, ``section_too_long``.
            AccessError, NotFoundError: as ``open_draft``.
        """
        found = await self._door.admit(principal, draft, Action.EDIT_DRAFT)
        if found.version != expected_version:
            raise draft_changed(found.version, found.status)
        async with audited(self._parts.audit, principal, act_on("draft.save", found)) as act:
            checker = await self._door.checker(found)
            content = edited_content(found.content, sections, checker)
            digest = content_hash(content)
            act.detail.update(version=expected_version + 1, content_hash=digest)
            return await self._parts.drafts.save_version(
                draft, expected_version, content, digest, principal.id, self._now()
            )

    async def sign(self, principal: Principal, request: SignRequest) -> Signature:
        """Signs one draft: accepted when its text is as built, amended when a person changed it.

        Raises:
            AuthenticationError: when the proof is missing, wrong or another person's.
            AccessError: without the role or the care relationship.
            ConflictError: ``draft_changed`` when it is not what was shown any more.
            PreconditionError: ``open_items`` with their number; ``no_sign_off``.
            GovernanceError: ``application_suspended``.
        """
        found = await self._door.admit(principal, request.draft, Action.SIGN_DRAFT)
        manifest = self._door.manifest(found)
        roles = principal.roles & SIGN_ROLES[manifest.sign_off]
        superior = Role.CHIEF_PHYSICIAN in principal.roles
        awaits = request.cosign_wanted or (manifest.co_sign and not superior)
        async with audited(self._parts.audit, principal, act_on("draft.sign", found)) as act:
            await self._check_signable(principal, request, found)
            if not roles:
                raise _no_sign_off()
            before, after = await self._first_text(found), text_of(found.content)
            decision = Decision.ACCEPT if before == after else Decision.AMEND
            stated = decision_of(principal, request, decision, _role_of(roles), self._now())
            if after is not None:
                stated = replace(stated, edit_distance=edit_distance(before or "", after))
            sign_off = signed_decision(stated, self._signature_of(principal.id))
            act.detail.update(decision=decision.value, awaits_cosign=awaits)
            record = None if awaits else await self._record(found, (sign_off,))
            status = DraftStatus.AWAITING_COSIGN if awaits else DraftStatus.SIGNED
            decided = await self._parts.drafts.decide(sign_off, status, record, request.version)
        return Signature(decided, sign_off, record)

    async def cosign(self, principal: Principal, request: SignRequest) -> Signature:
        """Adds a superior's signature, which completes the record; raises as ``sign``.

        Raises:
            PreconditionError: ``cosign_by_another`` when it is the first signer again.
            ConflictError: ``not_awaiting_cosign``.
        """
        found = await self._door.admit(principal, request.draft, Action.COSIGN_DRAFT)
        async with audited(self._parts.audit, principal, act_on("draft.cosign", found)):
            await self._check_signable(principal, request, found)
            first = await self._first_signature(found)
            if first.signer == principal.id:
                raise PreconditionError(
                    "cosign_by_another",
                    Bilingual(
                        zh="上级签名须由另一人完成。",
                        en="The second signature is another person's.",
                    ),
                )
            stated = decision_of(
                principal, request, Decision.COSIGN, Role.CHIEF_PHYSICIAN, self._now()
            )
            sign_off = signed_decision(stated, self._signature_of(principal.id))
            record = await self._record(found, (first, sign_off))
            decided = await self._parts.drafts.decide(
                sign_off, DraftStatus.SIGNED, record, request.version
            )
        return Signature(decided, sign_off, record)

    async def reject(
        self,
        principal: Principal,
        draft: DraftId,
        version: int,
        reason: RejectReason,
        comment: str | None = None,
    ) -> DraftRecord:
        """Rejects a draft with a coded reason; ``other`` needs a comment.

        Raises:
            InputError: ``comment_missing``.
            AccessError, ConflictError, NotFoundError: as ``save``.
        """
        if reason is RejectReason.OTHER and not (comment or "").strip():
            raise InputError(
                "comment_missing",
                Bilingual(zh="选择“其他”时请说明原因。", en="Say why when the reason is 'other'."),
                field="comment",
            )
        found = await self._door.admit(principal, draft, Action.REJECT_DRAFT)
        act = act_on("draft.reject", found, reason=reason.value)
        async with audited(self._parts.audit, principal, act):
            sign_off = refusal_of(principal, found, self._now(), reason, comment)
            return await self._parts.drafts.decide(sign_off, DraftStatus.REJECTED, None, version)

    async def escalate(
        self, principal: Principal, draft: DraftId, version: int, comment: str
    ) -> DraftRecord:
        """Hands a draft to a superior, who alone may then sign it; raises as ``reject``."""
        if not comment.strip():
            raise InputError(
                "comment_missing",
                Bilingual(zh="请说明上报原因。", en="Say why it is escalated."),
                field="comment",
            )
        found = await self._door.admit(principal, draft, Action.ESCALATE_DRAFT)
        async with audited(self._parts.audit, principal, act_on("draft.escalate", found)):
            sign_off = refusal_of(principal, found, self._now(), None, comment)
            return await self._parts.drafts.decide(sign_off, DraftStatus.ESCALATED, None, version)

    async def amend(self, principal: Principal, draft: DraftId, version: int) -> DraftRecord:
        """Opens a signed document again; the next signature makes a record that supersedes the
        former, which stays.

        Raises:
            ConflictError: ``draft_changed`` when it is not signed.
            AccessError, NotFoundError: as ``sign``.
        """
        found = await self._door.admit(principal, draft, Action.AMEND_RECORD)
        async with audited(self._parts.audit, principal, act_on("record.amend", found)):
            return await self._parts.drafts.reopen_signed(draft, version, principal.id, self._now())

    async def copy_text(self, principal: Principal, draft: DraftId) -> CopiedText:
        """The text for the hospital's own record system, with its label; audited before.

        Raises:
            InputError: ``no_text``.
            AccessError, NotFoundError: as ``open_draft``.
        """
        found = await self._door.admit(principal, draft, Action.COPY_TEXT)
        text = text_of(found.content)
        if text is None:
            raise InputError(
                "no_text", Bilingual(zh="该结果没有文书文本。", en="This result has no text.")
            )
        act = act_on("draft.copy", found, content_hash=found.content_hash)
        await note(self._parts.audit, principal, act, AuditOutcome.DONE)
        signed = found.status is DraftStatus.SIGNED
        label = visible_label(
            found.content["label"], Language(found.content["result"]["document"]["language"])
        )
        status = await self._status_line(found)
        return CopiedText(
            text.replace(label, f"{label}\n{status}", 1),
            found.content["label"],
            found.content_hash,
            signed,
        )

    async def signed_record(self, principal: Principal, record: SignedRecordId) -> SignedRecord:
        """A signed record, which alone may leave; raises as ``open_draft``."""
        found = await self._parts.drafts.signed(record)
        await self.open_draft(principal, found.draft)
        return found

    async def _check_signable(
        self, principal: Principal, request: SignRequest, found: DraftRecord
    ) -> None:
        """Who signs is who they say, what they sign is what they saw, and they saw all of it."""
        await self._authenticator.confirm(principal, request.proof, request.about)
        shown = (request.version, request.content_hash)
        if shown != (found.version, found.content_hash):
            raise draft_changed(found.version, found.status)
        await require_in_use(self._parts.releases, self._door.manifest(found))
        check_acknowledged(found, request.acknowledged)

    async def _record(self, found: DraftRecord, sign_offs: tuple[SignOff, ...]) -> SignedRecord:
        """The signed record: exactly the content that was shown, and who answers for it."""
        former = await self._parts.drafts.signed_versions(found.id)
        return SignedRecord(
            id=SignedRecordId(str(uuid.uuid4())),
            draft=found.id,
            number=len(former) + 1,
            content=found.content,
            content_hash=found.content_hash,
            sign_offs=sign_offs,
            signed_at=sign_offs[-1].decided_at,
            supersedes=former[-1].id if former else None,
        )

    async def _first_signature(self, found: DraftRecord) -> SignOff:
        """The signature that waits for the superior's: the last one on this very version."""
        signed = [
            s
            for s in await self._parts.drafts.sign_offs(found.id)
            if s.decision in (Decision.ACCEPT, Decision.AMEND) and s.version == found.version
        ]
        if found.status is not DraftStatus.AWAITING_COSIGN or not signed:
            raise ConflictError(
                "not_awaiting_cosign",
                Bilingual(
                    zh="该文书不在等待上级签名。",
                    en="This document does not await a superior's signature.",
                ),
            )
        return signed[-1]

    async def _first_text(self, found: DraftRecord) -> str | None:
        """The text as it was built, version 1."""
        versions = await self._parts.drafts.versions(found.id)
        return text_of(versions[0].content)

    async def _status_line(self, found: DraftRecord) -> str:
        zh = Language(found.content["result"]["document"]["language"]) is Language.ZH
        signed = await self._parts.drafts.signed_versions(found.id)
        if found.status is not DraftStatus.SIGNED or not signed:
            return (
                "（草稿，未签署，不属于病历）"
                if zh
                else "(Draft. Unsigned. Not part of the record.)"
            )
        names = [f"{s.signer_name} {s.decided_at:%Y-%m-%d %H:%M %Z}" for s in signed[-1].sign_offs]
        return f"（签名：{'；'.join(names)}）" if zh else f"(Signed: {'; '.join(names)})"

    async def list(  # noqa: PLR0913 - each is one filter of the worklist
        self,
        principal: Principal,
        status: DraftStatus | Collection[DraftStatus] | None = None,
        patient: PatientId | None = None,
        app: AppId | None = None,
        owner: PrincipalId | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[DraftRecord]:
        """Drafts that the person may see, latest change first; ``None`` means any.

        A person's own drafts include those on records that came with their requests.

        Raises:
            AccessError: for somebody who may see none.
        """
        visible = await self._door.visible_patients(principal)
        own = owner == principal.id
        patients = None if own else visible
        if patient is not None:
            # What was written before a merge is under the id that was given up.
            one = await self._parts.records.with_priors({patient})
            patients = one if patients is None else one & patients
        found = await self._parts.drafts.list(
            status=status,
            app=app,
            owner=owner,
            patients=patients,
            limit=limit,
            offset=offset,
            ceiling=principal.client.ceiling if principal.client is not None else None,
        )
        if not own:
            return found
        return [draft for draft in found if await self._door.may_read(principal, draft)]


def _no_sign_off() -> PreconditionError:
    return PreconditionError(
        "no_sign_off",
        Bilingual(zh="该应用的结果不需要签名。", en="What this application builds is not signed."),
    )


def _role_of(roles: Set[Role]) -> Role:
    """In which role a person signs who may in several: the senior one."""
    return Role.CHIEF_PHYSICIAN if Role.CHIEF_PHYSICIAN in roles else min(roles)
