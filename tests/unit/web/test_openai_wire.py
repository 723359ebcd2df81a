"""Whatever a program sends to ``/v1`` is a request or a refusal that names the place."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.core.errors import InputError
from suwen.inference.relay import EventDataReader
from suwen.inference.server_sent_events import DONE
from suwen.web.openai.tokens import estimate_tokens
from suwen.web.openai.wire import read_chat, read_embedding, read_json

NAMES = st.sampled_from(
    [
        "model", "messages", "role", "content", "type", "text", "tools", "function", "name",
        "tool_calls", "arguments", "response_format", "json_schema", "schema", "stop", "stream",
        "temperature", "max_tokens", "input", "image_url", "url", "id", "stream_options",
    ]
)  # fmt: skip
WORDS = st.sampled_from(["user", "assistant", "tool", "system", "text", "function", "json_schema"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(NAMES, JSON, max_size=8)


@settings(max_examples=500, deadline=None)
@given(BODIES)
def test_a_chat_is_read_or_refused_with_its_place(body: dict[str, Any]) -> None:
    try:
        request = read_chat(body)
    except InputError as error:
        assert error.field
    else:
        assert request.prompt_tokens > 0
        assert request.for_engine(b"{}", None).kind == "chat"


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_a_request_for_vectors_is_read_or_refused_with_its_place(body: dict[str, Any]) -> None:
    try:
        request = read_embedding(body)
    except InputError as error:
        assert error.field
    else:
        assert all(request.texts)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"messages": [{"content": [], "role": []}]}, "messages[0]"),
        ({"messages": [{"content": "a", "role": {}}]}, "messages[0]"),
        (
            {"messages": [{"content": "a", "role": "user"}], "reasoning_effort": []},
            "reasoning_effort",
        ),
    ],
)
def test_what_was_found_by_fuzzing_is_refused_with_its_place(
    body: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_chat({"model": "m", **body})
    assert refused.value.field == field


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_an_object_or_refused(raw: bytes) -> None:
    try:
        assert isinstance(read_json(raw), dict)
    except InputError as error:
        assert error.code == "not_json"


@settings(max_examples=300, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=8),
    ends=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    data=st.data(),
)
def test_events_are_the_same_wherever_the_network_cuts(
    texts: list[str], ends: bytes, data: st.DataObject
) -> None:
    events = [orjson.dumps({"text": text}) for text in texts]
    stream = b"".join(b"data: " + one + ends + ends for one in [*events, DONE])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    reader, found = EventDataReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    found += reader.feed(b"data: end" + ends + ends)
    assert found[: len(events) + 1] == [*events, DONE]


@pytest.mark.parametrize(
    ("frame", "data"),
    [
        (b": keep-alive\n\n", []),
        (b"event: message\nid: 7\ndata: {}\n\n", [b"{}"]),
        (b"data:{}\n\n", [b"{}"]),
        (b"data: {\ndata: }\n\n", [b"{\n}"]),
        (b"\n\n\n\n", []),
        (b"data: {}\n", []),
    ],
)
def test_frames_as_servers_write_them(frame: bytes, data: list[bytes]) -> None:
    assert EventDataReader().feed(frame) == data


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_the_estimate_of_tokens_is_high_and_never_more_than_bytes(text: str) -> None:
    tokens = estimate_tokens(text)
    assert len(text) / 3 <= tokens <= len(text.encode()) + 1
