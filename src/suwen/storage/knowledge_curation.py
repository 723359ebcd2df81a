"""What a curator decides about a document: rights, life, quarantine, review, deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import DocumentLife, DocumentState, Rights, TrustLevel
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.knowledge_changes import (
    document_not_found,
    lock_collection,
    next_change,
    touch,
)
from suwen.storage.knowledge_checks import check_life, check_rights, is_document_id
from suwen.storage.knowledge_erasing import ERASED, document_erased
from suwen.storage.knowledge_reading import read_summary
from suwen.storage.knowledge_rows import life_values, rights_values
from suwen.storage.knowledge_tables import document
from suwen.storage.knowledge_types import DocumentSummary
from suwen.storage.knowledge_writing import WAITS_FOR_A_PERSON

REJECTED = "rejected"
DELETED = "deleted"


class DocumentCuration:
    """Changes of one document at a time; each counts a change of its collection.

    Every method raises NotFoundError ``collection_not_found`` or ``document_not_found``. Those
    that take a version raise ConflictError ``document_changed`` when the document has another
    content than the one that the person saw.
    """

    def __init__(self, database: Database, by: PrincipalId, at: datetime) -> None:
        self._database = database
        self._by = by
        self._at = at

    async def set_rights(self, wanted: str, document_id: str, rights: Rights) -> DocumentSummary:
        """Gives a document other rights, at once.

        Raises:
            InputError: ``sensitivity_out_of_range``.
        """
        check_rights(rights)
        return await self._change(wanted, document_id, rights_values(rights))

    async def set_life(self, wanted: str, document_id: str, life: DocumentLife) -> DocumentSummary:
        """Gives a document another life, at once.

        Raises:
            InputError: ``dates_contradict``, ``supersedes_itself``, ``text_not_storable``.
        """
        check_life(document_id, life)
        return await self._change(wanted, document_id, life_values(life))

    async def release(self, wanted: str, document_id: str, version: int) -> DocumentSummary:
        """Lets a document out of quarantine: a person read it and answers for it.

        Raises:
            ConflictError: ``document_not_quarantined``.
        """
        values = {
            "state": DocumentState.ACTIVE.value,
            "state_reason": None,
            **self._reviewed(),
        }
        return await self._change(
            wanted, document_id, values, version=version, needed=DocumentState.QUARANTINED
        )

    async def reject(self, wanted: str, document_id: str, version: int) -> DocumentSummary:
        """Keeps a quarantined document out for good, also when the same is imported again.

        Raises:
            ConflictError: ``document_not_quarantined``.
        """
        values = {"state": DocumentState.DELETED.value, "state_reason": REJECTED}
        return await self._change(
            wanted, document_id, values, version=version, needed=DocumentState.QUARANTINED
        )

    async def review(self, wanted: str, document_id: str, version: int) -> DocumentSummary:
        """Notes that a person read an active document and answers for it.

        Raises:
            ConflictError: ``document_not_active``.
        """
        return await self._change(
            wanted,
            document_id,
            self._reviewed(),
            version=version,
            needed=DocumentState.ACTIVE,
        )

    async def delete(self, wanted: str, document_id: str) -> DocumentSummary:
        """Makes a document unfindable at once; its content stays for what has cited it."""
        values = {"state": DocumentState.DELETED.value, "state_reason": DELETED}
        return await self._change(wanted, document_id, values)

    async def restore(self, wanted: str, document_id: str) -> DocumentSummary:
        """Takes a deleted document back; one with findings that nobody judged waits again.

        Raises:
            ConflictError: ``document_not_deleted``.
        """
        async with self._database.transaction() as connection:
            await lock_collection(connection, wanted)
            found = await _present(connection, wanted, document_id)
            _require(found, DocumentState.DELETED)
            if found.state_reason == ERASED:
                raise document_erased()
            waits = bool(found.findings) and found.reviewed_by is None
            values: dict[str, Any] = {"state": DocumentState.ACTIVE.value, "state_reason": None}
            if waits:
                values = {
                    "state": DocumentState.QUARANTINED.value,
                    "state_reason": WAITS_FOR_A_PERSON,
                }
            return await self._write(connection, found, values)

    async def _change(
        self,
        wanted: str,
        document_id: str,
        values: dict[str, Any],
        *,
        version: int | None = None,
        needed: DocumentState | None = None,
    ) -> DocumentSummary:
        async with self._database.transaction() as connection:
            await lock_collection(connection, wanted)
            found = await _present(connection, wanted, document_id)
            if version is not None and found.version != version:
                raise ConflictError(
                    "document_changed",
                    Bilingual(
                        zh="文档内容已变更，请重新打开核对后再决定。",
                        en="The document's content has changed. Open it again before deciding.",
                    ),
                    detail={"version": found.version},
                )
            if needed is not None:
                _require(found, needed)
            return await self._write(connection, found, values)

    async def _write(
        self, connection: AsyncConnection, found: DocumentSummary, values: dict[str, Any]
    ) -> DocumentSummary:
        change = await next_change(connection, found.collection)
        statement = (
            update(document)
            .where(document.c.collection == found.collection, document.c.id == found.id)
            .values(**values, changed_at=self._at, changed_by=self._by, change=change)
        )
        await connection.execute(statement)
        replaced = [found.life.supersedes, values.get("supersedes")]
        await touch(connection, found.collection, replaced, change)
        return await _present(connection, found.collection, found.id)

    def _reviewed(self) -> dict[str, Any]:
        return {
            "trust": TrustLevel.REVIEWED.value,
            "reviewed_at": self._at,
            "reviewed_by": self._by,
        }


async def _present(connection: AsyncConnection, wanted: str, document_id: str) -> DocumentSummary:
    found = None
    if is_document_id(document_id):
        found = await read_summary(connection, wanted, document_id, None)
    if found is None:
        raise document_not_found()
    return found


def _require(found: DocumentSummary, needed: DocumentState) -> None:
    if found.state is needed:
        return
    detail = {"state": found.state.value}
    match needed:
        case DocumentState.ACTIVE:
            raise ConflictError(
                "document_not_active",
                Bilingual(zh="该文档目前未在使用。", en="The document is not in use at present."),
                detail=detail,
            )
        case DocumentState.QUARANTINED:
            raise ConflictError(
                "document_not_quarantined",
                Bilingual(zh="该文档不在隔离区。", en="The document is not in quarantine."),
                detail=detail,
            )
        case DocumentState.DELETED:
            raise ConflictError(
                "document_not_deleted",
                Bilingual(zh="该文档未被删除。", en="The document is not deleted."),
                detail=detail,
            )
