"""After a crash: closes what was opened and never closed, with what the store says became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.process import is_gone
from suwen.control.gateway.run_audit import CLOSE, OPEN
from suwen.control.gateway.run_types import FailedEvent
from suwen.core.audit import AuditEntry, AuditEvent, AuditOutcome
from suwen.core.draft import Decision, DraftStatus
from suwen.core.errors import NotFoundError, SuwenError
from suwen.core.identity import BindingId, DraftId, TraceId
from suwen.core.language import Bilingual
from suwen.core.release import ReleaseStep
from suwen.storage.audit import AuditStore

ACTOR = "installation"

_ANOTHER_HOST_AFTER = timedelta(hours=24)
_CLOCKS_DIFFER_BY = timedelta(seconds=2)
_DECISIONS = {
    "draft.sign": (Decision.ACCEPT, Decision.AMEND),
    "draft.cosign": (Decision.COSIGN,),
    "draft.reject": (Decision.REJECT,),
    "draft.escalate": (Decision.ESCALATE,),
}
_STEPS = {
    **{f"release.{one.value}": one for one in ReleaseStep if one is not ReleaseStep.EVALUATE},
    "release.measured": ReleaseStep.EVALUATE,
}
_INTERRUPTED = SuwenError(
    "interrupted",
    Bilingual(
        zh="服务中断，本次运行未完成。请重新运行。",
        en="The service was interrupted and this run did not finish. Run it again.",
    ),
)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many acts were found done, how many not, and how many still go on elsewhere."""

    done: int
    failed: int
    still_open: int


Happened = Callable[[AuditEvent], Awaitable[bool | None]]
"""Says of an act that is kept elsewhere whether it took effect; ``None`` for any other."""


async def reconcile(
    parts: GatewayParts,
    audit_store: AuditStore,
    from_sequence: int = 1,
    elsewhere: Happened | None = None,
) -> Reconciled:
    """Closes the audit of acts whose process is gone.

    An act of a process that still runs is left alone; one of another host is left alone for a
    day. Each closing event says that it was reconciled and which event it closes.

    Args:
        elsewhere: knows what became of acts whose store the gateway does not hold.

    Raises:
        AuditError: when a closing event cannot be made durable.
    """
    done = failed = still_open = 0
    for opened in await audit_store.unclosed(from_sequence):
        if not _is_over(opened, parts.clock.now()):
            still_open += 1
            continue
        told = await elsewhere(opened) if elsewhere is not None else None
        outcome, code = await _what_became_of(parts, opened, told)
        await parts.audit.append(_closing(opened, outcome, code))
        if opened.entry.action == OPEN and opened.entry.trace is not None:
            await _end_trace(parts, TraceId(opened.entry.trace), outcome)
        if outcome is AuditOutcome.DONE:
            done += 1
        else:
            failed += 1
    await _end_audited_traces(parts, audit_store)
    return Reconciled(done, failed, still_open)


def _is_over(opened: AuditEvent, now: datetime) -> bool:
    process = str(opened.entry.detail.get("process", ""))
    gone = is_gone(process)
    if gone is None:
        return now - opened.at > _ANOTHER_HOST_AFTER
    return gone


async def _what_became_of(
    parts: GatewayParts, opened: AuditEvent, told: bool | None
) -> tuple[AuditOutcome, str]:
    entry = opened.entry
    if told is not None:
        found = told
    elif entry.action == OPEN:
        found = await _draft_exists(parts, str(entry.detail.get("content_id", "")))
    elif entry.subject is not None and entry.subject.startswith("Draft/"):
        try:
            found = await _draft_act_happened(parts, opened)
        except NotFoundError:
            found = False
    elif entry.action in _STEPS:
        found = await _step_was_taken(parts, opened)
    else:
        return AuditOutcome.FAILED, "outcome_unknown"
    return (AuditOutcome.DONE, "reconciled") if found else (AuditOutcome.FAILED, "interrupted")


async def _draft_exists(parts: GatewayParts, draft: str) -> bool:
    try:
        await parts.drafts.read(DraftId(draft))
    except NotFoundError:
        return False
    return True


async def _draft_act_happened(parts: GatewayParts, opened: AuditEvent) -> bool:
    """Whether the store holds what the act was to do: by whom, on which version, not before."""
    entry = opened.entry
    draft = DraftId((entry.subject or "").partition("/")[2])
    version, earliest = entry.detail.get("version"), opened.at - _CLOCKS_DIFFER_BY
    if entry.action in _DECISIONS:
        return any(
            decision.decision in _DECISIONS[entry.action]
            and decision.signer == entry.actor
            and decision.version == version
            and decision.decided_at >= earliest
            for decision in await parts.drafts.sign_offs(draft)
        )
    if entry.action == "draft.save":
        return any(
            kept.version == version + 1 and kept.saved_by == entry.actor
            for kept in await parts.drafts.versions(draft)
            if isinstance(version, int)
        )
    found = await parts.drafts.read(draft)
    return (
        found.status is not DraftStatus.SIGNED
        and found.updated_by == entry.actor
        and found.updated_at >= earliest
    )


async def _step_was_taken(parts: GatewayParts, opened: AuditEvent) -> bool:
    """Whether the store holds a step of a model part, by whom it was audited and not before."""
    entry = opened.entry
    binding = BindingId((entry.subject or "").partition("/")[2])
    return any(
        act.step is _STEPS[entry.action]
        and act.by == entry.actor
        and act.at >= opened.at - _CLOCKS_DIFFER_BY
        for act in await parts.releases.bindings.acts(binding)
    )


async def _end_audited_traces(parts: GatewayParts, audit_store: AuditStore) -> None:
    """Ends traces whose run is closed in the audit, where the process died between the two."""
    for trace in await parts.traces.still_open():
        last = await audit_store.latest(1, trace=trace.id)
        if last and last[0].entry.outcome is not AuditOutcome.OPENED:
            outcome = last[0].entry.outcome.value
            await parts.traces.close(trace.id, outcome, parts.clock.now())


async def _end_trace(parts: GatewayParts, trace: TraceId, outcome: AuditOutcome) -> None:
    try:
        await parts.traces.read(trace)
    except NotFoundError:
        return
    number = await parts.traces.last_event(trace) + 1
    event = FailedEvent(_INTERRUPTED)
    await parts.traces.append_event(trace, number, event.kind, event.as_json())
    await parts.traces.close(trace, outcome.value, parts.clock.now())


def _closing(opened: AuditEvent, outcome: AuditOutcome, code: str) -> AuditEntry:
    entry = opened.entry
    return AuditEntry(
        action=CLOSE if entry.action == OPEN else entry.action,
        actor=ACTOR,
        channel=entry.channel,
        outcome=outcome,
        subject=entry.subject,
        patient=entry.patient,
        app=entry.app,
        trace=entry.trace,
        purpose=entry.purpose,
        detail={"code": code, "closes": opened.sequence},
    )
