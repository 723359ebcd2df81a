"""Which passages of an edition a reader may see at this moment, decided before any ranking.

What is hidden takes part in nothing: neither in frequencies nor in lengths nor in candidates. So
ids and scores are what they would be if the hidden passages had never been in the edition.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from suwen.core.knowledge import DocumentState, ReaderScope, Rights
from suwen.knowledge.edition import Edition
from suwen.storage.knowledge_types import RightsTable

_KEPT = 32


class ReadableRows:
    """The passages that a reader may see; everything below ranking works on these alone.

    Args:
        mask: one truth value for each passage of the edition.
    """

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        self.mask = mask
        self.count = int(np.count_nonzero(mask))
        self.everything = self.count == len(mask)

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """The passages, ascending."""
        return np.flatnonzero(self.mask)

    @cached_property
    def ranks(self) -> NDArray[np.int32]:
        """For each readable passage its place in ``rows``; meaningless for the others."""
        return (np.cumsum(self.mask) - 1).astype(np.int32)

    @cached_property
    def bits(self) -> bytes:
        """The mask as bits, the first passage in the lowest bit of the first byte."""
        return np.packbits(self.mask, bitorder="little").tobytes()


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rights table laid along the documents of an edition.

    Attributes:
        kinds: the different rights; ``kind`` says for each document which are its own, -1 for
            one that nobody may find.
    """

    table: RightsTable
    kinds: tuple[Rights, ...]
    kind: NDArray[np.int32]


class ReadableSets:
    """Answers which passages of an edition a reader may see, and remembers it while the rights
    stay; usable from several threads.

    Readers who are let in by the same rights share one set.
    """

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._compiled: _Compiled | None = None
        self._known: OrderedDict[tuple[bool, ...], ReadableRows] = OrderedDict()
        self._lock = threading.Lock()

    def readable(self, table: RightsTable, scope: ReaderScope) -> ReadableRows:
        """The passages of documents that are active, of the edition's version, and allowed."""
        compiled = self._along(table)
        open_to_reader = scope.may_read(table.collection)
        allowed = tuple(open_to_reader and scope.may_read(rights) for rights in compiled.kinds)
        with self._lock:
            if self._compiled is compiled and allowed in self._known:
                self._known.move_to_end(allowed)
                return self._known[allowed]
        # The last entry stands for -1: nobody's.
        documents = np.array([*allowed, False], np.bool_)[compiled.kind]
        found = ReadableRows(documents[self._edition.passage_documents])
        with self._lock:
            if self._compiled is compiled:
                found = self._known.setdefault(allowed, found)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return found

    def _along(self, table: RightsTable) -> _Compiled:
        """The table laid along the edition; the one of the last search where it is the same."""
        known = self._compiled
        if known is not None and known.table is table:
            return known
        compiled = _compile(self._edition, table)
        with self._lock:
            self._compiled = compiled
            self._known.clear()
        return compiled


def _compile(edition: Edition, table: RightsTable) -> _Compiled:
    numbers: dict[Rights, int] = {}
    kind = np.full(len(edition.document_ids), -1, np.int32)
    named = zip(edition.document_ids, edition.document_versions, strict=True)
    for place, (document, version) in enumerate(named):
        row = table.rows.get(document)
        if row is not None and row.state is DocumentState.ACTIVE and row.version == version:
            kind[place] = numbers.setdefault(row.rights, len(numbers))
    return _Compiled(table, tuple(numbers), kind)
