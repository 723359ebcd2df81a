"""The sign-off desk with the guards against over-reliance in front of it.

A known-wrong draft looks like any other until somebody decides on it. Then it is answered instead
of carried out: nothing is signed, rejected or copied, the draft goes away, and the person is told
at once that it was a check about an invented patient.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from suwen.control.access.decision import Action
from suwen.control.gateway.acts import Act, audited
from suwen.control.gateway.draft_content import text_of
from suwen.control.gateway.sign_off import SignOffDesk
from suwen.control.gateway.sign_off_types import CopiedText, Signature, SignRequest
from suwen.core.draft import DraftRecord, RejectReason
from suwen.core.errors import ConflictError
from suwen.core.identity import DraftId, Principal
from suwen.core.language import Bilingual
from suwen.storage.planted_checks import CheckAnswer, PlantedCheck

FINDING: Final = frozenset(
    {
        RejectReason.FACTUALLY_WRONG,
        RejectReason.UNSAFE,
        RejectReason.WRONG_PATIENT,
        RejectReason.OTHER,
    }
)
"""Reasons of a rejection that count as having noticed the error."""


class GuardedSignOffDesk(SignOffDesk):
    """As ``SignOffDesk``; whoever signs was trained, and planted checks are answered."""

    async def sign(self, principal: Principal, request: SignRequest) -> Signature:
        """As there.

        Raises:
            GovernanceError: ``training_missing`` and the like.
            ConflictError: ``planted_check`` once a check was answered by signing it.
        """
        found = await self._trained(principal, request.draft, Action.SIGN_DRAFT)
        planted = await self._planted(request.draft)
        if planted is not None:
            await self._check_signable(principal, request, found)
            corrected = planted.planted not in (text_of(found.content) or "")
            how = "corrected" if corrected else "signed"
            await self._answer(principal, found, planted, how, found_it=corrected)
        return await super().sign(principal, request)

    async def cosign(self, principal: Principal, request: SignRequest) -> Signature:
        """As there; raises besides as ``sign``."""
        await self._trained(principal, request.draft, Action.COSIGN_DRAFT)
        return await super().cosign(principal, request)

    async def reject(
        self,
        principal: Principal,
        draft: DraftId,
        version: int,
        reason: RejectReason,
        comment: str | None = None,
    ) -> DraftRecord:
        """As there; raises besides ``planted_check``."""
        planted = await self._planted(draft)
        if planted is not None:
            found = await self._door.admit(principal, draft, Action.REJECT_DRAFT)
            noticed = reason in FINDING
            await self._answer(principal, found, planted, "rejected", found_it=noticed)
        return await super().reject(principal, draft, version, reason, comment)

    async def escalate(
        self, principal: Principal, draft: DraftId, version: int, comment: str
    ) -> DraftRecord:
        """As there; raises besides ``planted_check``."""
        planted = await self._planted(draft)
        if planted is not None:
            found = await self._door.admit(principal, draft, Action.ESCALATE_DRAFT)
            await self._answer(principal, found, planted, "escalated", found_it=True)
        return await super().escalate(principal, draft, version, comment)

    async def copy_text(self, principal: Principal, draft: DraftId) -> CopiedText:
        """As there; what was planted is never copied out: raises besides ``planted_check``."""
        planted = await self._planted(draft)
        if planted is not None:
            found = await self._door.admit(principal, draft, Action.COPY_TEXT)
            await self._answer(principal, found, planted, "copied", found_it=False)
        return await super().copy_text(principal, draft)

    async def answer_by_disagreeing(self, principal: Principal, found: DraftRecord) -> None:
        """Answers a check where the draft is one; an ordinary draft passes.

        Raises:
            ConflictError: ``planted_check``.
        """
        planted = await self._planted(found.id)
        if planted is not None:
            await self._answer(principal, found, planted, "disagreed", found_it=True)

    async def _trained(self, principal: Principal, draft: DraftId, action: Action) -> DraftRecord:
        found = await self._door.admit(principal, draft, action)
        if self._parts.reliance is not None:
            await self._parts.reliance.require_trained(principal, self._door.manifest(found))
        return found

    async def _planted(self, draft: DraftId) -> PlantedCheck | None:
        reliance = self._parts.reliance
        return await reliance.checks.of_draft(draft) if reliance is not None else None

    async def _answer(
        self,
        principal: Principal,
        found: DraftRecord,
        planted: PlantedCheck,
        how: str,
        *,
        found_it: bool,
    ) -> None:
        """Keeps the answer, takes the draft away and says what it was.

        Raises:
            ConflictError: ``planted_check``, always.
        """
        reliance = self._parts.reliance
        if reliance is None:
            raise AssertionError("what was planted is known to the guards alone")
        if principal.id == planted.planted_by:
            raise ConflictError(
                "planted_by_oneself",
                Bilingual(
                    "这份核查草稿由您植入，须由他人作答。",
                    "You planted this check; somebody else answers it.",
                ),
            )
        detail: dict[str, Any] = {"how": how, "found": found_it, "draft": found.id}
        act = Act("check.answer", f"Check/{planted.id}", patient=found.patient, detail=detail)
        async with audited(self._parts.audit, principal, act):
            answer = CheckAnswer(principal.id, principal.name, self._now(), found_it, how)
            await reliance.checks.answer(planted.id, answer)
            await self._parts.drafts.remove(found.id, self._after(found))
        raise it_was_a_check(found=found_it)

    def _after(self, found: DraftRecord) -> datetime:
        """An instant after the last change of a draft, so that it may be removed."""
        return max(self._now(), found.updated_at).replace(microsecond=999_999)


def it_was_a_check(*, found: bool) -> ConflictError:
    """What somebody hears who decided on a known-wrong draft."""
    zh = "您发现了其中植入的错误。" if found else "其中植入的错误未被发现。"
    en = (
        "You noticed the error that was planted in it."
        if found
        else "The error that was planted in it was not noticed."
    )
    return ConflictError(
        "planted_check",
        Bilingual(
            f"这是一次核查：该草稿是为虚构患者编造的，不是真实文书，没有签署或归档任何内容。{zh}",
            "This was a check: the draft was made up about an invented patient. Nothing was signed "
            f"or filed. {en}",
        ),
    )
