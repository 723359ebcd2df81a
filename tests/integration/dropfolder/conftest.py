"""A drop folder with a mapping, and the record store that its files are read into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from suwen.integration.dropfolder.connector import DropFolderConnector
from suwen.storage.database import Database
from suwen.storage.records import RecordStore
from tests.support.rows import FILES, Report, folder_on, rounds, run_until

HEADER = "pid,name,sex,born\n"


@dataclass
class Folder:
    """The folder, its mapping, and the store behind it."""

    place: Path
    mapping: Path
    store: Database

    def drop(self, name: str, content: str | bytes) -> Path:
        """Puts a file into the folder."""
        path = self.place / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def connector(self) -> DropFolderConnector:
        """What reads the folder."""
        return folder_on(self.store, self.place, self.mapping)

    async def read(self, count: int = 2) -> Report:
        """Reads until so many rounds went well."""
        return await run_until(self.connector(), lambda report: rounds(report, count))

    async def names(self) -> list[str]:
        """Names of the patients in the store."""
        found = await RecordStore(self.store).list_patients(limit=100_000)
        return sorted(p.name or "" for p in found)

    def files(self, name: str = ".") -> list[str]:
        """Names of the files of a folder below it."""
        return sorted(p.name for p in (self.place / name).iterdir() if p.is_file())

    def remap(self, before: str, after: str) -> None:
        """Changes the mapping."""
        assert before in FILES
        self.mapping.write_text(FILES.replace(before, after), encoding="utf-8")

    def text(self, name: str) -> str:
        """A file's text."""
        return (self.place / name).read_text("utf-8-sig")


@pytest.fixture
def folder(database: Database, state_folder: Path) -> Folder:
    """An empty folder with a mapping."""
    place = state_folder / "drop"
    place.mkdir()
    mapping = state_folder / "mapping.toml"
    mapping.write_text(FILES, encoding="utf-8")
    return Folder(place, mapping, database)
