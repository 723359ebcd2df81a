"""Writes the ledger of erasures and backups in the state directory and beside every backup."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from suwen.core.ports import Clock
from suwen.storage.database import Database
from suwen.storage.erasures import ErasureStore
from suwen.storage.knowledge_erasing import DocumentErasing
from suwen.storage.ledger import (
    DocumentTombstone,
    Ledger,
    Tombstone,
    WrittenBackup,
    document_mark,
    known_ledger,
    patient_mark,
    sha256_of,
    write_ledger,
)
from suwen.storage.settings import SettingStore

BACKUP_FOLDERS: Final = "backup_folders"
_MOST: Final = 100_000


class LedgerKeeping:
    """The ledger of one site.

    Args:
        home: its state directory.
    """

    def __init__(self, home: Path, database: Database, clock: Clock) -> None:
        self._home = home
        self._database = database
        self._site = SettingStore(database)
        self._clock = clock

    async def refresh(self, written: Path | None = None) -> None:
        """Takes in what was erased since; what the ledger said stays.

        Args:
            written: a backup that was just made; its folder gets the ledger from now on.
        """
        folders = [str(one) for one in await self._site.get(BACKUP_FOLDERS) or []]
        ledger = await asyncio.to_thread(known_ledger, self._home)
        if written is not None:
            folder = str(await asyncio.to_thread(_folder_of, written))
            if folder not in folders:
                folders.append(folder)
                await self._site.put(BACKUP_FOLDERS, folders)
            made = WrittenBackup(
                await asyncio.to_thread(sha256_of, written), self._clock.now().isoformat()
            )
            ledger |= Ledger(backups=frozenset({made}))
        there = {one.erasure for one in ledger.erasures}
        patients = {one for one in await self._patients() if one.erasure not in there}
        ledger |= Ledger(frozenset(patients), documents=frozenset(await self._documents()))
        await asyncio.to_thread(write_ledger, self._home, [Path(one) for one in folders], ledger)

    async def _patients(self) -> list[Tombstone]:
        store = ErasureStore(self._database)
        return [
            Tombstone(
                erasure=one.id,
                patients=tuple(
                    sorted(
                        patient_mark(self._home, member)
                        for member in await store.members(one.patient)
                    )
                ),
                basis=one.basis,
                requested_by=one.requested_by,
                decided_by=one.decided_by or "",
                at=one.done_at.isoformat(),
            )
            for one in await store.list(_MOST)
            if one.done_at is not None
        ]

    async def _documents(self) -> list[DocumentTombstone]:
        return [
            DocumentTombstone(
                document_mark(self._home, one.collection, one.document), one.by, one.at.isoformat()
            )
            for one in await DocumentErasing(self._database).erased_documents()
        ]


def _folder_of(file: Path) -> Path:
    return file.resolve().parent
