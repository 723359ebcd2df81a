"""The staff's side of the chats: who waits, taking over, answering, closing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.device.chats import ChatDesk, checked_message
from suwen.bootstrap.device.place import TRIAGE
from suwen.bootstrap.device.platform import DevicePlatform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import ConflictError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.patient_chats import Chat, ChatState, no_such_chat, taken_already

LOOKED_AWAY: Final = timedelta(minutes=10)
"""A page looks again by itself; after such a pause it is another reading."""


class StaffDesk:
    """What the staff may do with chats; every act and every reading is audited, none of the words.

    A reading is one event for as long as the page stays open.
    """

    def __init__(self, platform: DevicePlatform, chats: ChatDesk) -> None:
        self._platform = platform
        self._chats = chats
        self._looking: dict[tuple[str, str], datetime] = {}

    def require(self, principal: Principal) -> None:
        """Lets those pass who receive patients, and were trained where the register asks for it.

        Raises:
            AccessError: for anybody else.
            GovernanceError: ``training_missing`` and the like.
        """
        self._platform.access.require(principal, Action.HELP_PATIENTS, InstallationTarget())
        self._platform.trainings.check(principal, self._platform.applications[TRIAGE].manifest)

    async def queue(self, principal: Principal) -> Sequence[Chat]:
        """Who waits for a person, emergencies first, and who is being answered.

        Raises:
            AccessError: as ``require``.
        """
        self.require(principal)
        await self._note_reading(principal, act_of(principal, "chat.list", app=TRIAGE))
        return await self._chats.store.queue(self._platform.clock.now())

    async def read(self, principal: Principal, chat: str) -> Chat:
        """A chat in which a person was called.

        Raises:
            AccessError: as ``require``.
            NotFoundError: ``no_such_chat``, also for a chat that called nobody: whether it exists
                is not the staff's to know.
        """
        found = await self._known(principal, chat)
        await self._note_reading(principal, _act(principal, "chat.read", chat))
        return found

    async def _known(self, principal: Principal, chat: str) -> Chat:
        self.require(principal)
        found = await self._chats.store.read(chat)
        if found.waiting_since is None:
            raise no_such_chat()
        return found

    async def _note_reading(self, principal: Principal, reading: AuditEntry) -> None:
        """Makes durable that somebody looks, unless that page has been open since."""
        now, what = self._platform.clock.now(), (principal.id, reading.subject or "")
        self._looking = {
            one: seen for one, seen in self._looking.items() if now - seen < LOOKED_AWAY
        }
        if what not in self._looking:
            await self._platform.audit.append(replace(reading, outcome=AuditOutcome.DONE))
        self._looking[what] = now

    async def take(self, principal: Principal, chat: str) -> Chat:
        """Takes a chat over; raises as ``read``, and ConflictError ``chat_taken``."""
        found = await self._known(principal, chat)

        def taken(now: Chat) -> Chat:
            self._require_going_on(now)
            if now.taken_by not in (None, principal.id):
                raise taken_already(now.taken_by or principal.id)
            return replace(now, state=ChatState.TAKEN, taken_by=principal.id)

        async with audited(self._platform.audit, _act(principal, "chat.take", chat)):
            return await self._chats.store.change(found, taken)

    async def answer(self, principal: Principal, chat: str, text: str) -> Chat:
        """Writes to the patient, in a chat that this person took.

        Raises:
            ConflictError: ``chat_taken`` by somebody else, ``chat_over``.
        """
        text = checked_message(text)
        found = await self._known(principal, chat)

        def said(now: Chat) -> Chat:
            self._require_going_on(now)
            if now.taken_by != principal.id:
                raise taken_already(now.taken_by or principal.id)
            message = {"role": "staff", "text": text, "name": principal.name}
            return self._chats.with_message(now, message)

        async with audited(self._platform.audit, _act(principal, "chat.answer", chat)):
            return await self._chats.store.change(found, said)

    async def close(self, principal: Principal, chat: str) -> Chat:
        """Ends a chat that this person took; raises as ``answer``."""
        found = await self._known(principal, chat)
        ended = self._platform.clock.now()

        def closed(now: Chat) -> Chat:
            if now.taken_by != principal.id:
                raise taken_already(now.taken_by or principal.id)
            return replace(now, state=ChatState.CLOSED, closed_at=now.closed_at or ended)

        async with audited(self._platform.audit, _act(principal, "chat.close", chat)):
            return await self._chats.store.change(found, closed)

    def _require_going_on(self, chat: Chat) -> None:
        if chat.is_over(self._platform.clock.now()):
            raise ConflictError(
                "chat_over",
                Bilingual(zh="此对话已结束。", en="This chat has ended."),
            )


def _act(principal: Principal, action: str, chat: str) -> AuditEntry:
    return act_of(principal, action, subject=f"Chat/{chat}", app=TRIAGE)
