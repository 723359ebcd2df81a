"""The library's own reading of texts by meaning, offered to programs like an engine's.

A program that indexes texts of its own with the same vectors finds with them what the library
finds. One request is worked on at a time, and few may wait: the bundled model takes a fifth of a
second a text.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from suwen.core.errors import InputError
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.inference.failures import inference_error

if TYPE_CHECKING:
    from suwen.bootstrap.library.parts import Engines

OWN_EMBEDDINGS: Final = "suwen/embedding"
MOST_TEXTS: Final = 64
_MOST_WAITING: Final = 8


@dataclass(frozen=True, slots=True)
class _Vectors:
    """An answer that is there already, in the form of an engine's."""

    body: bytes
    streams: bool = False

    async def whole(self) -> bytes:
        """All of it."""
        return self.body

    async def events(self) -> AsyncGenerator[list[bytes]]:
        """Nothing: vectors do not stream."""
        return
        yield []


class OwnEmbeddings:
    """A model that a request for vectors can be passed on to, as to any engine."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._one = asyncio.Lock()
        self._waiting = 0

    @property
    def endpoint(self) -> Endpoint:
        """What stands in the list of engines for it; the texts leave this machine only where the
        hospital's own embedding engine is cleared for everything."""
        return Endpoint(
            name=OWN_EMBEDDINGS,
            url="",
            model=OWN_EMBEDDINGS,
            partition=Partition.GENERAL,
            ceiling=5,
            capabilities=frozenset({"embedding"}),
            context_tokens=512,
            embedded=True,
        )

    @asynccontextmanager
    async def relay(self, path: str, body: bytes) -> AsyncIterator[_Vectors]:
        """The vectors of the texts in a request.

        Raises:
            InferenceError: ``engine_busy``, or as the hospital's embedding engine says.
            InputError: ``too_many_texts``.
        """
        texts: list[str] = orjson.loads(body)["input"]
        if len(texts) > MOST_TEXTS:
            raise InputError(
                "too_many_texts",
                Bilingual(
                    zh=f"此模型每次最多 {MOST_TEXTS} 段文本。",
                    en=f"This model takes at most {MOST_TEXTS} texts at once.",
                ),
                field="input",
            )
        if self._waiting >= _MOST_WAITING:
            raise inference_error("engine_busy", self.endpoint, waiting=self._waiting)
        self._waiting += 1
        try:
            async with self._one:
                embedder = await self._engines.embedder()
                if embedder is None:
                    raise inference_error("engine_unreachable", self.endpoint)
                vectors = await asyncio.to_thread(embedder.embed_passages, texts)
        finally:
            self._waiting -= 1
        data = [
            {"object": "embedding", "index": index, "embedding": list(map(float, vector))}
            for index, vector in enumerate(vectors)
        ]
        yield _Vectors(orjson.dumps({"object": "list", "model": OWN_EMBEDDINGS, "data": data}))
