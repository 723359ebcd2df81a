"""Small editions for tests: documents of our own words, a key that signs, vectors from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from suwen.core.identity import PrincipalId
from suwen.core.knowledge import (
    DocumentLife,
    DocumentState,
    IngestedDocument,
    PassageSpan,
    Rights,
    TrustLevel,
)
from suwen.core.language import Bilingual, Language
from suwen.knowledge.edition import (
    BuildFacts,
    CollectionFacts,
    Edition,
    EditionBuilder,
    EditionDocument,
    Verifier,
    key_verifier,
    open_edition,
)
from suwen.storage.knowledge_types import RightsRow, RightsTable

COLLECTION = "guidelines"
DIMENSIONS = 16
EMBEDDING = ("seeded/16", DIMENSIONS)
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class TestKey:
    """An Ed25519 key of a site."""

    __test__ = False

    def __init__(self, name: str = "ed25519-own") -> None:
        self._private = Ed25519PrivateKey.generate()
        self.key_id = name

    def sign(self, payload: bytes) -> bytes:
        return self._private.sign(payload)

    def verify(self, payload: bytes, signature: bytes, key_id: str) -> bool:
        return self.verifier(payload, signature, key_id)

    @property
    def verifier(self) -> Verifier:
        return key_verifier({self.key_id: self._private.public_key().public_bytes_raw()})

    @property
    def public(self) -> bytes:
        return self._private.public_key().public_bytes_raw()


def document(
    name: str,
    *passages: str,
    title: str = "",
    version: int = 1,
    rights: Rights | None = None,
    life: DocumentLife | None = None,
) -> EditionDocument:
    """A document whose passages stand one below the other in its text."""
    spans, at = [], 0
    for ordinal, said in enumerate(passages):
        spans.append(PassageSpan(ordinal, at, at + len(said)))
        at += len(said) + 1
    return EditionDocument(
        IngestedDocument(
            id=name,
            title=title or name,
            text="\n".join(passages),
            language=Language.ZH,
            passages=tuple(spans),
            rights=rights or Rights(),
            life=life or DocumentLife(),
        ),
        version,
        TrustLevel.REVIEWED,
    )


def seeded_vector(seed: str | bytes, dimensions: int = DIMENSIONS) -> NDArray[np.float32]:
    """A vector of length 1 that depends on nothing but the seed."""
    raw = seed if isinstance(seed, bytes) else seed.encode()
    number = int.from_bytes(hashlib.sha256(raw).digest()[:8], "little")
    values = np.random.default_rng(number).standard_normal(dimensions)
    return (values / np.linalg.norm(values)).astype(np.float32)


def build(
    folder: Path,
    documents: Iterable[EditionDocument],
    key: TestKey,
    *,
    vectors: bool = True,
    previous: Edition | None = None,
    only_vectors_of: Sequence[str] | None = None,
    number: int = 1,
) -> Edition:
    """An edition with a seeded vector for each passage, opened."""
    facts = CollectionFacts(COLLECTION, Bilingual(zh="指南", en="Guidelines"))
    ordered = sorted(documents, key=lambda one: one.id)
    with EditionBuilder(
        folder / COLLECTION, facts, EMBEDDING if vectors else None, previous
    ) as builder:
        builder.add(ordered)
        if vectors:
            wanted = builder.missing_vectors()
            builder.put_vectors(
                {
                    digest: seeded_vector(digest)
                    for digest, text in wanted
                    if only_vectors_of is None or any(part in text for part in only_vectors_of)
                }
            )
        facts_of_build = BuildFacts(
            number, AT, PrincipalId("curator"), previous.hash if previous else None
        )
        place = builder.finish(facts_of_build, key)
    return open_edition(place, key.verifier)


def rights_table(
    documents: Iterable[EditionDocument],
    change: int = 1,
    states: Mapping[str, DocumentState] | None = None,
    collection: Rights | None = None,
) -> RightsTable:
    """The live rights of documents, as the database would give them."""
    return RightsTable(
        change,
        collection or Rights(),
        {
            one.id: RightsRow(
                document=one.id,
                version=one.version,
                rights=one.document.rights,
                life=one.document.life,
                superseded_from=None,
                trust=one.trust,
                state=(states or {}).get(one.id, DocumentState.ACTIVE),
            )
            for one in documents
        },
    )
