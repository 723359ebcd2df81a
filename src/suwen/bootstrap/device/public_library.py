"""Answers patients' questions on the hospital's rules out of what the library made public.

Small and lexical on purpose: a few hundred passages, words and pairs of characters, and a measure
of how much of the question a passage holds, below which nothing is answered.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009.
"""

from __future__ import annotations

import json
import math
import re
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suwen.core.application import KnowledgeQuery
from suwen.core.errors import NotFoundError
from suwen.core.identity import Principal
from suwen.core.knowledge import (
    Currency,
    DocumentLife,
    Passage,
    SearchAnswer,
    SearchTiming,
    TrustLevel,
    passage_id,
)
from suwen.core.language import Bilingual
from suwen.core.public_extract import PublicExtract, PublicPassage, read_extract

_K1: Final = 0.9
_B: Final = 0.6
_TITLE: Final = 3
_WORD: Final = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]+")
_SAYS_NOTHING: Final = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "at",
        "can",
        "do",
        "does",
        "for",
        "get",
        "how",
        "i",
        "in",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "please",
        "the",
        "to",
        "what",
        "when",
        "where",
        "you",
    }
)
_ASKING: Final = re.compile(
    r"请问|你好|您好|怎么样?|什么|多少|哪里|哪儿|可以|能不能|可不可以|需要|我想|一下|吗|呢|吧|啊|的|了|在|是|要"
)


class _Index:
    """The passages of one extract, ready to be searched."""

    def __init__(self, extract: PublicExtract) -> None:
        self.extract = extract
        self._counts = [
            Counter(_terms(f"{(one.title + ' ') * _TITLE}{one.text}")) for one in extract.passages
        ]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean = sum(self._lengths) / max(len(self._lengths), 1)
        self._holders = Counter(term for counts in self._counts for term in counts)

    def search(self, question: str, limit: int) -> list[tuple[PublicPassage, float, float]]:
        """Passages with score and the share of the question that they hold, best first."""
        wanted = set(_terms(question))
        weights = {term: self._idf(term) for term in wanted}
        total = sum(weights.values())
        found = []
        for passage, counts, length in zip(
            self.extract.passages, self._counts, self._lengths, strict=True
        ):
            held = [term for term in wanted if term in counts]
            if not held:
                continue
            norm = _K1 * (1 - _B + _B * length / self._mean)
            score = sum(
                weights[term] * counts[term] * (_K1 + 1) / (counts[term] + norm) for term in held
            )
            found.append((passage, score, sum(weights[term] for term in held) / total))
        found.sort(key=lambda one: (-one[1], one[0].document, one[0].ordinal))
        return found[:limit]

    def _idf(self, term: str) -> float:
        """How much a term tells; half as much where no passage has it: it may be half of two words,
        or a wording that the rules do not use."""
        holders, all_of_them = max(self._holders[term], 1), len(self._counts)
        told = math.log(1 + (all_of_them - holders + 0.5) / (holders + 0.5))
        return told if term in self._holders else told / 2


@dataclass(frozen=True, slots=True)
class LibraryState:
    """What the partition holds of a collection.

    Attributes:
        written_at: when the general partition laid it here last; ``None`` where nothing is here.
        passages: how many passages can be read; ``None`` where none can: the file is damaged or
            not signed by the general partition.
    """

    written_at: datetime | None
    passages: int | None


class PublicLibrary:
    """A Retriever over the public extracts of a folder; a changed file is read again.

    Args:
        folder: where the general partition lays the extracts.
        keys: file of its public keys; an extract by another key is not read.
    """

    def __init__(self, folder: Path, keys: Path) -> None:
        self._folder = folder
        self._keys = keys
        self._known: dict[str, tuple[tuple[int, int], _Index]] = {}

    async def retrieve(
        self,
        queries: Sequence[KnowledgeQuery],
        reader: Principal,
        editions: Mapping[str, str],
    ) -> Sequence[SearchAnswer]:
        """One answer for each query; everybody may read all of it.

        Raises:
            NotFoundError: ``collection_not_found`` where nothing is public and the query needs it.
        """
        return [self._answer(query) for query in queries]

    def state(self, collection: str) -> LibraryState:
        """How a collection is here, looked at now."""
        try:
            changed = (self._folder / f"{collection}.json").stat().st_mtime
        except OSError:
            return LibraryState(None, None)
        index = self._index(collection)
        passages = len(index.extract.passages) if index is not None else None
        return LibraryState(datetime.fromtimestamp(changed, UTC), passages)

    def _answer(self, query: KnowledgeQuery) -> SearchAnswer:
        began = time.perf_counter()
        index = self._index(query.collection)
        if index is None and not query.optional:
            raise NotFoundError(
                "collection_not_found",
                Bilingual(zh="没有公开的资料。", en="Nothing of it is public."),
                field="collection",
            )
        found = index.search(query.query, query.limit) if index is not None else []
        passages = [_passage(index.extract, *one) for one in found] if index is not None else []
        took_ms = (time.perf_counter() - began) * 1000
        confidence = passages[0].confidence or 0.0 if passages else 0.0
        return SearchAnswer(tuple(passages), confidence, SearchTiming(0.0, took_ms, took_ms))

    def _index(self, collection: str) -> _Index | None:
        file = self._folder / f"{collection}.json"
        try:
            found = file.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            known = self._known.get(collection)
            if known is None or known[0] != stamp:
                known = stamp, _Index(read_extract(file.read_bytes(), self._is_by))
                self._known[collection] = known
        except (OSError, ValueError):
            return None
        return known[1]

    def _is_by(self, key_id: str, payload: bytes, signature: bytes) -> bool:
        for entry in json.loads(self._keys.read_bytes()):
            if entry["key_id"] == key_id:
                key = Ed25519PublicKey.from_public_bytes(b64decode(entry["public_key"]))
                try:
                    key.verify(signature, payload)
                except InvalidSignature:
                    return False
                return True
        return False


def _terms(text: str) -> list[str]:
    terms: list[str] = []
    for word in _WORD.findall(_ASKING.sub(" ", text.lower())):
        if word.isascii():
            if word not in _SAYS_NOTHING:
                terms.append(word.rstrip("s"))
        else:
            terms.extend(word[at : at + 2] for at in range(max(len(word) - 1, 1)))
    return terms


def _passage(extract: PublicExtract, one: PublicPassage, score: float, share: float) -> Passage:
    return Passage(
        id=passage_id(extract.collection, one.document, one.ordinal),
        collection=extract.collection,
        edition=extract.edition,
        document_id=one.document,
        title=one.title,
        text=one.text,
        start=one.start,
        end=one.end,
        score=round(score, 6),
        confidence=round(share, 6),
        legs={"lexical": 1},
        trust=TrustLevel.UNREVIEWED,
        currency=Currency.CURRENT,
        life=DocumentLife(effective=one.effective, expires=one.expires),
    )
