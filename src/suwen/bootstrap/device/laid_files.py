"""What the general partition lays for this one: verified, taken when newer, and kept here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from suwen.bootstrap.signed_files import keep_copy

log = logging.getLogger(__name__)

Content = TypeVar("Content")


class LaidFile(Generic[Content]):
    """One file that is laid here, and the newest verified state of it.

    What is lost, damaged, unsigned or older changes nothing.

    Args:
        laid: where the general partition lays it.
        own: where the newest verified state is kept, for the next start.
        read: what its bytes say; ``OSError`` or ``ValueError`` where it did not sign them.
        order: what is greater in the newer of two.
    """

    def __init__(
        self,
        laid: Path,
        own: Path,
        read: Callable[[bytes], Content],
        order: Callable[[Content], Any],
    ) -> None:
        self._laid = laid
        self._own = own
        self._read = read
        self._order = order
        self._seen: tuple[int, int] | None = None
        self._opened = False
        self._present: Content | None = None

    @property
    def waits(self) -> bool:
        """Whether something may have been laid since the last ``take``."""
        return not self._opened or self._stamp() != self._seen

    def take(self) -> Content | None:
        """The newest state; ``None`` while nothing was ever laid."""
        if not self._opened:
            self._present = self._understood(_bytes(self._own))
        stamp = self._stamp()
        if stamp != self._seen or not self._opened:
            self._look()
        self._seen, self._opened = stamp, True
        return self._present

    def _look(self) -> None:
        content = _bytes(self._laid)
        found = self._understood(content)
        if content is None or found is None:
            return
        if self._present is not None and self._order(found) <= self._order(self._present):
            if self._order(found) < self._order(self._present):
                log.warning("%s: older than what is in use, and not taken", self._laid.name)
            return
        keep_copy(self._own, content)
        self._present = found

    def _understood(self, content: bytes | None) -> Content | None:
        if content is None:
            return None
        try:
            return self._read(content)
        except (OSError, ValueError):
            log.warning("%s: the general partition did not sign what was laid", self._laid.name)
            return None

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._laid.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size)


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
