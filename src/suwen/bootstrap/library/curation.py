"""What curators do with documents: rights, life, quarantine, review, deletion, reminders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.library.parts import (
    LibraryParts,
    collection_name,
    document_name,
    may_read,
    withheld,
)
from suwen.control.access.reader import reader_scope
from suwen.core.errors import AccessError
from suwen.core.identity import Principal
from suwen.core.knowledge import DocumentLife, DocumentState, Rights
from suwen.core.language import Bilingual
from suwen.storage.knowledge_curation import DocumentCuration
from suwen.storage.knowledge_types import (
    Collection,
    DocumentFilter,
    DocumentSummary,
    DocumentVersion,
    Due,
    NewCollection,
    StoredDocument,
)

REMINDED_BEFORE = timedelta(days=30)
"""How long before a document's review or expiry its owner is reminded."""

_MOST_ROWS = 1000

Change = Callable[[DocumentCuration], Awaitable[DocumentSummary]]


class Curation:
    """The curators' desk; every act is decided and audited.

    A document or collection that somebody may not see is not found, with the same words as one
    that does not exist.
    """

    def __init__(self, parts: LibraryParts) -> None:
        self._parts = parts

    async def create_collection(
        self, wanted: NewCollection, principal: Principal
    ) -> tuple[Collection, bool]:
        """The collection of this id, and whether it was made now.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``collection_id_unusable``, ``title_missing``,
                ``sensitivity_out_of_range``.
            NotFoundError: ``collection_not_found`` when it is there and closed to this keeper.
        """
        act = act_of(principal, "library.create", subject=collection_name(wanted.id))
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            store, now = self._parts.store, self._parts.clock.now()
            collection, is_new = await store.create_collection(wanted, principal.id, now)
            said["new"] = is_new
            if not is_new:
                collection = await self._parts.kept_collection(principal, wanted.id)
        return collection, is_new

    async def set_collection(
        self,
        collection: str,
        principal: Principal,
        title: Bilingual,
        owner: str | None,
        rights: Rights,
    ) -> Collection:
        """Gives a collection another title, owner and rights, at once.

        Raises:
            AccessError: ``not_permitted``, ``decision_needs_reading`` for wider rights.
            NotFoundError: ``collection_not_found``.
            InputError: ``title_missing``, ``sensitivity_out_of_range``.
        """
        act = act_of(principal, "library.set", subject=collection_name(collection))
        async with audited(self._parts.audit, act) as said:
            said.update(_rights_said(rights))
            self._parts.require_keeping(principal)
            found = await self._parts.kept_collection(principal, collection)
            scope = reader_scope(principal)
            if not scope.may_read(found.rights) and not _narrows(found.rights, rights):
                raise _needs_reading()
            return await self._parts.store.set_collection(collection, title, owner, rights)

    async def collections(self, principal: Principal) -> list[Collection]:
        """The collections that a keeper handles, by id.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._parts.require_keeping(principal)
        return await self._parts.store.collections(self._parts.keeping_scope(principal))

    async def documents(
        self,
        collection: str,
        principal: Principal,
        narrowed: DocumentFilter,
        limit: int = 100,
        offset: int = 0,
    ) -> list[DocumentSummary]:
        """Documents that a keeper handles, of any state; title and source only of readable ones.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``.
        """
        self._parts.require_keeping(principal)
        found = await self._parts.kept_collection(principal, collection)
        narrowed = self._narrowed(principal, narrowed)
        listed = await self._parts.store.documents(
            collection, narrowed, min(limit, _MOST_ROWS), offset
        )
        return [self._shown(principal, found, one) for one in listed]

    async def count(
        self, collection: str, principal: Principal, narrowed: DocumentFilter | None = None
    ) -> dict[DocumentState, int]:
        """How many documents of each state a keeper handles; raises as ``documents``."""
        self._parts.require_keeping(principal)
        await self._parts.kept_collection(principal, collection)
        wanted = self._narrowed(principal, narrowed or DocumentFilter())
        return await self._parts.store.count_documents(collection, wanted)

    async def summary(
        self, collection: str, document: str, principal: Principal
    ) -> DocumentSummary:
        """A document that a keeper handles, of any state.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``, ``document_not_found``.
        """
        self._parts.require_keeping(principal)
        found = await self._parts.kept_collection(principal, collection)
        return self._shown(principal, found, await self._kept(principal, collection, document))

    async def read(self, collection: str, document: str, principal: Principal) -> StoredDocument:
        """A document of any state with its text, for a keeper who may read it; audited.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``document_not_found``.
        """
        act = act_of(principal, "library.read", subject=document_name(collection, document))
        async with audited(self._parts.audit, act) as said:
            self._parts.require_keeping(principal)
            scope = reader_scope(principal)
            stored = await self._parts.store.document(collection, document, scope)
            said["version"] = stored.summary.version
        return stored

    async def versions(
        self, collection: str, document: str, principal: Principal
    ) -> list[DocumentVersion]:
        """Contents that a document had before, latest first; raises as ``read``."""
        await self.read(collection, document, principal)
        return await self._parts.store.versions(collection, document)

    async def set_rights(
        self, collection: str, document: str, principal: Principal, rights: Rights
    ) -> DocumentSummary:
        """Gives a document other rights, at once.

        Raises:
            AccessError: ``not_permitted``; ``decision_needs_reading`` when somebody who may not
                read it would let more people in.
            NotFoundError: ``document_not_found``.
            InputError: ``sensitivity_out_of_range``.
        """

        async def change(curation: DocumentCuration) -> DocumentSummary:
            return await curation.set_rights(collection, document, rights)

        def check(found: DocumentSummary, readable: bool) -> None:
            if not readable and not _narrows(found.rights, rights):
                raise _needs_reading()

        act = "library.rights"
        said = _rights_said(rights)
        return await self._decide(act, collection, document, principal, change, check, said)

    async def set_life(
        self, collection: str, document: str, principal: Principal, life: DocumentLife
    ) -> DocumentSummary:
        """Gives a document another life, at once.

        Raises:
            AccessError: ``not_permitted``, ``decision_needs_reading``.
            NotFoundError: ``document_not_found``.
            InputError: ``dates_contradict``, ``supersedes_itself``.
        """

        async def change(curation: DocumentCuration) -> DocumentSummary:
            return await curation.set_life(collection, document, life)

        return await self._decide("library.life", collection, document, principal, change)

    async def release(
        self, collection: str, document: str, principal: Principal, version: int
    ) -> DocumentSummary:
        """Lets a document out of quarantine after a person read it.

        Raises:
            AccessError: ``not_permitted``, ``decision_needs_reading``.
            NotFoundError: ``document_not_found``.
            ConflictError: ``document_not_quarantined``, ``document_changed``.
        """

        async def change(curation: DocumentCuration) -> DocumentSummary:
            return await curation.release(collection, document, version)

        return await self._decide("library.release", collection, document, principal, change)

    async def reject(
        self, collection: str, document: str, principal: Principal, version: int
    ) -> DocumentSummary:
        """Keeps a quarantined document out for good; raises as ``release``."""

        async def change(curation: DocumentCuration) -> DocumentSummary:
            return await curation.reject(collection, document, version)

        act = "library.reject"
        return await self._decide(act, collection, document, principal, change, _anybody)

    async def review(
        self, collection: str, document: str, principal: Principal, version: int
    ) -> DocumentSummary:
        """Notes that this person read the document and answers for it.

        Raises:
            AccessError: ``not_permitted``, ``decision_needs_reading``.
            NotFoundError: ``document_not_found``.
            ConflictError: ``document_not_active``, ``document_changed``.
        """

        async def change(curation: DocumentCuration) -> DocumentSummary:
            return await curation.review(collection, document, version)

        return await self._decide("library.review", collection, document, principal, change)

    async def delete(self, collection: str, document: str, principal: Principal) -> DocumentSummary:
        """Makes a document unfindable at once.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``document_not_found``.
        """

        async def change(curation: DocumentCuration) -> DocumentSummary:
            return await curation.delete(collection, document)

        act = "library.delete"
        return await self._decide(act, collection, document, principal, change, _anybody)

    async def restore(
        self, collection: str, document: str, principal: Principal
    ) -> DocumentSummary:
        """Takes a deleted document back.

        Raises:
            AccessError: ``not_permitted``, ``decision_needs_reading``.
            NotFoundError: ``document_not_found``.
            ConflictError: ``document_not_deleted``.
        """

        async def change(curation: DocumentCuration) -> DocumentSummary:
            return await curation.restore(collection, document)

        return await self._decide("library.restore", collection, document, principal, change)

    async def due(
        self, principal: Principal, collection: str | None = None, *, own: bool = False
    ) -> list[Due]:
        """Documents whose review or expiry falls due within 30 days, the most urgent first.

        Args:
            own: only those of which this person is the owner, by account or name.

        Raises:
            AccessError: ``not_permitted``, unless only the person's own are wanted.
            NotFoundError: ``collection_not_found``.
        """
        parts = self._parts
        keeps = parts.keeps(principal)
        if not own:
            parts.require_keeping(principal)
        scope = parts.keeping_scope(principal) if keeps else parts.require_reading(principal)
        known = {one.id: one for one in await parts.store.collections(scope)}
        if collection is not None:
            known = {collection: await parts.store.collection(collection, scope)}
        due = await parts.store.due_reviews(parts.today(), REMINDED_BEFORE, list(known))
        names = {principal.id, principal.name}
        return [
            Due(
                self._shown(principal, known[one.document.collection], one.document),
                one.reason,
                one.day,
            )
            for one in due
            if scope is None or scope.may_read(one.document.rights)
            if not own or one.document.life.owner in names
        ]

    async def _decide(  # noqa: PLR0913 - one act: what, on what, by whom, who may, what is said
        self,
        action: str,
        collection: str,
        document: str,
        principal: Principal,
        change: Change,
        check: Callable[[DocumentSummary, bool], None] | None = None,
        said_before: dict[str, Any] | None = None,
    ) -> DocumentSummary:
        parts = self._parts
        opened = act_of(principal, action, subject=document_name(collection, document))
        async with audited(parts.audit, opened) as said:
            said.update(said_before or {})
            parts.require_keeping(principal)
            of = await parts.kept_collection(principal, collection)
            found = await self._kept(principal, collection, document)
            readable = may_read(reader_scope(principal), of, found)
            (check or _only_readers)(found, readable)
            said["version"] = found.version
            done = await change(parts.store.curation(principal.id, parts.clock.now()))
            said["state"] = done.state.value
        return self._shown(principal, of, done)

    async def _kept(self, principal: Principal, collection: str, document: str) -> DocumentSummary:
        scope = self._parts.keeping_scope(principal)
        return await self._parts.store.summary(collection, document, scope)

    def _narrowed(self, principal: Principal, narrowed: DocumentFilter) -> DocumentFilter:
        scope = self._parts.keeping_scope(principal)
        if scope is None and narrowed.text:
            # A search in titles would tell what they say: of those that are readable only.
            scope = reader_scope(principal)
        return replace(narrowed, scope=scope)

    def _shown(
        self, principal: Principal, collection: Collection, document: DocumentSummary
    ) -> DocumentSummary:
        readable = may_read(reader_scope(principal), collection, document)
        return document if readable else withheld(document)


def _anybody(found: DocumentSummary, readable: bool) -> None:
    """What takes a document out of sight needs nobody who has read it."""


def _only_readers(found: DocumentSummary, readable: bool) -> None:
    if not readable:
        raise _needs_reading()


def _needs_reading() -> AccessError:
    return AccessError(
        "decision_needs_reading",
        Bilingual(
            zh="只有有权阅读该文档的人才能作此决定。",
            en="Only somebody who may read the document can decide this.",
        ),
    )


def _narrows(before: Rights, after: Rights) -> bool:
    """Whether nobody gets in by the new rights whom the old ones kept out."""
    departments = not before.departments or (
        bool(after.departments) and after.departments <= before.departments
    )
    roles = not before.roles or (bool(after.roles) and after.roles <= before.roles)
    return after.sensitivity >= before.sensitivity and departments and roles


def _rights_said(rights: Rights) -> dict[str, Any]:
    return {
        "departments": sorted(rights.departments),
        "roles": sorted(role.value for role in rights.roles),
        "sensitivity": rights.sensitivity,
    }
