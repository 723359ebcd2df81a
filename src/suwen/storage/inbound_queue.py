"""What a person does with messages: look at them, edit, replay or set aside what failed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError
from suwen.core.language import Bilingual
from suwen.storage.connection_tables import inbound_edit, inbound_message, outbound_message
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound_receiving import body_place
from suwen.storage.inbound_types import FormerBody, MessageState, MessageSummary, WholeMessage
from suwen.storage.outbound import OutboundState, no_such_message

_COLUMNS: Final = inbound_message.c
_LISTED: Final = tuple(
    column
    for column in inbound_message.columns
    if column.name not in ("body_sealed", "body_hash", "patient_key", "character_set")
)
_REPLAYABLE: Final = (MessageState.FAILED, MessageState.SET_ASIDE, MessageState.PROCESSED)
# Nobody edits what is about to be processed: what is processed is what the queue shows.
_EDITABLE: Final = (MessageState.FAILED, MessageState.SET_ASIDE)
_MAY_BE_SET_ASIDE: Final = (MessageState.FAILED, MessageState.RECEIVED)


class InboundQueue:
    """The messages as the operator's screen works with them."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def queue(
        self,
        connection: str | None = None,
        state: MessageState | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[MessageSummary]:
        """Messages without their bodies, the latest first."""
        query = select(*_LISTED).order_by(_COLUMNS.id.desc()).limit(limit).offset(offset)
        if connection is not None:
            query = query.where(_COLUMNS.connection == connection)
        if state is not None:
            query = query.where(_COLUMNS.state == state.value)
        async with self._database.transaction() as opened:
            return [_summary(row) for row in (await opened.execute(query)).mappings()]

    async def summary(self, message: int) -> MessageSummary:
        """One message without its body.

        Raises:
            NotFoundError: ``no_such_message``.
        """
        query = select(*_LISTED).where(_COLUMNS.id == message)
        async with self._database.transaction() as opened:
            row = (await opened.execute(query)).mappings().one_or_none()
        if row is None:
            raise no_such_message()
        return _summary(row)

    async def read(self, message: int) -> WholeMessage:
        """One message with its body and the bodies before each edit.

        Raises:
            NotFoundError: ``no_such_message``.
        """
        edits = (
            select(inbound_edit)
            .where(inbound_edit.c.message == message)
            .order_by(inbound_edit.c.version)
        )
        async with self._database.transaction() as opened:
            row = await _row(opened, message)
            former = (await opened.execute(edits)).mappings().all()
        return WholeMessage(
            summary=_summary(row),
            patient_key=row["patient_key"],
            character_set=row["character_set"],
            body=self._body(row, row["version"], row["body_sealed"]),
            former=tuple(
                FormerBody(
                    version=edit["version"],
                    body=self._body(row, edit["version"], edit["body_sealed"]),
                    replaced_at=edit["replaced_at"],
                    replaced_by=edit["replaced_by"],
                )
                for edit in former
            ),
        )

    async def edit(self, message: int, body: bytes, by: str, at: datetime) -> int:
        """Gives a failed message, or one set aside, another body; the former ones are kept.

        Returns:
            Its new version.

        Raises:
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_not_editable`` in any other state.
        """
        async with self._database.transaction() as opened:
            row = await _row(opened, message, lock=True)
            if MessageState(row["state"]) not in _EDITABLE:
                raise _not_editable()
            version = int(row["version"]) + 1
            await opened.execute(
                insert(inbound_edit).values(
                    message=message,
                    version=row["version"],
                    body_sealed=row["body_sealed"],
                    body_hash=row["body_hash"],
                    replaced_at=at,
                    replaced_by=by,
                )
            )
            place = body_place(row["connection"], row["control_id"], version)
            await opened.execute(
                update(inbound_message)
                .where(_COLUMNS.id == message)
                .values(
                    version=version,
                    body_sealed=self._cipher.seal_bytes(body, place),
                    body_hash=hashlib.sha256(body).hexdigest(),
                    decided_by=by,
                    decided_at=at,
                )
            )
        return version

    async def replay(self, message: int, by: str, at: datetime) -> None:
        """Lets a message be processed again, with the body that it has now.

        Raises:
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_waiting_already``.
        """
        await self._decide(
            message,
            _REPLAYABLE,
            _waiting_already(),
            **_replayed(by, at),
        )

    async def replay_failed(self, connection: str, by: str, at: datetime) -> int:
        """Lets every failed message of a connection be processed again; how many there were."""
        statement = (
            update(inbound_message)
            .where(_COLUMNS.connection == connection, _COLUMNS.state == MessageState.FAILED.value)
            .values(**_replayed(by, at))
            .returning(_COLUMNS.id)
        )
        async with self._database.transaction() as opened:
            return len((await opened.execute(statement)).all())

    async def set_aside(self, message: int, by: str, reason: str, at: datetime) -> None:
        """Decides that a message is not processed.

        Raises:
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_processed_already`` when it was, or is set aside.
        """
        await self._decide(
            message,
            _MAY_BE_SET_ASIDE,
            _processed_already(),
            state=MessageState.SET_ASIDE.value,
            finished_at=at,
            decided_by=by,
            decided_at=at,
            reason=reason,
        )

    async def any_finished(self, before: datetime) -> bool:
        """Whether there is a message, in or out, that ``remove_finished`` would remove."""
        received = _COLUMNS.state.in_([MessageState.PROCESSED.value, MessageState.SET_ASIDE.value])
        sent = outbound_message.c.state.in_(
            [OutboundState.DELIVERED.value, OutboundState.SET_ASIDE.value]
        )
        query = select(
            or_(
                select(_COLUMNS.id).where(received, _COLUMNS.finished_at < before).exists(),
                select(outbound_message.c.id)
                .where(sent, outbound_message.c.finished_at < before)
                .exists(),
            )
        )
        async with self._database.transaction() as opened:
            return bool((await opened.execute(query)).scalar_one())

    async def remove_finished(self, before: datetime, most: int) -> int:
        """Removes messages, in and out, that were done with before then; how many.

        What waits or failed is never removed: the database itself sees to that.

        Args:
            most: at most so many of each kind, >= 1.
        """
        removing = select(func.suwen_remove_messages(before, most))
        async with self._database.transaction() as opened:
            return int((await opened.execute(removing)).scalar_one())

    async def counts(self) -> dict[str, tuple[int, int]]:
        """How many messages wait and how many failed, by connection; none where none do."""

        async def counted(opened: AsyncConnection, state: MessageState) -> dict[str, int]:
            query = (
                select(_COLUMNS.connection, func.count())
                .where(_COLUMNS.state == state.value)
                .group_by(_COLUMNS.connection)
            )
            return {row[0]: row[1] for row in await opened.execute(query)}

        # One query per state: each has a small index of its own.
        async with self._database.transaction() as opened:
            waiting = await counted(opened, MessageState.RECEIVED)
            failed = await counted(opened, MessageState.FAILED)
        return {name: (waiting.get(name, 0), failed.get(name, 0)) for name in {*waiting, *failed}}

    async def _decide(
        self,
        message: int,
        allowed: Sequence[MessageState],
        refusal: ConflictError,
        **values: Any,
    ) -> None:
        async with self._database.transaction() as opened:
            row = await _row(opened, message, lock=True)
            if MessageState(row["state"]) not in allowed:
                raise refusal
            await opened.execute(
                update(inbound_message).where(_COLUMNS.id == message).values(**values)
            )

    def _body(self, row: RowMapping, version: int, sealed: bytes) -> bytes:
        return self._cipher.open_bytes(
            sealed, body_place(row["connection"], row["control_id"], version)
        )


async def _row(opened: AsyncConnection, message: int, *, lock: bool = False) -> RowMapping:
    query = select(inbound_message).where(_COLUMNS.id == message)
    found = await opened.execute(query.with_for_update() if lock else query)
    row = found.mappings().one_or_none()
    if row is None:
        raise no_such_message()
    return row


def _replayed(by: str, at: datetime) -> dict[str, Any]:
    return {
        "state": MessageState.RECEIVED.value,
        "attempts": _COLUMNS.attempts + 1,
        "finished_at": None,
        "error_code": None,
        "error_place": None,
        "decided_by": by,
        "decided_at": at,
        "reason": None,
    }


def _summary(row: RowMapping) -> MessageSummary:
    fields = {column.name: row[column.name] for column in _LISTED}
    fields["state"] = MessageState(fields["state"])
    return MessageSummary(**fields)


def _not_editable() -> ConflictError:
    return ConflictError(
        "message_not_editable",
        Bilingual(
            zh="只能修改处理失败或已搁置的消息，请刷新后查看其状态。",
            en="Only a message that failed or was set aside can be edited. Refresh to see it.",
        ),
    )


def _waiting_already() -> ConflictError:
    return ConflictError(
        "message_waiting_already",
        Bilingual(
            zh="该消息已在等待处理，无需重放。", en="This message waits to be processed already."
        ),
    )


def _processed_already() -> ConflictError:
    return ConflictError(
        "message_processed_already",
        Bilingual(
            zh="该消息已处理或已搁置，请刷新后查看。",
            en="This message was processed or set aside already. Refresh to see it.",
        ),
    )
