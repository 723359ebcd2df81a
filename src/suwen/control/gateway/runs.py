"""Runs that outlive the page that asked for them: tasks of the server, their events stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from suwen.control.gateway.run import Gateway, new_trace
from suwen.control.gateway.run_reading import AuditedRuns, RunReader, RunSubject
from suwen.control.gateway.run_state import Run
from suwen.control.gateway.run_types import FailedEvent, ResultEvent, RunEvent, RunOptions
from suwen.core.errors import ConflictError, SuwenError
from suwen.core.identity import AppId, Principal, TraceId
from suwen.core.language import Bilingual
from suwen.storage.traces import TraceEvent, TraceStore, no_such_trace

LAST_KINDS = (ResultEvent.kind, FailedEvent.kind)
_KEPT = RunOptions(store=True)
_GATHER_S = 0.2
_LOOK_AGAIN_S = 0.25
_STORED_WITHIN = timedelta(seconds=5)
"""A run's last events are stored after its trace is closed; later only a kill explains them."""
_MOST_AT_ONCE = 64

_INTERNAL = Bilingual(
    zh="运行因系统故障中断，未产生结果。", en="The run was ended by a defect; there is no result."
)
_CANCELLED = Bilingual(zh="运行已取消，未产生结果。", en="The run was cancelled; no result.")


@dataclass
class _Running:
    """A run of this process, with all its events; the first ``stored`` of them are kept."""

    run: Run
    task: asyncio.Task[None] | None = None
    told: list[TraceEvent] = field(default_factory=list)
    stored: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    storing: asyncio.Lock = field(default_factory=asyncio.Lock)
    error: BaseException | None = None

    def tell(self, event: RunEvent) -> None:
        """Takes an event of the run and wakes whoever waits for one."""
        self.told.append(TraceEvent(len(self.told) + 1, event.kind, event.as_json()))
        news, self.news = self.news, asyncio.Event()
        news.set()


class RunBoard:
    """Starts runs, tells their events from any point on, and cancels them.

    Args:
        audits: says whom a run is about that has ended.
    """

    def __init__(self, gateway: Gateway, audits: AuditedRuns) -> None:
        self._gateway = gateway
        self._reader = RunReader(gateway.parts, audits)
        self._traces: TraceStore = gateway.parts.traces
        self._running: dict[TraceId, _Running] = {}

    async def start(
        self,
        principal: Principal,
        app: AppId,
        request: Mapping[str, Any],
        options: RunOptions = _KEPT,
    ) -> TraceId:
        """Starts a run as a task of the server; returns once it is admitted and audited.

        Raises:
            SuwenError: when it is not admitted.
            ConflictError: ``too_many_runs``.
        """
        if len(self._running) >= _MOST_AT_ONCE:
            raise ConflictError(
                "too_many_runs",
                Bilingual(
                    zh="正在进行的运行过多，请稍后再试。",
                    en="Too many runs are under way; try again shortly.",
                ),
            )
        run = Run(new_trace(), principal, app, request, options)
        running = _Running(run)
        run.emit = running.tell
        self._running[run.trace] = running
        running.task = asyncio.create_task(self._work(running))
        admitted = asyncio.create_task(run.trace_opened.wait())
        await asyncio.wait({admitted, running.task}, return_when=asyncio.FIRST_COMPLETED)
        admitted.cancel()
        if not run.audit_open:
            # Not admitted: its trace, if it has one, only tells the refusal.
            await asyncio.wait({running.task})
        if running.error is not None and not run.audit_open:
            raise running.error
        return run.trace

    async def events(
        self, principal: Principal, trace: TraceId, after: int = 0
    ) -> AsyncIterator[TraceEvent]:
        """Events of a run numbered above ``after``, as they come, until its last one.

        A reader that was cut off goes on with the number it saw last, also at another process.

        Raises:
            NotFoundError: ``no_such_trace``; also for another person's run, whose events hold
                what it read.
            AccessError: for whoever may not read the patient's record now.
        """
        running = self._running.get(trace)
        about = await self._admit(principal, trace, running, after)
        while running is not None and trace in self._running:
            # A reader here need not wait until an event is stored. But the last one says that the
            # rest may be looked up: it is told from the store.
            news = running.news
            for event in running.told[after:]:
                if event.kind in LAST_KINDS:
                    break
                after = event.n
                yield event
            await news.wait()
        async for event in self._stored_events(trace, after):
            if event.kind in LAST_KINDS:
                # It tells everything once more, and the right to it may have ended meanwhile.
                await self._reader.require(principal, about)
            yield event

    async def _admit(
        self, principal: Principal, trace: TraceId, running: _Running | None, after: int
    ) -> RunSubject:
        """Whom the run is about, for whoever started it and may read that record now."""
        if running is not None:
            if principal.id != running.run.principal.id:
                raise no_such_trace()
            about = RunSubject.of(running.run)
            await self._reader.require(principal, about)
            return about
        kept = await self._traces.read(trace)
        if principal.id != kept.principal:
            raise no_such_trace()
        about = await self._reader.subject_of(kept)
        await self._reader.require(principal, about)
        if kept.closed_at is not None and await self._traces.last_event(trace) > after:
            await self._reader.note(principal, about)
        return about

    async def _stored_events(self, trace: TraceId, after: int) -> AsyncIterator[TraceEvent]:
        """The events of a run that ended, or that another process runs."""
        while True:
            closed_at = (await self._traces.read(trace)).closed_at
            for event in await self._traces.events_after(trace, after):
                after = event.n
                yield event
                if event.kind in LAST_KINDS:
                    return
            if closed_at is not None:
                last = await self._traces.last_event(trace)
                ended = await self._traces.events_after(trace, last - 1)
                if ended and ended[-1].kind in LAST_KINDS and last <= after:
                    # A reader may have seen events that a kill kept from being stored.
                    if ended[-1].kind == FailedEvent.kind:
                        yield ended[-1]
                    return
                if self._gateway.parts.clock.now() - closed_at > _STORED_WITHIN:
                    return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def cancel(self, principal: Principal, trace: TraceId) -> bool:
        """Cancels a run of this process and its engine call.

        False when no run of this person goes on under that number: whether it had ended, never was
        or is another person's is not told.
        """
        running = self._running.get(trace)
        if running is None or running.task is None:
            return False
        if running.run.principal.id != principal.id:
            return False
        running.task.cancel()
        await asyncio.wait([running.task])
        return True

    async def stop(self) -> None:
        """Cancels every run and trial, for the end of the server; each is closed truthfully."""
        tasks = [r.task for r in self._running.values() if r.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._gateway.shadows.stop()

    async def _work(self, running: _Running) -> None:
        writing = asyncio.create_task(self._write(running))
        try:
            result = await self._gateway.pass_through(running.run)
            running.tell(ResultEvent(result))
        except SuwenError as error:
            running.error = error
            running.tell(FailedEvent(error))
        except asyncio.CancelledError as error:
            running.error = error
            running.tell(FailedEvent(SuwenError("cancelled", _CANCELLED)))
        except Exception as error:  # noqa: BLE001 - the edge of a task: told, audited, not lost
            running.error = error
            running.tell(FailedEvent(SuwenError("internal", _INTERNAL)))
        finally:
            writing.cancel()
            await asyncio.wait([writing])
            await self._store(running)
            self._running.pop(running.run.trace, None)
            running.news.set()

    async def _write(self, running: _Running) -> None:
        """Stores events as they come, several at once."""
        await running.run.trace_opened.wait()
        while True:
            news = running.news
            if len(running.told) == running.stored:
                await news.wait()
            await asyncio.sleep(_GATHER_S)
            await asyncio.shield(self._store(running))

    async def _store(self, running: _Running) -> None:
        if not running.run.trace_opened.is_set():
            return
        async with running.storing:
            events = running.told[running.stored :]
            await self._traces.append_events(running.run.trace, events)
            running.stored += len(events)
