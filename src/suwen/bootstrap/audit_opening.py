"""Opens the audit of a site, for every process that acts on it."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from suwen.bootstrap.settings import Settings
from suwen.control.audit import AuditWriter, KeyFileSigner, open_anchor
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.settings import SettingStore

CHAIN = "audit.chain"
"""Setting that names this installation's audit chain, so that anchors of two are told apart."""


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


def site_signer(settings: Settings) -> KeyFileSigner:
    """Signs for the installation."""
    return KeyFileSigner(settings.home / "secrets" / "signing")


async def open_audit(
    settings: Settings, database: Database, closing: AsyncExitStack
) -> AuditWriter:
    """The one road into the audit chain of this process.

    Raises:
        ConfigurationError: ``anchor_not_writable``.
    """
    chain = await SettingStore(database).put_once(CHAIN, secrets.token_hex(16))
    anchor = open_anchor(settings.audit.anchor or "", chain)
    writer = AuditWriter(
        AuditStore(database),
        site_signer(settings),
        anchor,
        SystemClock(),
        anchor_seconds=settings.audit.anchor_seconds,
    )
    await writer.start()
    closing.push_async_callback(writer.stop)
    return writer
