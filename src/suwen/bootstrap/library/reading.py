"""Reading the library as anybody of the staff does: what there is, and one document at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from suwen.bootstrap.audited import act_of
from suwen.bootstrap.library.parts import LibraryParts, document_name
from suwen.core.audit import AuditOutcome
from suwen.core.errors import NotFoundError
from suwen.core.identity import Principal
from suwen.core.knowledge import DocumentState, ReaderScope
from suwen.storage.knowledge_changes import document_not_found
from suwen.storage.knowledge_types import (
    Collection,
    DocumentFilter,
    DocumentSummary,
    StoredDocument,
)

_IN_USE = frozenset({DocumentState.ACTIVE})


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection as a reader finds it; nothing in it tells of what this reader may not see.

    Attributes:
        documents: how many of its documents in use this reader may read.
        built_at: of what searches use; absent before the first build.
    """

    collection: Collection
    documents: int
    built_at: datetime | None


class Reading:
    """The readers' desk. What somebody may not see is not found."""

    def __init__(self, parts: LibraryParts) -> None:
        self._parts = parts

    async def shelves(self, principal: Principal) -> list[Shelf]:
        """The collections that this reader may read, by id.

        Raises:
            AccessError: for a service that has no business here.
        """
        store, scope = self._parts.store, self._parts.require_reading(principal)
        readable = DocumentFilter(scope=scope, states=_IN_USE)
        found = []
        for one in await store.collections(scope):
            counts = await store.count_documents(one.id, readable)
            built_at = None
            if one.current_edition is not None:
                built_at = (await store.editions.read(one.id, one.current_edition)).info.built_at
            found.append(Shelf(one, counts.get(DocumentState.ACTIVE, 0), built_at))
        return found

    async def open(
        self, collection: str, document: str, principal: Principal
    ) -> tuple[Collection, StoredDocument]:
        """A document with its text; one that is not in use only for a keeper.

        Raises:
            AuditError: when the reading cannot be audited; then nothing is shown.
            AccessError: for a service that has no business here.
            NotFoundError: ``collection_not_found``, ``document_not_found``.
        """
        parts = self._parts
        scope = parts.require_reading(principal)
        try:
            of = await parts.store.collection(collection, scope)
            stored = await parts.store.document(collection, document, scope)
            keeps = parts.keeps(principal)
            if stored.summary.state is not DocumentState.ACTIVE and not keeps:
                raise document_not_found()
        except NotFoundError as error:
            await self._note(principal, (collection, document), AuditOutcome.FAILED, error.code)
            raise
        await self._note(
            principal, (collection, document), AuditOutcome.DONE, version=stored.summary.version
        )
        if not keeps:
            stored = replace(stored, summary=await self._for_reader(stored.summary, scope))
        return of, stored

    async def original(
        self, collection: str, document: str, principal: Principal
    ) -> tuple[str | None, bytes] | None:
        """Media type and bytes of the file of a document; ``None`` where none is kept.

        Raises:
            AccessError: for a service that has no business here.
            NotFoundError: ``document_not_found``.
        """
        parts = self._parts
        scope = parts.require_reading(principal)
        summary = await parts.store.summary(collection, document, scope)
        if summary.state is not DocumentState.ACTIVE and not parts.keeps(principal):
            raise document_not_found()
        return await parts.store.original(collection, document, scope)

    async def successor(
        self, collection: str, document: str, principal: Principal
    ) -> DocumentSummary | None:
        """What stands in the place of a document, where this reader may read it."""
        scope = self._parts.require_reading(principal)
        wanted = DocumentFilter(scope=scope, states=_IN_USE, supersedes=document)
        listed = await self._parts.store.documents(collection, wanted, 1)
        return next(iter(listed), None)

    async def _note(
        self,
        principal: Principal,
        named: tuple[str, str],
        outcome: AuditOutcome,
        code: str = "",
        version: int = 0,
    ) -> None:
        entry = act_of(
            principal, "library.read", subject=document_name(*named), code=code, version=version
        )
        await self._parts.audit.append(replace(entry, outcome=outcome))

    async def _for_reader(self, document: DocumentSummary, scope: ReaderScope) -> DocumentSummary:
        """A document without what it says of others that the reader may not see."""
        life = document.life
        if life.supersedes is not None:
            try:
                await self._parts.store.summary(document.collection, life.supersedes, scope)
            except NotFoundError:
                life = replace(life, supersedes=None)
        return replace(document, life=life, near_duplicate_of=None)
