"""Asks the engines from time to time what they serve: another model behind the same address is
another engine, whose gate is closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from suwen.core.audit import AuditEntry, AuditOutcome, content_hash
from suwen.core.errors import SuwenError
from suwen.core.identity import Channel
from suwen.core.inference import Endpoint
from suwen.core.ports import AuditSink
from suwen.storage.endpoints import EndpointStore

EVERY_S = 60.0


async def keep_watching(
    endpoints: EndpointStore, audit: AuditSink, served: Callable[[Endpoint], Awaitable[str | None]]
) -> None:
    """Looks every minute, until it is cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        with contextlib.suppress(SuwenError):
            await look(endpoints, audit, served)


async def look(
    endpoints: EndpointStore, audit: AuditSink, served: Callable[[Endpoint], Awaitable[str | None]]
) -> list[str]:
    """Notes which engines serve something else than when they were proposed; their names.

    One that does not answer, or that nobody has proposed, is left as it is.
    """
    changed = []
    for endpoint in await endpoints.list():
        if endpoint.embedded or endpoint.served is None:
            continue
        now = await served(endpoint)
        if now is None or now == endpoint.served:
            continue
        await audit.append(
            AuditEntry(
                action="endpoint.changed",
                actor="system",
                channel=Channel.CLI.value,
                outcome=AuditOutcome.DONE,
                subject=f"Endpoint/{endpoint.name}",
                detail={"before": content_hash(endpoint.served), "after": content_hash(now)},
            )
        )
        await endpoints.put(replace(endpoint, served=now))
        changed.append(endpoint.name)
    return changed
