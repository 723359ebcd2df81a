"""Embedding and rerank servers that misbehave in every way we know of."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suwen.core.errors import ConfigurationError, InferenceError
from suwen.inference.embedding.endpoint_embedder import EndpointEmbedder, TextPrefixes
from suwen.inference.embedding.endpoint_reranker import EndpointReranker
from suwen.inference.embedding.scripted import (
    ScriptedEmbedder,
    ScriptedReply,
    ScriptedVectorServer,
    serving_vectors,
)

SECRET = "患者张三，青霉素过敏"


@pytest.fixture
def server() -> Iterator[ScriptedVectorServer]:
    with serving_vectors(ScriptedVectorServer()) as serving:
        yield serving


def always(reply: ScriptedReply) -> Callable[[str, dict[str, Any]], ScriptedReply]:
    return lambda path, body: reply


def said(value: object) -> ScriptedReply:
    return ScriptedReply(body=json.dumps(value).encode())


def row(index: object = 0, embedding: object = (0.6, 0.8)) -> dict[str, object]:
    return {"index": index, "embedding": embedding}


@pytest.mark.parametrize(
    "reply",
    [
        ScriptedReply(body=b"not json"),
        ScriptedReply(body=b"[" * 100_000),
        said([]),
        said({"data": []}),
        said({"data": [row(), row()]}),
        said({"data": [row(index=1)]}),
        said({"data": [row(index=None)]}),
        said({"data": [{"index": 0}]}),
        said({"data": [row(embedding="AAAA")]}),
        said({"data": [row(embedding=[])]}),
        said({"data": [row(embedding=[0.0, 0.0])]}),
        said({"data": [row(embedding=["x", "y"])]}),
        said({"data": [row(embedding=[float("nan"), 1.0])]}),
        said({"data": [row(embedding=[[1.0], [0.0]])]}),
    ],
)
def test_an_answer_that_is_no_vector_is_refused(
    server: ScriptedVectorServer, reply: ScriptedReply
) -> None:
    server.reply = always(reply)
    with pytest.raises(InferenceError) as raised:
        EndpointEmbedder(server.endpoint()).embed_query(SECRET)
    assert raised.value.code == "engine_answer_malformed"
    assert "张三" not in repr(raised.value) + repr(raised.value.detail)


def test_the_same_answers_made_right_are_taken(server: ScriptedVectorServer) -> None:
    server.reply = always(said({"data": [row(embedding=[3.0, 4.0])]}))
    assert list(EndpointEmbedder(server.endpoint()).embed_query(SECRET)) == pytest.approx(
        [0.6, 0.8]
    )


def test_a_vector_of_another_length_than_before_is_refused(server: ScriptedVectorServer) -> None:
    embedder = EndpointEmbedder(server.endpoint())
    assert embedder.dimensions == 256
    server.embedder = ScriptedEmbedder(32)
    with pytest.raises(InferenceError) as raised:
        embedder.embed_passages([SECRET])
    assert raised.value.code == "engine_answer_malformed"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "engine_refused"),
        (302, "engine_refused"),
        (404, "engine_refused"),
        (429, "engine_busy"),
        (503, "engine_busy"),
        (504, "engine_unreachable"),
    ],
)
def test_a_refusal_is_told_by_its_status(
    server: ScriptedVectorServer, status: int, code: str
) -> None:
    message = json.dumps({"error": {"message": SECRET}}, ensure_ascii=False).encode()
    server.reply = always(ScriptedReply(status, message, location="http://127.0.0.1:1/v1"))
    with pytest.raises(InferenceError) as raised:
        EndpointEmbedder(server.endpoint()).embed_query(SECRET)
    assert raised.value.code == code
    assert "张三" not in repr(raised.value.detail) + raised.value.safe_message.zh
    assert len(server.asked) == 1


def test_a_text_longer_than_the_model_takes_is_told_apart(server: ScriptedVectorServer) -> None:
    body = json.dumps({"error": {"code": "context_length_exceeded"}}).encode()
    server.reply = always(ScriptedReply(400, body))
    with pytest.raises(InferenceError) as raised:
        EndpointEmbedder(server.endpoint()).embed_query(SECRET)
    assert raised.value.code == "context_exceeded"


def test_nobody_listening_is_unreachable(server: ScriptedVectorServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        endpoint = server.endpoint(url=f"http://127.0.0.1:{port}/v1")
        with pytest.raises(InferenceError) as raised:
            EndpointEmbedder(endpoint).embed_query(SECRET)
    assert raised.value.code == "engine_unreachable"


def test_a_server_that_never_answers_times_out(server: ScriptedVectorServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        endpoint = server.endpoint(url=url, timeout_s=0.2)
        with pytest.raises(InferenceError) as raised:
            EndpointReranker(endpoint).rerank("a", ["b"])
    assert raised.value.code == "engine_timeout"


def test_the_key_is_sent_and_demanded(server: ScriptedVectorServer) -> None:
    server.key = "secret-key"
    with pytest.raises(InferenceError) as raised:
        EndpointEmbedder(server.endpoint(key=None)).embed_query("a")
    assert raised.value.code == "engine_refused"
    assert EndpointEmbedder(server.endpoint()).embed_query("a")
    assert "secret-key" not in repr(server.endpoint())


def test_an_address_that_cannot_be_used_safely_is_refused(server: ScriptedVectorServer) -> None:
    for url in ("ftp://example.invalid/v1", "http://user:pass@127.0.0.1/v1"):
        with pytest.raises(ConfigurationError):
            EndpointEmbedder(replace(server.endpoint(), url=url))
    with pytest.raises(ConfigurationError) as raised:
        EndpointEmbedder(
            replace(server.endpoint(), url="https://127.0.0.1/v1"), ca_file=Path("/nonexistent.pem")
        )
    assert raised.value.code == "endpoint_ca_unreadable"


def test_prefixes_go_before_the_texts_and_into_the_key(server: ScriptedVectorServer) -> None:
    plain = EndpointEmbedder(server.endpoint())
    prefixed = EndpointEmbedder(server.endpoint(), prefixes=TextPrefixes("q: ", "p: "))
    assert plain.key != prefixed.key
    prefixed.embed_query("血钾")
    prefixed.embed_passages(["低钾"])
    assert [body["input"] for _, body in server.asked[-2:]] == [["q: 血钾"], ["p: 低钾"]]


def test_another_model_behind_the_same_name_has_another_key(server: ScriptedVectorServer) -> None:
    before = EndpointEmbedder(server.endpoint()).key

    def other(path: str, body: dict[str, Any]) -> ScriptedReply:
        vectors = ScriptedEmbedder().embed_passages([text[::-1] for text in body["input"]])
        return said({"data": [row(i, list(v)) for i, v in enumerate(vectors)]})

    server.reply = other
    assert EndpointEmbedder(server.endpoint()).key != before


def test_noise_in_the_last_bits_leaves_the_key_as_it_is(server: ScriptedVectorServer) -> None:
    keys = set()
    for step in range(5):

        def noisy(path: str, body: dict[str, Any], step: int = step) -> ScriptedReply:
            vectors = ScriptedEmbedder().embed_passages(body["input"])
            noise = [
                [x + 1e-4 * ((at * 7 + step) % 5 - 2) for at, x in enumerate(v)] for v in vectors
            ]
            return said({"data": [row(i, v) for i, v in enumerate(noise)]})

        server.reply = noisy
        keys.add(EndpointEmbedder(server.endpoint()).key)
    assert len(keys) == 1


def test_many_and_long_texts_are_sent_in_several_requests(server: ScriptedVectorServer) -> None:
    embedder = EndpointEmbedder(server.endpoint())
    assert embedder.dimensions
    server.asked.clear()
    texts = [f"text {n} " + "x" * (30_000 if n in (3, 4, 5) else 10) for n in range(70)]
    assert len(embedder.embed_passages(texts)) == 70
    sizes = [len(body["input"]) for _, body in server.asked]
    assert sum(sizes) == 70
    assert max(sizes) <= 32
    assert [text for _, body in server.asked for text in body["input"]] == texts


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"results": [{"index": 0, "relevance_score": 0.3}]},
        {"results": [{"index": 0, "relevance_score": 0.3}, {"index": 0, "relevance_score": 0.2}]},
        {"results": [{"index": 0, "relevance_score": 0.3}, {"index": 2, "relevance_score": 0.2}]},
        {"results": [{"index": 0, "relevance_score": 0.3}, {"index": 1}]},
        {"results": [{"index": 0, "relevance_score": 0.3}, {"index": 1, "relevance_score": "x"}]},
    ],
)
def test_scores_that_do_not_fit_the_texts_are_refused(
    server: ScriptedVectorServer, answer: object
) -> None:
    server.reply = always(said(answer))
    with pytest.raises(InferenceError) as raised:
        EndpointReranker(server.endpoint()).rerank("q", ["a", "b"])
    assert raised.value.code == "engine_answer_malformed"
