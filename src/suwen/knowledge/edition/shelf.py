"""Where the editions of a site stand, and which of them are open."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final

from suwen.knowledge.edition.opened import Edition, open_edition
from suwen.knowledge.edition.placing import UNFINISHED, take_away
from suwen.knowledge.edition.refusals import edition_missing
from suwen.knowledge.edition.signing import Verifier

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_KEPT_OPEN = 16
_ABANDONED_S = 6 * 3600.0


class EditionShelf:
    """The editions under a folder, opened once and kept open; usable from several threads.

    Args:
        folder: has one folder for each collection, and in it one for each edition.
        verify: whose signatures count.
    """

    def __init__(self, folder: Path, verify: Verifier) -> None:
        self._folder = folder
        self._verify = verify
        self._open: OrderedDict[tuple[str, str], Edition] = OrderedDict()
        self._lock = threading.Lock()

    def folder(self, collection: str) -> Path:
        """Where the editions of a collection stand; it need not exist."""
        return self._folder / collection

    def hashes(self, collection: str) -> list[str]:
        """The editions of a collection that are here, in no order; unfinished ones are not."""
        folder = self.folder(collection)
        if not folder.is_dir():
            return []
        return [path.name for path in folder.iterdir() if _HASH.fullmatch(path.name)]

    def open(self, collection: str, edition_hash: str) -> Edition:
        """An edition, verified at its first use in this process.

        Raises:
            KnowledgeError: ``edition_missing``, ``edition_unsigned``, ``edition_damaged`` or
                ``edition_format_unknown``.
        """
        key = (collection, edition_hash)
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
                return found
        if not _HASH.fullmatch(edition_hash):
            raise edition_missing(edition_hash)
        opened = open_edition(self.folder(collection) / edition_hash, self._verify)
        with self._lock:
            found = self._open.setdefault(key, opened)
            while len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        return found

    def remove(self, collection: str, edition_hash: str) -> None:
        """Takes an edition's files away; searches that already hold it open end undisturbed."""
        with self._lock:
            self._open.pop((collection, edition_hash), None)
        place = self.folder(collection) / edition_hash
        if _HASH.fullmatch(edition_hash) and place.is_dir():
            take_away(place)

    def sweep(self, collection: str, older_than_s: float = _ABANDONED_S) -> int:
        """Takes away what builds that died left behind; answers how many folders.

        Args:
            older_than_s: how long nothing was written; a build that goes on must not lose its own.
        """
        folder, swept = self.folder(collection), 0
        if not folder.is_dir():
            return 0
        for path in folder.glob(f"{UNFINISHED}*"):
            newest = max(
                (file.stat().st_mtime for file in path.iterdir()), default=path.stat().st_mtime
            )
            if time.time() - newest >= older_than_s:
                shutil.rmtree(path, ignore_errors=True)
                swept += 1
        return swept
