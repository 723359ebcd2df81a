"""Vectors that were computed once, kept in a file by the hash of their text; no text in it."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from suwen.core.knowledge import Embedder

_HASH_BYTES: Final = 32
_BATCH: Final = 16


class VectorCache:
    """An ``Embedder`` that asks another one only for texts it has not met.

    Args:
        folder: one file for each embedding model.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        name = "".join(c if c.isalnum() or c in "-._" else "_" for c in embedder.key)
        self._file = folder / f"{name}.vectors"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._known = self._read()
        self.embedded = 0

    @property
    def key(self) -> str:
        """That of the model."""
        return self._embedder.key

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._embedder.dimensions

    def embed_passages(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector of unit length, float32, for each text.

        Raises:
            InferenceError: as the model.
        """
        wanted = {_digest("p", text): text for text in texts}
        missing = [digest for digest in wanted if digest not in self._known]
        for at in range(0, len(missing), _BATCH):
            batch = missing[at : at + _BATCH]
            vectors = self._embedder.embed_passages([wanted[digest] for digest in batch])
            self._keep(dict(zip(batch, vectors, strict=True)))
        return [self._known[_digest("p", text)].tolist() for text in texts]

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question, unit length, float32.

        Raises:
            InferenceError: as the model.
        """
        digest = _digest("q", text)
        if digest not in self._known:
            self._keep({digest: self._embedder.embed_query(text)})
        found: list[float] = self._known[digest].tolist()
        return found

    def _keep(self, vectors: dict[bytes, Sequence[float]]) -> None:
        rows = {d: np.asarray(vector, dtype="<f4") for d, vector in vectors.items()}
        with self._file.open("ab") as out:
            # Two runs at once add to one file.
            fcntl.flock(out, fcntl.LOCK_EX)
            os.ftruncate(out.fileno(), out.tell() - out.tell() % self._record)
            out.write(b"".join(digest + row.tobytes() for digest, row in rows.items()))
        self._known.update(rows)
        self.embedded += len(rows)

    @property
    def _record(self) -> int:
        return _HASH_BYTES + 4 * self.dimensions

    def _read(self) -> dict[bytes, NDArray[np.float32]]:
        raw = self._file.read_bytes() if self._file.exists() else b""
        whole = len(raw) - len(raw) % self._record
        places = range(0, whole, self._record)
        return {
            raw[at : at + _HASH_BYTES]: np.frombuffer(raw, "<f4", self.dimensions, at + _HASH_BYTES)
            for at in places
        }


def _digest(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind}:{text}".encode()).digest()
