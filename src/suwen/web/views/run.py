"""A run: how it is going, and afterwards its trace, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.identity import TraceId
from suwen.storage.traces import Trace, TraceEvent
from suwen.web.guard import Visitor
from suwen.web.texts import Texts

STAGES = (
    "admit", "audit", "read", "minimise", "guard_input", "retrieve", "core", "generate",
    "verify", "guard_output", "disclose", "draft",
)  # fmt: skip
"""The stages of a run, in order; shown before they begin, too."""


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of a trace; ``not_reached`` when the run ended before it."""

    number: int
    name: str
    status: str
    started_at: datetime | None
    took_ms: float | None
    input_hash: str
    result: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TracePage:
    """The trace of a run; holds no patient text."""

    id: str
    app: str
    app_title: str
    principal: str
    release: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    took_ms: float | None
    stages: tuple[StageRow, ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A line of the list of runs."""

    id: str
    app_title: str
    principal: str
    opened_at: datetime
    outcome: str | None
    took_ms: float | None


async def read_trace_page(
    platform: Platform, visitor: Visitor, trace: str, texts: Texts
) -> TracePage:
    """The trace of a run.

    Raises:
        AccessError: for whoever may not read traces.
        NotFoundError: ``no_such_trace``.
    """
    platform.access.require(visitor.principal, Action.READ_TRACE, InstallationTarget())
    found = await platform.traces.read(TraceId(trace))
    by_name = {stage.name: stage for stage in found.stages}
    rows = []
    for number, name in enumerate(STAGES, start=1):
        stage = by_name.get(name)
        rows.append(
            StageRow(number, name, "not_reached", None, None, "", ())
            if stage is None
            else StageRow(
                stage.n,
                name,
                stage.status,
                stage.started_at,
                stage.took_ms,
                stage.input_hash or "",
                tuple((key, _plain(value)) for key, value in stage.result.items()),
            )
        )
    return TracePage(
        id=found.id,
        app=found.app,
        app_title=app_title(platform, found.app, texts),
        principal=found.principal,
        release=found.release,
        opened_at=found.opened_at,
        closed_at=found.closed_at,
        outcome=found.outcome,
        took_ms=_took(found),
        stages=tuple(rows),
    )


async def list_runs(
    platform: Platform, visitor: Visitor, texts: Texts, limit: int = 50, offset: int = 0
) -> list[RunRow]:
    """The latest runs; raises AccessError as ``read_trace_page``."""
    platform.access.require(visitor.principal, Action.READ_TRACE, InstallationTarget())
    found = await platform.traces.list(limit=limit, offset=offset)
    return [
        RunRow(
            id=trace.id,
            app_title=app_title(platform, trace.app, texts),
            principal=trace.principal,
            opened_at=trace.opened_at,
            outcome=trace.outcome,
            took_ms=_took(trace),
        )
        for trace in found
    ]


async def read_progress(platform: Platform, visitor: Visitor, trace: str) -> Trace:
    """The run of this very person, who alone may watch it.

    Raises:
        NotFoundError: ``no_such_trace``; also for another person's run.
    """
    found = await platform.traces.read(TraceId(trace))
    if found.principal != visitor.principal.id:
        # The board refuses and says why.
        async for _event in platform.runs.events(visitor.principal, found.id):
            break
    return found


async def patient_of_run(platform: Platform, trace: Trace) -> str | None:
    """Whom a run is about, as its audit says; ``None`` for a run without a patient."""
    events = await platform.audit_store.latest(1, None, trace=trace.id)
    return events[0].entry.patient if events else None


async def finished_draft(platform: Platform, trace: Trace) -> str | None:
    """Id of the draft that a finished run left, ``None`` when there is none."""
    if trace.closed_at is None:
        return None
    return await platform.drafts.of_trace(trace.id)


def streamed(event: TraceEvent) -> bytes:
    """A stored event in the form of server-sent events; the content of the draft stays out."""
    data: Mapping[str, Any] = event.data
    if event.kind == "result":
        data = {"run": event.data["run"]}
    body = orjson.dumps(data).decode()
    return f"id: {event.n}\nevent: {event.kind}\ndata: {body}\n\n".encode()


def app_title(platform: Platform, app: str, texts: Texts) -> str:
    """Title of an application; its id when it is no longer installed."""
    for known, installed in platform.applications.items():
        if known == app:
            return texts.of(installed.manifest.title)
    return app


def _took(trace: Trace) -> float | None:
    if trace.closed_at is None:
        return None
    return (trace.closed_at - trace.opened_at).total_seconds() * 1000


def _plain(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
