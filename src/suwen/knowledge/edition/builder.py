"""Builds an edition out of sight and puts it in its place in one step.

What a former edition holds of unchanged passages (terms and vectors) is taken over. The build
works in a folder of its own whose name no reader looks at; the finished folder is renamed, so that
a build that dies leaves no half edition, only a folder that the next build sweeps away.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suwen.core.faults import fault_point
from suwen.core.ports import SignatureProvider
from suwen.knowledge.edition import layout
from suwen.knowledge.edition.analysis import ANALYSIS
from suwen.knowledge.edition.collection_facts import CollectionFacts, write_facts
from suwen.knowledge.edition.documents import EditionDocument
from suwen.knowledge.edition.manifest import (
    BuildFacts,
    EditionContent,
    file_entry,
    make_manifest,
    sign_manifest,
    write_signed,
)
from suwen.knowledge.edition.opened import Edition
from suwen.knowledge.edition.placing import UNFINISHED, put_in_place
from suwen.knowledge.edition.spool import DocumentSpool
from suwen.knowledge.edition.terms import TermGatherer
from suwen.knowledge.edition.vectors import shortened, unit_vector

_BATCH = 512


class EditionBuilder:
    """Builds one edition: ``add`` every document, ``put_vectors``, ``finish``.

    A context manager: leaving it without ``finish`` takes the unfinished folder away.

    Args:
        folder: of the collection's editions; made when it is not there.
        facts: the collection itself, which the edition carries to other sites.
        embedding: key of the embedding model and its dimensions; absent for a lexical edition.
        previous: an edition of the same collection from which unchanged passages are taken.
    """

    def __init__(
        self,
        folder: Path,
        facts: CollectionFacts,
        embedding: tuple[str, int] | None = None,
        previous: Edition | None = None,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
        self._facts = facts
        self._embedding = embedding
        self._previous = previous
        self._spool = DocumentSpool(self._work)
        self._terms = TermGatherer()
        self._former_rows = _rows_by_hash(previous)
        self._adopted: dict[int, int] = {}
        self._waiting: list[tuple[int, str]] = []
        self._vectors: NDArray[np.float32] | None = None
        self._filled = np.zeros(0, bool)

    def __enter__(self) -> EditionBuilder:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.abandon()
        shutil.rmtree(self._work, ignore_errors=True)

    def add(self, documents: Iterable[EditionDocument]) -> None:
        """Takes documents, over all calls in ascending order of their ids by code point.

        Raises:
            ValueError: when the order is broken.
        """
        for document in documents:
            for row, indexed, digest in self._spool.add(document):
                former = self._former_rows.get(digest)
                same_reading = self._previous is not None and self._previous.reads_as_now
                if former is not None and same_reading and former not in self._adopted:
                    self._adopted[former] = row
                else:
                    self._waiting.append((row, indexed))
            if len(self._waiting) >= _BATCH:
                self._analyse()

    @property
    def passages(self) -> int:
        """How many passages were added."""
        return self._spool.passages

    def missing_vectors(self) -> Iterator[tuple[bytes, str]]:
        """Hash and text of every passage whose vector neither the former edition has nor
        ``put_vectors`` brought; each text once. After it nothing more can be added."""
        self._make_room()
        seen: set[bytes] = set()
        for row in np.flatnonzero(~self._filled):
            digest = self._spool.hash_of(int(row))
            if digest not in seen:
                seen.add(digest)
                yield digest, self._spool.indexed(int(row))

    def put_vectors(self, vectors: Mapping[bytes, ArrayLike]) -> None:
        """Takes vectors by the hash that ``missing_vectors`` gave.

        Raises:
            KnowledgeError: ``vectors_malformed``.
        """
        if self._embedding is None:
            return
        self._make_room()
        key, dimensions = self._embedding
        for digest, values in vectors.items():
            vector = unit_vector(values, dimensions, key)
            for row in self._spool.rows_of(digest):
                self._room[row] = vector
                self._filled[row] = True

    def finish(self, build: BuildFacts, signer: SignatureProvider) -> Path:
        """Writes and signs the edition and puts it in its place; returns its folder.

        The same content gives the same edition: when it is there already and whole, it stays as
        it is, and the number and the previous edition in its manifest are those of its first build.
        """
        self._analyse()
        fault_point("knowledge.inside_build")
        self._spool.finish()
        passages = self._spool.passages
        if self._previous is not None:
            new_rows = np.full(self._previous.passages, -1, np.int64)
            for former, row in self._adopted.items():
                new_rows[former] = row
            self._terms.adopt(self._previous.terms, new_rows)
        table = self._terms.finish(passages)
        layout.save_terms(self._work, table)
        fault_point("knowledge.inside_build")
        vectors = self._save_vectors()
        layout.save_bytes(self._work, layout.COLLECTION, write_facts(self._facts))
        names = sorted(path.name for path in self._work.iterdir())
        content = EditionContent(
            collection=self._facts.id,
            analysis=ANALYSIS,
            documents=self._spool.documents,
            passages=passages,
            terms=len(table.keys),
            vectors=vectors,
            embedding=self._embedding[0] if self._embedding and vectors else None,
            dimensions=self._embedding[1] if self._embedding and vectors else 0,
            files=tuple(file_entry(self._work / name) for name in names),
        )
        manifest = make_manifest(content, build)
        write_signed(self._work, manifest, [sign_manifest(manifest, signer)])
        return put_in_place(self._work, self._folder / content.hash, signer.verify)

    def _analyse(self) -> None:
        self._terms.add([text for _, text in self._waiting], [row for row, _ in self._waiting])
        if self._waiting:
            fault_point("knowledge.inside_build")
        self._waiting.clear()

    @property
    def _room(self) -> NDArray[np.float32]:
        if self._vectors is None:
            raise ValueError("an edition without an embedding has no vectors")
        return self._vectors

    def _make_room(self) -> None:
        """Room for all vectors, on disk, with those of the former edition in it."""
        if self._vectors is not None or self._embedding is None:
            return
        self._spool.close()
        self._filled = np.zeros(self._spool.passages, bool)
        self._vectors = np.lib.format.open_memmap(
            self._work / layout.VECTORS,
            mode="w+",
            dtype=np.float32,
            shape=(self._spool.passages, self._embedding[1]),
        )
        previous = self._previous
        if previous is None or previous.embedding != self._embedding[0]:
            return
        place = {int(row): number for number, row in enumerate(previous.vector_rows)}
        for row in range(self._spool.passages):
            number = place.get(self._former_rows.get(self._spool.hash_of(row), -1))
            if number is not None:
                self._vectors[row] = previous.vectors[number]
                self._filled[row] = True

    def _save_vectors(self) -> int:
        """Writes the vectors of the passages that have one; answers how many."""
        self._make_room()
        rows = np.flatnonzero(self._filled).astype(np.uint32)
        if self._vectors is None:
            return 0
        room, self._vectors = self._vectors, None
        if not len(rows):
            (self._work / layout.VECTORS).unlink()
            return 0
        if len(rows) < len(room):
            kept = np.ascontiguousarray(room[rows])
            (self._work / layout.VECTORS).unlink()
            layout.save_array(self._work, layout.VECTORS, kept)
            room = kept
        else:
            _make_durable(room, self._work / layout.VECTORS)
        fault_point("knowledge.inside_build")
        short, scale = shortened(room)
        layout.save_array(self._work, layout.SHORT_VECTORS, short)
        layout.save_array(self._work, layout.VECTOR_SCALES, scale)
        layout.save_array(self._work, layout.VECTOR_ROWS, rows)
        return len(rows)


def _make_durable(room: Any, path: Path) -> None:
    room.flush()
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rows_by_hash(previous: Edition | None) -> dict[bytes, int]:
    if previous is None:
        return {}
    return {digest.tobytes(): row for row, digest in enumerate(previous.passage_hashes)}
