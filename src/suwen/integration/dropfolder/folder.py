"""The folder itself: which files are complete, a copy that cannot change, and where files go."""

from __future__ import annotations

import csv
import hashlib
import os
import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from suwen.core.errors import IntegrationError
from suwen.core.language import Bilingual
from suwen.core.plain_text import is_plain
from suwen.core.row_problems import RowProblem
from suwen.core.spreadsheet_cells import plain_cell

PROCESSED = "processed"
REFUSED = "refused"
_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".lock", ".swp")
_CHUNK = 2**20
_MOST_LISTED = 10_000
_NO_FOLLOWING = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file in the folder.

    Attributes:
        size: bytes.
        changed_ns: when it was last written, by the file system.
    """

    name: str
    path: Path = field(repr=False)
    size: int
    changed_ns: int
    inode: int

    @property
    def signature(self) -> tuple[int, int, int]:
        """What changes when somebody writes on."""
        return (self.size, self.changed_ns, self.inode)


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A copy of a dropped file.

    Attributes:
        sha256: of its content, lower-case hexadecimal.
    """

    path: Path = field(repr=False)
    sha256: str


class DropFolder:
    """A folder into which a hospital's system puts files; blocking.

    Args:
        path: the folder.
        spool: folder of our own for copies.
        settle_s: how long a file must not have changed before it is taken, in seconds.
        done_marker: ending of an empty file that says its namesake is complete; ``None`` where
            the system writes none.
    """

    def __init__(self, path: Path, spool: Path, settle_s: float, done_marker: str | None) -> None:
        self.path = path
        self._spool = spool
        self._settle_s = settle_s
        self._done_marker = done_marker
        self._seen: dict[str, tuple[tuple[int, int, int], float]] = {}

    def make_usable(self) -> None:
        """Makes the folders for what was read.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        try:
            if not self.path.is_dir():
                raise NotADirectoryError
            for name in (PROCESSED, REFUSED):
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise folder_unusable(error) from None

    def prepare(self) -> None:
        """Makes the folders, and removes copies that a dead process left.

        Only for the one process that runs the connection: the copies of another are in use.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        self.make_usable()
        try:
            self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self._spool.iterdir():
                left.unlink(missing_ok=True)
        except OSError as error:
            raise folder_unusable(error) from None

    def list_files(self) -> list[Candidate]:
        """The files that are meant, by name; hidden, unfinished and special ones are not.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        try:
            found = [entry for entry in os.scandir(self.path) if _is_meant(entry.name)]
            files = []
            for entry in found:
                state = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(state.st_mode) and not self._is_marker(entry.name):
                    files.append(
                        Candidate(
                            entry.name,
                            Path(entry.path),
                            state.st_size,
                            state.st_mtime_ns,
                            state.st_ino,
                        )
                    )
        except OSError as error:
            raise folder_unusable(error) from None
        return sorted(files, key=lambda file: file.name)

    def complete_files(self) -> list[Candidate]:
        """The files that nobody writes to any more.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        files, now = self.list_files(), time.monotonic()
        ready = []
        before, self._seen = self._seen, {}
        for file in files:
            if self._done_marker is not None:
                if (self.path / (file.name + self._done_marker)).exists():
                    ready.append(file)
                continue
            signature, since = before.get(file.name, (None, now))
            since = since if signature == file.signature else now
            self._seen[file.name] = (file.signature, since)
            if now - since >= self._settle_s:
                ready.append(file)
        return ready

    def take(self, file: Candidate) -> TakenFile | None:
        """A copy that nobody else can change; ``None`` when the file changed meanwhile.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        copy = self._spool / f"{os.getpid()}-{file.inode}"
        digest = hashlib.sha256()
        try:
            # No link is followed: it could lead to any file of this machine.
            source = os.open(file.path, os.O_RDONLY | _NO_FOLLOWING)
            with os.fdopen(source, "rb") as reading, copy.open("xb") as writing:
                copy.chmod(0o600)
                while chunk := reading.read(_CHUNK):
                    digest.update(chunk)
                    writing.write(chunk)
                state = os.fstat(reading.fileno())
        except FileNotFoundError:
            copy.unlink(missing_ok=True)
            return None
        except OSError as error:
            copy.unlink(missing_ok=True)
            raise folder_unusable(error) from None
        if (state.st_size, state.st_mtime_ns, state.st_ino) != file.signature:
            copy.unlink(missing_ok=True)
            return None
        return TakenFile(copy, digest.hexdigest())

    def put_away(self, file: Candidate, folder: str, sha256: str) -> None:
        """Moves a file to ``processed`` or ``refused``; what lies there already is kept.

        A newer file that took its name meanwhile stays, to be read.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        try:
            if _signature(file.path) == file.signature:
                target = self._free_place(self.path / folder, file.name, sha256)
                file.path.rename(target)
                if _signature(target) != file.signature:
                    # Replaced in the very moment: it was never read.
                    target.rename(self._free_place(self.path, file.name, sha256))
                    return
            if self._done_marker is not None:
                (self.path / (file.name + self._done_marker)).unlink(missing_ok=True)
        except OSError as error:
            raise folder_unusable(error) from None

    def write_reason(self, file: Candidate, reason: Bilingual, code: str) -> None:
        """Writes beside a refused file why it was refused.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        place = self.path / REFUSED / f"{_label(file.name)}.reason.txt"
        text = f"{code}\r\n{reason.zh}\r\n{reason.en}\r\n"
        try:
            place.write_text(text, encoding="utf-8-sig", newline="")
        except OSError as error:
            raise folder_unusable(error) from None

    def write_refused_rows(
        self, file: Candidate, rows: Iterable[tuple[str, int, Sequence[RowProblem]]]
    ) -> None:
        """Writes which rows of a file were refused and why, as CSV; never a value of them.

        Args:
            rows: sheet, row and problems.

        Raises:
            IntegrationError: ``folder_unusable``.
        """
        place = self.path / REFUSED / f"{_label(file.name)}.refused-rows.csv"
        try:
            with place.with_suffix(".part").open("w", encoding="utf-8-sig", newline="") as out:
                written = csv.writer(out)
                written.writerow(["sheet", "row", "column", "element", "code", "原因", "reason"])
                for listed, (sheet, row, problems) in enumerate(rows):
                    if listed >= _MOST_LISTED:
                        written.writerow(["", "", "", "", "more", "…", "…"])
                        break
                    for one in problems:
                        told = (one.column, one.element, one.code, one.message.zh, one.message.en)
                        written.writerow([plain_cell(sheet), row, *map(plain_cell, told)])
            place.with_suffix(".part").rename(place)
        except OSError as error:
            raise folder_unusable(error) from None

    @staticmethod
    def _free_place(folder: Path, name: str, sha256: str) -> Path:
        place, number = folder / name, 1
        while place.exists():
            place = folder / f"{_label(Path(name).stem)}-{sha256[:8]}-{number}{Path(name).suffix}"
            number += 1
        return place

    def _is_marker(self, name: str) -> bool:
        return self._done_marker is not None and name.endswith(self._done_marker)


def _signature(path: Path) -> tuple[int, int, int] | None:
    """The signature of a file as it is now; ``None`` when it is gone."""
    try:
        state = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return (state.st_size, state.st_mtime_ns, state.st_ino)


def _label(name: str) -> str:
    """The name, cut so that an ending still fits into a name of a file system."""
    while len(name.encode()) > 160:
        name = name[:-1]
    return name


def _is_meant(name: str) -> bool:
    if name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED):
        return False
    return is_plain(name) and name.isprintable()


def folder_unusable(error: OSError) -> IntegrationError:
    """The folder cannot be read or written."""
    said = error.strerror or type(error).__name__
    return IntegrationError(
        "folder_unusable",
        Bilingual(
            zh=f"投递目录不可用（{said}）。请核对路径，以及本服务账号的读写权限。",
            en=f"The drop folder cannot be used ({said}). Check its path and that this service's "
            "account may read and write it.",
        ),
        field="folder",
        detail={"errno": error.errno or 0},
    )
