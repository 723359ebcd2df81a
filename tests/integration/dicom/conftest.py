"""The receiving side as a site has it, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from suwen.core.errors import SuwenError
from suwen.integration.dicom.commitment import CommitmentDesk
from suwen.integration.dicom.header import Reading
from suwen.integration.dicom.listener import DicomListener, ListenerAddress
from suwen.integration.dicom.mapping import StudyMapper
from suwen.integration.dicom.matching import IdentifierRules
from suwen.integration.dicom.receiving import ObjectReceiver, Origin
from suwen.storage.database import Database
from suwen.storage.encryption import field_cipher
from suwen.storage.imaging import ImagingStore, StoredInstance
from suwen.storage.imaging_commitments import CommitmentStore
from suwen.storage.imaging_files import ImagingFiles

MRN = "urn:test:mrn"
READING = Reading(ZoneInfo("Asia/Shanghai"))


class TickingClock:
    """The machine's clock, shifted."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.ahead, UTC)


@dataclass
class Told:
    """A report that keeps what it was told."""

    port: int | None = None
    messages: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    downs: list[str] = field(default_factory=list)
    is_up: asyncio.Event = field(default_factory=asyncio.Event)

    def up(self, *, port: int | None = None) -> None:
        self.port = port
        self.is_up.set()

    def down(self, error: SuwenError) -> None:
        self.downs.append(error.code)

    def message(self, count: int = 1, lag_s: float | None = None) -> None:
        self.messages += count

    def error(self, code: str, where: str) -> None:
        self.errors.append((code, where))


@dataclass
class Imaging:
    """What one connection works with."""

    store: ImagingStore
    files: ImagingFiles
    commitments: CommitmentStore
    receiver: ObjectReceiver
    mapper: StudyMapper
    desk: CommitmentDesk
    clock: TickingClock

    async def read(self, instance: StoredInstance) -> bytes:
        """A file as it was received."""
        keys = await self.store.study_keys(instance.study_uid)
        return self.files.read(instance.digest, keys)


def make_imaging(database: Database, home: Path, rules: IdentifierRules) -> Imaging:
    """The parts of a connection ``pacs``."""
    store, files, clock = ImagingStore(database), ImagingFiles(home, field_cipher(home)), None
    clock = TickingClock()
    files.prepare(clock.now().timestamp())
    commitments = CommitmentStore(database)
    return Imaging(
        store,
        files,
        commitments,
        ObjectReceiver(files, store, Origin("pacs", False), READING, clock),
        StudyMapper(store, "pacs", rules, clock),
        CommitmentDesk(commitments, store, files, "pacs", clock),
        clock,
    )


@pytest.fixture
def imaging(database: Database, state_folder: Path) -> Iterator[Imaging]:
    yield make_imaging(database, state_folder, IdentifierRules(MRN, {"HIS": MRN}))


Listen = Callable[..., "AsyncIterator[Told]"]


@asynccontextmanager
async def listening(imaging: Imaging, **more: object) -> AsyncIterator[Told]:
    """The door on a free port, for as long as the block lasts."""
    settings = {"port": 0, **more}
    address = ListenerAddress(host="127.0.0.1", ae_title="SUWEN", **settings)  # type: ignore[arg-type]
    told = Told()
    task = asyncio.create_task(DicomListener(address, imaging.receiver, imaging.desk).run(told))
    up = asyncio.create_task(told.is_up.wait())
    await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    assert told.port is not None, task
    try:
        yield told
    finally:
        up.cancel()
        task.cancel()
        await asyncio.wait({task}, timeout=10)
        assert task.done()
