"""A question set in an edition of its own, searched exactly as a site searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from suwen.core.identity import PrincipalId
from suwen.core.knowledge import Embedder, IngestedDocument, TrustLevel
from suwen.core.language import Bilingual
from suwen.evaluation.retrieval.sets import QuestionSet
from suwen.knowledge.edition import (
    BuildFacts,
    CollectionFacts,
    Edition,
    EditionBuilder,
    EditionDocument,
    key_verifier,
    open_edition,
)
from suwen.knowledge.ingestion.document import language_of
from suwen.knowledge.ingestion.passages import split_passages
from suwen.knowledge.ingestion.plain_text import structure_of
from suwen.knowledge.retrieval.backend import Hit
from suwen.knowledge.retrieval.confidence import (
    Signs,
    read_signs,
    weigh,
)
from suwen.knowledge.retrieval.embedded import EmbeddedBackend
from suwen.knowledge.retrieval.expansion.wordings import spelled_out
from suwen.knowledge.retrieval.fusion import WEIGHTS, fuse
from suwen.knowledge.retrieval.query import RetrievalQuery, weighted_terms
from suwen.knowledge.retrieval.readable import ReadableRows
from suwen.knowledge.retrieval.searcher import EditionSearcher, asked_of
from suwen.language.width import normalise_newlines

DEPTH: Final = 50
_BATCH: Final = 256

Background = NDArray[np.float32]


class _Signer:
    """A key that lives as long as the trial."""

    key_id = "trial"

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.verify = key_verifier({self.key_id: self._key.public_key().public_bytes_raw()})

    def sign(self, payload: bytes) -> bytes:
        return self._key.sign(payload)


@dataclass(frozen=True, slots=True)
class Found:
    """What one question found.

    Attributes:
        legs: hits of each leg, best first.
        fused: passages of the common order, best first.
    """

    legs: Mapping[str, tuple[Hit, ...]]
    fused: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """How sure one question may be.

    Attributes:
        fused: passages of the common order, best first.
        signs: by which the confidence is told; absent where nothing was found.
        confidence: 0 while calibrating.
    """

    fused: tuple[int, ...]
    signs: Signs | None
    confidence: float


class TrialSite:
    """An edition of a question set and its search."""

    def __init__(self, edition: Edition, embedder: Embedder, usual: Background | None) -> None:
        self.edition = edition
        self.searcher = EditionSearcher(edition)
        self._embedder = embedder
        self._usual = usual
        self._all = ReadableRows(np.ones(edition.passages, bool))

    def ask(self, question: str) -> Found:
        """What the legs and their fusion find."""
        query = RetrievalQuery(question, self._embedder.embed_query(spelled_out(question)))
        legs = self.searcher.legs(query, self._all, DEPTH)
        return Found(legs, tuple(one.row for one in fuse(legs, WEIGHTS, DEPTH)))

    def judge(self, question: str, without: frozenset[str], by_meaning: bool) -> Judged:
        """How sure a site would be; as ``EditionSearcher.answer``, with the signs.

        Args:
            without: documents that are withheld, as if the reader might not see them.
            by_meaning: ``False`` for words alone, as in an edition without vectors.
        """
        vector = self._embedder.embed_query(spelled_out(question)) if by_meaning else None
        query = RetrievalQuery(question, vector)
        readable = self._readable(without)
        legs = self.searcher.legs(query, readable, DEPTH)
        fused = tuple(one.row for one in fuse(legs, WEIGHTS, DEPTH))
        terms = self.searcher.terms(query, readable)
        asked = asked_of(query, terms, self.edition.embedding)
        usual = self._usual if by_meaning else None
        signs = read_signs(asked, legs, fused, self.edition.terms, readable, usual)
        # Against sentences of its own the signs are for calibrating, before there are weights.
        confidence = weigh(asked, signs).answer if usual is None else 0.0
        return Judged(fused, signs, confidence)

    def by_words(self, question: str, added: bool) -> list[str]:
        """The documents that the words alone find, best first.

        Args:
            added: whether other wordings of what is asked are looked up too.
        """
        query = RetrievalQuery(question)
        terms = self.searcher.terms(query, self._all).weights if added else weighted_terms(query)
        hits = EmbeddedBackend(self.edition).by_words(terms, (), self._all, DEPTH).lexical
        return self.documents_of([hit.row for hit in hits])

    def documents_of(self, rows: Sequence[int]) -> list[str]:
        """The documents of passages, each at the place of its best one."""
        return list(dict.fromkeys(self.edition.place(row).document for row in rows))

    def _readable(self, without: frozenset[str]) -> ReadableRows:
        if not without:
            return self._all
        hidden = [i for i, name in enumerate(self.edition.document_ids) if name in without]
        return ReadableRows(~np.isin(self.edition.passage_documents, hidden))


@contextmanager
def trial_site(
    questions: QuestionSet, embedder: Embedder, usual: Background | None = None
) -> Iterator[TrialSite]:
    """The set's documents in a signed edition with all vectors, gone afterwards.

    Args:
        usual: for calibrating, the mean vector of ordinary sentences against which the signs are
            taken; absent for that of the installed calibration.
    """
    signer = _Signer()
    title = Bilingual(zh="评估", en="Evaluation")
    embedding = (embedder.key, embedder.dimensions)
    with TemporaryDirectory(prefix="suwen-retrieval-") as folder:
        facts = CollectionFacts("trial", title)
        with EditionBuilder(Path(folder) / "trial", facts, embedding) as builder:
            builder.add(_document(name, text) for name, text in sorted(questions.documents.items()))
            missing = list(builder.missing_vectors())
            for at in range(0, len(missing), _BATCH):
                batch = missing[at : at + _BATCH]
                vectors = embedder.embed_passages([text for _, text in batch])
                builder.put_vectors(
                    {digest: v for (digest, _), v in zip(batch, vectors, strict=True)}
                )
            by = BuildFacts(1, datetime.now(UTC), PrincipalId("evaluation"), None)
            place = builder.finish(by, signer)
        edition = open_edition(place, signer.verify)
        yield TrialSite(edition, embedder, usual)


def _document(name: str, text: str) -> EditionDocument:
    """The document without a title, which would give the question away in some sets."""
    said = normalise_newlines(text)
    document = IngestedDocument(
        id=name,
        title="",
        text=said,
        language=language_of(said),
        passages=split_passages(said, structure_of(said)),
    )
    return EditionDocument(document, 1, TrustLevel.REVIEWED)
