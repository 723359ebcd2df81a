"""An engine that answers at once: 60 tokens whole, or 20 events of a stream; raw asyncio protocol.

Usage: ``python engine.py PORT_FILE``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

WORDS = "Two weeks after discharge, weigh daily and return at once if short of breath. "
USAGE = {"prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100}


def _whole() -> bytes:
    message = {"role": "assistant", "content": (WORDS * 4)[:300]}
    body = json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "engine",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": USAGE,
        }
    ).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )


def _events() -> list[bytes]:
    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        return json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "engine",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            }
        ).encode()

    said = [event({"role": "assistant", "content": ""})]
    said += [event({"content": f"{word} "}) for word in (WORDS * 3).split()[:18]]
    said.append(event({}, "stop"))
    usage = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "choices": []}
    said.append(json.dumps({**usage, "model": "engine", "usage": USAGE}).encode())
    said.append(b"[DONE]")
    return [_chunk(b"data: " + one + b"\n\n") for one in said]


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}".encode() + b"\r\n" + data + b"\r\n"


WHOLE = _whole()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = _events()
END = b"0\r\n\r\n"


class Engine(asyncio.Protocol):
    """One connection: reads whole requests, answers each."""

    def __init__(self) -> None:
        self._data = b""
        self._transport: asyncio.Transport | None = None
        self._telling: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers when a request is complete."""
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if b"transfer-encoding: chunked" in head.lower():
            if not rest.endswith(b"0\r\n\r\n"):
                return
            body, self._data = rest, b""
        elif len(rest) < length:
            return
        else:
            body, self._data = rest[:length], rest[length:]
        assert self._transport is not None
        if b'"stream":true' in body or b'"stream": true' in body:
            self._telling = asyncio.get_running_loop().create_task(self._tell())
        else:
            self._transport.write(WHOLE)

    async def _tell(self) -> None:
        """One event after the other, each in a packet of its own, as an engine makes them."""
        assert self._transport is not None
        self._transport.write(HEAD)
        for event in EVENTS:
            self._transport.write(event)
            await asyncio.sleep(0.001)
        self._transport.write(END)


async def main(port_file: Path) -> None:
    """Serves until it is ended."""
    server = await asyncio.get_running_loop().create_server(Engine, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    await asyncio.to_thread(port_file.write_text, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
