"""The trace of every run: its stages, and the events that a screen may follow."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, insert, select, update

from suwen.core.audit import canonical_json
from suwen.core.data_class import Door, class_of_content, passes, withheld
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, PrincipalId, ReleaseHash, TraceId
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.keyring import Module
from suwen.storage.tables import trace, trace_event, trace_stage

_SEALED: Final = "sealed"


@dataclass(frozen=True, slots=True)
class TraceStage:
    """One stage of a run.

    Attributes:
        n: its place in the run, from 1.
        status: for example ``done``, ``skipped``, ``refused``, ``failed``.
        took_ms: duration in milliseconds, >= 0.
        input_hash: SHA-256 of what went in; ``None`` when nothing did.
        result: JSON-ready facts without patient text.
    """

    n: int
    name: str
    status: str
    started_at: datetime
    took_ms: float
    input_hash: str | None
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """A run; ``outcome`` and ``closed_at`` are ``None`` while it goes on or when it was cut off."""

    id: TraceId
    app: AppId
    principal: PrincipalId
    release: ReleaseHash
    opened_at: datetime
    outcome: str | None
    closed_at: datetime | None
    stages: tuple[TraceStage, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """Something that a screen shows of a run while it goes on."""

    n: int
    kind: str
    data: Mapping[str, Any] = field(repr=False)


class TraceStore:
    """Traces of one partition."""

    def __init__(self, database: Database) -> None:
        self._database = database
        vault = database.vault
        # What a run told its reader holds what the record says.
        self._cipher = FieldCipher(vault.ring, Module.DOCUMENTS) if vault is not None else None

    async def open(
        self,
        trace_id: TraceId,
        app: AppId,
        principal: PrincipalId,
        release: ReleaseHash,
        at: datetime,
    ) -> None:
        """Begins a trace."""
        statement = insert(trace).values(
            id=trace_id, app=app, principal=principal, release=release, opened_at=at
        )
        async with self._database.single() as connection:
            await connection.execute(statement)

    async def add_stage(  # noqa: PLR0913 - the columns of a stage
        self,
        trace_id: TraceId,
        n: int,
        name: str,
        status: str,
        started_at: datetime,
        took_ms: float,
        input_hash: str | None,
        result: Mapping[str, Any],
    ) -> None:
        """Adds a stage that ended."""
        await self.add_stages(
            trace_id, [TraceStage(n, name, status, started_at, took_ms, input_hash, result)]
        )

    async def add_stages(self, trace_id: TraceId, stages: list[TraceStage]) -> None:
        """Adds several stages at once."""
        if stages:
            async with self._database.transaction() as connection:
                await connection.execute(insert(trace_stage), _stage_rows(trace_id, stages))

    async def close(
        self, trace_id: TraceId, outcome: str, at: datetime, stages: Sequence[TraceStage] = ()
    ) -> bool:
        """Ends a trace; false when it had ended already, which then stays as it was.

        Args:
            stages: the last ones, added in the same transaction.
        """
        statement = (
            update(trace)
            .where(trace.c.id == trace_id, trace.c.closed_at.is_(None))
            .values(outcome=outcome, closed_at=at)
            .returning(trace.c.id)
        )
        async with self._database.transaction() as connection:
            if stages:
                await connection.execute(insert(trace_stage), _stage_rows(trace_id, stages))
            return (await connection.execute(statement)).one_or_none() is not None

    async def read(self, trace_id: TraceId) -> Trace:
        """A trace with its stages in order.

        Raises:
            NotFoundError: ``no_such_trace``.
        """
        stages = select(trace_stage).where(trace_stage.c.trace == trace_id)
        async with self._database.reading() as connection:
            found = await connection.execute(select(trace).where(trace.c.id == trace_id))
            row = found.mappings().one_or_none()
            listed = await connection.execute(stages.order_by(trace_stage.c.n))
            stage_rows = listed.mappings().all()
        if row is None:
            raise no_such_trace()
        return _trace(row, tuple(_stage(item) for item in stage_rows))

    async def still_open(self) -> tuple[Trace, ...]:
        """Traces that never ended, oldest first, without their stages."""
        query = select(trace).where(trace.c.closed_at.is_(None)).order_by(trace.c.opened_at)
        async with self._database.reading() as connection:
            return tuple(_trace(row) for row in (await connection.execute(query)).mappings())

    async def append_event(
        self, trace_id: TraceId, n: int, kind: str, data: Mapping[str, Any]
    ) -> None:
        """Keeps an event; ``n`` grows by the writer's own count."""
        await self.append_events(trace_id, [TraceEvent(n, kind, data)])

    async def append_events(self, trace_id: TraceId, events: list[TraceEvent]) -> None:
        """Keeps several events at once."""
        rows = [
            {
                "trace": trace_id,
                "n": event.n,
                "kind": event.kind,
                "data": self._sealed(trace_id, event),
            }
            for event in events
        ]
        if rows:
            async with self._database.transaction() as connection:
                await connection.execute(insert(trace_event), rows)

    async def events_after(self, trace_id: TraceId, n: int) -> tuple[TraceEvent, ...]:
        """Events with a number above ``n``, in order."""
        kept = trace_event.c
        query = (
            select(kept.n, kept.kind, kept.data)
            .where(kept.trace == trace_id, kept.n > n)
            .order_by(kept.n)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return tuple(
                TraceEvent(row.n, row.kind, self._opened(trace_id, row.n, row.data)) for row in rows
            )

    def _sealed(self, trace_id: TraceId, event: TraceEvent) -> dict[str, Any]:
        if self._cipher is None:
            return dict(event.data)
        content = canonical_json(dict(event.data)).decode()
        sealed = self._cipher.seal(content, _place(trace_id, event.n))
        return {_SEALED: base64.b64encode(sealed).decode()}

    def _opened(self, trace_id: TraceId, n: int, data: dict[str, Any]) -> dict[str, Any]:
        if self._cipher is None or data.keys() != {_SEALED}:
            return data
        opened: dict[str, Any] = json.loads(
            self._cipher.open(base64.b64decode(data[_SEALED]), _place(trace_id, n))
        )
        return opened

    async def last_event(self, trace_id: TraceId) -> int:
        """Number of the last event, 0 when there is none."""
        query = select(func.coalesce(func.max(trace_event.c.n), 0))
        async with self._database.reading() as connection:
            found = await connection.execute(query.where(trace_event.c.trace == trace_id))
            return int(found.scalar_one())

    async def forget_events(self, closed_before: datetime) -> int:
        """Removes the events of the runs that ended before; how many. The stages stay."""
        ended = select(trace.c.id).where(trace.c.closed_at < closed_before)
        statement = delete(trace_event).where(trace_event.c.trace.in_(ended))
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).rowcount

    async def list(
        self,
        app: AppId | None = None,
        limit: int = 100,
        offset: int = 0,
        *,
        principal: PrincipalId | None = None,
        since: datetime | None = None,
    ) -> list[Trace]:
        """Traces without their stages, latest first; what is absent does not narrow."""
        query = select(trace).order_by(trace.c.opened_at.desc(), trace.c.id)
        if app is not None:
            query = query.where(trace.c.app == app)
        if principal is not None:
            query = query.where(trace.c.principal == principal)
        if since is not None:
            query = query.where(trace.c.opened_at >= since)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.limit(limit).offset(offset))
            return [_trace(row) for row in rows.mappings()]


def _stage_rows(trace_id: TraceId, stages: Sequence[TraceStage]) -> list[dict[str, Any]]:
    return [
        {
            "trace": trace_id,
            "n": stage.n,
            "name": stage.name,
            "status": stage.status,
            "started_at": stage.started_at,
            "took_ms": stage.took_ms,
            "input_hash": stage.input_hash,
            "result": _passed(stage.result),
        }
        for stage in stages
    ]


def _passed(result: Mapping[str, Any]) -> dict[str, Any]:
    """A stage's result: codes, counts and hashes; never a part of a record."""
    if passes(result, Door.TRACE):
        return dict(result)
    return {"withheld": withheld(class_of_content(result))}


def _place(trace_id: str, n: int) -> str:
    return f"trace_event/{trace_id}/{n}"


def no_such_trace() -> NotFoundError:
    """The refusal of a run that is not there, or not this person's."""
    return NotFoundError(
        "no_such_trace", Bilingual(zh="没有这次运行的记录。", en="There is no such run.")
    )


def _trace(row: RowMapping, stages: tuple[TraceStage, ...] = ()) -> Trace:
    return Trace(
        id=TraceId(row["id"]),
        app=AppId(row["app"]),
        principal=PrincipalId(row["principal"]),
        release=ReleaseHash(row["release"]),
        opened_at=row["opened_at"],
        outcome=row["outcome"],
        closed_at=row["closed_at"],
        stages=stages,
    )


def _stage(row: RowMapping) -> TraceStage:
    return TraceStage(
        n=row["n"],
        name=row["name"],
        status=row["status"],
        started_at=row["started_at"],
        took_ms=row["took_ms"],
        input_hash=row["input_hash"],
        result=row["result"],
    )
