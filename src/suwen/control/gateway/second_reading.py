"""A clinician disagrees with an output, and somebody else reads it a second time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suwen.control.access.decision import Action, DisagreementTarget, InstallationTarget
from suwen.control.gateway.acts import Act, audited, note, note_refusal
from suwen.control.gateway.draft_access import DraftDoor, act_on
from suwen.control.gateway.guarded_sign_off import GuardedSignOffDesk
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import find_patient
from suwen.control.gateway.sign_off_types import SIGN_ROLES
from suwen.control.governance.disagreement import (
    DisagreementCode,
    ReadingOutcome,
    check_view,
)
from suwen.core.audit import AuditOutcome
from suwen.core.draft import DraftRecord
from suwen.core.errors import AccessError, InputError, NotFoundError
from suwen.core.identity import DraftId, Principal
from suwen.core.language import Bilingual
from suwen.storage.disagreements import (
    Disagreement,
    DisagreementStore,
    SecondReading,
    unknown_disagreement,
)


@dataclass(frozen=True, slots=True)
class Objection:
    """What somebody disagrees with, and what they hold instead.

    Attributes:
        version: of the draft that was shown, with its hash.
        item: id of a statement or finding; ``None`` for the whole.
    """

    draft: DraftId
    version: int
    content_hash: str
    item: str | None
    code: DisagreementCode
    view: str


class SecondReadingDesk:
    """Keeps disagreements and has each read by another person with the right role."""

    def __init__(
        self, parts: GatewayParts, store: DisagreementStore, sign_off: GuardedSignOffDesk
    ) -> None:
        self._parts = parts
        self._store = store
        self._sign_off = sign_off
        self._door = DraftDoor(parts)

    async def disagree(self, principal: Principal, objection: Objection) -> Disagreement:
        """Keeps a disagreement with exactly what was shown; it waits for a second reader.

        Raises:
            AccessError, NotFoundError: as for reading the draft.
            InputError: ``view_missing``, ``item_unknown``, ``field_too_long``.
            ConflictError: ``draft_changed``; ``planted_check`` where the draft was one.
        """
        found = await self._door.admit(principal, objection.draft, Action.DISAGREE)
        shown = await self._shown(objection, found)
        view = check_view(objection.view)
        await self._sign_off.answer_by_disagreeing(principal, found)
        wanted = Disagreement(
            id=str(uuid.uuid4()),
            draft=found.id,
            version=objection.version,
            content_hash=shown,
            app=found.app,
            release=found.release,
            patient=found.patient,
            item=objection.item,
            code=objection.code.value,
            view=view,
            person=principal.id,
            name=principal.name,
            role=max(principal.roles).value,
            at=self._parts.clock.now(),
        )
        act = act_on("draft.disagree", found, code=wanted.code, item=wanted.item or "")
        async with audited(self._parts.audit, principal, act):
            await self._store.put(wanted)
        return wanted

    async def queue(
        self, principal: Principal, *, waiting: bool = True
    ) -> Sequence[tuple[Disagreement, bool]]:
        """Disagreements that the person may know of, and whether they may read each.

        Raises:
            AccessError: ``not_permitted``.
        """
        access = self._parts.access
        access.require(principal, Action.LIST_DISAGREEMENTS, InstallationTarget())
        listed = []
        for one in await self._store.latest(waiting=waiting):
            target = await self._target(principal, one)
            may_read = access.decide(principal, Action.SECOND_READ, target).allowed
            if may_read or one.person == principal.id:
                listed.append((one, may_read and one.second is None))
        act = Act("disagreement.list", "Disagreements", detail={"shown": len(listed)})
        await note(self._parts.audit, principal, act, AuditOutcome.DONE)
        return listed

    async def of_draft(self, principal: Principal, draft: DraftId) -> Sequence[Disagreement]:
        """Those about a draft that the person may read.

        Raises:
            AccessError, NotFoundError: as for reading the draft.
        """
        await self._door.admit(principal, draft, Action.READ_DRAFT)
        return await self._store.of_draft(draft)

    async def open(self, principal: Principal, wanted: str) -> tuple[Disagreement, bool]:
        """One disagreement, and whether the person may read it a second time now.

        Raises:
            NotFoundError: ``no_such_disagreement``, also for whoever may neither read it nor
                made it.
            AccessError: ``not_permitted`` for whoever may see none.
        """
        found, allowed = await self._known(principal, wanted)
        act = _act("disagreement.read", found)
        await note(self._parts.audit, principal, act, AuditOutcome.DONE)
        return found, allowed and found.second is None

    async def shown_text(self, principal: Principal, found: Disagreement) -> str | None:
        """What was objected to, in the version that was shown: the one statement or finding, else
        the whole text; ``None`` where the draft is gone, or closed by now to whoever objected."""
        if not await self._may_see(principal, found):
            return None
        for one in await self._parts.drafts.versions(found.draft):
            if (one.version, one.content_hash) == (found.version, found.content_hash):
                return _words_of(one.content, found.item)
        return None

    async def _may_see(self, principal: Principal, found: Disagreement) -> bool:
        target = await self._target(principal, found)
        if self._parts.access.decide(principal, Action.SECOND_READ, target).allowed:
            return True
        try:
            draft = await self._parts.drafts.read(found.draft)
        except NotFoundError:
            return False
        return await self._door.may_read(principal, draft)

    async def settle(
        self, principal: Principal, wanted: str, outcome: ReadingOutcome, view: str
    ) -> Disagreement:
        """Keeps what the second reader found.

        Raises:
            NotFoundError: ``no_such_disagreement``, also without the role or care.
            AccessError: ``nobody_reads_their_own_disagreement``; ``not_permitted`` for whoever
                may see none.
            ConflictError: ``disagreement_settled``.
            InputError: ``view_missing``, ``field_too_long``.
        """
        found, allowed = await self._known(principal, wanted)
        if not allowed:
            await self._refuse(principal, found)
        text = check_view(view)
        second = SecondReading(
            principal.id,
            principal.name,
            max(principal.roles).value,
            self._now(),
            outcome.value,
            text,
        )
        act = _act("disagreement.settle", found, outcome=outcome.value)
        async with audited(self._parts.audit, principal, act):
            await self._store.settle(found, second)
        return await self._store.read(wanted)

    def _now(self) -> datetime:
        return self._parts.clock.now()

    async def _shown(self, objection: Objection, found: DraftRecord) -> str:
        """Hash of the version that was objected to, which must have been one of the draft's."""
        versions = await self._parts.drafts.versions(found.id)
        kept = {(one.version, one.content_hash): one.content for one in versions}
        content = kept.get((objection.version, objection.content_hash))
        if content is None:
            raise InputError(
                "version_unknown",
                Bilingual("草稿没有这个版本。", "The draft has no such version."),
                field="version",
            )
        if objection.item is not None and objection.item not in items_of(content):
            raise InputError(
                "item_unknown",
                Bilingual("草稿中没有这一条。", "The draft has no such statement or finding."),
                field="item",
            )
        return objection.content_hash

    async def _target(self, principal: Principal, found: Disagreement) -> DisagreementTarget:
        care = False
        if found.patient is not None:
            now = self._now()
            patient = await find_patient(self._parts.records, principal, found.patient, now)
            care = patient is not None and patient.care
        installed = self._parts.applications.get(found.app)
        roles = SIGN_ROLES[installed.manifest.sign_off] if installed is not None else frozenset()
        signers = frozenset(role.value for role in roles)
        return DisagreementTarget(found.id, found.person, signers, care)

    async def _known(self, principal: Principal, wanted: str) -> tuple[Disagreement, bool]:
        """A disagreement that the person may know of, and whether they may read it a second time.
        One that is somebody else's is answered like one that is not there."""
        access = self._parts.access
        access.require(principal, Action.LIST_DISAGREEMENTS, InstallationTarget())
        found = await self._store.read(wanted)
        target = await self._target(principal, found)
        allowed = access.decide(principal, Action.SECOND_READ, target).allowed
        if not allowed and found.person != principal.id:
            try:
                await self._refuse(principal, found)
            except AccessError as refusal:
                raise unknown_disagreement() from refusal
        return found, allowed

    async def _refuse(self, principal: Principal, found: Disagreement) -> None:
        """Refuses a second reading, which is audited.

        Raises:
            AccessError: as the policies say.
        """
        target = await self._target(principal, found)
        try:
            self._parts.access.require(principal, Action.SECOND_READ, target)
        except AccessError as error:
            act = _act("disagreement.read", found)
            await note_refusal(self._parts.audit, principal, act, error)
            raise


def items_of(content: Mapping[str, Any]) -> frozenset[str]:
    """Ids of every statement and finding of a draft's content."""
    result = content["result"]
    document = result.get("document") or {"sections": []}
    statements = [str(s["id"]) for section in document["sections"] for s in section["statements"]]
    return frozenset([*statements, *(str(finding["id"]) for finding in result["findings"])])


def _words_of(content: Mapping[str, Any], item: str | None) -> str | None:
    result = content["result"]
    document = result.get("document") or {"sections": [], "text": None}
    if item is None:
        return document["text"] if document["text"] is None else str(document["text"])
    for section in document["sections"]:
        for statement in section["statements"]:
            if statement["id"] == item:
                return str(statement["text"])
    for finding in result["findings"]:
        if finding["id"] == item:
            return f"{finding['message_zh']}\n{finding['message_en']}"
    return None


def _act(action: str, found: Disagreement, **detail: object) -> Act:
    subject = f"Disagreement/{found.id}"
    told = {"draft": found.draft, "code": found.code, **detail}
    return Act(action, subject, patient=found.patient, app=found.app, detail=told)
