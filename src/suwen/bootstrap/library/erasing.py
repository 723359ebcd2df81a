"""Erases a document of the library for good: from the store, the index, every edition and cache.

A keeper of the library deletes it first; another person, who decides on erasures, erases it. What
cannot be told from its id, a hash and the audit is gone. A backup that was made before holds it;
the ledger beside it says so, and a restore erases it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.library.editions import Editions
from suwen.bootstrap.library.parts import LibraryParts, document_name
from suwen.bootstrap.library.vectors import wordings_of
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError, KnowledgeError
from suwen.core.faults import fault_point
from suwen.core.identity import Principal, PrincipalId, batch_principal
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.knowledge.edition import EditionShelf
from suwen.storage.ledger import DocumentTombstone, document_mark

_MOST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away.

    Attributes:
        versions: former contents; ``files``: as they were imported.
        editions: hashes of those that held it, which do not exist any more.
    """

    versions: int
    files: int
    editions: tuple[str, ...]


class Erasing:
    """The desk of erasures of documents."""

    def __init__(self, parts: LibraryParts, shelf: EditionShelf, editions: Editions) -> None:
        self._parts, self._shelf, self._editions = parts, shelf, editions

    async def erase(
        self, collection: str, document: str, principal: Principal, reason: str
    ) -> Erased:
        """Takes a document out for good; searches go on with an edition without it.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_missing``, ``text_not_storable``.
            NotFoundError: ``collection_not_found``, ``document_not_found``.
            ConflictError: ``document_not_retracted``, ``erasure_by_another``,
                ``document_erased``, ``edition_being_built``.
        """
        parts = self._parts
        act = act_of(principal, "library.erase", subject=document_name(collection, document))
        async with audited(parts.audit, act) as said:
            parts.access.require(principal, Action.DECIDE_ERASURE, InstallationTarget())
            said["reason"] = _reason(reason)
            await self.finish()
            found = await parts.store.collection(collection)
            await parts.store.erasing.require_retracted(collection, document, principal.id)
            async with parts.store.editions.building(collection):
                holding = await asyncio.to_thread(self._holding, collection, document)
                if found.current_edition in holding:
                    await self._editions.renew(collection, principal.id)
                gone = await parts.store.erasing.erase(
                    collection, document, holding, principal.id, parts.clock.now()
                )
            fault_point("knowledge.document_erased")
            await parts.note_erasures()
            await self.finish()
            said.update(versions=gone.versions, files=gone.files, editions=len(holding))
        return Erased(gone.versions, gone.files, tuple(holding))

    async def erase_again(self, stones: Collection[DocumentTombstone], home: Path) -> int:
        """Takes out what had been erased before a backup was restored that still holds it; how many
        documents. What came under the same id after the erasure stays.

        Args:
            home: the state directory, whose secrets mark the documents.
        """
        erasures = {one.document: one for one in stones}
        done = 0
        for collection, document, changed_at in await self._parts.store.erasing.dated():
            stone = erasures.get(document_mark(home, collection, document))
            if stone is not None and changed_at < datetime.fromisoformat(stone.at):
                await self._erase_again(collection, document, stone)
                done += 1
        if done:
            await self.finish()
        return done

    async def _erase_again(self, collection: str, document: str, stone: DocumentTombstone) -> None:
        parts, service = self._parts, batch_principal(None)
        act = act_of(service, "library.erase", subject=document_name(collection, document))
        at = datetime.fromisoformat(stone.at)
        async with audited(parts.audit, act) as said:
            said["reason"] = "erased before the backup was restored"
            found = await parts.store.collection(collection)
            await parts.store.curation(service.id, parts.clock.now()).delete(collection, document)
            async with parts.store.editions.building(collection):
                holding = await asyncio.to_thread(self._holding, collection, document)
                if found.current_edition in holding:
                    await self._editions.renew(collection, service.id)
                gone = await parts.store.erasing.erase(
                    collection, document, holding, PrincipalId(stone.by), at
                )
            said.update(versions=gone.versions, files=gone.files, editions=len(holding))

    async def finish(self) -> int:
        """Takes away what an erasure left that was cut off: files of editions, vectors.

        Returns:
            How many editions' files were there; 0 where nothing was left, as almost always.
        """
        removed = 0
        for collection, edition in await self._parts.store.erasing.erased_editions():
            if (self._shelf.folder(collection) / edition).is_dir():
                await asyncio.to_thread(self._shelf.remove, collection, edition)
                removed += 1
        if removed:
            await self._forget_vectors()
        return removed

    async def _forget_vectors(self) -> None:
        store = self._parts.store
        kept: set[str] = set()
        for collection in await store.collections():
            after = ""
            while batch := await store.active_after(collection.id, after):
                kept |= await asyncio.to_thread(wordings_of, batch)
                after = batch[-1].summary.id
        await store.erasing.forget_vectors(kept)

    def _holding(self, collection: str, document: str) -> list[str]:
        """The editions here that hold a document, and those that cannot be read."""
        return [
            one
            for one in sorted(self._shelf.hashes(collection))
            if self._holds(collection, one, document)
        ]

    def _holds(self, collection: str, edition: str, document: str) -> bool:
        try:
            return document in self._shelf.open(collection, edition).document_ids
        except KnowledgeError:
            # Whether it holds it cannot be known, and nobody can use it.
            return True


def _reason(reason: str) -> str:
    given = reason.strip()
    require_plain(given, "reason")
    if not given or len(given) > _MOST_REASON:
        raise InputError(
            "reason_missing",
            Bilingual(
                zh=f"请说明理由（不超过 {_MOST_REASON} 字），勿写文档内容。",
                en=f"State the reason in at most {_MOST_REASON} characters, nothing of what the "
                "document says.",
            ),
            field="reason",
        )
    return given
