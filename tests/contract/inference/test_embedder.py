"""What every embedder and every reranker owes: one suite for the real and the scripted ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from suwen.core.knowledge import Embedder, Reranker
from suwen.inference.embedding.endpoint_embedder import EndpointEmbedder, TextPrefixes
from suwen.inference.embedding.endpoint_reranker import EndpointReranker
from suwen.inference.embedding.local_model import LocalEmbedder
from suwen.inference.embedding.scripted import (
    ScriptedEmbedder,
    ScriptedReranker,
    ScriptedVectorServer,
    serving_vectors,
)

TEXTS = [
    "低钾血症时应口服氯化钾，并复查血钾。",
    "糖尿病患者每年应检查眼底。",
    "The hospital cafeteria opens at seven.",
]


@pytest.fixture(scope="module", params=["local", "endpoint", "scripted"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    if request.param == "local":
        yield LocalEmbedder()
    elif request.param == "scripted":
        yield ScriptedEmbedder()
    else:
        with serving_vectors(ScriptedVectorServer()) as server:
            yield EndpointEmbedder(server.endpoint(), prefixes=TextPrefixes("query: ", "passage: "))


@pytest.fixture(scope="module", params=["endpoint", "scripted"])
def reranker(request: pytest.FixtureRequest) -> Iterator[Reranker]:
    if request.param == "scripted":
        yield ScriptedReranker()
    else:
        with serving_vectors(ScriptedVectorServer()) as server:
            yield EndpointReranker(server.endpoint())


def product(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_have_unit_length_and_the_stated_dimensions(embedder: Embedder) -> None:
    for vector in [*embedder.embed_passages(TEXTS), embedder.embed_query("血钾低怎么办")]:
        assert len(vector) == embedder.dimensions
        assert product(list(vector), list(vector)) == pytest.approx(1.0, abs=1e-5)


def test_the_same_text_gives_the_same_vector_alone_and_in_a_batch(embedder: Embedder) -> None:
    together = embedder.embed_passages(TEXTS * 7)
    alone = [embedder.embed_passages([text])[0] for text in TEXTS]
    assert [list(v) for v in together] == [list(v) for v in alone] * 7


def test_a_question_is_nearest_to_its_answer(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    for question, right in [("低钾血症，血钾低", 0), ("糖尿病检查眼底", 1)]:
        asked = list(embedder.embed_query(question))
        near = [product(asked, list(vector)) for vector in vectors]
        assert near.index(max(near)) == right


def test_no_text_is_too_odd_to_have_a_vector(embedder: Embedder) -> None:
    odd = ["", " ", "\0", "a\0b", "\ud83d", "😷" * 20, "x" * 500]
    assert [len(v) for v in embedder.embed_passages(odd)] == [embedder.dimensions] * len(odd)
    assert embedder.embed_passages([]) == []


def test_the_key_is_stable(embedder: Embedder) -> None:
    assert embedder.key == embedder.key
    assert embedder.key.strip()


def test_threads_do_not_disturb_each_other(embedder: Embedder) -> None:
    expected = [list(v) for v in embedder.embed_passages(TEXTS)]
    got: list[list[float] | None] = [None] * 6

    def work(at: int) -> None:
        got[at] = list(embedder.embed_passages([TEXTS[at % 3]])[0])

    threads = [threading.Thread(target=work, args=(at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected * 2


def test_a_reranker_scores_every_text_and_the_right_one_best(reranker: Reranker) -> None:
    scores = list(reranker.rerank("糖尿病患者的眼底", TEXTS))
    assert len(scores) == 3
    assert scores.index(max(scores)) == 1
    assert list(reranker.rerank("糖尿病", [])) == []
