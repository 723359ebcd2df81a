"""Acts outside a run that are audited: open before the effect, closed with how they ended."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from suwen.control.gateway.process import this_process
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AccessError, SuwenError, meaning_of
from suwen.core.identity import Principal
from suwen.core.ports import AuditSink


@dataclass(frozen=True)
class Act:
    """What somebody is about to do, as the audit names it.

    Attributes:
        detail: hashes, counts and codes; what is found out meanwhile may be added.
    """

    action: str
    subject: str
    patient: str | None = None
    app: str | None = None
    trace: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


async def note(
    sink: AuditSink, principal: Principal, act: Act, outcome: AuditOutcome, **detail: object
) -> None:
    """Makes one event durable; used before reading, and for what was refused.

    Raises:
        AuditError: when it is not durable; the act must then not happen.
    """
    facts = {**act.detail, **detail}
    if principal.operating_user is not None:
        facts["operating_user"] = principal.operating_user
    await sink.append(
        AuditEntry(
            action=act.action,
            actor=principal.id,
            channel=principal.channel.value,
            outcome=outcome,
            subject=act.subject,
            patient=act.patient,
            app=act.app,
            trace=act.trace,
            purpose=principal.purpose.value,
            detail=facts,
        )
    )


async def note_refusal(sink: AuditSink, principal: Principal, act: Act, error: AccessError) -> None:
    """Makes durable that somebody was refused."""
    await note(sink, principal, act, AuditOutcome.REFUSED, code=error.code)


@asynccontextmanager
async def audited(
    sink: AuditSink, principal: Principal, act: Act, number: str | None = None
) -> AsyncIterator[Act]:
    """Opens the audit of an act, and closes it with how the act truly ended.

    Args:
        number: the act's own number, where it was given one; no other act may have it.

    Raises:
        AuditError: before the act when it cannot be opened; after it when it cannot be closed,
            and then its result must not be told as done (a restart closes it truthfully).
    """
    # Its own number instead of the run's, so that no other act on the same draft closes it.
    own = number or str(uuid.uuid4())
    act = replace(act, trace=own, detail={**act.detail, "run": act.trace})
    await note(sink, principal, act, AuditOutcome.OPENED, process=this_process())
    try:
        yield act
    except BaseException as error:
        outcome, code = AuditOutcome.FAILED, "internal"
        if isinstance(error, SuwenError):
            outcome, code = AuditOutcome(meaning_of(error).audit_outcome), error.code
            if code == "database_outcome_unknown":
                # Whether it was done is not known: it stays open, a restart looks at the store.
                raise
        elif isinstance(error, asyncio.CancelledError):
            code = "cancelled"
        await asyncio.shield(note(sink, principal, act, outcome, code=code))
        raise
    await asyncio.shield(note(sink, principal, act, AuditOutcome.DONE))
