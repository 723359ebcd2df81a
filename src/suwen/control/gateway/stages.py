"""Runs one stage, tells whoever watches, and writes it into the trace."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from suwen.control.gateway.run_state import Run, StageNote
from suwen.control.gateway.run_types import StageEvent
from suwen.core.errors import SuwenError, meaning_of
from suwen.core.ports import Clock
from suwen.storage.traces import TraceStage, TraceStore

StageMethod = Callable[[Run, StageNote], Awaitable[None]]


_WRITTEN_AFTER = frozenset({"audit", "core", "generate"})
"""Stages after which the trace of a run that asks an engine is written, so that a crash in the
seconds of waiting leaves it complete up to there; without an engine it is written at the end."""


@dataclass
class TraceLog:
    """The trace of one run. Nothing is stored before the audit is open: lines wait until then."""

    store: TraceStore
    clock: Clock
    number: int = 0
    opened: bool = False
    waiting: list[TraceStage] = field(default_factory=list)

    async def stage(self, run: Run, name: str, method: StageMethod) -> None:
        """Runs a stage; it counts as refused or failed when it raises."""
        self.number += 1
        number, note = self.number, StageNote()
        started_at, start = self.clock.now(), time.perf_counter()
        run.emit(StageEvent(number, name, "running"))
        try:
            await method(run, note)
        except SuwenError as error:
            note.status = meaning_of(error).audit_outcome
            note.result["code"] = error.code
            raise
        except BaseException as error:
            note.status = "failed"
            note.result["code"] = type(error).__name__
            raise
        finally:
            took_ms = (time.perf_counter() - start) * 1000
            self.waiting.append(
                TraceStage(
                    number, name, note.status, started_at, took_ms, note.input_hash, note.result
                )
            )
            run.emit(StageEvent(number, name, note.status, round(took_ms, 3)))
        if name in _WRITTEN_AFTER and (run.endpoint is not None or run.usage):
            await self.flush(run)

    async def open(self, run: Run) -> None:
        """Opens the trace in the store; only after the audit is open."""
        if run.release is None:
            return
        await self.store.open(
            run.trace, run.app, run.principal.id, run.admitted_release, self.clock.now()
        )
        self.opened = True
        run.trace_opened.set()

    async def flush(self, run: Run) -> None:
        """Writes the lines that wait."""
        if self.opened and self.waiting:
            await self.store.add_stages(run.trace, self.waiting)
            self.waiting = []

    async def close(self, run: Run, outcome: str) -> None:
        """Writes what waits and how the run ended."""
        if self.opened:
            await self.store.close(run.trace, outcome, self.clock.now(), self.waiting)
            self.waiting = []
