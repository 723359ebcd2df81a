"""Vectors of questions, made by the engine that runs, one question at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from suwen.bootstrap.library.parts import Engines
from suwen.core.errors import InferenceError
from suwen.core.knowledge import Embedder
from suwen.knowledge.retrieval.expansion.wordings import spelled_out

Vector = Sequence[float]


@dataclass
class AskedTogether:
    """The vectors of questions that one reader asks at once, of several collections.

    Kept no longer than that: a question that came back sooner the second time would tell a
    reader that somebody had asked it before.
    """

    known: dict[tuple[str, str], Vector | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuestionVector:
    """A question's vector and what it took to make it, in s, without waiting for others.

    Attributes:
        vector: absent where the question is looked up by its words alone.
    """

    vector: Vector | None
    took_s: float


class QuestionVectors:
    """Makes them. A question is never left unanswered because an engine is down: it is then
    looked up by its words alone."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        # The bundled model works on one question at a time; waiting is no part of its time.
        self._one_at_a_time = asyncio.Lock()

    async def of(
        self, text: str, embedding: str | None, together: AskedTogether | None = None
    ) -> QuestionVector:
        """The vector, where the edition has vectors of the engine that runs.

        Args:
            embedding: key of the edition's vectors, absent where it has none.
            together: what is asked beside it.
        """
        if embedding is None:
            return QuestionVector(None, 0.0)
        together = together or AskedTogether()
        async with self._one_at_a_time:
            began = time.perf_counter()
            if (embedding, text) not in together.known:
                together.known[embedding, text] = await self._made(text, embedding)
            took_s = time.perf_counter() - began
        return QuestionVector(together.known[embedding, text], took_s)

    async def _made(self, text: str, embedding: str) -> Vector | None:
        embedder = await self._engines.embedder()
        if embedder is None:
            return None
        try:
            return await asyncio.to_thread(_embedded, embedder, embedding, text)
        except InferenceError:
            return None


def _embedded(embedder: Embedder, wanted: str, text: str) -> Vector | None:
    return embedder.embed_query(spelled_out(text)) if embedder.key == wanted else None
