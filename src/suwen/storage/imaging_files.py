"""DICOM files on disk: sealed, named by what they hold, and durable before anybody is told so."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from suwen.core.errors import SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.storage.data_keys import Algorithm, DataKey, method_of, named_key
from suwen.storage.encryption import FieldCipher, field_cipher
from suwen.storage.keyring import Module
from suwen.storage.secret_files import sync_folder

IMAGING_FOLDER: Final = "imaging"
_INCOMING: Final = "incoming"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# What a crash left half written; younger ones may still be written.
_LEFT_OVER_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class StudyKeys:
    """The keys of one study.

    Attributes:
        current: seals its files, by ``algorithm``.
        every: those that were not destroyed, by id.
    """

    current: DataKey = field(repr=False)
    every: Mapping[str, DataKey] = field(repr=False)
    algorithm: Algorithm


class ImagingFiles:
    """The folder of a site's DICOM files. A file names the key that it is sealed by: its study's,
    or the module's where it came before studies had keys.

    Args:
        home: the state directory.
        cipher: seals each file to the name that it has.
    """

    def __init__(self, home: Path, cipher: FieldCipher) -> None:
        self._folder = home / IMAGING_FOLDER
        self._cipher = cipher

    def prepare(self, now: float) -> None:
        """Makes the folders and removes what a crash left half written.

        Args:
            now: seconds since the epoch.

        Raises:
            UnavailableError: ``imaging_disk``.
        """
        with _disk():
            incoming = self._folder / _INCOMING
            incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
            for number in range(256):
                (self._folder / f"{number:02x}").mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._folder)
            sync_folder(self._folder.parent)
            for file in incoming.iterdir():
                if now - file.stat().st_mtime > _LEFT_OVER_S:
                    file.unlink(missing_ok=True)

    def put(self, content: bytes, keys: StudyKeys | None = None) -> str:
        """Keeps a file; its SHA-256. When this returns, the file outlives a power failure.

        Args:
            keys: of its study; ``None`` seals it by the module's key.

        Raises:
            UnavailableError: ``imaging_disk`` when it cannot be written; nothing is kept then.
        """
        digest = self.write(content, keys)
        self.make_durable(digest)
        return digest

    def write(self, content: bytes, keys: StudyKeys | None = None) -> str:
        """Writes a file under its name; its SHA-256. It is not durable yet.

        Raises:
            UnavailableError: ``imaging_disk`` when it cannot be written; nothing is kept then.
        """
        digest = hashlib.sha256(content).hexdigest()
        with _disk():
            # Under its name before it is synchronised: one journal commit carries both. What a
            # crash leaves in between is not whole, and is written anew.
            if not self._is_whole(digest, keys):
                self._write(content, digest, keys)
        return digest

    def seal_anew(self, digest: str, keys: StudyKeys) -> bool:
        """Seals a file by its study's present key and method, durably; whether it was not.

        A crash leaves the former file or the new one, and each names its key.

        Raises:
            SuwenError: ``imaging_file_lost``, ``imaging_file_damaged``.
            ConfigurationError: ``field_not_readable``.
            UnavailableError: ``imaging_disk``.
        """
        present = method_of(keys.algorithm) + keys.current.id_bytes
        if self._begins_with(digest, present):
            return False
        content = self.read(digest, keys)
        with _disk():
            self._write(content, digest, keys, durable=True)
        self.make_durable(digest)
        return True

    def _begins_with(self, digest: str, mark: bytes) -> bool:
        try:
            with self.path(digest).open("rb") as stream:
                return stream.read(len(mark)) == mark
        except OSError:
            # Why it cannot be read is told by who reads it.
            return False

    def make_durable(self, digest: str) -> None:
        """When this returns, a file that was written outlives a power failure.

        Raises:
            UnavailableError: ``imaging_disk``.
        """
        target = self.path(digest)
        with _disk():
            _sync(target)
            sync_folder(target.parent)

    def _write(
        self, content: bytes, digest: str, keys: StudyKeys | None, *, durable: bool = False
    ) -> None:
        place = _place(digest)
        sealed = (
            self._cipher.seal_bytes(content, place)
            if keys is None
            else keys.current.seal(content, place, keys.algorithm)
        )
        temporary = self._folder / _INCOMING / secrets.token_hex(16)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(sealed)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
            temporary.replace(self.path(digest))
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def _is_whole(self, digest: str, keys: StudyKeys | None) -> bool:
        """Whether a file of this content is there as it was written."""
        try:
            self.read(digest, keys)
        except SuwenError:
            return False
        return True

    def read(self, digest: str, keys: StudyKeys | None = None) -> bytes:
        """A file as it was received.

        Args:
            keys: of its study.

        Raises:
            SuwenError: ``imaging_file_lost`` when it is not there, ``imaging_file_damaged`` when
                it is not what was kept.
        """
        try:
            sealed = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise SuwenError(
                "imaging_file_lost",
                Bilingual(
                    zh="影像文件不在磁盘上，请从备份恢复，或让 PACS 重新发送。",
                    en="The image's file is not on the disk: restore it, or let the PACS send it "
                    "again.",
                ),
            ) from None
        own = keys.every.get(named_key(sealed) or "") if keys is not None else None
        place = _place(digest)
        content = (
            own.open(sealed, place) if own is not None else self._cipher.open_bytes(sealed, place)
        )
        if hashlib.sha256(content).hexdigest() != digest:
            raise SuwenError(
                "imaging_file_damaged",
                Bilingual(
                    zh="影像文件已损坏，请从备份恢复。",
                    en="The image's file is damaged: restore it.",
                ),
            )
        return content

    def has(self, digest: str) -> bool:
        """Whether a file is there."""
        return self.path(digest).is_file()

    def path(self, digest: str) -> Path:
        """Where a file lies; its content is sealed."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError("not a SHA-256 in lower-case hexadecimal")
        return self._folder / digest[:2] / digest


def imaging_cipher(home: Path) -> FieldCipher:
    """What seals the images of a state directory."""
    return field_cipher(home, Module.IMAGING)


def stored_files(home: Path, digests: Iterator[str]) -> Iterator[tuple[str, Path]]:
    """The files of some digests that are there, each with its name below the state directory."""
    for digest in digests:
        file = home / IMAGING_FOLDER / digest[:2] / digest
        if file.is_file():
            yield f"{digest[:2]}/{digest}", file


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(digest: str) -> str:
    return f"{IMAGING_FOLDER}/{digest}"


class _disk:  # noqa: N801 - reads as what it guards
    """Says an error of the disk in words that an operator can act on."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise UnavailableError(
                "imaging_disk",
                Bilingual(
                    zh="影像磁盘已满，请扩容或清理。" if full else "影像磁盘无法写入，请检查。",
                    en="The disk of the images is full: make room."
                    if full
                    else "The disk of the images cannot be written: check it.",
                ),
                detail={"errno": error.errno or 0},
            ) from None
