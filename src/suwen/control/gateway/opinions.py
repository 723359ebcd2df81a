"""A clinician writes their own view first, and sets both side by side afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suwen.control.access.decision import Action
from suwen.control.gateway.acts import audited
from suwen.control.gateway.draft_access import DraftDoor, act_on
from suwen.control.gateway.draft_content import text_of
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.reliance import Reliance
from suwen.control.governance.first_opinion import (
    Agrees,
    Kept,
    OpinionLine,
    check_opinion,
    compare_lines,
)
from suwen.core.errors import NotFoundError
from suwen.core.identity import DraftId, PatientId, Principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.storage.first_opinions import Comparison, FirstOpinion


@dataclass(frozen=True, slots=True)
class WithheldDraft:
    """What may be known of a draft whose output is held back."""

    draft: DraftId
    patient: PatientId | None
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class OwnOpinion:
    """Somebody's own view beside the output; ``lines`` says which of its words stand in both."""

    opinion: FirstOpinion
    lines: tuple[OpinionLine, ...]


class OpinionDesk:
    """First opinions about drafts."""

    def __init__(self, parts: GatewayParts, reliance: Reliance) -> None:
        self._parts = parts
        self._reliance = reliance
        self._door = DraftDoor(parts)

    async def withheld(self, principal: Principal, draft: DraftId) -> WithheldDraft:
        """Whom and which application a held-back draft is about; nothing of its output.

        Raises:
            AccessError, NotFoundError: as for reading the draft.
        """
        found = await self._door.admit(principal, draft, Action.READ_DRAFT, held_back=False)
        return WithheldDraft(found.id, found.patient, self._door.manifest(found))

    async def write(self, principal: Principal, draft: DraftId, opinion: str) -> None:
        """Keeps the own view, after which the output is shown.

        Raises:
            InputError: ``first_opinion_too_short``, ``field_too_long``.
            ConflictError: ``first_opinion_written``.
            AccessError, NotFoundError: as for reading the draft.
        """
        found = await self._door.admit(principal, draft, Action.READ_DRAFT, held_back=False)
        text = check_opinion(opinion)
        async with audited(self._parts.audit, principal, act_on("opinion.write", found)):
            await self._reliance.keep_view(
                principal, found.id, found.app, found.release, found.patient, text
            )

    async def own(self, principal: Principal, draft: DraftId) -> OwnOpinion | None:
        """The person's own view beside the output; ``None`` where they wrote none.

        Raises:
            AccessError, NotFoundError: as for reading the draft.
        """
        found = await self._door.admit(principal, draft, Action.READ_DRAFT)
        for one in await self._reliance.opinions.of_draft(draft):
            if one.person == principal.id:
                output = text_of(found.content) or _findings(found.content)
                return OwnOpinion(one, compare_lines(one.opinion, output))
        return None

    async def compare(
        self, principal: Principal, draft: DraftId, agrees: Agrees, kept: Kept
    ) -> None:
        """Keeps how both compare in the person's judgement, once.

        Raises:
            NotFoundError: ``no_first_opinion`` without an own view.
            ConflictError: ``opinion_compared``.
            AccessError: as for reading the draft.
        """
        found = await self._door.admit(principal, draft, Action.READ_DRAFT)
        if not await self._reliance.opinions.has(draft, principal.id):
            raise NotFoundError(
                "no_first_opinion",
                Bilingual("您没有先写下自己的判断。", "You wrote no view of your own before."),
            )
        act = act_on("opinion.compare", found, agrees=agrees.value, kept=kept.value)
        async with audited(self._parts.audit, principal, act):
            wanted = Comparison(agrees.value, kept.value, self._parts.clock.now())
            await self._reliance.opinions.compare(draft, principal.id, wanted)


def _findings(content: Mapping[str, Any]) -> str:
    """The findings' words, for an output without a text."""
    found = content["result"]["findings"]
    return "\n".join(f"{one['message_zh']}\n{one['message_en']}" for one in found)
