"""The listeners of the demonstration hospital: made once, gone with the demonstration."""

from __future__ import annotations

import contextlib

from suwen.bootstrap.platform import Platform
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.errors import ConflictError, NotFoundError

MADE = "demonstration.connections"
# Where they listen is of the settings' section `listeners`, so that nothing here fixes a port.
LISTENERS = (
    Connection("his", ConnectionKind.HL7V2_LISTENER, {}, synthetic=True),
    Connection("pacs", ConnectionKind.DICOM_LISTENER, {}, synthetic=True),
)


async def put_demonstration_connections(platform: Platform) -> None:
    """Makes the listeners where they were never made; a later change or removal stands."""
    if await platform.site.get(MADE):
        return
    for listener in LISTENERS:
        await _note(platform, "connection.put", listener.name)
        with contextlib.suppress(ConflictError):
            await platform.connection_parts.connections.put(
                listener, None, by="system", at=platform.clock.now()
            )
    await platform.site.put(MADE, True)


async def retire_demonstration_connections(platform: Platform) -> None:
    """Removes the listeners: what came over them counts as invented, which no real message is."""
    if not await platform.site.get(MADE):
        return
    for listener in LISTENERS:
        store = platform.connection_parts.connections
        with contextlib.suppress(NotFoundError):
            if (await store.read(listener.name)).synthetic:
                await _note(platform, "connection.remove", listener.name)
                await store.remove(listener.name)
    await platform.site.put(MADE, False)


async def _note(platform: Platform, action: str, name: str) -> None:
    await platform.audit.append(
        AuditEntry(
            action=action,
            actor="system",
            channel="cli",
            outcome=AuditOutcome.DONE,
            subject=f"Connection/{name}",
            detail={"reason": "demonstration"},
        )
    )
