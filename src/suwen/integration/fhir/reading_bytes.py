"""Reads an answer's body without letting it grow beyond a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

_CHUNK = 256 * 1024


async def read_at_most(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body after decompression, or its first ``limit`` bytes where it is longer.

    Raises:
        aiohttp.ClientError: when the connection breaks before the end.
    """
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) >= limit:
            answer.close()
            return bytes(body[:limit])
    return bytes(body)
