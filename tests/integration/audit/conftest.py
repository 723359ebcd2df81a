"""An audit on a real database, with its key and its anchor in folders of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from suwen.control.audit import AuditWriter, FileAnchor, GroupCommit, KeyFileSigner, VerifyReport
from suwen.control.audit.verification import verify_store
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.urls import DatabaseUrls
from tests.support.audit_chains import TickingClock


@dataclass
class AuditSite:
    """Everything that an audit needs; ``writer`` makes one more writer on the same chain."""

    urls: DatabaseUrls
    store: AuditStore
    keys: Path
    signer: KeyFileSigner
    anchor: FileAnchor
    anchor_path: Path
    open_database: Callable[[str], Database]

    def writer(
        self, *, anchor_seconds: float = 10.0, grouping: GroupCommit | None = None
    ) -> AuditWriter:
        return AuditWriter(
            AuditStore(self.open_database(self.urls.general)),
            self.signer,
            self.anchor,
            TickingClock(),
            anchor_seconds=anchor_seconds,
            grouping=grouping,
        )

    async def verify(self) -> VerifyReport:
        return await verify_store(self.store, self.anchor, self.signer.public_keys())


@pytest.fixture
async def site(
    fresh_database_urls: DatabaseUrls,
    database: Database,
    open_database: Callable[[str], Database],
    tmp_path: Path,
) -> AsyncIterator[AuditSite]:
    path = tmp_path / "outside" / "anchor.jsonl"
    yield AuditSite(
        urls=fresh_database_urls,
        store=AuditStore(database),
        keys=tmp_path / "keys",
        signer=KeyFileSigner(tmp_path / "keys"),
        anchor=FileAnchor(path, "general"),
        anchor_path=path,
        open_database=open_database,
    )
