"""An object that arrived: checked, made durable, indexed; only then is its sender told so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from suwen.core.errors import SuwenError
from suwen.core.faults import fault_point
from suwen.core.ports import Clock
from suwen.integration.dicom.header import InstanceHeader, Reading, read_header
from suwen.storage.imaging import ImagingStore, StoredInstance
from suwen.storage.imaging_files import ImagingFiles, StudyKeys

KeysOf = Callable[[str], StudyKeys | None]
"""Gives the keys of a study by its UID; called from another thread than the event loop's."""

_REMEMBERED_S: Final = 5.0
_MOST_STUDIES: Final = 200
_COLUMNS: Final = frozenset(
    {
        "sop_instance_uid",
        "sop_class_uid",
        "study_uid",
        "series_uid",
        "transfer_syntax_uid",
        "patient_number",
        "patient_issuer",
        "unreadable",
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Over which connection objects come, and whether they are a demonstration's."""

    connection: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class OnDisk:
    """An object whose file is written and whose row is not."""

    header: InstanceHeader
    digest: str
    size: int
    keys: StudyKeys | None


class ObjectReceiver:
    """Takes objects of one connection."""

    def __init__(
        self,
        files: ImagingFiles,
        store: ImagingStore,
        origin: Origin,
        reading: Reading,
        clock: Clock,
    ) -> None:
        self._files = files
        self._store = store
        self._origin = origin
        self._reading = reading
        self._clock = clock
        self._keys: dict[str, tuple[StudyKeys | None, float]] = {}

    def keep(self, content: bytes, keys: KeysOf) -> OnDisk:
        """Checks an object and makes its file durable; waits for the disk.

        Args:
            keys: gives the keys of its study, which seal its file.

        Raises:
            DicomObjectError: as ``read_header``; nothing was kept.
            UnavailableError: ``imaging_disk``.
        """
        kept = self.write(content, keys)
        self.make_durable(kept)
        return kept

    def write(self, content: bytes, keys: KeysOf) -> OnDisk:
        """As ``keep``, but its file is not durable until ``make_durable`` returned."""
        header = read_header(content, self._reading)
        of_study = keys(header.study_uid)
        return OnDisk(header, self._files.write(content, of_study), len(content), of_study)

    async def study_keys(self, study_uid: str) -> StudyKeys | None:
        """The keys of a study, asked for once in a few seconds."""
        known = self._keys.get(study_uid)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        found = await self._store.study_keys(study_uid)
        if len(self._keys) >= _MOST_STUDIES:
            self._keys.clear()
        self._keys[study_uid] = (found, time.monotonic() + _REMEMBERED_S)
        return found

    def make_durable(self, kept: OnDisk) -> None:
        """Makes the file of an object durable; waits for the disk.

        Raises:
            UnavailableError: ``imaging_disk``.
        """
        self._files.make_durable(kept.digest)
        fault_point("dicom.after_file")

    async def index(self, kept: OnDisk, file_durable: Future[None] | None = None) -> bool:
        """Writes the object's row; whether it is new. The same object again changes nothing.

        Args:
            file_durable: done when its file is durable, by another thread; the row is prepared
                meanwhile, and never committed before. ``None`` where the file is durable already.

        Raises:
            ConflictError: ``dicom_instance_differs``.
            UnavailableError: when the database cannot be reached, and as ``make_durable``.
        """
        instance = self._instance(kept)
        awaited = asyncio.wrap_future(file_durable) if file_durable is not None else None
        there = await self._store.put(instance, awaited, kept.keys)
        if there is None:
            return True
        if there.digest != instance.digest and not self._files.has(there.digest):
            await self._store.replace_file(there.sop_instance_uid, instance)
        return False

    async def receive(self, content: bytes) -> bool:
        """``keep`` and ``index`` for an object that came by an answer; whether it is new."""
        loop = asyncio.get_running_loop()

        def keys(study_uid: str) -> StudyKeys | None:
            return asyncio.run_coroutine_threadsafe(self.study_keys(study_uid), loop).result()

        return await self.index(await asyncio.to_thread(self.keep, content, keys))

    def _instance(self, kept: OnDisk) -> StoredInstance:
        header = kept.header
        return StoredInstance(
            sop_instance_uid=header.sop_instance_uid,
            sop_class_uid=header.sop_class_uid,
            transfer_syntax_uid=header.transfer_syntax_uid,
            study_uid=header.study_uid,
            series_uid=header.series_uid,
            patient_number=header.patient_number,
            patient_issuer=header.patient_issuer,
            header=header_json(header),
            digest=kept.digest,
            size=kept.size,
            connection=self._origin.connection,
            synthetic=self._origin.synthetic,
            received_at=self._clock.now(),
        )


def header_json(header: InstanceHeader) -> dict[str, Any]:
    """What of a header is not a column, JSON-ready; what the object does not say is left out."""
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in asdict(header).items()
        if name not in _COLUMNS and value is not None
    }


def place_of(error: SuwenError) -> str:
    """The attribute at fault, for the connection's error samples; never a value."""
    return error.field or ""


HeaderJson = Mapping[str, Any]
