"""Asks engines on trial beside a run that is over: nothing of it is shown, and nobody waits for it.

What they would have said is verified as if it were shown, and kept for comparison. A case that is
lost when the process ends is lost: a trial is no part of anybody's record.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from datetime import timedelta
from typing import Any, Final

from suwen.control.gateway import generation, output_guard, verification
from suwen.control.gateway.acts import Act, audited
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.run_state import Run
from suwen.control.governance.gate import GateVerdict
from suwen.control.privacy.data_class import check_ceiling
from suwen.core.application import PromptSpec
from suwen.core.document import Document, StatementOrigin
from suwen.core.errors import SuwenError
from suwen.core.identity import BindingId, PatientId
from suwen.storage.shadow_cases import ShadowCase

MOST_AT_ONCE: Final = 4
"""Trials that may run beside at a time; a run more than that is not tried."""

KEPT: Final = timedelta(days=90)
"""How long a case is kept."""

log = logging.getLogger(__name__)


class ShadowRuns:
    """The trials of one process."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, run: Run) -> None:
        """Has the engines on trial asked what this run would ask; returns at once."""
        if run.prompt is None:
            return
        for verdict in run.shadows:
            if verdict.binding is None or len(self._running) >= MOST_AT_ONCE:
                continue
            task = asyncio.create_task(
                self._try(run, run.prompt, verdict, verdict.binding.id), name="shadow"
            )
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Waits until every trial has ended."""
        await asyncio.gather(*self._running)

    async def stop(self) -> None:
        """Ends every trial."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _try(
        self, run: Run, prompt: PromptSpec, verdict: GateVerdict, binding: BindingId
    ) -> None:
        act = Act(
            "run.shadow",
            f"ModelPart/{binding}",
            patient=run.patient,
            app=run.app,
            trace=run.trace,
            detail={"endpoint": verdict.endpoint.name, "release": run.admitted_release},
        )
        try:
            async with audited(self._parts.audit, run.principal, act):
                await self._ask(run, prompt, verdict, binding)
        except SuwenError as error:
            log.warning("a trial beside a run failed: %s", error.code)

    async def _ask(
        self, run: Run, prompt: PromptSpec, verdict: GateVerdict, binding: BindingId
    ) -> None:
        """Asks, verifies and keeps one case."""
        check_ceiling(run.data_class, verdict.endpoint)
        started, failure, would = time.perf_counter(), None, None
        try:
            would = await self._would_say(run, prompt, verdict)
        except SuwenError as error:
            failure = error.code
        took_ms = (time.perf_counter() - started) * 1000
        shown = run.merged.document
        kept = run.draft_id is not None and failure is None
        store = self._parts.releases.shadows
        await store.add(
            ShadowCase(
                binding=binding,
                trace=run.trace,
                draft=run.draft_id,
                at=self._parts.clock.now(),
                failure=failure,
                counts=_counts(would, shown),
                took_ms=took_ms,
                content=_sentences(would, shown) if kept else None,
            ),
            PatientId(run.patient) if run.patient else None,
        )
        await store.remove_before(self._parts.clock.now() - KEPT)

    async def _would_say(
        self, run: Run, prompt: PromptSpec, verdict: GateVerdict
    ) -> Document | None:
        """The document as it would have been shown."""
        beside = dataclasses.replace(
            run, emit=_unseen, answer=None, usage={}, findings=[], endpoint=verdict.endpoint
        )
        model = self._parts.model(verdict.endpoint.name)
        beside.answer = await generation.ask(beside, model, prompt)
        draft = run.admitted.application.merge(run.request, run.core_result, beside.answer)
        if draft.document is None:
            return None
        base = verification.evidence_base(run.record, run.passages, draft.document)
        document = await asyncio.to_thread(
            verification.verify_document, draft.document, self._parts.checker, base
        )
        beside.draft = dataclasses.replace(draft, document=document)
        guarded = await asyncio.to_thread(output_guard.guard, beside.draft, beside)
        return guarded.draft.document


def _unseen(_event: object) -> None:
    """Nobody watches a trial."""


def _counts(would: Document | None, shown: Document | None) -> dict[str, Any]:
    ours, theirs = _of_model(would), _of_model(shown)
    return {
        "shadow": {"statements": len(ours), "supported": sum(ours.values())},
        "shown": {"statements": len(theirs), "supported": sum(theirs.values())},
        "same": len(set(ours) & set(theirs)),
    }


def _sentences(would: Document | None, shown: Document | None) -> dict[str, Any]:
    return {
        side: [{"text": text, "supported": good} for text, good in _of_model(document).items()]
        for side, document in (("shadow", would), ("shown", shown))
    }


def _of_model(document: Document | None) -> dict[str, bool]:
    """The model's sentences and whether each is supported."""
    if document is None:
        return {}
    return {
        one.text: one.supported is True
        for one in document.statements
        if one.origin is StatementOrigin.MODEL
    }
