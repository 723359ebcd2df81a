"""Where the head of the chain is written outside the installation's reach.

Whoever can rewrite the database and the keys can rewrite the whole chain; what stands outside
``SUWEN_HOME`` still says how it was.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final, Protocol

from suwen.control.audit.checkpoints import checkpoint_as_json, checkpoint_from_json
from suwen.core.audit import Checkpoint
from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.storage.secret_files import sync_folder

SYSLOG: Final = "syslog"
# Facility authpriv (10), severity notice (5); RFC 3164.
_PRIORITY: Final = 10 * 8 + 5
_TAG: Final = "suwen-audit"
_TORN: Final = b" #torn\n"


@dataclass(frozen=True, slots=True)
class AnchorReading:
    """What stands in an anchor.

    Attributes:
        anchors: signed statements of the head of this chain, in the order of writing.
        unreadable: how many whole lines are no anchors; an anchor file holds nothing else, so
            each is a sign of tampering or of a damaged disk.
        others: those that stand under the name of another chain. Whoever can rename the chain
            must not get rid of its anchors by that: the verifier takes those among them that
            this installation's keys signed for its own.
    """

    anchors: tuple[Checkpoint, ...]
    unreadable: int
    others: tuple[Checkpoint, ...] = ()


class Anchor(Protocol):
    """A place outside the installation that remembers heads."""

    def prepare(self) -> None:
        """Makes sure that it can be written to.

        Raises:
            ConfigurationError: ``anchor_not_writable``.
        """

    def write(self, checkpoint: Checkpoint) -> None:
        """Keeps a head; returns once it is kept.

        Raises:
            OSError: when it is not.
        """

    def read(self) -> AnchorReading | None:
        """All that was kept; ``None`` where it cannot be read back from here."""


class FileAnchor:
    """An append-only file of JSON lines, best on another disk or a mount of another machine.

    Args:
        path: outside ``SUWEN_HOME``; several chains may share it if each has keys of its own.
        chain: the name of this chain in it, for example ``general``.
    """

    def __init__(self, path: Path, chain: str) -> None:
        self._path = path
        self._chain = chain

    def prepare(self) -> None:
        """Makes the file; its folder too, where that is missing."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(self._open())
            sync_folder(self._path.parent)
        except OSError as error:
            raise _not_writable(str(self._path)) from error

    def write(self, checkpoint: Checkpoint) -> None:
        """Appends a line and waits until the disk has it."""
        line = json.dumps({"chain": self._chain, **checkpoint_as_json(checkpoint)}) + "\n"
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A power failure may have left half a line: it is closed and marked as such.
            torn = _last_byte(descriptor) not in (b"", b"\n")
            _write_all(descriptor, (_TORN if torn else b"") + line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> AnchorReading:
        """Every anchor of this chain in the file; a file that is not there holds none."""
        return read_anchor_file(self._path, self._chain)

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)


class SyslogAnchor:
    """The machine's system log (facility authpriv), which it may forward to another machine."""

    def __init__(self, chain: str, address: str = "/dev/log") -> None:
        self._chain = chain
        self._address = address

    def prepare(self) -> None:
        """Finds out whether a system log listens."""
        try:
            self._send(None)
        except OSError as error:
            raise _not_writable(SYSLOG) from error

    def write(self, checkpoint: Checkpoint) -> None:
        """Sends one line; the system log confirms nothing."""
        anchor = {"chain": self._chain, **checkpoint_as_json(checkpoint)}
        at = checkpoint.at.astimezone(UTC)
        stamp = f"{at:%b} {at.day:2d} {at:%H:%M:%S}"
        text = f"<{_PRIORITY}>{stamp} {_TAG}[{os.getpid()}]: anchor {json.dumps(anchor)}"
        self._send(text.encode())

    def read(self) -> None:
        """The log belongs to the system: a saved part of it is read with ``FileAnchor``."""

    def _send(self, message: bytes | None) -> None:
        try:
            self._send_by(socket.SOCK_DGRAM, message)
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                raise
            self._send_by(socket.SOCK_STREAM, message)

    def _send_by(self, kind: socket.SocketKind, message: bytes | None) -> None:
        with socket.socket(socket.AF_UNIX, kind) as connection:
            connection.connect(self._address)
            if message is not None:
                connection.sendall(message + (b"\n" if kind is socket.SOCK_STREAM else b""))


def open_anchor(target: str, chain: str) -> Anchor:
    """The anchor that a setting names: ``syslog`` or the path of a file.

    Args:
        chain: the name of the chain; chains of one name share one history.

    Raises:
        ConfigurationError: ``anchor_missing`` when the setting is empty.
    """
    if target == SYSLOG:
        return SyslogAnchor(chain)
    if not target.strip():
        raise ConfigurationError(
            "anchor_missing",
            Bilingual(
                zh="未设置审计锚点。请设置 SUWEN_AUDIT_ANCHOR（文件路径或 syslog）。",
                en="There is no audit anchor. Set SUWEN_AUDIT_ANCHOR to a file or to syslog.",
            ),
            field="audit.anchor",
        )
    return FileAnchor(Path(target), chain)


def read_anchor_file(path: Path, chain: str) -> AnchorReading:
    """Anchors of a chain in a file of JSON lines, or in a saved part of a system log."""
    if not path.exists():
        return AnchorReading((), 0)
    anchors: list[Checkpoint] = []
    others: list[Checkpoint] = []
    unreadable = foreign = 0
    is_log = False
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break  # the line that is being written, or was when its writer died
            found = _parsed(line)
            tagged = f"{_TAG}[".encode() in line
            is_log = is_log or tagged
            if found is not None:
                (anchors if found[0] == chain else others).append(found[1])
            elif tagged or line.startswith(b"{"):
                unreadable += not line.endswith(_TORN)
            else:
                foreign += 1
    # In a saved system log other programs speak too; in a file of our own every line is ours.
    unreadable += 0 if is_log else foreign
    return AnchorReading(tuple(anchors), unreadable, tuple(others))


def _parsed(line: bytes) -> tuple[str, Checkpoint] | None:
    start = line.find(b"{")
    try:
        data = json.loads(line[start:]) if start >= 0 else None
        if not isinstance(data, dict):
            return None
        return str(data["chain"]), checkpoint_from_json(data)
    except (ValueError, KeyError, TypeError):
        return None


def _last_byte(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, 1, size - 1) if size else b""


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _not_writable(target: str) -> ConfigurationError:
    return ConfigurationError(
        "anchor_not_writable",
        Bilingual(
            zh="无法写入审计锚点。请检查 SUWEN_AUDIT_ANCHOR 所指文件的目录与权限，或系统日志服务。",
            en="The audit anchor cannot be written. Check the folder and rights of the file that "
            "SUWEN_AUDIT_ANCHOR names, or the system log.",
        ),
        field="audit.anchor",
        detail={"target": target},
    )
