"""An edition that is read: verified once, then mapped into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from suwen.core.knowledge import EditionInfo, passage_id
from suwen.knowledge.edition import layout
from suwen.knowledge.edition.analysis import ANALYSIS
from suwen.knowledge.edition.collection_facts import CollectionFacts, read_facts
from suwen.knowledge.edition.documents import EditionDocument, indexed_text, read_line
from suwen.knowledge.edition.layout import Place
from suwen.knowledge.edition.manifest import (
    MANIFEST,
    SIGNATURES,
    SignedManifest,
    file_entry,
    read_signed,
)
from suwen.knowledge.edition.refusals import edition_damaged, edition_missing
from suwen.knowledge.edition.signing import Verifier
from suwen.knowledge.edition.terms import TermTable


@dataclass(frozen=True, slots=True)
class PassagePlace:
    """Where a passage of an edition stands; offsets count code points of the document's text."""

    document: str
    version: int
    ordinal: int
    start: int
    end: int


class Edition:
    """An edition's files, mapped into memory; made by ``open_edition`` only."""

    def __init__(self, folder: Path, manifest: SignedManifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.info: EditionInfo = manifest.info
        self.passages = manifest.content.passages
        self.embedding = manifest.content.embedding
        self.dimensions = manifest.content.dimensions
        names = orjson.loads((folder / layout.NAMES).read_bytes())
        self.document_ids: list[str] = names["ids"]
        self.document_versions: list[int] = names["versions"]
        self.document_hashes: list[str] = names["hashes"]
        self.terms: TermTable = layout.load_terms(folder)
        self._places = layout.load_array(folder, layout.PASSAGES)
        self._text = np.memmap(folder / layout.TEXT, np.uint8, "r") if self._has_text() else b""

    def _has_text(self) -> bool:
        # An empty file cannot be mapped.
        return (self.folder / layout.TEXT).stat().st_size > 0

    @property
    def hash(self) -> str:
        """The edition's name."""
        return self.info.hash

    @property
    def reads_as_now(self) -> bool:
        """Whether its terms come from the reading of text that questions are read by."""
        return self.manifest.content.analysis == ANALYSIS

    @cached_property
    def facts(self) -> CollectionFacts:
        """The collection that it is of."""
        return read_facts((self.folder / layout.COLLECTION).read_bytes())

    @cached_property
    def passage_documents(self) -> NDArray[np.int64]:
        """For each passage the place of its document in ``document_ids``."""
        return np.ascontiguousarray(self._places[:, Place.DOCUMENT])

    @cached_property
    def passage_hashes(self) -> NDArray[np.uint8]:
        """Hash of each passage's indexed text, 32 bytes each."""
        return layout.load_array(self.folder, layout.PASSAGE_HASHES)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The vectors in full; none in a lexical edition."""
        if not self.info.vectors:
            return np.empty((0, self.dimensions), np.float32)
        return layout.load_array(self.folder, layout.VECTORS)

    @cached_property
    def short_vectors(self) -> NDArray[np.int8]:
        """The vectors as signed bytes."""
        if not self.info.vectors:
            return np.empty((0, self.dimensions), np.int8)
        return layout.load_array(self.folder, layout.SHORT_VECTORS)

    @cached_property
    def vector_scales(self) -> NDArray[np.float32]:
        """By what each of the ``short_vectors`` is multiplied to be the vector."""
        if not self.info.vectors:
            return np.empty(0, np.float32)
        return layout.load_array(self.folder, layout.VECTOR_SCALES)

    @cached_property
    def vector_rows(self) -> NDArray[np.uint32]:
        """Which passage each vector is of, ascending."""
        if not self.info.vectors:
            return np.empty(0, np.uint32)
        return layout.load_array(self.folder, layout.VECTOR_ROWS)

    def place(self, row: int) -> PassagePlace:
        """Where a passage stands."""
        number, ordinal, start, end, *_ = self._places[row].tolist()
        return PassagePlace(
            self.document_ids[number], self.document_versions[number], ordinal, start, end
        )

    def passage_id(self, row: int) -> str:
        """The name of a passage."""
        number, ordinal = self._places[row, Place.DOCUMENT], self._places[row, Place.ORDINAL]
        return passage_id(self.info.collection, self.document_ids[number], int(ordinal))

    def said(self, row: int) -> str:
        """The passage's own text, exactly as in the document."""
        first, after = self._places[row, Place.FIRST_BYTE], self._places[row, Place.BYTE_AFTER]
        return bytes(self._text[first:after]).decode()

    def indexed(self, row: int) -> str:
        """The passage's text under its headings, as it is looked up and embedded."""
        number, ordinal = self._places[row, Place.DOCUMENT], self._places[row, Place.ORDINAL]
        content = self.document(int(number)).document
        span = next(span for span in content.passages if span.ordinal == ordinal)
        return indexed_text(content.title, span, content.text[span.start : span.end])

    def documents(self) -> Iterator[EditionDocument]:
        """Every document of the edition, in the order of their ids."""
        return (self.document(number) for number in range(len(self.document_ids)))

    def document(self, number: int) -> EditionDocument:
        """The document at a place of ``document_ids``."""
        first, after, line_first, line_after = (int(v) for v in self._document_places[number])
        line = bytes(self._lines[line_first:line_after])
        return read_line(line, bytes(self._text[first:after]).decode())

    def rows_of(self, document_ids: Sequence[str]) -> NDArray[np.intp]:
        """The passages of some documents."""
        wanted = set(document_ids)
        numbers = [n for n, name in enumerate(self.document_ids) if name in wanted]
        return np.flatnonzero(np.isin(self.passage_documents, numbers))

    @cached_property
    def _document_places(self) -> NDArray[np.int64]:
        return layout.load_array(self.folder, layout.DOCUMENT_PLACES)

    @cached_property
    def _lines(self) -> Any:
        return np.memmap(self.folder / layout.DOCUMENTS, np.uint8, "r")


def open_edition(folder: Path, verify: Verifier) -> Edition:
    """Opens an edition after its signature and every file were checked.

    Args:
        folder: named by the edition's hash.

    Raises:
        KnowledgeError: ``edition_missing``, ``edition_unsigned``, ``edition_damaged`` or
            ``edition_format_unknown``.
    """
    manifest = verify_edition(folder, verify)
    try:
        return Edition(folder, manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise edition_damaged("content") from error


def verify_edition(folder: Path, verify: Verifier) -> SignedManifest:
    """Whether an edition is whole and vouched for; its manifest when it is.

    Raises:
        KnowledgeError: as ``open_edition``; ``edition_damaged`` names the first file at fault.
    """
    if not folder.is_dir():
        raise edition_missing(folder.name)
    manifest, _ = read_signed(folder, verify)
    if manifest.content.hash != folder.name:
        raise edition_damaged(MANIFEST)
    listed = {entry.name: entry for entry in manifest.content.files}
    there = {path.name for path in folder.iterdir()} - {MANIFEST, SIGNATURES}
    for name in sorted(there ^ set(listed)):
        raise edition_damaged(name)
    for name, entry in listed.items():
        if file_entry(folder / name) != entry:
            raise edition_damaged(name)
    return manifest
