"""Vectors of a collection's passages: made once for each wording, kept in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from suwen.control.privacy.data_class import class_of_text
from suwen.core.data_class import Door, class_passes
from suwen.core.knowledge import Embedder
from suwen.knowledge.edition import indexed_text
from suwen.knowledge.edition.documents import indexed_hash
from suwen.knowledge.edition.vectors import to_bytes
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_types import StoredDocument

AT_ONCE = 16
"""Texts that an engine gets in one call; after each the vectors are kept."""

InThread = Callable[..., Awaitable[Any]]


def indexed_texts(documents: Iterable[StoredDocument]) -> dict[str, str]:
    """What of the documents may be embedded by their class, by its hash; each wording once."""
    found: dict[str, str] = {}
    for stored in documents:
        if not class_passes(stored.summary.rights.sensitivity, Door.VECTOR):
            continue
        for one in stored.passages:
            said = stored.text[one.span.start : one.span.end]
            indexed = indexed_text(stored.summary.title, one.span, said)
            found[indexed_hash(indexed).hex()] = indexed
    return found


def wordings_of(documents: Iterable[StoredDocument]) -> set[str]:
    """Hashes of what the documents say, by which vectors of them are kept."""
    return set(indexed_texts(documents))


async def missing_vectors(
    store: KnowledgeStore, texts: Mapping[str, str], key: str
) -> dict[str, str]:
    """The texts of which no vector of an embedding is kept, by their hashes.

    A text that is of a higher class than its document has none, and is found by its words alone.
    """
    kept = await store.editions.vectors(list(texts), key)
    return {
        digest: text
        for digest, text in texts.items()
        if digest not in kept and class_passes(class_of_text(text), Door.VECTOR)
    }


async def make_vectors(
    store: KnowledgeStore,
    embedder: Embedder,
    texts: Mapping[str, str],
    on_made: Callable[[int], None] | None = None,
    in_thread: InThread = asyncio.to_thread,
) -> None:
    """Makes vectors and keeps them, a few at a time, so that little is lost by an end.

    Args:
        texts: by their hashes.
        on_made: told how many vectors each step made.
        in_thread: runs the engine's slow calls.

    Raises:
        InferenceError: when the engine does not answer; what was made before is kept.
    """
    key = await in_thread(_key_of, embedder)
    hashes = sorted(texts, key=lambda digest: len(texts[digest]))
    for start in range(0, len(hashes), AT_ONCE):
        part = hashes[start : start + AT_ONCE]
        made = await in_thread(_embedded, embedder, [texts[digest] for digest in part])
        await store.editions.put_vectors(key, dict(zip(part, made, strict=True)))
        if on_made is not None:
            on_made(len(part))


def _key_of(embedder: Embedder) -> str:
    return embedder.key


def _embedded(embedder: Embedder, texts: Sequence[str]) -> list[bytes]:
    return [to_bytes(vector) for vector in embedder.embed_passages(texts)]
