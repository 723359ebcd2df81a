"""Vectors from any server that speaks the OpenAI embeddings interface.

Source: OpenAI API reference, "Create embeddings"; vLLM, Text Embeddings Inference and llama.cpp
serve the same form.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from suwen.core.inference import Endpoint
from suwen.inference.embedding.plain_http import PlainClient
from suwen.inference.embedding.unit_vectors import unit_vectors

_BATCH: Final = 32
_MOST_CHARACTERS: Final = 64_000
_PROBE: Final = "血钾 3.2 mmol/L hypokalaemia 氯化钾缓释片 1 g bid"


@dataclass(frozen=True, slots=True)
class TextPrefixes:
    """What a model wants before a text, for example ``query: `` and ``passage: `` for the E5
    family or an instruction before the query for Qwen3-Embedding; empty for BGE-M3."""

    query: str = ""
    passage: str = ""


class EndpointEmbedder:
    """One OpenAI-compatible endpoint as an ``Embedder``.

    Args:
        endpoint: which server and model.
        prefixes: what the model wants before its texts.
        ca_file: certificate authority of the hospital, instead of the system's.

    Raises:
        ConfigurationError: address, key or CA file cannot be used safely.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        prefixes: TextPrefixes | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self._client = PlainClient(endpoint, ca_file)
        self._prefixes = prefixes or TextPrefixes()
        self._lock = threading.Lock()
        self._probed: tuple[int, str] | None = None

    @property
    def key(self) -> str:
        """Model, prefixes and a fingerprint of what the server answers for a fixed text.

        The last bits, which differ between two runs on a GPU, do not change the fingerprint;
        another model under the same name does.

        Raises:
            InferenceError: the server does not answer.
        """
        dimensions, fingerprint = self._probe()
        said = f"{self._prefixes.query}\0{self._prefixes.passage}\0{fingerprint}"
        digest = hashlib.sha256(said.encode()).hexdigest()[:16]
        return f"{self._client.endpoint.model}:{dimensions}@{digest}"

    @property
    def dimensions(self) -> int:
        """Length of each vector, asked of the server once.

        Raises:
            InferenceError: the server does not answer.
        """
        return self._probe()[0]

    def embed_passages(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector of unit length, float32, for each text.

        Raises:
            InferenceError: ``engine_unreachable``, ``engine_timeout``, ``engine_refused``,
                ``engine_busy``, ``engine_answer_malformed``, ``context_exceeded``.
        """
        found: list[Sequence[float]] = []
        for batch in _batches([self._prefixes.passage + text for text in texts]):
            found += self._checked(batch, self.dimensions)
        return found

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question, unit length, float32.

        Raises:
            InferenceError: as ``embed_passages``.
        """
        return self._checked([self._prefixes.query + text], self.dimensions)[0]

    def _probe(self) -> tuple[int, str]:
        with self._lock:
            if self._probed is None:
                rows = self._ask([_PROBE])
                dimensions = len(rows[0]) if rows and isinstance(rows[0], list) else 0
                vector = self._unit(rows, 1, dimensions)[0]
                self._probed = dimensions, _fingerprint(vector)
            return self._probed

    def _checked(self, texts: Sequence[str], dimensions: int) -> list[Sequence[float]]:
        # An empty text has no meaning that a server would embed; some refuse it.
        return self._unit(self._ask([text or " " for text in texts]), len(texts), dimensions)

    def _unit(self, rows: list[Any], count: int, dimensions: int) -> list[Sequence[float]]:
        try:
            return unit_vectors(rows, count, dimensions)
        except (ValueError, TypeError):
            raise self._client.failure("engine_answer_malformed", reason="vectors") from None

    def _ask(self, texts: Sequence[str]) -> list[Any]:
        body = {
            "model": self._client.endpoint.model,
            "input": list(texts),
            "encoding_format": "float",
        }
        answer = self._client.post("/embeddings", body)
        try:
            rows = sorted(answer["data"], key=lambda row: int(row["index"]))
            if [int(row["index"]) for row in rows] != list(range(len(texts))):
                raise ValueError
            return [row["embedding"] for row in rows]
        except (KeyError, TypeError, ValueError):
            raise self._client.failure("engine_answer_malformed", reason="embeddings") from None


def _fingerprint(vector: Sequence[float]) -> str:
    """Which components are the largest, with their sign, in order of their place.

    Four to sixteen of them, cut where the step to the next one is the steepest, so that noise in
    the last bits moves none over the cut.
    """
    order = sorted(range(len(vector)), key=lambda at: -abs(vector[at]))
    cuts = range(4, min(17, len(order)))
    steps = {n: abs(vector[order[n]]) / abs(vector[order[n - 1]]) for n in cuts}
    largest = order[: min(steps, key=lambda n: steps[n])] if steps else order
    return ",".join(f"{'-' if vector[at] < 0 else '+'}{at}" for at in sorted(largest))


def _batches(texts: Sequence[str]) -> list[list[str]]:
    """The texts in order, in requests that a server takes."""
    batches: list[list[str]] = []
    characters = 0
    for text in texts:
        full = (
            not batches or len(batches[-1]) == _BATCH or characters + len(text) > _MOST_CHARACTERS
        )
        if full:
            batches.append([])
            characters = 0
        batches[-1].append(text)
        characters += len(text)
    return batches
