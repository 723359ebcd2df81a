"""Messages from the hospital's systems: durable before they are acknowledged, processed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, and_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import SuwenError, UnavailableError
from suwen.core.faults import fault_point
from suwen.storage.connection_tables import inbound_message
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound_queue import InboundQueue
from suwen.storage.inbound_receiving import Receiver
from suwen.storage.inbound_types import (
    MessageState,
    NewMessage,
    ProcessedMessage,
    QueuedMessage,
    Receipt,
)
from suwen.storage.patient_links import apply_links
from suwen.storage.patient_lists import refresh_lists
from suwen.storage.prescription_arrivals import announce
from suwen.storage.record_import import (
    ImportCounts,
    StoredResource,
    import_rows,
    rows_of,
    take_turn,
)
from suwen.storage.rows import EVERYBODY
from suwen.storage.vault import Vault

_COLUMNS: Final = inbound_message.c


class InboundStore(InboundQueue):
    """Messages in the general database; their bodies are sealed.

    Args:
        database: its kept connection is used for receiving, so that nothing else should use it.
    """

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        super().__init__(database, cipher)
        self._receiver = Receiver(database, cipher)

    async def receive_all(self, messages: Sequence[NewMessage], at: datetime) -> list[Receipt]:
        """Makes messages durable, all or none; nothing may be acknowledged before it returned.

        Callers that come together share a commit. The numbers are in the order in which they came.

        Raises:
            UnavailableError: nothing may be acknowledged; after ``database_outcome_unknown`` they
                may be there all the same, and sent again they are duplicates.
            InputError: ``text_not_storable``, with the column.
        """
        return await self._receiver.receive(messages, at)

    async def next_messages(self, connection: str, limit: int) -> list[QueuedMessage]:
        """Messages to process, in the order in which they were received.

        Args:
            limit: at most so many, >= 1.
        """
        query = (
            select(inbound_message)
            .where(_COLUMNS.connection == connection, _COLUMNS.state == MessageState.RECEIVED.value)
            .order_by(_COLUMNS.id)
            .limit(limit)
        )
        async with self._database.transaction() as opened:
            return [self._queued(row) for row in (await opened.execute(query)).mappings()]

    async def process(
        self, done: Sequence[ProcessedMessage], at: datetime
    ) -> tuple[frozenset[int], ImportCounts]:
        """Stores what messages say and marks them processed, all of it or nothing.

        A message that is not waiting any more is left out, so that none is ever processed twice;
        a state that is older than the one in the record is left out too.

        Returns:
            The numbers of those that were processed now, and what became of the resources.

        Raises:
            InputError: ``duplicate_resource``, ``resource_not_storable``,
                ``patient_link_to_itself``: nothing was done.
            ConflictError: ``resource_of_another_patient``, ``resource_of_another_origin``: the
                same.
        """
        counts = ImportCounts(0, 0)
        async with self._database.transaction(EVERYBODY) as opened:
            waiting = await _lock_waiting(opened, [given.id for given in done])
            standing = [given for given in sorted(done, key=_number) if given.id in waiting]
            if not standing:
                return frozenset(), counts
            await take_turn(opened)
            for group in _groups(standing):
                counts += await _store(opened, group, waiting, at, self._database.vault)
            for given in standing:
                if given.orders and given.orders_of is not None:
                    key = f"hl7:{given.id}"
                    await announce(opened, key, given.orders_of, given.orders, at)
            await _mark_processed(opened, standing, at)
            fault_point("inbound.before_processed")
        fault_point("inbound.after_processed")
        return frozenset(given.id for given in standing), counts

    async def process_each(
        self, done: Sequence[ProcessedMessage], at: datetime
    ) -> dict[int, SuwenError]:
        """As ``process``, but a message that is refused fails alone and the others are processed.

        Returns:
            Why those failed that did, by number; they are in the queue as failed.

        Raises:
            UnavailableError: nothing is lost: what was not processed waits still.
        """
        try:
            await self.process(done, at)
        except UnavailableError:
            raise
        except SuwenError as error:
            if len(done) == 1:
                await self.fail(done[0].id, error.code, error.field or "", at)
                return {done[0].id: error}
            refused: dict[int, SuwenError] = {}
            for given in sorted(done, key=_number):
                refused |= await self.process_each([given], at)
            return refused
        return {}

    async def fail(self, message: int, code: str, where: str, at: datetime) -> None:
        """Puts a message into the queue of those that a person must look at.

        Args:
            where: segment, field, tag or path at fault; never a value.
        """
        statement = (
            update(inbound_message)
            .where(_COLUMNS.id == message, _COLUMNS.state == MessageState.RECEIVED.value)
            .values(
                state=MessageState.FAILED.value,
                finished_at=at,
                error_code=code,
                error_place=where,
            )
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    def _queued(self, row: RowMapping) -> QueuedMessage:
        return QueuedMessage(
            id=row["id"],
            connection=row["connection"],
            control_id=row["control_id"],
            message_type=row["message_type"],
            patient_key=row["patient_key"],
            body=self._body(row, row["version"], row["body_sealed"]),
            character_set=row["character_set"],
            sent_at=row["sent_at"],
            received_at=row["received_at"],
            attempts=row["attempts"],
        )


def _number(given: ProcessedMessage) -> int:
    return given.id


async def _lock_waiting(opened: AsyncConnection, numbers: Sequence[int]) -> dict[int, RowMapping]:
    query = (
        select(_COLUMNS.id, _COLUMNS.sent_at, _COLUMNS.received_at)
        .where(_COLUMNS.id.in_(numbers), _COLUMNS.state == MessageState.RECEIVED.value)
        .order_by(_COLUMNS.id)
        .with_for_update()
    )
    return {row["id"]: row for row in (await opened.execute(query)).mappings()}


def _groups(done: Sequence[ProcessedMessage]) -> Iterator[list[ProcessedMessage]]:
    """Messages in their order, those together that say nothing of the same things.

    Each state of a resource is so stored after the one before it, and merges in their place.
    """
    group: list[ProcessedMessage] = []
    said: set[tuple[str, str]] = set()
    for given in done:
        keys = {(item.type, item.id) for item in given.resources}
        if group and (given.links or not said.isdisjoint(keys)):
            yield group
            group, said = [], set()
        group.append(given)
        said |= keys
    yield group


async def _store(
    opened: AsyncConnection,
    group: Sequence[ProcessedMessage],
    waiting: Mapping[int, RowMapping],
    at: datetime,
    vault: Vault | None,
) -> ImportCounts:
    first = group[0]
    if first.links:
        touched = await apply_links(opened, first.links, message=first.id, stored_at=at)
        await refresh_lists(opened, touched, vault)
    items = [_dated(item, waiting[given.id]) for given in group for item in given.resources]
    return await import_rows(opened, rows_of(items, at), vault)


def _dated(item: StoredResource, message: RowMapping) -> StoredResource:
    """The resource with its message's place in time, where it has none of its own."""
    at = item.source_at or message["sent_at"] or message["received_at"]
    return replace(item, source_at=at, source_message=message["id"])


async def _mark_processed(
    opened: AsyncConnection, done: Sequence[ProcessedMessage], at: datetime
) -> None:
    statement = (
        update(inbound_message)
        .where(
            and_(
                _COLUMNS.id == bindparam("number"),
                _COLUMNS.state == MessageState.RECEIVED.value,
            )
        )
        .values(state=MessageState.PROCESSED.value, finished_at=at, notes=bindparam("said"))
    )
    rows: list[Mapping[str, Any]] = [
        {"number": given.id, "said": dict(given.notes) or None} for given in done
    ]
    await opened.execute(statement, rows)
