"""An act of an operator on the audit: durable before its effect, closed with how it ended."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from suwen.control.gateway.process import this_process
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import SuwenError, meaning_of
from suwen.core.identity import Principal
from suwen.core.ports import AuditSink


def act_of(
    acting: Principal,
    action: str,
    *,
    subject: str | None = None,
    app: str | None = None,
    patient: str | None = None,
    **detail: str | int | list[str],
) -> AuditEntry:
    """The opening of an act, with a name of its own so that its closing is never another's."""
    return AuditEntry(
        action=action,
        actor=acting.id,
        channel=acting.channel.value,
        outcome=AuditOutcome.OPENED,
        subject=subject,
        patient=patient,
        app=app,
        trace=str(uuid.uuid4()),
        purpose=acting.purpose.value,
        detail={
            **detail,
            "operating_user": acting.operating_user or "",
            "process": this_process(),
        },
    )


@asynccontextmanager
async def audited(audit: AuditSink, opened: AuditEntry) -> AsyncIterator[dict[str, Any]]:
    """Opens an act on the audit, lets it happen, and closes it truthfully.

    Yields:
        What the closing event shall say besides: codes and counts, never patient text.

    Raises:
        AuditError: when the opening is not durable; the act must then not happen.
    """
    await audit.append(opened)
    said: dict[str, Any] = {}
    try:
        yield said
    except BaseException as error:
        outcome, code = AuditOutcome.FAILED, "internal"
        if isinstance(error, SuwenError):
            outcome, code = AuditOutcome(meaning_of(error).audit_outcome), error.code
        elif isinstance(error, asyncio.CancelledError):
            code = "cancelled"
        await asyncio.shield(audit.append(_closing(opened, outcome, {**said, "code": code})))
        raise
    await audit.append(_closing(opened, AuditOutcome.DONE, said))


def _closing(opened: AuditEntry, outcome: AuditOutcome, said: dict[str, Any]) -> AuditEntry:
    return dataclasses.replace(opened, outcome=outcome, detail={**opened.detail, **said})
