"""The order of candidates from a server with a cross-encoder.

Source: the rerank interface of vLLM, llama.cpp and Xinference (``/v1/rerank``, first of Jina AI).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from suwen.core.inference import Endpoint
from suwen.inference.embedding.plain_http import PlainClient


class EndpointReranker:
    """One rerank endpoint as a ``Reranker``.

    Args:
        endpoint: which server and model.
        ca_file: certificate authority of the hospital, instead of the system's.

    Raises:
        ConfigurationError: address, key or CA file cannot be used safely.
    """

    def __init__(self, endpoint: Endpoint, *, ca_file: Path | None = None) -> None:
        self._client = PlainClient(endpoint, ca_file)

    def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """One score for each text, higher is better.

        Raises:
            InferenceError: ``engine_unreachable``, ``engine_timeout``, ``engine_refused``,
                ``engine_busy``, ``engine_answer_malformed``, ``context_exceeded``.
        """
        if not texts:
            return []
        body = {
            "model": self._client.endpoint.model,
            "query": query,
            "documents": list(texts),
            "top_n": len(texts),
            "return_documents": False,
        }
        answer = self._client.post("/rerank", body)
        try:
            return _scores(answer, len(texts))
        except (KeyError, TypeError, ValueError):
            raise self._client.failure("engine_answer_malformed", reason="scores") from None


def _scores(answer: Mapping[str, Any], count: int) -> list[float]:
    scores: dict[int, float] = {}
    for row in answer["results"]:
        score = float(row["relevance_score"])
        if not math.isfinite(score):
            raise ValueError
        scores[int(row["index"])] = score
    # A candidate without a score would silently fall to the end.
    if len(answer["results"]) != count or sorted(scores) != list(range(count)):
        raise ValueError
    return [scores[at] for at in range(count)]
