"""Reads a stream of server-sent events, however the network cut it into pieces.

Source: WHATWG HTML Living Standard, section 9.2 "Server-sent events", event stream parsing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DONE: Final = b"[DONE]"
"""Data of the event that ends a stream of the OpenAI protocol."""
MAX_EVENT_BYTES: Final = 4 * 1024 * 1024

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class EventStreamError(Exception):
    """The bytes are not a stream of events: not UTF-8, or one event without an end."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event: its type (``message`` when the server names none) and its data."""

    event: str
    data: str


class EventStreamReader:
    """Turns pieces of bytes into events.

    A character, a line end or an event may be cut anywhere between two pieces: only whole lines
    are decoded. Comments (keep-alives) yield nothing.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._at_start = True
        self._skip_line_feed = False
        self._event = ""
        self._data: list[str] = []
        self._data_bytes = 0

    def feed(self, piece: bytes) -> list[ServerSentEvent]:
        """Events that are complete with this piece.

        Raises:
            EventStreamError: the bytes are not UTF-8, or one event exceeds ``MAX_EVENT_BYTES``.
        """
        self._rest += piece
        if self._at_start:
            if len(self._rest) < 3 and _BYTE_ORDER_MARK.startswith(bytes(self._rest)):
                return []
            self._at_start = False
            if self._rest.startswith(_BYTE_ORDER_MARK):
                del self._rest[:3]
        if self._skip_line_feed and self._rest:
            self._skip_line_feed = False
            if self._rest[:1] == b"\n":
                del self._rest[:1]
        events = self._take_lines()
        if len(self._rest) + self._data_bytes > MAX_EVENT_BYTES:
            raise EventStreamError("one event is too long")
        return events

    def finish(self) -> list[ServerSentEvent]:
        """The last event, where the server closed without the empty line that ends it."""
        events = []
        if self._rest:
            self._read_line(bytes(self._rest))
            self._rest.clear()
        if (event := self._dispatch()) is not None:
            events.append(event)
        return events

    def _take_lines(self) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        if b"\r" not in self._rest:
            *lines, rest = bytes(self._rest).split(b"\n")
        else:
            # A carriage return at the very end may be half of a line end: the other half, if it
            # comes, is skipped.
            self._skip_line_feed = self._rest.endswith(b"\r")
            unified = bytes(self._rest).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            *lines, rest = unified.split(b"\n")
        self._rest = bytearray(rest)
        for line in lines:
            if line:
                self._read_line(line)
            elif (event := self._dispatch()) is not None:
                events.append(event)
        return events

    def _read_line(self, line: bytes) -> None:
        if line.startswith(b":"):
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        try:
            if name == b"data":
                self._data.append(value.decode("utf-8"))
                self._data_bytes += len(value)
            elif name == b"event":
                self._event = value.decode("utf-8")
        except UnicodeDecodeError:
            # Not chained: the exception carries the bytes, which may be a patient's.
            raise EventStreamError("the stream is not UTF-8") from None

    def _dispatch(self) -> ServerSentEvent | None:
        data, event = self._data, self._event
        self._data, self._event, self._data_bytes = [], "", 0
        if not data:
            return None
        return ServerSentEvent(event=event or "message", data="\n".join(data))
