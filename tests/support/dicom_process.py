"""A DICOM door in a process of its own, for tests that kill it.

``python -m tests.support.dicom_process URL HOME PORT``
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from suwen.bootstrap.connections.dicom import keep_mapping
from suwen.bootstrap.faults import arm_faults
from suwen.core.errors import SuwenError
from suwen.integration.dicom import mapping
from suwen.integration.dicom.commitment import CommitmentDesk
from suwen.integration.dicom.header import Reading
from suwen.integration.dicom.listener import DicomListener, ListenerAddress
from suwen.integration.dicom.mapping import StudyMapper
from suwen.integration.dicom.matching import IdentifierRules
from suwen.integration.dicom.receiving import ObjectReceiver, Origin
from suwen.storage.database import Database
from suwen.storage.encryption import field_cipher
from suwen.storage.imaging import ImagingStore
from suwen.storage.imaging_commitments import CommitmentStore
from suwen.storage.imaging_files import ImagingFiles

MRN = "urn:test:mrn"


class Silent:
    """A report that nobody reads."""

    def up(self, *, port: int | None = None) -> None: ...

    def down(self, error: SuwenError) -> None: ...

    def message(self, count: int = 1, lag_s: float | None = None) -> None: ...

    def error(self, code: str, where: str) -> None: ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


async def serve(url: str, home: Path, port: int) -> None:
    database, clock = Database(url), WallClock()
    store, files = ImagingStore(database), ImagingFiles(home, field_cipher(home))
    files.prepare(time.time())
    reading = Reading(ZoneInfo("Asia/Shanghai"))
    receiver = ObjectReceiver(files, store, Origin("pacs", False), reading, clock)
    desk = CommitmentDesk(CommitmentStore(database), store, files, "pacs", clock)
    mapper = StudyMapper(store, "pacs", IdentifierRules(MRN), clock)
    address = ListenerAddress("127.0.0.1", port, "SUWEN")
    async with asyncio.TaskGroup() as group:
        group.create_task(keep_mapping(mapper, Silent()))
        group.create_task(DicomListener(address, receiver, desk).run(Silent()))


if __name__ == "__main__":
    # Mapped often, so that a test meets it often.
    mapping.LONGEST = timedelta(seconds=1)  # type: ignore[misc]
    arm_faults(os.environ.get("SUWEN_FAULT_FOLDER"))
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
