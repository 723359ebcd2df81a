"""The audit of a run: open before any effect, closed with how it truly ended."""

from __future__ import annotations

import asyncio
from typing import Any

from suwen.control.gateway.process import this_process
from suwen.control.gateway.run_state import Run
from suwen.control.gateway.stages import TraceLog
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import SuwenError, meaning_of
from suwen.core.ports import AuditSink

OPEN = "run.open"
CLOSE = "run.close"


class RunAudit:
    """Closes the audit and the trace of one run."""

    def __init__(self, sink: AuditSink, trace: TraceLog) -> None:
        self._sink = sink
        self._trace = trace

    @staticmethod
    async def open(sink: AuditSink, run: Run) -> None:
        """Makes durable that the run begins.

        Raises:
            AuditError: when it is not durable; the run must then not happen.
        """
        detail = {
            "release": run.release.hash if run.release else None,
            "request": run.request_hash,
            "store": run.options.store,
            "content_id": run.content_id,
            "process": this_process(),
        }
        await sink.append(_entry(run, OPEN, AuditOutcome.OPENED, detail))
        run.audit_open = True

    async def close_done(self, run: Run) -> None:
        """Closes a run that delivered its result.

        Raises:
            AuditError: when it is not durable; the result must then not be handed out.
        """
        detail: dict[str, Any] = {"model": run.model, "data_class": run.data_class}
        if run.model_reason_code is not None:
            detail["model_reason"] = run.model_reason_code
        if run.draft_id is not None:
            detail["draft"] = run.draft_id
        await self._sink.append(_entry(run, CLOSE, AuditOutcome.DONE, detail))
        await self._trace.close(run, AuditOutcome.DONE.value)

    async def close_without_result(self, run: Run, error: BaseException) -> None:
        """Closes a run that was refused, failed or was cancelled; one that was refused before
        the audit was open is written as one event."""
        outcome, code = AuditOutcome.FAILED, "internal"
        if isinstance(error, SuwenError):
            outcome, code = AuditOutcome(meaning_of(error).audit_outcome), error.code
        elif isinstance(error, asyncio.CancelledError):
            code = "cancelled"
        detail: dict[str, Any] = {"code": code, "request": run.request_hash}
        if isinstance(error, SuwenError) and error.category == "audit":
            return
        await self._sink.append(_entry(run, CLOSE, outcome, detail))
        if not self._trace.opened:
            await self._trace.open(run)
        await self._trace.close(run, outcome.value)


def _entry(run: Run, action: str, outcome: AuditOutcome, detail: dict[str, Any]) -> AuditEntry:
    if run.principal.operating_user is not None:
        detail["operating_user"] = run.principal.operating_user
    return AuditEntry(
        action=action,
        actor=run.principal.id,
        channel=run.principal.channel.value,
        outcome=outcome,
        subject=f"Application/{run.app}",
        patient=run.patient,
        app=run.app,
        trace=run.trace,
        purpose=run.principal.purpose.value,
        detail=detail,
    )
