"""What connections stand on, over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from suwen.bootstrap.audit_opening import SystemClock, open_audit
from suwen.bootstrap.connections.opening import open_connection_parts
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.settings import AuditSettings, ListenerSettings, Settings
from suwen.storage.database import Database
from suwen.storage.urls import DatabaseUrls


@pytest.fixture
async def parts(
    fresh_database_urls: DatabaseUrls, tmp_path: Path
) -> AsyncIterator[ConnectionParts]:
    """The stores of an empty site whose listeners take free ports."""
    home = tmp_path / "home"
    home.mkdir()
    settings = Settings(
        home=home,
        audit=AuditSettings(anchor=str(tmp_path / "anchor.jsonl")),
        listeners=ListenerSettings(hl7v2_port=0, dicom_port=0),
    )
    async with AsyncExitStack() as closing:
        database = Database(fresh_database_urls.general, pool_size=2)
        closing.push_async_callback(database.close)
        audit = await open_audit(settings, database, closing)
        yield open_connection_parts(settings, fresh_database_urls, audit, SystemClock(), closing)
