"""Events come out the same however the network cut the bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.inference import server_sent_events
from suwen.inference.server_sent_events import (
    EventStreamError,
    EventStreamReader,
    ServerSentEvent,
)

STREAM = (
    "\ufeff: keep-alive\r\n\r\n"
    'data: {"text": "发热三天"}\n\n'
    "event: error\rdata: first\rdata:second\r\r"
    "id: 7\nretry: 100\nunknown: field\ndata\n\n"
    "data: 😷\r\n\r\n"
    "data: [DONE]\n\n"
).encode()
EVENTS = [
    ServerSentEvent("message", '{"text": "发热三天"}'),
    ServerSentEvent("error", "first\nsecond"),
    ServerSentEvent("message", ""),
    ServerSentEvent("message", "😷"),
    ServerSentEvent("message", "[DONE]"),
]


def read(pieces: list[bytes]) -> list[ServerSentEvent]:
    reader = EventStreamReader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    return events + reader.finish()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, len(STREAM)])
def test_pieces_of_any_size_give_the_same_events(size: int) -> None:
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert read(pieces) == EVENTS


@given(st.lists(st.integers(min_value=0, max_value=len(STREAM)), max_size=12))
def test_cuts_anywhere_give_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[a:b] for a, b in itertools.pairwise(edges)]) == EVENTS


def test_a_last_event_without_its_empty_line_is_read() -> None:
    assert read([b"data: end"]) == [ServerSentEvent("message", "end")]


def test_comments_alone_give_nothing() -> None:
    assert read([b": a\n\n", b":\n\n"]) == []


def test_bytes_that_are_not_utf8_are_refused_without_being_repeated() -> None:
    with pytest.raises(EventStreamError) as raised:
        EventStreamReader().feed(b"data: \xff\xfe\n\n")
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("piece", [b"data: aaaaaaaaaa", b"data: aaaa\n"])
def test_an_event_without_an_end_is_refused(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_sent_events, "MAX_EVENT_BYTES", 64)
    reader = EventStreamReader()
    with pytest.raises(EventStreamError):
        for _ in range(20):
            reader.feed(piece)
