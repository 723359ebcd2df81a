"""Editions of a collection: built from the database, verified, compared, activated, rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.library.conversion import collection_facts, edition_document
from suwen.bootstrap.library.parts import LibraryParts, collection_name
from suwen.bootstrap.library.vectors import indexed_texts, make_vectors, missing_vectors
from suwen.core.errors import KnowledgeError
from suwen.core.faults import fault_point
from suwen.core.identity import Principal, PrincipalId
from suwen.core.knowledge import EditionInfo, Embedder
from suwen.knowledge.edition import (
    BuildFacts,
    Edition,
    EditionBuilder,
    EditionDifference,
    EditionShelf,
    compare,
    verify_edition,
)
from suwen.knowledge.edition.vectors import from_bytes
from suwen.storage.knowledge_changes import chunks
from suwen.storage.knowledge_editions import edition_not_found
from suwen.storage.knowledge_types import (
    Collection,
    EditionOrigin,
    EditionRecord,
    EditionState,
)

_CACHED_AT_ONCE = 2000
_LEAST_PREFIX = 6


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """How far a build is.

    Attributes:
        documents: whose passages were looked at for vectors.
        embedded: vectors made so far in this build.
    """

    documents: int
    embedded: int


@dataclass(frozen=True, slots=True)
class BuildWish:
    """What a build is to do.

    Attributes:
        with_vectors: whether missing vectors are made; those that are kept are used anyway.
        activate: whether searches use the edition at once.
    """

    with_vectors: bool = True
    activate: bool = True


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether an edition is whole, and how far the database has gone on since.

    Attributes:
        matching: documents that are in both in the same content.
        only_in_edition: documents of the edition that nobody finds any more: deleted, changed
            or waiting.
        only_in_database: active documents that the edition does not have as they are.
    """

    info: EditionInfo
    current: bool
    matching: int
    only_in_edition: tuple[str, ...]
    only_in_database: tuple[str, ...]


class Editions:
    """The desk of editions; every act is decided and audited."""

    def __init__(self, parts: LibraryParts, shelf: EditionShelf) -> None:
        self._parts = parts
        self._shelf = shelf

    async def build(
        self,
        collection: str,
        principal: Principal,
        wish: BuildWish | None = None,
        on_progress: Callable[[BuildProgress], None] | None = None,
    ) -> EditionRecord:
        """Builds an edition of what the collection holds now.

        Unchanged passages keep their terms and vectors. The same content again is the same
        edition.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``.
            ConflictError: ``edition_being_built``.
            InferenceError: when vectors are wanted and their engine does not answer.
        """
        wish = wish or BuildWish()
        act = act_of(principal, "library.build", subject=collection_name(collection))
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            await self._parts.kept_collection(principal, collection)
            async with self._parts.store.editions.building(collection):
                if wish.with_vectors:
                    await self.make_missing_vectors(collection, on_progress)
                record = await self._build(collection, principal.id)
                fault_point("knowledge.before_activate")
                if wish.activate:
                    await self._use(collection, record.info.hash)
            said.update(_said(record.info))
        return record

    async def renew(self, collection: str, by: PrincipalId) -> None:
        """Builds an edition of what the collection holds now and uses it; for whoever has the
        turn to build, and may."""
        record = await self._build(collection, by)
        await self._use(collection, record.info.hash)

    async def make_missing_vectors(
        self, collection: str, on_progress: Callable[[BuildProgress], None] | None = None
    ) -> int:
        """Makes and keeps the vectors that a collection's passages lack; how many.

        Raises:
            NotFoundError: ``collection_not_found``.
            InferenceError: when the engine does not answer.
        """
        store, embedder = self._parts.store, await self._parts.engines.embedder()
        if embedder is None:
            return 0
        key = await asyncio.to_thread(_key_of, embedder)
        seen = made = 0
        after = ""

        def count(number: int) -> None:
            nonlocal made
            made += number
            if on_progress is not None:
                on_progress(BuildProgress(seen, made))

        # Page by page, because a moment of the database cannot be held for hours.
        while batch := await store.active_after(collection, after):
            texts = await missing_vectors(store, indexed_texts(batch), key)
            await make_vectors(store, embedder, texts, count)
            seen, after = seen + len(batch), batch[-1].summary.id
            count(0)
        return made

    async def activate(self, collection: str, edition: str, principal: Principal) -> EditionInfo:
        """Lets searches use an edition; an earlier one is a roll back.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``, ``edition_not_found``.
            KnowledgeError: when its files are not here or not as they were signed.
        """
        act = act_of(principal, "library.activate", subject=collection_name(collection))
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            await self._parts.kept_collection(principal, collection)
            record = await self.resolve(collection, edition)
            await asyncio.to_thread(self._shelf.open, collection, record.info.hash)
            said.update(_said(record.info))
            said["previous"] = await self._use(collection, record.info.hash) or ""
        return record.info

    async def list(self, collection: str, principal: Principal) -> list[EditionRecord]:
        """The editions of a collection, the latest first.

        Raises:
            AccessError: ``not_permitted``; how much there is, is not for every reader.
            NotFoundError: ``collection_not_found``.
        """
        self._parts.require_keeping(principal)
        await self._parts.kept_collection(principal, collection)
        return await self._parts.store.editions.list(collection)

    async def verify(
        self, collection: str, principal: Principal, edition: str | None = None
    ) -> Agreement:
        """Whether an edition (the one in use) is whole, and how it agrees with the database.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``, ``edition_not_found``.
            KnowledgeError: ``edition_missing``, ``edition_unsigned``, ``edition_damaged``.
        """
        act = act_of(principal, "library.verify", subject=collection_name(collection))
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            found = await self._parts.kept_collection(principal, collection)
            record = await self.resolve(collection, edition)
            said.update(_said(record.info))
            folder = self._shelf.folder(collection) / record.info.hash
            await asyncio.to_thread(verify_edition, folder, self._parts.signer.verify)
            opened = await asyncio.to_thread(self._shelf.open, collection, record.info.hash)
            return await self._agreement(found, opened)

    async def diff(
        self, collection: str, principal: Principal, earlier: str | None, later: str | None
    ) -> EditionDifference:
        """What a later edition (the one in use) has that an earlier one (the one before) has not.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``, ``edition_not_found``.
            KnowledgeError: when the files of one are not here or not as they were signed.
        """
        self._parts.require_keeping(principal)
        await self._parts.kept_collection(principal, collection)
        second = await self.resolve(collection, later)
        before = earlier or await self._before(collection, second)
        first = await self.resolve(collection, before)
        editions = [
            await asyncio.to_thread(self._shelf.open, collection, one.info.hash)
            for one in (first, second)
        ]
        return await asyncio.to_thread(compare, *editions)

    async def retire(self, collection: str, edition: str, principal: Principal) -> EditionInfo:
        """Takes an edition that is not in use away, with its files.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``, ``edition_not_found``.
            ConflictError: ``edition_in_use``.
        """
        act = act_of(principal, "library.retire", subject=collection_name(collection))
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            await self._parts.kept_collection(principal, collection)
            record = await self.resolve(collection, edition)
            said.update(_said(record.info))
            await self._parts.store.editions.retire(collection, record.info.hash)
            await asyncio.to_thread(self._shelf.remove, collection, record.info.hash)
        return record.info

    async def _build(self, collection: str, by: PrincipalId) -> EditionRecord:
        parts = self._parts
        await asyncio.to_thread(self._shelf.sweep, collection)
        former = await self._former(await parts.store.collection(collection))
        embedder = await parts.engines.embedder()
        embedding = None
        if embedder is not None:
            embedding = await asyncio.to_thread(_embedding_of, embedder)
        number = await parts.store.editions.next_number(collection)
        folder = self._shelf.folder(collection)
        async with parts.store.snapshot(collection) as snapshot:
            facts = collection_facts(snapshot.collection)
            with EditionBuilder(folder, facts, embedding, former) as builder:
                async for batch in snapshot.documents:
                    documents = [edition_document(stored) for stored in batch]
                    await asyncio.to_thread(builder.add, documents)
                if embedding is not None:
                    await self._put_kept_vectors(builder, *embedding)
                previous = former.hash if former is not None else None
                build = BuildFacts(number, parts.clock.now(), by, previous)
                place = await asyncio.to_thread(builder.finish, build, parts.signer)
        opened = await asyncio.to_thread(self._shelf.open, collection, place.name)
        record = EditionRecord(
            info=opened.info,
            state=EditionState.READY,
            origin=EditionOrigin.BUILT,
            change=snapshot.collection.change,
            key_id=parts.signer.key_id,
            added_at=parts.clock.now(),
        )
        await parts.store.editions.put(record)
        return record

    async def _put_kept_vectors(self, builder: EditionBuilder, key: str, dimensions: int) -> None:
        missing = await asyncio.to_thread(lambda: [one for one, _ in builder.missing_vectors()])
        for part in chunks(missing, _CACHED_AT_ONCE):
            kept = await self._parts.store.editions.vectors([one.hex() for one in part], key)
            vectors = {
                bytes.fromhex(digest): from_bytes(raw, dimensions, key)
                for digest, raw in kept.items()
            }
            await asyncio.to_thread(builder.put_vectors, vectors)

    async def _former(self, collection: Collection) -> Edition | None:
        """The edition in use, to take unchanged passages from; none where it cannot be read."""
        if collection.current_edition is None:
            return None
        try:
            return await asyncio.to_thread(
                self._shelf.open, collection.id, collection.current_edition
            )
        except KnowledgeError:
            return None

    async def _use(self, collection: str, edition: str) -> str | None:
        former = await self._parts.store.editions.activate(collection, edition)
        fault_point("knowledge.after_activate")
        await self._parts.edition_changed()
        return former

    async def _agreement(self, collection: Collection, edition: Edition) -> Agreement:
        table = await self._parts.store.rights_table(collection.id)
        active = {one.document: one.version for one in table.rows.values() if one.is_active}
        held = dict(zip(edition.document_ids, edition.document_versions, strict=True))
        both = active.items() & held.items()
        return Agreement(
            info=edition.info,
            current=collection.current_edition == edition.hash,
            matching=len(both),
            only_in_edition=tuple(sorted(name for name, _ in held.items() - both)),
            only_in_database=tuple(sorted(name for name, _ in active.items() - both)),
        )

    async def resolve(self, collection: str, edition: str | None) -> EditionRecord:
        """An edition by hash, by the beginning of it, or by its number; else the one in use."""
        if edition is None:
            found = await self._parts.store.collection(collection)
            if found.current_edition is None:
                raise edition_not_found()
            edition = found.current_edition
        listed = [
            one
            for one in await self._parts.store.editions.list(collection)
            if one.state is EditionState.READY
        ]
        by_number = [one for one in listed if edition == str(one.info.number)]
        if by_number:
            return by_number[0]
        long_enough = len(edition) >= _LEAST_PREFIX
        fitting = [one for one in listed if long_enough and one.info.hash.startswith(edition)]
        if len(fitting) != 1:
            raise edition_not_found()
        return fitting[0]

    async def _before(self, collection: str, record: EditionRecord) -> str:
        if record.info.previous is not None:
            return record.info.previous
        older = [
            one.info.hash
            for one in await self._parts.store.editions.list(collection)
            if one.added_at < record.added_at and one.state is EditionState.READY
        ]
        if not older:
            raise edition_not_found()
        return older[0]


def _key_of(embedder: Embedder) -> str:
    return embedder.key


def _embedding_of(embedder: Embedder) -> tuple[str, int]:
    return embedder.key, embedder.dimensions


def _said(info: EditionInfo) -> dict[str, str | int]:
    return {
        "edition": info.hash,
        "number": info.number,
        "documents": info.documents,
        "passages": info.passages,
        "vectors": info.vectors,
    }
