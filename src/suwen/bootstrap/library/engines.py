"""Which engines read texts by meaning: the hospital's where it runs them, else the bundled one."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from suwen.core.data_class import may_pass
from suwen.core.inference import Endpoint
from suwen.core.knowledge import Embedder, Reranker
from suwen.core.manifest import Partition
from suwen.inference.embedding.endpoint_embedder import EndpointEmbedder, TextPrefixes
from suwen.inference.embedding.endpoint_reranker import EndpointReranker
from suwen.inference.embedding.local_model import LocalEmbedder
from suwen.storage.endpoints import EndpointStore

EMBEDDING = "embedding"
RERANKING = "rerank"
CLEARED_FOR_ALL = 5
"""Class of what an engine here gets: a question, and a collection, may hold anything."""

_LOOK_EVERY_S = 2.0
# As the makers of each family say in its model card.
_PREFIXES = {
    "e5-": TextPrefixes("query: ", "passage: "),
    "qwen3-embedding": TextPrefixes(
        "Instruct: Given a question, retrieve passages that answer it\nQuery:"
    ),
}

Engine = TypeVar("Engine")


class SiteEngines:
    """The engines of a site, as its endpoints are now.

    Args:
        ca_file: certificate authority of the hospital, instead of the system's.
    """

    def __init__(self, endpoints: EndpointStore, ca_file: Path | None) -> None:
        self._endpoints = endpoints
        self._ca_file = ca_file
        self._listed: list[Endpoint] = []
        self._looked = -_LOOK_EVERY_S
        self._embedder: tuple[Endpoint, EndpointEmbedder] | None = None
        self._reranker: tuple[Endpoint, EndpointReranker] | None = None

    async def embedder(self) -> Embedder:
        """The hospital's embedding engine that is cleared for everything, else our own."""
        endpoint = await self._cleared(EMBEDDING)
        if endpoint is None:
            return self._own
        self._embedder = self._kept(self._embedder, endpoint, self._open_embedder)
        return self._embedder[1]

    async def reranker(self) -> Reranker | None:
        """The hospital's reranking engine that is cleared for everything, where it runs one."""
        endpoint = await self._cleared(RERANKING)
        if endpoint is None:
            return None
        self._reranker = self._kept(self._reranker, endpoint, self._open_reranker)
        return self._reranker[1]

    @cached_property
    def _own(self) -> LocalEmbedder:
        return LocalEmbedder()

    async def _cleared(self, capability: str) -> Endpoint | None:
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY_S:
            self._listed, self._looked = await self._endpoints.list(), now
        return next(
            (
                endpoint
                for endpoint in self._listed
                if capability in endpoint.capabilities
                and may_pass(CLEARED_FOR_ALL, endpoint.ceiling)
                and endpoint.partition is Partition.GENERAL
            ),
            None,
        )

    def _open_embedder(self, endpoint: Endpoint) -> EndpointEmbedder:
        model = endpoint.model.lower()
        prefixes = next((kept for name, kept in _PREFIXES.items() if name in model), None)
        return EndpointEmbedder(endpoint, prefixes=prefixes, ca_file=self._ca_file)

    def _open_reranker(self, endpoint: Endpoint) -> EndpointReranker:
        return EndpointReranker(endpoint, ca_file=self._ca_file)

    @staticmethod
    def _kept(
        known: tuple[Endpoint, Engine] | None,
        endpoint: Endpoint,
        make: Callable[[Endpoint], Engine],
    ) -> tuple[Endpoint, Engine]:
        return known if known is not None and known[0] == endpoint else (endpoint, make(endpoint))
