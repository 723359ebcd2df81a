"""Messages on their way to the hospital's systems: each is put in once and kept until delivered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.connection_tables import outbound_message
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher


class OutboundState(StrEnum):
    """How far a message to another system is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A message to another system.

    Attributes:
        key: what it is about, for example ``SignedRecord/…``; one message per connection and key.
        patient: id of the patient whose data it carries, where there is one.
        data_class: of what it carries, 1 to 5.
        attempts: how often sending was tried.
        due_at: not to be tried before; ``None``: at once.
        error_code: why the last attempt failed.
        reply: what the other system answered when it took the message; empty in lists.
    """

    id: int
    connection: str
    key: str
    patient: str | None
    data_class: int
    enqueued_at: datetime
    state: OutboundState
    attempts: int
    due_at: datetime | None = None
    finished_at: datetime | None = None
    error_code: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    body: bytes = field(default=b"", repr=False)
    reply: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Carried:
    """Whose data a message carries, and how sensitive they are.

    Attributes:
        patient: as in ``OutboundMessage``.
        data_class: 1 to 5.
    """

    patient: str | None
    data_class: int


_LISTED = tuple(
    column
    for column in outbound_message.columns
    if column.name not in ("body_sealed", "body_hash", "reply_sealed")
)


class OutboundStore:
    """Messages to be sent, in the general database; their bodies are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def enqueue(
        self, connection: str, key: str, body: bytes, about: Carried, at: datetime
    ) -> int:
        """Puts a message in; its number. The same key again changes nothing, whatever the body."""
        statement = (
            insert(outbound_message)
            .values(
                connection=connection,
                key=key,
                patient=about.patient,
                data_class=about.data_class,
                body_sealed=self._cipher.seal_bytes(body, _place(connection, key)),
                body_hash=hashlib.sha256(body).hexdigest(),
                enqueued_at=at,
                state=OutboundState.WAITING.value,
                attempts=0,
            )
            .on_conflict_do_nothing(index_elements=["connection", "key"])
            .returning(outbound_message.c.id)
        )
        known = select(outbound_message.c.id).where(
            outbound_message.c.connection == connection, outbound_message.c.key == key
        )
        async with self._database.transaction() as opened:
            added = (await opened.execute(statement)).scalar_one_or_none()
            if added is None:
                added = (await opened.execute(known)).scalar_one()
        return int(added)

    async def next_messages(
        self, connection: str, limit: int, at: datetime
    ) -> list[OutboundMessage]:
        """Messages to send now, in the order in which they were put in.

        A message that is not due yet holds back those behind it for the same patient, so that a
        receiver never sees them in another order; when sending one fails, those behind it in the
        same answer must wait too.

        Args:
            limit: at most so many, >= 1.
        """
        held = outbound_message.alias("held")
        holding = (
            select(held.c.id)
            .where(
                held.c.connection == connection,
                held.c.state == OutboundState.WAITING.value,
                held.c.due_at > at,
                held.c.patient == outbound_message.c.patient,
                held.c.id < outbound_message.c.id,
            )
            .exists()
        )
        columns = outbound_message.c
        query = (
            select(outbound_message)
            .where(
                columns.connection == connection,
                columns.state == OutboundState.WAITING.value,
                or_(columns.due_at.is_(None), columns.due_at <= at),
                ~holding,
            )
            .order_by(columns.id)
            .limit(limit)
        )
        async with self._database.transaction() as opened:
            return [self._whole(row) for row in (await opened.execute(query)).mappings()]

    async def delivered(self, message: int, reply: bytes | None, at: datetime) -> bool:
        """Keeps that the other system took a message; false when that was known already."""
        columns = outbound_message.c
        waiting = select(columns.connection, columns.key).where(
            columns.id == message, columns.state == OutboundState.WAITING.value
        )
        async with self._database.transaction() as opened:
            row = (await opened.execute(waiting.with_for_update())).one_or_none()
            if row is None:
                return False
            sealed = None
            if reply is not None:
                sealed = self._cipher.seal_bytes(reply, _place(row.connection, row.key, "reply"))
            await opened.execute(
                update(outbound_message)
                .where(columns.id == message)
                .values(
                    state=OutboundState.DELIVERED.value,
                    attempts=columns.attempts + 1,
                    finished_at=at,
                    reply_sealed=sealed,
                    error_code=None,
                    due_at=None,
                )
            )
        return True

    async def failed(
        self, message: int, code: str, retry_at: datetime | None, at: datetime
    ) -> None:
        """Keeps that sending failed.

        Args:
            code: why.
            retry_at: when to try again; ``None`` when only a person can mend it.
        """
        columns = outbound_message.c
        final = retry_at is None
        state = OutboundState.FAILED if final else OutboundState.WAITING
        statement = (
            update(outbound_message)
            .where(columns.id == message, columns.state == OutboundState.WAITING.value)
            .values(
                state=state.value,
                attempts=columns.attempts + 1,
                error_code=code,
                due_at=retry_at,
                finished_at=at if final else None,
            )
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    async def queue(
        self,
        connection: str | None = None,
        state: OutboundState | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[OutboundMessage]:
        """Messages without their bodies, the latest first."""
        query = select(*_LISTED).order_by(outbound_message.c.id.desc())
        if connection is not None:
            query = query.where(outbound_message.c.connection == connection)
        if state is not None:
            query = query.where(outbound_message.c.state == state.value)
        async with self._database.transaction() as opened:
            found = await opened.execute(query.limit(limit).offset(offset))
            return [_listed(row) for row in found.mappings()]

    async def read(self, message: int) -> OutboundMessage:
        """One message with its body and reply.

        Raises:
            NotFoundError: ``no_such_message``.
        """
        query = select(outbound_message).where(outbound_message.c.id == message)
        async with self._database.transaction() as opened:
            row = (await opened.execute(query)).mappings().one_or_none()
        if row is None:
            raise no_such_message()
        return self._whole(row)

    async def replay(self, message: int, by: str, at: datetime) -> None:
        """Lets a failed message, or one that was set aside, be sent again from the start.

        Raises:
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_not_replayable`` in any other state.
        """
        await self._decide(
            message,
            (OutboundState.FAILED, OutboundState.SET_ASIDE),
            _not_replayable(),
            **_again(by, at),
        )

    async def replay_failed(self, connection: str, by: str, at: datetime) -> int:
        """Lets every failed message of a connection be sent again; how many there were."""
        columns = outbound_message.c
        statement = (
            update(outbound_message)
            .where(columns.connection == connection, columns.state == OutboundState.FAILED.value)
            .values(**_again(by, at))
            .returning(columns.id)
        )
        async with self._database.transaction() as opened:
            return len((await opened.execute(statement)).all())

    async def set_aside(self, message: int, by: str, reason: str, at: datetime) -> None:
        """Decides that a message is not sent.

        Raises:
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_not_replayable`` when it was delivered.
        """
        await self._decide(
            message,
            (OutboundState.FAILED, OutboundState.WAITING),
            _not_replayable(),
            state=OutboundState.SET_ASIDE.value,
            due_at=None,
            finished_at=at,
            decided_by=by,
            decided_at=at,
            reason=reason,
        )

    async def counts(self) -> dict[str, tuple[int, int]]:
        """How many messages wait and how many failed, by connection; none where none do."""
        columns = outbound_message.c

        def counting(state: OutboundState) -> Any:
            # One query per state: each has a small index of its own.
            return (
                select(columns.connection, func.count())
                .where(columns.state == state.value)
                .group_by(columns.connection)
            )

        async with self._database.transaction() as opened:
            waiting = {
                row[0]: row[1] for row in await opened.execute(counting(OutboundState.WAITING))
            }
            failed = {
                row[0]: row[1] for row in await opened.execute(counting(OutboundState.FAILED))
            }
        return {name: (waiting.get(name, 0), failed.get(name, 0)) for name in {*waiting, *failed}}

    async def _decide(
        self,
        message: int,
        allowed: Sequence[OutboundState],
        refusal: ConflictError,
        **values: Any,
    ) -> None:
        columns = outbound_message.c
        suits: ColumnElement[bool] = columns.state.in_([state.value for state in allowed])
        statement = update(outbound_message).where(columns.id == message, suits).values(**values)
        there = select(columns.id).where(columns.id == message)
        async with self._database.transaction() as opened:
            if (await opened.execute(statement.returning(columns.id))).first() is None:
                known = (await opened.execute(there)).first()
                raise refusal if known is not None else no_such_message()

    def _whole(self, row: RowMapping) -> OutboundMessage:
        connection, key = row["connection"], row["key"]
        reply = row["reply_sealed"]
        listed = _fields(row)
        return OutboundMessage(
            **listed,
            body=self._cipher.open_bytes(row["body_sealed"], _place(connection, key)),
            reply=None
            if reply is None
            else self._cipher.open_bytes(reply, _place(connection, key, "reply")),
        )


def _place(connection: str, key: str, part: str = "body") -> str:
    return f"outbound/{connection}/{key}/{part}"


def _again(by: str, at: datetime) -> dict[str, Any]:
    return {
        "state": OutboundState.WAITING.value,
        "due_at": None,
        "finished_at": None,
        "decided_by": by,
        "decided_at": at,
        "reason": None,
    }


def _fields(row: RowMapping) -> dict[str, Any]:
    fields = {column.name: row[column.name] for column in _LISTED}
    fields["state"] = OutboundState(fields["state"])
    return fields


def _listed(row: RowMapping) -> OutboundMessage:
    return OutboundMessage(**_fields(row))


def no_such_message() -> NotFoundError:
    """The refusal when a message is not there."""
    return NotFoundError(
        "no_such_message", Bilingual(zh="没有这条消息。", en="There is no such message.")
    )


def _not_replayable() -> ConflictError:
    return ConflictError(
        "message_not_replayable",
        Bilingual(
            zh="该消息当前的状态不允许此操作，请刷新后查看。",
            en="The state of this message does not allow that. Refresh to see it.",
        ),
    )
