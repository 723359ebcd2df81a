"""The audit chain in the database; nobody may change or remove what is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import RowMapping, Select, and_, func, insert, select

from suwen.core.audit import (
    GENESIS_HASH,
    AuditEntry,
    AuditEvent,
    AuditOutcome,
    Checkpoint,
    canonical_json,
    chain_hash,
)
from suwen.core.faults import fault_point
from suwen.storage.database import Database, commit_failure
from suwen.storage.tables import audit_checkpoint, audit_event

_PAGE = 1000

_COLUMNS = tuple(column.name for column in audit_event.columns)
# Writers take turns on any fixed number, so that the chain has one head. Statements of their own
# in one round trip: the head must be looked up by a snapshot taken after the lock.
_TAKE_HEAD = (
    "BEGIN; SELECT pg_advisory_xact_lock(1398227285); "
    "SELECT sequence, hash FROM audit_event ORDER BY sequence DESC LIMIT 1"
)
_COPY = f"COPY audit_event ({', '.join(_COLUMNS)}) FROM STDIN"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody looks for; empty is every event.

    Attributes:
        exact: values that ``actor``, ``outcome`` or ``trace`` must have.
        action: beginning of the action, such as ``session.`` for every one about sessions.
        subject: beginning of what was acted on, such as ``Collection/``.
        since: first instant.
        until: the instant before which they lie.
    """

    exact: Mapping[str, str] = field(default_factory=dict)
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


class AuditStore:
    """The chain and its checkpoints, of one partition."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append_group(self, entries: Sequence[AuditEntry], at: datetime) -> list[AuditEvent]:
        """Chains the entries to the head and makes them durable, all of them or none.

        Args:
            at: when they happened, aware; kept in UTC to the microsecond.

        Raises:
            UnavailableError: of ``Database.transaction``; after ``database_outcome_unknown`` the
                events may be in the chain.
        """
        if not entries:
            return []
        async with self._database.kept_connection() as connection:
            head = await _take_head(connection)
            events = chained(entries, at.astimezone(UTC), head)
            # COPY: about half the time per event of any INSERT tried.
            async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                for event in events:
                    await copy.write_row(_row(event))
            fault_point("audit.before_commit")
            try:
                await connection.execute("COMMIT")
            except psycopg.Error as error:
                raise commit_failure(error) from None
        fault_point("audit.after_commit")
        return events

    async def head(self) -> AuditEvent | None:
        """The last event, or ``None`` while there is none."""
        found = await self._events(
            select(audit_event).order_by(audit_event.c.sequence.desc()).limit(1)
        )
        return found[0] if found else None

    async def events(self, from_sequence: int = 1, limit: int = _PAGE) -> list[AuditEvent]:
        """Events from a number on, in order of their numbers as they are, gaps and all."""
        return await self._events(
            select(audit_event)
            .where(audit_event.c.sequence >= from_sequence)
            .order_by(audit_event.c.sequence)
            .limit(limit)
        )

    async def stream(self, from_sequence: int = -(2**62)) -> AsyncIterator[AuditEvent]:
        """Every event from a number on, page by page; by default even one below the first."""
        while page := await self.events(from_sequence):
            for event in page:
                yield event
            from_sequence = page[-1].sequence + 1

    async def latest(
        self, limit: int = 100, before_sequence: int | None = None, **wanted: str
    ) -> list[AuditEvent]:
        """Latest events first.

        Args:
            before_sequence: only events with a smaller number; ``None`` starts at the head.
            wanted: values that ``action``, ``actor``, ``subject``, ``patient``, ``app``,
                ``trace`` or ``outcome`` must have.
        """
        query = select(audit_event).order_by(audit_event.c.sequence.desc()).limit(limit)
        if before_sequence is not None:
            query = query.where(audit_event.c.sequence < before_sequence)
        for name, value in wanted.items():
            query = query.where(audit_event.c[name] == value)
        return await self._events(query)

    async def found(
        self, wanted: Wanted, limit: int, before_sequence: int | None = None
    ) -> list[AuditEvent]:
        """Latest events first of those that are looked for.

        Args:
            before_sequence: only events with a smaller number; ``None`` starts at the head.
        """
        query = select(audit_event).order_by(audit_event.c.sequence.desc()).limit(limit)
        if before_sequence is not None:
            query = query.where(audit_event.c.sequence < before_sequence)
        for name, value in wanted.exact.items():
            query = query.where(audit_event.c[name] == value)
        for column, beginning in (
            (audit_event.c.action, wanted.action),
            (audit_event.c.subject, wanted.subject),
        ):
            if beginning:
                query = query.where(column.startswith(beginning, autoescape=True))
        if wanted.since is not None:
            query = query.where(audit_event.c.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(audit_event.c.at < wanted.until)
        return await self._events(query)

    async def about(
        self,
        patients: Collection[str],
        limit: int,
        since: datetime | None = None,
        until: datetime | None = None,
        action_prefix: str = "",
    ) -> list[AuditEvent]:
        """Latest events about a patient, who may have had several ids, from ``since`` on and
        before ``until``; only of actions with this beginning."""
        query = (
            select(audit_event)
            .where(
                audit_event.c.patient.in_(sorted(patients)),
                audit_event.c.action.startswith(action_prefix, autoescape=True),
            )
            .order_by(audit_event.c.sequence.desc())
            .limit(limit)
        )
        if since is not None:
            query = query.where(audit_event.c.at >= since)
        if until is not None:
            query = query.where(audit_event.c.at < until)
        return await self._events(query)

    async def unclosed(self, from_sequence: int = 1) -> list[AuditEvent]:
        """Events with outcome ``opened`` that no later event closes, in order.

        One closes another when trace, subject and the first part of the action (``run`` of
        ``run.open`` and ``run.close``) are the same and its outcome is not ``opened``.
        """
        opened, later = audit_event.alias("opened"), audit_event.alias("later")
        closes = and_(
            later.c.sequence > opened.c.sequence,
            later.c.outcome != AuditOutcome.OPENED.value,
            later.c.trace.is_not_distinct_from(opened.c.trace),
            later.c.subject.is_not_distinct_from(opened.c.subject),
            func.split_part(later.c.action, ".", 1) == func.split_part(opened.c.action, ".", 1),
        )
        return await self._events(
            select(opened)
            .where(
                opened.c.sequence >= from_sequence,
                opened.c.outcome == AuditOutcome.OPENED.value,
                ~select(later.c.sequence).where(closes).exists(),
            )
            .order_by(opened.c.sequence)
        )

    async def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keeps a signed statement of the head."""
        statement = insert(audit_checkpoint).values(
            sequence=checkpoint.sequence,
            head_hash=checkpoint.head_hash,
            at=checkpoint.at,
            key_id=checkpoint.key_id,
            signature=checkpoint.signature,
        )
        async with self._database.transaction() as connection:
            await connection.execute(statement)

    async def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint, in the order in which they were kept."""
        query = select(audit_checkpoint).order_by(audit_checkpoint.c.number)
        async with self._database.transaction() as connection:
            return [_checkpoint(row) for row in (await connection.execute(query)).mappings()]

    async def last_checkpoint(self) -> Checkpoint | None:
        """The checkpoint that was kept last, or ``None``."""
        query = select(audit_checkpoint).order_by(audit_checkpoint.c.number.desc()).limit(1)
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return _checkpoint(row) if row is not None else None

    async def _events(self, query: Select[Any]) -> list[AuditEvent]:
        async with self._database.transaction() as connection:
            return [event_of(row) for row in (await connection.execute(query)).mappings()]


async def _take_head(connection: psycopg.AsyncConnection[Any]) -> tuple[int, str]:
    """Begins the transaction of a group: number and hash of the last event, while it holds."""
    cursor = await connection.execute(_TAKE_HEAD)
    while cursor.nextset():
        pass
    return await cursor.fetchone() or (0, GENESIS_HASH)


def chained(entries: Sequence[AuditEntry], at: datetime, head: tuple[int, str]) -> list[AuditEvent]:
    """The events that follow a head (its number and hash), each bound to the one before it."""
    sequence, previous = head
    events = []
    for entry in entries:
        sequence += 1
        own = chain_hash(sequence, at, entry, previous)
        events.append(AuditEvent(sequence, at, entry, previous, own))
        previous = own
    return events


def event_of(row: RowMapping | Mapping[str, Any]) -> AuditEvent:
    """The event of a row."""
    return AuditEvent(
        sequence=row["sequence"],
        at=row["at"].astimezone(UTC),
        entry=AuditEntry(
            action=row["action"],
            actor=row["actor"],
            channel=row["channel"],
            outcome=AuditOutcome(row["outcome"]),
            subject=row["subject"],
            patient=row["patient"],
            app=row["app"],
            trace=row["trace"],
            purpose=row["purpose"],
            detail=row["detail"],
        ),
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )


def _row(event: AuditEvent) -> tuple[object, ...]:
    entry = event.entry
    return (
        event.sequence,
        event.at,
        entry.action,
        entry.actor,
        entry.channel,
        entry.outcome.value,
        entry.subject,
        entry.patient,
        entry.app,
        entry.trace,
        entry.purpose,
        canonical_json(dict(entry.detail)).decode(),
        event.previous_hash,
        event.hash,
    )


def _checkpoint(row: RowMapping) -> Checkpoint:
    return Checkpoint(
        sequence=row["sequence"],
        head_hash=row["head_hash"],
        at=row["at"].astimezone(UTC),
        key_id=row["key_id"],
        signature=row["signature"],
    )
