"""Making messages durable in groups, so that many senders share one commit."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from suwen.core.errors import SuwenError, UnavailableError
from suwen.core.faults import fault_point
from suwen.storage.database import Database, commit_failure
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound_types import NewMessage, Receipt

_LARGEST: Final = 500
_JOINING_TURNS: Final = 3

# One statement for a whole group; the order in which they came gives the numbers.
_RECEIVE: Final = """
    INSERT INTO inbound_message (
        connection, control_id, message_type, patient_key, body_sealed, body_hash, character_set,
        sent_at, received_at, state, attempts, version
    )
    SELECT connection, control_id, message_type, patient_key, body_sealed, body_hash,
        character_set, sent_at, received_at, 'received', 0, 1
    FROM unnest(
        %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[],
        %s::timestamptz[], %s::timestamptz[]
    ) WITH ORDINALITY AS given (
        connection, control_id, message_type, patient_key, body_sealed, body_hash, character_set,
        sent_at, received_at, position
    )
    ORDER BY position
    ON CONFLICT (connection, control_id) DO NOTHING
    RETURNING connection, control_id, id
"""
# The body as first received, also where somebody edited it since.
_KNOWN: Final = """
    SELECT message.connection, message.control_id, message.id,
        coalesce(first.body_hash, message.body_hash)
    FROM unnest(%s::text[], %s::text[]) AS given (connection, control_id)
    JOIN inbound_message AS message USING (connection, control_id)
    LEFT JOIN inbound_edit AS first ON first.message = message.id AND first.version = 1
"""

Key = tuple[str, str]


@dataclass(slots=True)
class _Submission:
    messages: Sequence[NewMessage]
    at: datetime
    done: asyncio.Future[list[Receipt]]


class Receiver:
    """Stores messages of all callers of a process; those that come together share a commit."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher
        self._queue: deque[_Submission] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def receive(self, messages: Sequence[NewMessage], at: datetime) -> list[Receipt]:
        """See ``InboundStore.receive_all``."""
        if not messages:
            return []
        done: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Submission(messages, at, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="inbound messages")
        return await done

    async def _write(self) -> None:
        while self._queue:
            # Senders that were just answered get the chance to be in this group too.
            for _ in range(_JOINING_TURNS):
                await asyncio.sleep(0)
            await self._commit(self._take_group())

    def _take_group(self) -> list[_Submission]:
        group = [self._queue.popleft()]
        size = len(group[0].messages)
        while self._queue and size + len(self._queue[0].messages) <= _LARGEST:
            group.append(self._queue.popleft())
            size += len(group[-1].messages)
        return group

    async def _commit(self, group: list[_Submission]) -> None:
        rows = [(message, given.at) for given in group for message in given.messages]
        try:
            receipts = await self._store(rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, every waiter must be told
            refused = isinstance(error, SuwenError) and not isinstance(error, UnavailableError)
            if refused and len(group) > 1:
                # The database refuses one of them: the others must not suffer for it.
                for given in group:
                    await self._commit([given])
                return
            for given in group:
                if not given.done.done():
                    given.done.set_exception(error)
            return
        position = 0
        for given in group:
            own = receipts[position : position + len(given.messages)]
            position += len(given.messages)
            if not given.done.done():
                given.done.set_result(own)

    async def _store(self, rows: Sequence[tuple[NewMessage, datetime]]) -> list[Receipt]:
        hashes = [hashlib.sha256(message.body).hexdigest() for message, _ in rows]
        keys = [(message.connection, message.control_id) for message, _ in rows]
        async with self._database.kept_connection() as connection:
            await connection.execute("BEGIN")
            given = self._columns(rows, hashes)
            fresh: dict[Key, int] = {}
            for name, control_id, number in await (
                await connection.execute(_RECEIVE, given)
            ).fetchall():
                fresh[name, control_id] = number
            known = await _known(connection, keys) if len(fresh) < len(keys) else {}
            fault_point("inbound.before_commit")
            try:
                await connection.execute("COMMIT")
            except psycopg.Error as error:
                raise commit_failure(error) from None
        fault_point("inbound.after_commit")
        return _receipts(keys, hashes, fresh, known)

    def _columns(
        self, rows: Sequence[tuple[NewMessage, datetime]], hashes: Sequence[str]
    ) -> list[list[Any]]:
        return [
            [message.connection for message, _ in rows],
            [message.control_id for message, _ in rows],
            [message.message_type for message, _ in rows],
            [message.patient_key for message, _ in rows],
            [
                self._cipher.seal_bytes(
                    message.body, body_place(message.connection, message.control_id, 1)
                )
                for message, _ in rows
            ],
            list(hashes),
            [message.character_set for message, _ in rows],
            [message.sent_at for message, _ in rows],
            [at for _, at in rows],
        ]


async def _known(
    connection: psycopg.AsyncConnection[Any], keys: Sequence[Key]
) -> dict[Key, tuple[int, str]]:
    names, numbers = [key[0] for key in keys], [key[1] for key in keys]
    found = await connection.execute(_KNOWN, [names, numbers])
    return {(row[0], row[1]): (row[2], row[3]) for row in await found.fetchall()}


def _receipts(
    keys: Sequence[Key],
    hashes: Sequence[str],
    fresh: dict[Key, int],
    known: dict[Key, tuple[int, str]],
) -> list[Receipt]:
    """One receipt per message, in their order; the second of two in one group is a duplicate."""
    receipts = []
    for key, body_hash in zip(keys, hashes, strict=True):
        number = fresh.pop(key, None)
        if number is not None:
            receipts.append(Receipt(number, duplicate=False, same_body=True))
        else:
            there, first_hash = known[key]
            receipts.append(Receipt(there, duplicate=True, same_body=first_hash == body_hash))
    return receipts


def body_place(connection: str, control_id: str, version: int) -> str:
    """What the sealed body of a message is bound to."""
    return f"inbound/{connection}/{control_id}/{version}"
