"""Passes an OpenAI request on to an engine as it stands, and its answer back, piece by piece.

For programs that ask an engine directly. Nothing is gathered: the next piece is read from the
engine when the one before was taken, so that a slow reader slows the engine and not our memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import aiohttp

from suwen.core.inference import Endpoint
from suwen.inference.connection import TimeLimits, headers
from suwen.inference.server_sent_events import DONE, MAX_EVENT_BYTES, EventStreamError
from suwen.inference.wire import WireError

_MOST_ANSWER_BYTES: Final = 64 * 1024 * 1024
# Moving a deadline costs as much as reading a piece; it is moved once in a while only.
_MOVE_EVERY_S: Final = 1.0


class RelayedAnswer:
    """An answer with status 200 on its way."""

    def __init__(
        self, response: aiohttp.ClientResponse, limits: TimeLimits, deadline: asyncio.Timeout
    ) -> None:
        self._response = response
        self._limits = limits
        self._deadline = deadline

    @property
    def streams(self) -> bool:
        """Whether it comes as a stream of events."""
        return self._response.content_type == "text/event-stream"

    async def whole(self) -> bytes:
        """All of an answer that does not stream.

        Raises:
            WireError: ``engine_answer_malformed`` when it does not end.
        """
        pieces: list[bytes] = []
        size = 0
        async for piece in self._response.content.iter_any():
            pieces.append(piece)
            size += len(piece)
            if size > _MOST_ANSWER_BYTES:
                raise WireError("engine_answer_malformed", reason="endless")
        return b"".join(pieces)

    async def events(self) -> AsyncGenerator[list[bytes]]:
        """The data of the events, as many at once as came at once, up to and with ``[DONE]``.

        Raises:
            WireError: ``engine_answer_malformed``, also when the stream ends without its end.
        """
        loop = asyncio.get_running_loop()
        moved = 0.0
        reader = EventDataReader()
        content = self._response.content
        while piece := await content.readany():
            now = loop.time()
            if now - moved > _MOVE_EVERY_S:
                moved = now
                self._deadline.reschedule(now + self._limits.between_tokens_s + _MOVE_EVERY_S)
            try:
                events = reader.feed(piece)
            except EventStreamError:
                raise WireError("engine_answer_malformed", reason="event_stream") from None
            if events:
                yield events
                if events[-1] == DONE:
                    return
        raise WireError("engine_answer_malformed", reason="truncated")


class EventDataReader:
    """Cuts a stream of bytes into the data of its events, wherever the network cut it.

    Source: WHATWG HTML Living Standard, section 9.2; names of events and ids are left out, which
    no OpenAI-compatible engine gives a meaning.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """Data of the events that are complete with this piece; nothing after ``[DONE]``.

        Raises:
            EventStreamError: one event exceeds ``MAX_EVENT_BYTES``.
        """
        whole = self._rest + piece if self._rest else piece
        if b"\r" in whole:
            # A carriage return at the end may be half of a line end.
            held = b"\r" if whole.endswith(b"\r") else b""
            whole = whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            *frames, rest = whole.split(b"\n\n")
            self._rest = rest + held
        else:
            *frames, self._rest = whole.split(b"\n\n")
        if len(self._rest) > MAX_EVENT_BYTES:
            raise EventStreamError("one event is too long")
        found: list[bytes] = []
        for frame in frames:
            data = frame[6:] if frame.startswith(b"data: ") and b"\n" not in frame else _data(frame)
            if data:
                found.append(data)
                if data == DONE:
                    break
        return found


def _data(frame: bytes) -> bytes:
    """The data lines of a frame with several lines, comments left out."""
    lines = [
        line[5:].removeprefix(b" ") for line in frame.split(b"\n") if line.startswith(b"data:")
    ]
    return b"\n".join(lines)


async def post(
    session: aiohttp.ClientSession, endpoint: Endpoint, path: str, body: bytes
) -> aiohttp.ClientResponse:
    """The response to a body that is JSON already, once its headers are there.

    Asks a second time when the connection broke before anything was answered, as ``post_json``.

    Raises:
        aiohttp.ClientError: nobody answers, or the session was closed.
    """
    url = f"{endpoint.url.rstrip('/')}{path}"
    sent = {**headers(endpoint), "Content-Type": "application/json"}

    async def once() -> aiohttp.ClientResponse:
        if session.closed:
            raise aiohttp.ClientConnectionResetError("the endpoint was taken away")
        return await session.post(url, data=body, headers=sent, allow_redirects=False)

    try:
        return await once()
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        return await once()
