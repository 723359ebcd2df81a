"""Chats with patients: red flags before anything else, then the application, then people.

Nobody knows who writes. What is said is sealed in the device database, is in no log and no audit
line, and is removed when the chat has been over for the time that the hospital set.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from suwen.bootstrap.device.limits import VisitorLimits
from suwen.bootstrap.device.place import TRIAGE
from suwen.bootstrap.device.platform import DevicePlatform
from suwen.control.gateway.run_types import RunOptions
from suwen.core.errors import ConflictError, GuardrailError, InputError, SuwenError
from suwen.core.identity import visitor_principal
from suwen.core.language import Bilingual, Language
from suwen.core.plain_text import require_plain
from suwen.storage.encryption import field_cipher
from suwen.storage.patient_chats import Chat, ChatState, ChatStore

MOST_CHARACTERS: Final = 1000
MOST_MESSAGES: Final = 55
"""Of the patient and of the application together; the application takes sixty."""

_CALLED: Final = Bilingual(
    zh="已为您呼叫工作人员，请稍等。您可以继续写；如果情况变重，请拨打 120。",
    en="A member of staff was called; please wait. You can go on writing. If it gets worse, "
    "call 120.",
)
_FAILED: Final = Bilingual(
    zh="系统暂时无法回答，已为您呼叫工作人员。紧急情况请拨打 120 或去急诊。",
    en="The system cannot answer at the moment; a member of staff was called. In an emergency call "
    "120 or go to the emergency department.",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class About:
    """What a patient says beforehand; absent is not known and never assumed."""

    age_y: float | None = None
    sex: str | None = None
    pregnant: bool | None = None

    def as_request(self) -> dict[str, Any]:
        """The part of a request that is known."""
        known = {"age_y": self.age_y, "sex": self.sex, "pregnant": self.pregnant}
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Opened:
    """A new chat and the token by which its patient comes back to it; the token is kept nowhere."""

    chat: Chat
    token: str = field(repr=False)


class ChatDesk:
    """The patients' side of the chats."""

    def __init__(self, platform: DevicePlatform) -> None:
        self._platform = platform
        self._wish = platform.settings.device
        self.store = ChatStore(platform.database, field_cipher(platform.settings.home))
        self.limits = VisitorLimits(
            per_address=self._wish.chats_per_address, per_minute=self._wish.messages_per_minute
        )

    async def open(self, about: About, language: Language, address: str | None) -> Opened:
        """Opens a chat.

        Raises:
            QuotaError: ``too_many_chats`` from this address, or in the whole hospital.
        """
        now = self._platform.clock.now()
        self.limits.admit_address(address)
        if await self.store.count_open(now) >= self._wish.most_chats:
            raise self.limits.full()
        token = secrets.token_urlsafe(32)
        chat = Chat(
            id=str(uuid.uuid4()),
            state=ChatState.OPEN,
            version=1,
            emergency=False,
            opened_at=now,
            seen_at=now,
            ends_at=now + self._idle,
            content={"language": language.value, "about": about.as_request(), "messages": []},
        )
        await self.store.put(chat, _hash(token))
        return Opened(chat, token)

    async def read(self, token: str) -> Chat:
        """The chat of a token.

        Raises:
            NotFoundError: ``no_such_chat``.
        """
        return await self.store.by_token(_hash(token))

    def emergency_in(self, texts: Sequence[str]) -> bool:
        """Whether these words alone must go to an emergency; needs nothing that can fail."""
        return bool(self._platform.parts.red_flags(texts))

    async def say(self, token: str, text: str) -> Chat:
        """Takes a patient's message and answers it.

        The red flags are looked for and kept before anything else: a message that raises one is
        answered at once, also while the answer to an earlier one is still being made.

        Raises:
            InputError: ``message_empty``, ``message_too_long``, ``text_not_plain``.
            ConflictError: ``chat_over``, ``chat_full``.
            NotFoundError: ``no_such_chat``.
            QuotaError: ``too_many_messages``.
        """
        text = checked_message(text)
        chat = await self.read(token)
        self._require_going_on(chat)
        self.limits.admit_message(chat.id)
        urgent = self.emergency_in([*patients_words(chat), text])
        chat = await self.store.change(chat, lambda now: self._heard(now, text, urgent))
        if chat.state is not ChatState.OPEN:
            return chat
        return await self._answered(chat)

    async def call_person(self, token: str) -> Chat:
        """Calls a member of staff; raises as ``say``."""
        chat = await self.read(token)
        self._require_going_on(chat)
        return await self.store.change(chat, self._called)

    async def end(self, token: str) -> Chat:
        """Ends the chat for good; raises as ``read``."""
        chat = await self.read(token)
        now = self._platform.clock.now()
        return await self.store.change(
            chat,
            lambda was: replace(was, state=ChatState.CLOSED, closed_at=was.closed_at or now),
        )

    async def forget(self) -> int:
        """Removes the chats whose time is over; how many."""
        now = self._platform.clock.now()
        return await self.store.forget(now - timedelta(hours=self._wish.chat_hours))

    @property
    def _idle(self) -> timedelta:
        return timedelta(minutes=self._wish.idle_minutes)

    def _require_going_on(self, chat: Chat) -> None:
        if chat.is_over(self._platform.clock.now()):
            raise ConflictError(
                "chat_over",
                Bilingual(
                    zh="此对话已结束，请重新开始。", en="This chat has ended. Start a new one."
                ),
            )
        if len(chat.content["messages"]) >= MOST_MESSAGES and chat.state is ChatState.OPEN:
            raise ConflictError(
                "chat_full",
                Bilingual(
                    zh="这次对话已经很长，请找工作人员继续，或重新开始。",
                    en="This chat has become long. Go on with a member of staff, or start anew.",
                ),
            )

    def _heard(self, chat: Chat, text: str, urgent: bool) -> Chat:
        chat = self.with_message(chat, {"role": "patient", "text": text})
        return replace(chat, emergency=chat.emergency or urgent)

    def _called(self, chat: Chat) -> Chat:
        if chat.state is not ChatState.OPEN:
            return chat
        language = Language(chat.content["language"])
        notice = {"role": "notice", "text": _CALLED.in_language(language)}
        return self._waiting(self.with_message(chat, notice))

    def _waiting(self, chat: Chat) -> Chat:
        now = self._platform.clock.now()
        return replace(chat, state=ChatState.WAITING, waiting_since=now)

    def with_message(self, chat: Chat, message: Mapping[str, Any]) -> Chat:
        """The chat with one more message, going on from now."""
        now = self._platform.clock.now()
        said = {**message, "at": now.isoformat(timespec="seconds")}
        content = {**chat.content, "messages": [*chat.content["messages"], said]}
        return replace(chat, content=content, seen_at=now, ends_at=now + self._idle)

    async def _answered(self, chat: Chat) -> Chat:
        heard = len(chat.content["messages"])
        try:
            result = await self._platform.gateway.run(
                visitor_principal(), TRIAGE, request_of(chat), RunOptions()
            )
            reply = reply_of(result.output)
        except GuardrailError as error:
            why = error.safe_message
            return await self.store.change(chat, lambda now: self._refused(now, heard, why))
        except SuwenError as error:
            log.warning("a chat could not be answered: %s", error.code)
            language = Language(chat.content["language"])
            notice = {"role": "notice", "text": _FAILED.in_language(language)}
            return await self.store.change(
                chat, lambda now: self._waiting(self.with_message(now, notice))
            )
        return await self.store.change(chat, lambda now: self._replied(now, reply))

    def _replied(self, chat: Chat, reply: Mapping[str, Any]) -> Chat:
        if chat.state is not ChatState.OPEN:
            # A person answers by now, or it is over.
            return chat
        chat = self.with_message(chat, reply)
        chat = replace(chat, emergency=chat.emergency or reply["kind"] == "emergency")
        return self._called(chat) if reply["kind"] == "hand_over" else chat

    def _refused(self, chat: Chat, heard: int, why: Bilingual) -> Chat:
        """What was refused is not said again to the application; the patient sees why."""
        messages = [dict(m) for m in chat.content["messages"]]
        messages[heard - 1]["refused"] = True
        chat = replace(chat, content={**chat.content, "messages": messages})
        language = Language(chat.content["language"])
        text = why.in_language(language)
        return self.with_message(chat, {"role": "notice", "text": text})


def checked_message(text: str) -> str:
    """What somebody wrote, without space around it.

    Raises:
        InputError: ``message_empty``, ``message_too_long``, ``text_not_plain``.
    """
    text = text.strip()
    require_plain(text, "text")
    if not text:
        raise InputError(
            "message_empty",
            Bilingual(zh="请先写一句话。", en="Write something first."),
            field="text",
        )
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            "message_too_long",
            Bilingual(
                zh=f"一次最多 {MOST_CHARACTERS} 字，请分几次写。",
                en=f"At most {MOST_CHARACTERS} characters at a time.",
            ),
            field="text",
        )
    return text


def patients_words(chat: Chat) -> list[str]:
    """What the patient wrote, oldest first, also what was refused."""
    return [m["text"] for m in chat.content["messages"] if m["role"] == "patient"]


def request_of(chat: Chat) -> dict[str, Any]:
    """The chat as the application takes it: the patient's words and the questions asked."""
    messages = [
        {"role": m["role"], "text": m["text"]}
        for m in chat.content["messages"]
        if (m["role"] == "patient" and not m.get("refused")) or m.get("kind") == "question"
    ]
    return {"messages": messages, **chat.content["about"]}


def reply_of(output: Mapping[str, Any]) -> dict[str, Any]:
    """A message out of what the application answered."""
    question, answer = output["next_question"], output["answer"]
    if output["emergency"]:
        kind, text = "emergency", output["pathway"]
    elif output["hand_over"]:
        kind, text = "hand_over", output["pathway"]
    elif answer:
        kind, text = "answer", answer[0]["text"]
    elif output["no_rule"]:
        kind, text = "no_rule", output["pathway"]
    elif question is not None:
        kind, text = "question", question["text"]
    else:
        kind, text = "advice", output["pathway"]
    reply = {
        "role": "assistant",
        "kind": kind,
        "text": text,
        "departments": output["departments"],
    }
    if kind == "emergency":
        reply["red_flags"] = output["red_flags"]
    if kind == "question":
        reply["options"] = question["options"]
    if kind == "answer":
        reply["citations"] = answer[0]["citations"]
        reply["sources"] = [answer[0]["source"]]
    return reply


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
