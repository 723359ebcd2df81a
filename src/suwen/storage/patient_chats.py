"""Chats with patients who have no account, in the device database; what is said is sealed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, or_, select, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.faults import fault_point
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.device_tables import patient_chat
from suwen.storage.encryption import FieldCipher


class ChatState(StrEnum):
    """Who answers: the application, nobody yet (a person is called), a person, nobody any more."""

    OPEN = "open"
    WAITING = "waiting"
    TAKEN = "taken"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat.

    Attributes:
        ends_at: when it ends by itself unless something is said before.
        emergency: whether a red flag was ever found in it; never taken back.
        waiting_since: since when a person is called; ``None`` when nobody is.
        taken_by: who answers in person.
        content: messages and what is known of the patient, ready for JSON.
    """

    id: str
    state: ChatState
    version: int
    emergency: bool
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime
    waiting_since: datetime | None = None
    taken_by: PrincipalId | None = None
    closed_at: datetime | None = None
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def is_over(self, at: datetime) -> bool:
        """Whether nothing more can be said in it."""
        return self.state is ChatState.CLOSED or self.ends_at <= at


class ChatStore:
    """The chats; found by the hash of the patient's token or by their id."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def put(self, chat: Chat, token_hash: str) -> None:
        """Keeps a new chat."""
        async with self._database.single() as connection:
            await connection.execute(
                insert(patient_chat).values(
                    id=chat.id, token_hash=token_hash, opened_at=chat.opened_at, **self._row(chat)
                )
            )

    async def by_token(self, token_hash: str) -> Chat:
        """The chat of a patient's token.

        Raises:
            NotFoundError: ``no_such_chat``, also for one whose words were removed.
        """
        return await self._one(patient_chat.c.token_hash == token_hash)

    async def read(self, chat: str) -> Chat:
        """A chat by its id; raises as ``by_token``."""
        return await self._one(patient_chat.c.id == chat)

    async def change(self, known: Chat, to: Callable[[Chat], Chat]) -> Chat:
        """Changes a chat; where somebody else changed it meanwhile, as it is by then.

        Args:
            known: the chat as it was read.
            to: makes the new state out of the present one; may raise to leave it as it is. Called
                again for each state that was overtaken.

        Raises:
            NotFoundError: as ``read``.
        """
        while True:
            changed = replace(to(known), version=known.version + 1)
            statement = (
                update(patient_chat)
                .where(patient_chat.c.id == known.id, patient_chat.c.version == known.version)
                .values(**self._row(changed))
            )
            fault_point("chat.before_changed")
            async with self._database.single() as connection:
                won = bool((await connection.execute(statement)).rowcount)
            fault_point("chat.after_changed")
            if won:
                return changed
            known = await self.read(known.id)

    async def queue(self, at: datetime) -> Sequence[Chat]:
        """The chats in which a person is called or answers, emergencies first, then by waiting."""
        wanted = patient_chat.c.state.in_([ChatState.WAITING.value, ChatState.TAKEN.value])
        query = (
            select(patient_chat)
            .where(wanted, patient_chat.c.ends_at > at)
            .order_by(
                patient_chat.c.state.desc(),
                patient_chat.c.emergency.desc(),
                patient_chat.c.waiting_since,
            )
            .limit(200)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [self._chat(row) for row in rows]

    async def count_open(self, at: datetime) -> int:
        """How many chats go on."""
        query = select(func.count()).where(
            patient_chat.c.state != ChatState.CLOSED.value, patient_chat.c.ends_at > at
        )
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def forget(self, ended_before: datetime) -> int:
        """Removes the chats that ended before this instant, with all that was said; how many."""
        over = or_(patient_chat.c.ends_at < ended_before, patient_chat.c.closed_at < ended_before)
        async with self._database.transaction() as connection:
            return (await connection.execute(delete(patient_chat).where(over))).rowcount

    async def _one(self, condition: ColumnElement[bool]) -> Chat:
        async with self._database.reading() as connection:
            query = select(patient_chat).where(condition)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise no_such_chat()
        return self._chat(row)

    def _row(self, chat: Chat) -> dict[str, Any]:
        words = json.dumps(chat.content, ensure_ascii=False)
        return {
            "state": chat.state.value,
            "version": chat.version,
            "emergency": chat.emergency,
            "seen_at": chat.seen_at,
            "ends_at": chat.ends_at,
            "waiting_since": chat.waiting_since,
            "taken_by": chat.taken_by,
            "closed_at": chat.closed_at,
            "content": self._cipher.seal(words, _place(chat.id)),
        }

    def _chat(self, row: RowMapping) -> Chat:
        return Chat(
            id=row["id"],
            state=ChatState(row["state"]),
            version=row["version"],
            emergency=row["emergency"],
            opened_at=row["opened_at"],
            seen_at=row["seen_at"],
            ends_at=row["ends_at"],
            waiting_since=row["waiting_since"],
            taken_by=PrincipalId(row["taken_by"]) if row["taken_by"] is not None else None,
            closed_at=row["closed_at"],
            content=json.loads(self._cipher.open(row["content"], _place(row["id"]))),
        )


def _place(chat: str) -> str:
    return f"patient_chat/{chat}"


def no_such_chat() -> NotFoundError:
    """The refusal of a chat that is not there, or not for whoever asks."""
    return NotFoundError(
        "no_such_chat",
        Bilingual(zh="此对话已结束，请重新开始。", en="This chat has ended. Start a new one."),
    )


def taken_already(by: PrincipalId) -> ConflictError:
    """That somebody else answers in a chat."""
    return ConflictError(
        "chat_taken",
        Bilingual(zh=f"此对话已由 {by} 接待。", en=f"{by} answers in this chat already."),
        detail={"by": by},
    )
