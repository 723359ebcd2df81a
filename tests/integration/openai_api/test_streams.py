"""A stream is passed on as it is read: nothing gathers here, and a reader that leaves ends it."""

from __future__ import annotations

import json
import socket
import time

from tests.support.clients import Programs
from tests.support.site import wait_until

PIECES = 3000
PIECE = 10_000


def test_a_slow_reader_slows_the_engine_and_not_our_memory(programs: Programs) -> None:
    programs.told("x" * (PIECES * PIECE), piece_characters=PIECE)
    completed, cancelled = programs.engine.completed, programs.engine.cancelled
    body = {
        "model": "ward",
        "stream": True,
        "max_tokens": PIECES,
        "messages": [{"role": "user", "content": "everything"}],
    }
    data = json.dumps(body).encode()
    host, port = programs.site.host.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {programs.key()}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        connection.sendall(head.encode() + data)
        assert connection.recv(15).startswith(b"HTTP/1.1 200")
        time.sleep(1.5)
        # Thirty megabytes could have been told by now; the engine waits for this reader.
        assert programs.engine.completed == completed
        assert programs.engine.active >= 1
    wait_until(lambda: programs.engine.cancelled == cancelled + 1)
