"""The work of a build: vectors a few at a time, then the edition in one go."""

from __future__ import annotations

import asyncio
from itertools import islice

from suwen.bootstrap.library.editions import BuildWish, Editions
from suwen.bootstrap.library.parts import LibraryParts
from suwen.bootstrap.library.vectors import indexed_texts, make_vectors, missing_vectors
from suwen.core.errors import ConflictError
from suwen.core.knowledge import Embedder
from suwen.core.knowledge_form import edition_as_json
from suwen.core.language import Bilingual
from suwen.jobs.model import Batch, Cursor, JobContext

WAITS_S = 1.0
_FROM_THE_START: Cursor = {"phase": "vectors", "after": "", "made": False}
_EMBEDDING = Bilingual(zh="计算向量", en="Making vectors")
_BUILDING = Bilingual(zh="构建版本", en="Building the edition")
_WAITING = Bilingual(zh="等待另一次构建结束", en="Waiting for another build to end")


class BuildWork:
    """Does the batches of builds, and of the vectors that are made in the background."""

    def __init__(self, parts: LibraryParts, editions: Editions) -> None:
        self._parts = parts
        self._editions = editions

    async def __call__(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Makes the next vectors, or builds."""
        embedder = await self._parts.engines.embedder()
        wanted = bool(context.arguments.get("with_vectors", True)) and embedder is not None
        if cursor is None and not wanted:
            cursor = {"phase": "build"}
        if cursor is None:
            # Counted first, so that whoever waits knows how long.
            return Batch(_FROM_THE_START, total=await self._missing(context))
        if cursor["phase"] == "vectors" and embedder is not None:
            return await self._embed(context, cursor, embedder)
        return await self._build(context, cursor)

    async def _embed(self, context: JobContext, cursor: Cursor, embedder: Embedder) -> Batch:
        """Makes some of the vectors of the next documents that lack any."""
        store, collection = self._parts.store, str(context.arguments["collection"])
        key = await context.in_thread(_key_of, embedder)
        after = str(cursor["after"])
        while documents := await store.active_after(collection, after):
            missing = await missing_vectors(store, indexed_texts(documents), key)
            if missing:
                some = dict(islice(sorted(missing.items()), context.most_items))
                await make_vectors(store, embedder, some, in_thread=context.in_thread)
                going_on = {"phase": "vectors", "after": after, "made": True}
                return Batch(going_on, done=len(some), message=_EMBEDDING)
            after = documents[-1].summary.id
        # Documents may have come behind the place where this pass was.
        return Batch(_FROM_THE_START if cursor["made"] else {"phase": "build"})

    async def _build(self, context: JobContext, cursor: Cursor) -> Batch:
        await context.report(message=_BUILDING)
        wish = BuildWish(with_vectors=False, activate=bool(context.arguments.get("activate", True)))
        collection = str(context.arguments["collection"])
        try:
            record = await self._editions.build(collection, context.started_by, wish)
        except ConflictError as error:
            if error.code != "edition_being_built":
                raise
            # Also the turn of a process that just died, until the database has noticed.
            await asyncio.sleep(WAITS_S)
            return Batch(dict(cursor), message=_WAITING)
        return Batch(None, result=edition_as_json(record.info))

    async def _missing(self, context: JobContext) -> int:
        """How many vectors the collection's passages lack."""
        store, collection = self._parts.store, str(context.arguments["collection"])
        embedder = await self._parts.engines.embedder()
        if embedder is None:
            return 0
        key = await context.in_thread(_key_of, embedder)
        missing: set[str] = set()
        after = ""
        while documents := await store.active_after(collection, after):
            missing.update(await missing_vectors(store, indexed_texts(documents), key))
            after = documents[-1].summary.id
        return len(missing)


def _key_of(embedder: Embedder) -> str:
    return embedder.key
