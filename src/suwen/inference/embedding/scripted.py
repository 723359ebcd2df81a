"""An embedder and a reranker whose answers are known beforehand, and a server that speaks for them.

They live beside the real ones and pass the same contract suite. A text's vector counts its
character pairs, so texts that share wording are near each other, in any language; it knows nothing
of meaning. The server listens on the loopback interface only.
"""

from __future__ import annotations

import hashlib
import json
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.language.width import fold

_BIAS: Final = 0.05


class ScriptedEmbedder:
    """Vectors of character pairs as an ``Embedder``; ``embedded`` counts the passages given.

    Args:
        dimensions: length of each vector, from 8.
    """

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions
        self.embedded = 0

    @property
    def key(self) -> str:
        """Name and dimensions."""
        return f"scripted-character-pairs:{self._dimensions}"

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._dimensions

    def embed_passages(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector of unit length, float32, for each text."""
        self.embedded += len(texts)
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question, unit length, float32."""
        return self._vector(text)

    def _vector(self, text: str) -> Sequence[float]:
        # The same small part in every text, so that an empty one has a direction too.
        values = [_BIAS] * self._dimensions
        for pair, count in _pairs(text).items():
            digest = hashlib.blake2b(pair.encode("utf-8", "replace"), digest_size=8).digest()
            at = int.from_bytes(digest[:4], "big") % self._dimensions
            values[at] += math.sqrt(count) * (1 if digest[4] & 1 else -1)
        length = math.sqrt(sum(value * value for value in values))
        return array("f", [value / length for value in values])


class ScriptedReranker:
    """The share of the query's character pairs that a text holds, as a ``Reranker``."""

    def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """One score for each text, 0 to 1, higher is better."""
        asked = set(_pairs(query))
        return [len(asked.intersection(_pairs(text))) / max(1, len(asked)) for text in texts]


def _pairs(text: str) -> Counter[str]:
    folded = fold(text)
    return Counter(folded[at : at + 2].strip() for at in range(len(folded)))


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """What the server sends instead of the right answer."""

    status: int = 200
    body: bytes = b"{}"
    location: str | None = None


@dataclass(slots=True)
class ScriptedVectorServer:
    """What is served and what was asked.

    Attributes:
        reply: decides over each request by its path and body; ``None`` answers rightly.
        key: bearer key that is demanded.
        asked: path and body of every request.
    """

    embedder: ScriptedEmbedder = field(default_factory=ScriptedEmbedder)
    reranker: ScriptedReranker = field(default_factory=ScriptedReranker)
    reply: Callable[[str, dict[str, Any]], ScriptedReply | None] = lambda path, body: None
    key: str | None = None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list, repr=False)
    port: int = 0

    def endpoint(self, **settings: Any) -> Endpoint:
        """An endpoint that leads here; ``settings`` as in ``core.inference.Endpoint``."""
        values: dict[str, Any] = {
            "name": "vectors",
            "url": f"http://127.0.0.1:{self.port}/v1",
            "model": "scripted",
            "partition": Partition.GENERAL,
            "ceiling": 5,
            "capabilities": frozenset({"embeddings", "rerank"}),
            "context_tokens": 8192,
            "key": self.key,
            "timeout_s": 5.0,
        }
        return Endpoint(**(values | settings))

    def answer(self, path: str, body: dict[str, Any]) -> ScriptedReply:
        """The reply to one request."""
        self.asked.append((path, body))
        told = self.reply(path, body)
        if told is not None:
            return told
        if path == "/v1/embeddings":
            vectors = self.embedder.embed_passages(body["input"])
            rows = [{"index": i, "embedding": list(v)} for i, v in enumerate(vectors)]
            # Servers answer in the order in which they finish.
            return ScriptedReply(body=json.dumps({"data": rows[::-1]}).encode())
        if path == "/v1/rerank":
            scores = self.reranker.rerank(body["query"], body["documents"])
            results = [{"index": i, "relevance_score": s} for i, s in enumerate(scores)]
            results.sort(key=lambda row: -row["relevance_score"])
            return ScriptedReply(body=json.dumps({"results": results}).encode())
        return ScriptedReply(status=404)


@contextmanager
def serving_vectors(server: ScriptedVectorServer) -> Iterator[ScriptedVectorServer]:
    """The server on a free loopback port, from threads of its own."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    server.port = listening.server_address[1]
    thread = Thread(
        target=lambda: listening.serve_forever(poll_interval=0.02),
        name="scripted vectors",
        daemon=True,
    )
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def _handler(server: ScriptedVectorServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            refused = server.key is not None and (
                self.headers["Authorization"] != f"Bearer {server.key}"
            )
            reply = ScriptedReply(status=401) if refused else server.answer(self.path, body)
            self.send_response(reply.status)
            if reply.location is not None:
                self.send_header("Location", reply.location)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Says nothing: a test's output is its own."""

    return Handler
