"""Searching a collection: rights first, then the index, then the rights once more."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from suwen.bootstrap.audited import act_of
from suwen.bootstrap.library.parts import LibraryParts, collection_name
from suwen.bootstrap.library.question_vectors import AskedTogether, QuestionVectors
from suwen.bootstrap.library.questions import checked_query, not_built
from suwen.core.audit import AuditOutcome
from suwen.core.errors import NotFoundError, SuwenError, meaning_of
from suwen.core.identity import Principal
from suwen.core.knowledge import (
    DocumentLife,
    Passage,
    ReaderScope,
    SearchAnswer,
    SearchTiming,
    parse_passage_id,
    passage_id,
)
from suwen.knowledge.edition import EditionShelf
from suwen.knowledge.retrieval import Candidate, EditionSearcher, RetrievalQuery, rerank
from suwen.knowledge.retrieval.confidence import Confidence
from suwen.knowledge.retrieval.query import exact_names
from suwen.knowledge.retrieval.searcher import SearchResult
from suwen.storage.knowledge_types import (
    CheckedPassage,
    Collection,
    PassageKey,
    RightsTable,
)

MOST_PASSAGES = 200
DIGITS = 6
"""Of a score and a confidence. All 17 of a float can look like somebody's identity number to a
guard that reads what a run gives out."""

_SEARCHERS = 16
_TABLES = 64
_RERANKED = 30

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for, and where.

    Attributes:
        edition: hash of the edition that is to be searched; absent for the one in use.
        limit: most passages, 1 to 200.
    """

    collection: str
    query: str = field(repr=False)
    limit: int = 10
    edition: str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """A search as the test bench shows it.

    Attributes:
        leg_scores: by passage id, the score in each leg that found it; comparable within a leg.
        exact: wordings that count more where a passage has them exactly as they are.
        vectors: whether the question was compared by meaning too.
    """

    answer: SearchAnswer
    leg_scores: Mapping[str, Mapping[str, float]]
    exact: tuple[str, ...]
    vectors: bool


@dataclass(frozen=True, slots=True)
class _Found:
    answer: SearchAnswer
    candidates: Sequence[Candidate]
    query: RetrievalQuery


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a reader looks: which collection and edition, by which rights, for what."""

    collection: Collection
    edition: str
    table: RightsTable
    scope: ReaderScope
    text: str

    def shown(self, life: DocumentLife) -> DocumentLife:
        """A document's life without the name of another one that the reader may not see."""
        former = life.supersedes
        if former is None:
            return life
        row = self.table.rows.get(former)
        if row is not None and self.table.may_find(self.scope, former, row.version):
            return life
        return replace(life, supersedes=None)


class Searching:
    """Finds passages for readers.

    What a reader may not see takes part in nothing, and what the database does not give to this
    reader at the last moment does not leave.
    """

    def __init__(self, parts: LibraryParts, shelf: EditionShelf) -> None:
        self._parts = parts
        self._shelf = shelf
        self._searchers: OrderedDict[tuple[str, str], EditionSearcher] = OrderedDict()
        self._tables: OrderedDict[str, RightsTable] = OrderedDict()
        self._lock = threading.Lock()
        self._vectors = QuestionVectors(parts.engines)

    async def search(self, wanted: Wanted, principal: Principal) -> SearchAnswer:
        """As ``find``, for a door: audited, with a hash of the question and never its words.

        Raises:
            AuditError: when it cannot be audited; then nothing is searched.
        """
        return (await self._audited(wanted, principal)).answer

    async def require(
        self, collection: str, principal: Principal, edition: str | None = None
    ) -> None:
        """Lets those pass who may search a collection, with its edition open.

        Raises:
            AccessError: for a service that has no business here.
            NotFoundError: ``collection_not_found``.
            KnowledgeError: when the edition cannot be used.
        """
        scope = self._parts.require_reading(principal)
        found = await self._parts.store.collection(collection, scope)
        wanted = edition or found.current_edition
        if wanted is None:
            raise not_built()
        await self._searcher(collection, wanted)

    async def find(
        self, wanted: Wanted, principal: Principal, together: AskedTogether | None = None
    ) -> SearchAnswer:
        """The passages that answer a question best, among those that this reader may see.

        For what is audited as a whole, a run of an application.

        Args:
            together: what the run asks beside it.

        Raises:
            AccessError: for a service that has no business here.
            NotFoundError: ``collection_not_found``, also for a collection that is closed to this
                reader; ``collection_not_built``.
            InputError: ``query_missing``, ``query_too_long``, ``query_not_text``.
            KnowledgeError: when the edition cannot be used.
        """
        place = await self._place(wanted, principal)
        return (await self._search(place, wanted, together)).answer

    async def explain(self, wanted: Wanted, principal: Principal) -> Explained:
        """As ``search``, with what each leg found and why; for keepers of the library.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._parts.require_keeping(principal)
        found = await self._audited(wanted, principal)
        shown = {passage.id for passage in found.answer.passages}
        return Explained(
            found.answer,
            {one.id: one.leg_scores for one in found.candidates if one.id in shown},
            tuple(name.text for name in exact_names(found.query) if name.text is not None),
            found.query.vector is not None,
        )

    async def get_ready(self) -> None:
        """Opens what the first questions would wait for: editions, rights, the engine.

        An edition that cannot be used is left to whoever asks in it, who is told why.
        """
        in_use = [c for c in await self._parts.store.collections() if c.current_edition]
        for collection in in_use[:_SEARCHERS]:
            try:
                searcher = await self._searcher(collection.id, collection.current_edition or "")
                await self._table(collection)
                await self._vectors.of(collection.title.zh, searcher.edition.embedding)
            except SuwenError as error:
                log.warning("collection %s is not ready: %s", collection.id, error.code)

    async def passages(self, names: Sequence[str], principal: Principal) -> dict[str, Passage]:
        """The passages of these ids that this reader may see now, as the documents are now."""
        scope = self._parts.require_reading(principal)
        entry = act_of(principal, "library.read", passages=len(names))
        await self._parts.audit.append(replace(entry, outcome=AuditOutcome.DONE))
        by_collection: dict[str, list[tuple[str, int]]] = {}
        for name in names:
            parsed = parse_passage_id(name)
            if parsed is not None:
                by_collection.setdefault(parsed[0], []).append(parsed[1:])
        found: dict[str, Passage] = {}
        for name, wanted in by_collection.items():
            try:
                collection = await self._parts.store.collection(name, scope)
            except NotFoundError:
                continue
            table = await self._table(collection)
            keys = [
                PassageKey(document, table.rows[document].version, ordinal)
                for document, ordinal in dict.fromkeys(wanted)
                if document in table.rows
            ]
            checked = await self._parts.store.recheck(name, keys, scope)
            place = _Place(collection, collection.current_edition or "", table, scope, "")
            for one in checked.passages.values():
                passage = self._passage(place, one)
                found[passage.id] = passage
        return found

    async def _audited(self, wanted: Wanted, principal: Principal) -> _Found:
        entry = act_of(
            principal,
            "library.search",
            subject=collection_name(wanted.collection),
            question=hashlib.sha256(wanted.query.encode("utf-8", "replace")).hexdigest(),
            characters=len(wanted.query),
        )
        try:
            place = await self._place(wanted, principal)
        except SuwenError as error:
            outcome = AuditOutcome(meaning_of(error).audit_outcome)
            detail = {**entry.detail, "code": error.code}
            await self._parts.audit.append(replace(entry, outcome=outcome, detail=detail))
            raise
        detail = {**entry.detail, "edition": place.edition}
        await self._parts.audit.append(replace(entry, outcome=AuditOutcome.DONE, detail=detail))
        return await self._search(place, wanted)

    async def _place(self, wanted: Wanted, principal: Principal) -> _Place:
        """Where this reader looks, if they may."""
        scope = self._parts.require_reading(principal)
        text = checked_query(wanted.query)
        collection = await self._parts.store.collection(wanted.collection, scope)
        edition = wanted.edition or collection.current_edition
        if edition is None:
            raise not_built()
        if edition != collection.current_edition:
            # One that is pinned may have been taken away with a document that it held.
            await self._parts.store.erasing.require_whole(collection.id, edition)
        return _Place(collection, edition, await self._table(collection), scope, text)

    async def _search(
        self, place: _Place, wanted: Wanted, together: AskedTogether | None = None
    ) -> _Found:
        began = time.perf_counter()
        searcher = await self._searcher(place.collection.id, place.edition)
        opened_s = time.perf_counter() - began
        asked = await self._vectors.of(place.text, searcher.edition.embedding, together)
        embedded = time.perf_counter()
        query = RetrievalQuery(place.text, asked.vector)
        limit = max(1, min(wanted.limit, MOST_PASSAGES))
        result = await asyncio.to_thread(_answer, searcher, place, query, limit)
        candidates = await self._reranked(result.candidates, searcher, place.text)
        passages = await self._checked(place, candidates, result.confidence)
        search_s = opened_s + time.perf_counter() - embedded
        timing = SearchTiming(
            asked.took_s * 1000, search_s * 1000, (asked.took_s + search_s) * 1000
        )
        confidence = round(result.confidence.answer, DIGITS) if passages else 0.0
        answer = SearchAnswer(tuple(passages), confidence, timing, result.added)
        return _Found(answer, candidates, query)

    async def _searcher(self, collection: str, edition: str) -> EditionSearcher:
        key = (collection, edition)
        with self._lock:
            known = self._searchers.get(key)
            if known is not None:
                self._searchers.move_to_end(key)
                return known
        opened = await asyncio.to_thread(self._shelf.open, collection, edition)
        with self._lock:
            searcher = self._searchers.setdefault(key, EditionSearcher(opened))
            while len(self._searchers) > _SEARCHERS:
                self._searchers.popitem(last=False)
        return searcher

    async def _table(self, collection: Collection) -> RightsTable:
        """The rights at the moment at which the collection was looked at, or later ones."""
        known = self._tables.get(collection.id)
        if known is None or known.change < collection.change:
            known = await self._parts.store.rights_table(collection.id, known)
            with self._lock:
                there = self._tables.get(collection.id)
                # Another search may have read a later moment meanwhile.
                if there is not None and there.change >= known.change:
                    known = there
                self._tables[collection.id] = known
                self._tables.move_to_end(collection.id)
                while len(self._tables) > _TABLES:
                    self._tables.popitem(last=False)
        return known

    async def _reranked(
        self, candidates: list[Candidate], searcher: EditionSearcher, text: str
    ) -> list[Candidate]:
        reranker = await self._parts.engines.reranker()
        if reranker is None:
            return candidates
        first, rest = candidates[:_RERANKED], candidates[_RERANKED:]
        ordered = await asyncio.to_thread(rerank, first, text, searcher.edition, reranker)
        return [*ordered, *rest]

    async def _checked(
        self, place: _Place, candidates: Sequence[Candidate], confidence: Confidence
    ) -> list[Passage]:
        """The candidates that the database gives to this reader at this moment."""
        keys = {one.id: _key(one) for one in candidates}
        checked = await self._parts.store.recheck(
            place.collection.id, list(keys.values()), place.scope
        )
        return [
            replace(
                self._passage(place, checked.passages[keys[one.id]], one),
                confidence=_rounded(confidence.passages.get(one.row)),
            )
            for one in candidates
            if keys[one.id] in checked.passages
        ]

    def _passage(
        self, place: _Place, checked: CheckedPassage, candidate: Candidate | None = None
    ) -> Passage:
        row, span = checked.row, checked.span
        return Passage(
            id=passage_id(place.collection.id, row.document, span.ordinal),
            collection=place.collection.id,
            edition=place.edition,
            document_id=row.document,
            title=checked.title,
            text=checked.text,
            start=span.start,
            end=span.end,
            score=round(candidate.score, DIGITS) if candidate is not None else 0.0,
            confidence=None,
            legs=candidate.legs if candidate is not None else {},
            trust=row.trust,
            currency=row.currency(self._parts.today()),
            life=place.shown(row.life),
            section=span.section,
            page=span.page,
            kind=span.kind,
            version=row.version,
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _key(candidate: Candidate) -> PassageKey:
    place = candidate.place
    return PassageKey(place.document, place.version, place.ordinal)


def _answer(
    searcher: EditionSearcher, place: _Place, query: RetrievalQuery, limit: int
) -> SearchResult:
    return searcher.answer(query, searcher.readable(place.table, place.scope), limit)
