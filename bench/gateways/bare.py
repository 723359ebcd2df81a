"""A bare proxy: ASGI and the aiohttp client; checks a key, reads the JSON, passes everything on.

Usage: ``python bare.py PORT ENGINE_URL``.
"""

from __future__ import annotations

import sys
from typing import Any

import aiohttp
import orjson
import uvicorn

KEY = b"Bearer sk-bench"


class Bare:
    """The least that can be called a gateway."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes a request on and its answer back."""
        headers = dict(scope["headers"])
        if headers.get(b"authorization") != KEY:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        orjson.loads(body)
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        url = f"{self._engine}/chat/completions"
        kind = {"Content-Type": "application/json"}
        async with self._session.post(url, data=body, headers=kind) as answer:
            told = answer.headers["Content-Type"].encode()
            start = {"status": answer.status, "headers": [(b"content-type", told)]}
            await send({"type": "http.response.start", **start})
            async for piece in answer.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(
        Bare(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
    )
