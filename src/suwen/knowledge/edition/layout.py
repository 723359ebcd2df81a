"""The files of an edition."""

from __future__ import annotations

import os
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from suwen.knowledge.edition.terms import TermTable

COLLECTION: Final = "collection.json"
TEXT: Final = "text.bin"
DOCUMENTS: Final = "documents.jsonl"
NAMES: Final = "names.json"
DOCUMENT_PLACES: Final = "document_places.npy"
PASSAGES: Final = "passages.npy"
PASSAGE_HASHES: Final = "passage_hashes.npy"
VECTORS: Final = "vectors.npy"
SHORT_VECTORS: Final = "short_vectors.npy"
VECTOR_SCALES: Final = "vector_scales.npy"
VECTOR_ROWS: Final = "vector_rows.npy"
_TERM_FILES: Final = {
    "keys": "term_keys.npy",
    "offsets": "term_offsets.npy",
    "rows": "posting_rows.npy",
    "counts": "posting_counts.npy",
    "lengths": "passage_lengths.npy",
}


class Place(IntEnum):
    """Columns of ``passages.npy``; bytes count in ``text.bin``."""

    DOCUMENT = 0
    ORDINAL = 1
    START = 2
    END = 3
    FIRST_BYTE = 4
    BYTE_AFTER = 5


def save_array(folder: Path, name: str, values: NDArray[Any]) -> None:
    """Writes an array durably."""
    with (folder / name).open("wb") as stream:
        np.save(stream, values, allow_pickle=False)
        stream.flush()
        os.fsync(stream.fileno())


def save_bytes(folder: Path, name: str, content: bytes) -> None:
    """Writes a file durably."""
    with (folder / name).open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def load_array(folder: Path, name: str) -> NDArray[Any]:
    """An array of an edition, read from disk only where it is looked at."""
    found: NDArray[Any] = np.load(folder / name, mmap_mode="r", allow_pickle=False)
    # A plain view: the memory-map class costs a microsecond at every slice.
    return found.view(np.ndarray)


def save_terms(folder: Path, table: TermTable) -> None:
    """Writes the postings."""
    for part, name in _TERM_FILES.items():
        save_array(folder, name, getattr(table, part))


def load_terms(folder: Path) -> TermTable:
    """The postings of an edition."""
    return TermTable(**{part: load_array(folder, name) for part, name in _TERM_FILES.items()})
