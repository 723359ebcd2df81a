"""Documents and passages of an edition in the making, written to disk as they come."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import orjson

from suwen.core.knowledge import IngestedDocument
from suwen.knowledge.edition import layout
from suwen.knowledge.edition.documents import (
    EditionDocument,
    indexed_hash,
    indexed_text,
    read_line,
    write_line,
)


class DocumentSpool:
    """Writes text, documents and passage places into the folder of a build."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._text: BinaryIO = (work / layout.TEXT).open("wb")
        self._lines: BinaryIO = (work / layout.DOCUMENTS).open("wb")
        self._ids: list[str] = []
        self._versions: list[int] = []
        self._hashes: list[str] = []
        self._document_places = array("q")
        self._passage_places = array("q")
        self._passage_hashes = bytearray()
        self._rows_of: dict[bytes, list[int]] = defaultdict(list)
        self._last: tuple[int, IngestedDocument] | None = None

    @property
    def documents(self) -> int:
        """How many documents were added."""
        return len(self._ids)

    @property
    def passages(self) -> int:
        """How many passages were added."""
        return len(self._passage_hashes) // 32

    def add(self, document: EditionDocument) -> Iterator[tuple[int, str, bytes]]:
        """Takes a document; yields row, indexed text and its hash for each passage.

        Raises:
            ValueError: when its id does not come after the one before.
        """
        if self._ids and document.id <= self._ids[-1]:
            raise ValueError("documents must come in ascending order of their ids")
        text, line = document.document.text.encode(), write_line(document)
        first = self._text.tell()
        self._document_places.extend(
            (first, first + len(text), self._lines.tell(), self._lines.tell() + len(line))
        )
        self._text.write(text)
        self._lines.write(line)
        number = len(self._ids)
        self._ids.append(document.id)
        self._versions.append(document.version)
        self._hashes.append(hashlib.sha256(line + text).hexdigest())
        yield from self._add_passages(document, number, first)

    def _add_passages(
        self, document: EditionDocument, number: int, first: int
    ) -> Iterator[tuple[int, str, bytes]]:
        content = document.document
        places = _byte_places(content.text)
        for span in content.passages:
            row = self.passages
            indexed = indexed_text(content.title, span, content.text[span.start : span.end])
            digest = indexed_hash(indexed)
            start, end = int(places[span.start]), int(places[span.end])
            self._passage_places.extend(
                (number, span.ordinal, span.start, span.end, first + start, first + end)
            )
            self._passage_hashes += digest
            self._rows_of[digest].append(row)
            yield row, indexed, digest

    def hash_of(self, row: int) -> bytes:
        """Hash of a passage's indexed text."""
        return bytes(self._passage_hashes[32 * row : 32 * row + 32])

    def rows_of(self, digest: bytes) -> list[int]:
        """The passages with this indexed text."""
        return self._rows_of.get(digest, [])

    def indexed(self, row: int) -> str:
        """The indexed text of a passage, once the spool is closed."""
        at = len(layout.Place) * row
        number, ordinal = self._passage_places[at : at + 2]
        if self._last is None or self._last[0] != number:
            self._last = number, self._read(number)
        content = self._last[1]
        span = next(span for span in content.passages if span.ordinal == ordinal)
        return indexed_text(content.title, span, content.text[span.start : span.end])

    def _read(self, number: int) -> IngestedDocument:
        """A document that was written before."""
        first, after, line_first, line_after = self._document_places[4 * number : 4 * number + 4]
        with (self._work / layout.DOCUMENTS).open("rb") as lines:
            lines.seek(line_first)
            line = lines.read(line_after - line_first)
        with (self._work / layout.TEXT).open("rb") as texts:
            texts.seek(first)
            return read_line(line, texts.read(after - first).decode()).document

    def close(self) -> None:
        """Ends the writing of documents, durably."""
        for stream in (self._text, self._lines):
            if not stream.closed:
                stream.flush()
                os.fsync(stream.fileno())
                stream.close()

    def abandon(self) -> None:
        """Ends the writing of documents that nobody will read."""
        self._text.close()
        self._lines.close()

    def finish(self) -> None:
        """Writes the lists that go with the documents."""
        self.close()
        names = {"ids": self._ids, "versions": self._versions, "hashes": self._hashes}
        layout.save_bytes(self._work, layout.NAMES, orjson.dumps(names))
        for name, values, columns in (
            (layout.DOCUMENT_PLACES, self._document_places, 4),
            (layout.PASSAGES, self._passage_places, len(layout.Place)),
        ):
            layout.save_array(self._work, name, np.array(values, np.int64).reshape(-1, columns))
        hashes = np.frombuffer(bytes(self._passage_hashes), np.uint8).reshape(-1, 32)
        layout.save_array(self._work, layout.PASSAGE_HASHES, hashes)


def _byte_places(text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """At which byte of its UTF-8 each character of a text begins; one more for its end."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
