"""A question's vector: made once for what is asked together, and anew for everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from suwen.bootstrap.library.parts import Engines
from suwen.bootstrap.library.question_vectors import AskedTogether, QuestionVectors
from suwen.core.errors import InferenceError
from suwen.core.knowledge import Embedder
from suwen.core.language import Bilingual


class Counting:
    """An embedder that notes what it was asked, and may be down."""

    key = "counting@1"
    dimensions = 2

    def __init__(self, *, down: bool = False) -> None:
        self.asked: list[str] = []
        self._down = down

    def embed_passages(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[1.0, 0.0] for _ in texts]

    def embed_query(self, text: str) -> Sequence[float]:
        self.asked.append(text)
        if self._down:
            raise InferenceError("engine_unreachable", Bilingual(zh="无", en="none"))
        return [1.0, 0.0]


def vectors_of(embedder: Embedder | None) -> QuestionVectors:
    async def found() -> Embedder | None:
        return embedder

    async def none() -> None:
        return None

    return QuestionVectors(Engines(found, none))


async def test_collections_that_are_asked_together_share_one_vector() -> None:
    embedder, together = Counting(), AskedTogether()
    vectors = vectors_of(embedder)
    found = await asyncio.gather(
        *(vectors.of("发热", embedder.key, together) for _ in range(3)),
        vectors.of("咳嗽", embedder.key, together),
    )
    assert [one.vector for one in found] == [[1.0, 0.0]] * 4
    assert embedder.asked == ["发热", "咳嗽"]


async def test_nobody_can_tell_by_the_time_that_somebody_asked_the_same() -> None:
    embedder = Counting()
    vectors = vectors_of(embedder)
    for _ in range(2):
        await vectors.of("发热", embedder.key, AskedTogether())
        await vectors.of("发热", embedder.key)
    assert embedder.asked == ["发热"] * 4


async def test_without_an_engine_of_the_edition_the_words_alone_are_looked_up() -> None:
    embedder = Counting()
    for vectors, embedding in (
        (vectors_of(embedder), None),
        (vectors_of(embedder), "other@1"),
        (vectors_of(None), embedder.key),
        (vectors_of(Counting(down=True)), embedder.key),
    ):
        assert (await vectors.of("发热", embedding)).vector is None
    assert embedder.asked == []
