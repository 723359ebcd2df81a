"""The wire form as servers really speak it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from suwen.core.inference import ChatMessage, Endpoint, GenerationRequest
from suwen.core.manifest import Partition
from suwen.inference.wire import (
    WireChunk,
    WireError,
    read_answer,
    read_chunk,
    refusal,
    request_body,
)

ENDPOINT = Endpoint(
    "e", "http://127.0.0.1:1/v1", "m", Partition.GENERAL, 5, frozenset({"chat"}), 4096
)


def test_the_body_asks_for_a_stream_with_counts() -> None:
    request = GenerationRequest(
        (ChatMessage("system", "s"), ChatMessage("user", "u")), 7, {"type": "object"}, stop=("x",)
    )
    assert request_body(ENDPOINT, request) == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "max_tokens": 7,
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
        "seed": 0,
        "stop": ["x"],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
        },
    }


def test_what_is_not_wanted_is_not_sent() -> None:
    body = request_body(ENDPOINT, GenerationRequest((), 1, seed=None))
    assert not {"seed", "stop", "response_format"} & body.keys()


@pytest.mark.parametrize(
    ("value", "chunk"),
    [
        ({"choices": []}, WireChunk()),
        ({"choices": [{"index": 0, "delta": {"content": "a"}}]}, WireChunk("a")),
        (
            {"choices": [{"delta": {"content": None}, "finish_reason": "stop"}]},
            WireChunk("", "", "stop"),
        ),
        ({"choices": [{"delta": None, "finish_reason": "stop"}]}, WireChunk("", "", "stop")),
        ({"choices": [{"delta": {"reasoning_content": "r"}}]}, WireChunk("", "r")),
        ({"choices": [{"delta": {"reasoning": "r"}}]}, WireChunk("", "r")),
        (
            {"choices": [{"delta": {"reasoning": "r", "reasoning_content": "r"}}]},
            WireChunk("", "r"),
        ),
        ({"choices": [{"index": 1, "delta": {"content": "other"}}]}, WireChunk()),
        (
            {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
            WireChunk("", "", None, 3, 2),
        ),
        ({"choices": [], "usage": {"prompt_tokens": "3", "completion_tokens": -1}}, WireChunk()),
        ({"choices": [], "usage": None, "error": None}, WireChunk()),
    ],
)
def test_chunks_are_read(value: dict[str, Any], chunk: WireChunk) -> None:
    assert read_chunk(json.dumps(value)) == chunk


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "{}",
        '{"choices": {}}',
        '{"choices": [3]}',
        '{"choices": [{"delta": "x"}]}',
        '{"choices": [{"delta": {"content": 3}}]}',
        '{"choices": [{"delta": {"reasoning": {"a": 1}}}]}',
        "[" * 100_000,
    ],
)
def test_what_cannot_be_understood_is_malformed(data: str) -> None:
    with pytest.raises(WireError) as raised:
        read_chunk(data)
    assert raised.value.code == "engine_answer_malformed"


def test_a_whole_answer_is_read() -> None:
    value = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}
    assert read_answer(json.dumps(value)) == WireChunk("a", "", "stop")


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, {"type": "exceed_context_size_error", "code": 400}, "context_exceeded"),
        (400, {"code": "context_length_exceeded"}, "context_exceeded"),
        (400, {"type": "invalid_request_error"}, "engine_refused"),
        (401, {"type": "authentication_error"}, "engine_refused"),
        (302, None, "engine_refused"),
        (408, None, "engine_timeout"),
        (429, None, "engine_busy"),
        (500, None, "engine_refused"),
        (502, None, "engine_unreachable"),
        (503, {"type": "unavailable_error"}, "engine_busy"),
        (504, None, "engine_unreachable"),
    ],
)
def test_a_status_has_a_meaning(status: int, error: object, code: str) -> None:
    failure = refusal(status, json.dumps({"error": error}).encode())
    assert (failure.code, failure.detail["status"]) == (code, status)


def test_error_frames_are_errors_and_nothing_of_their_message_is_kept() -> None:
    frame = json.dumps({"error": {"message": "张三 prompt", "type": "张三", "code": 503}})
    for read, event in ((read_chunk, "message"), (read_chunk, "error")):
        with pytest.raises(WireError) as raised:
            read(frame, event)
        assert raised.value.code == "engine_busy"
        assert "张三" not in f"{raised.value} {raised.value.detail}"
    with pytest.raises(WireError):
        read_chunk('{"message": "bad"}', "error")
    with pytest.raises(WireError):
        read_answer(frame)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff", b'"x"', b'{"error": "text"}'])
def test_any_error_body_is_survived(body: bytes) -> None:
    assert refusal(500, body).detail == {"status": 500}
