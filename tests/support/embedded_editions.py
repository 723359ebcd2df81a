"""Editions whose vectors come from an embedder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from suwen.core.identity import PrincipalId
from suwen.core.knowledge import Embedder
from suwen.core.language import Bilingual
from suwen.knowledge.edition import (
    BuildFacts,
    CollectionFacts,
    Edition,
    EditionBuilder,
    EditionDocument,
    indexed_text,
    open_edition,
)
from tests.support.editions import AT, COLLECTION, TestKey


def build_embedded(
    folder: Path,
    documents: Iterable[EditionDocument],
    key: TestKey,
    embedder: Embedder,
    *,
    only: tuple[str, ...] | None = None,
) -> Edition:
    """An edition of these documents with their true vectors, opened.

    Args:
        only: documents whose passages get a vector; absent for all.
    """
    documents = list(documents)
    chosen = {p for d in documents if only is None or d.id in only for p in _indexed(d)}
    facts = CollectionFacts(COLLECTION, Bilingual(zh="指南", en="Guidelines"))
    embedding = (embedder.key, embedder.dimensions)
    with EditionBuilder(folder / COLLECTION, facts, embedding) as builder:
        builder.add(sorted(documents, key=lambda one: one.id))
        missing = [pair for pair in builder.missing_vectors() if pair[1] in chosen]
        vectors = embedder.embed_passages([text for _, text in missing])
        builder.put_vectors(dict(zip((digest for digest, _ in missing), vectors, strict=True)))
        place = builder.finish(BuildFacts(1, AT, PrincipalId("test"), None), key)
    return open_edition(place, key.verifier)


def _indexed(document: EditionDocument) -> list[str]:
    given = document.document
    return [indexed_text(given.title, p, given.text[p.start : p.end]) for p in given.passages]
