"""The desks of the library, each loaded when somebody first comes to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from suwen.bootstrap.library.parts import LibraryParts
from suwen.core.application import KnowledgeQuery
from suwen.core.errors import NotFoundError
from suwen.core.identity import Principal
from suwen.core.knowledge import SearchAnswer, SearchTiming

if TYPE_CHECKING:
    from suwen.bootstrap.library.carrying import Carrying
    from suwen.bootstrap.library.curation import Curation
    from suwen.bootstrap.library.editions import Editions
    from suwen.bootstrap.library.erasing import Erasing
    from suwen.bootstrap.library.question_vectors import AskedTogether
    from suwen.bootstrap.library.reading import Reading
    from suwen.bootstrap.library.searching import Searching
    from suwen.knowledge.edition import EditionShelf

_NOTHING = SearchAnswer((), 0.0, SearchTiming(0.0, 0.0, 0.0))


class Library:
    """Everything that a door may do with the library; it is also the gateway's retriever.

    The index and what reads it take a while to load, and most processes never search.
    """

    def __init__(self, parts: LibraryParts) -> None:
        self.parts = parts

    @cached_property
    def reading(self) -> Reading:
        """Collections and documents for readers."""
        from suwen.bootstrap.library.reading import Reading

        return Reading(self.parts)

    @cached_property
    def curation(self) -> Curation:
        """Collections and documents for keepers."""
        from suwen.bootstrap.library.curation import Curation

        return Curation(self.parts)

    @cached_property
    def searching(self) -> Searching:
        """Searches, and the test bench."""
        from suwen.bootstrap.library.searching import Searching

        return Searching(self.parts, self._shelf)

    @cached_property
    def editions(self) -> Editions:
        """Building, verifying, comparing, activating."""
        from suwen.bootstrap.library.editions import Editions

        return Editions(self.parts, self._shelf)

    @cached_property
    def carrying(self) -> Carrying:
        """Editions as files."""
        from suwen.bootstrap.library.carrying import Carrying

        return Carrying(self.parts, self._shelf, self.editions)

    @cached_property
    def erasing(self) -> Erasing:
        """Documents that are erased for good."""
        from suwen.bootstrap.library.erasing import Erasing

        return Erasing(self.parts, self._shelf, self.editions)

    async def finish_erasures(self) -> int:
        """Ends erasures of documents that were cut off; where none was, nothing is loaded."""
        left = await self.parts.store.erasing.erased_editions()
        if not any((self.parts.folder / collection / one).is_dir() for collection, one in left):
            return 0
        return await self.erasing.finish()

    async def get_ready(self) -> None:
        """Loads what the first question would wait for, beside the work that goes on."""
        await (await asyncio.to_thread(lambda: self.searching)).get_ready()

    async def retrieve(
        self,
        queries: Sequence[KnowledgeQuery],
        reader: Principal,
        editions: Mapping[str, str],
    ) -> Sequence[SearchAnswer]:
        """One answer for each query, from the editions (hash by collection) that are given.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        from suwen.bootstrap.library.question_vectors import AskedTogether

        together = AskedTogether()
        looking = (self._answer(query, reader, editions, together) for query in queries)
        found = await asyncio.gather(*looking, return_exceptions=True)
        for answer in found:
            if isinstance(answer, BaseException):
                raise answer
        return [answer for answer in found if isinstance(answer, SearchAnswer)]

    async def _answer(
        self,
        query: KnowledgeQuery,
        reader: Principal,
        editions: Mapping[str, str],
        together: AskedTogether,
    ) -> SearchAnswer:
        from suwen.bootstrap.library.searching import Wanted

        wanted = Wanted(query.collection, query.query, query.limit, editions.get(query.collection))
        try:
            return await self.searching.find(wanted, reader, together)
        except NotFoundError:
            if query.optional:
                return _NOTHING
            raise

    @cached_property
    def _shelf(self) -> EditionShelf:
        from suwen.knowledge.edition import EditionShelf

        return EditionShelf(self.parts.folder, self.parts.signer.verify)
