"""Taking a document out of the library for good: text, former texts, files and vectors.

What stays is that there was one of this id, so that the same content is not taken in again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, KnowledgeError
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import DocumentState
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.knowledge_changes import (
    chunks,
    document_not_found,
    lock_collection,
    next_change,
)
from suwen.storage.knowledge_checks import is_document_id
from suwen.storage.knowledge_tables import document, edition, passage, vector
from suwen.storage.knowledge_types import EditionState
from suwen.storage.knowledge_writing import hash_of_text

ERASED: Final = "erased"
"""Why a document is deleted whose content is gone for good."""

_EMPTY: Final = {
    "title": "",
    "text": "",
    "text_hash": hash_of_text(""),
    "passages": 0,
    "issuer": None,
    "grade": None,
    "study_type": None,
    "supersedes": None,
    "owner": None,
    "next_review": None,
    "findings": [],
    "source": None,
    "media_type": None,
    "original": None,
    "boxes": [],
    "near_duplicate_of": None,
    "state": DocumentState.DELETED.value,
    "state_reason": ERASED,
}


@dataclass(frozen=True, slots=True)
class ErasedDocument:
    """What an erasure took away.

    Attributes:
        versions: former contents.
        files: as they were imported, of the document and its former contents; those that another
            document has too stay.
    """

    versions: int
    files: int


@dataclass(frozen=True, slots=True)
class ErasureOfDocument:
    """Which document was erased, by whom and when."""

    collection: str
    document: str
    by: PrincipalId
    at: datetime


class DocumentErasing:
    """Erasures of documents of the library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase(
        self,
        wanted: str,
        document_id: str,
        editions: Sequence[str],
        by: PrincipalId,
        at: datetime,
    ) -> ErasedDocument:
        """Takes a document that was deleted before by another person out for good.

        Args:
            editions: hashes of those that hold it; they are not used any more from now on.

        Raises:
            NotFoundError: ``collection_not_found``, ``document_not_found``.
            ConflictError: ``document_not_retracted``, ``erasure_by_another``, ``document_erased``.
        """
        async with self._database.transaction() as connection:
            await lock_collection(connection, wanted)
            await _require_retracted(connection, wanted, document_id, by)
            change = await next_change(connection, wanted)
            this = (document.c.collection == wanted, document.c.id == document_id)
            await connection.execute(
                update(document)
                .where(*this)
                .values(**_EMPTY, changed_at=at, changed_by=by, change=change)
            )
            await connection.execute(
                delete(passage).where(
                    passage.c.collection == wanted, passage.c.document == document_id
                )
            )
            gone = await connection.execute(select(func.suwen_erase_document(wanted, document_id)))
            versions, files = gone.scalar_one()
            await connection.execute(
                update(edition)
                .where(edition.c.collection == wanted, edition.c.hash.in_(editions))
                .values(state=EditionState.ERASED.value)
            )
        return ErasedDocument(int(versions), int(files))

    async def require_retracted(self, wanted: str, document_id: str, by: PrincipalId) -> None:
        """Lets a document pass that may be erased by somebody; raises as ``erase``."""
        async with self._database.transaction() as connection:
            await _require_retracted(connection, wanted, document_id, by)

    async def erased_documents(self) -> list[ErasureOfDocument]:
        """The documents whose content is gone for good."""
        columns = document.c
        query = select(
            columns.collection, columns.id, columns.changed_by, columns.changed_at
        ).where(columns.state_reason == ERASED)
        async with self._database.transaction() as connection:
            return [
                ErasureOfDocument(row[0], row[1], PrincipalId(row[2]), row[3])
                for row in await connection.execute(query)
            ]

    async def dated(self) -> list[tuple[str, str, datetime]]:
        """Collection, id and time of the last change of every document that has content."""
        columns = document.c
        query = select(columns.collection, columns.id, columns.changed_at).where(
            columns.state_reason.is_distinct_from(ERASED)
        )
        async with self._database.transaction() as connection:
            return [(row[0], row[1], row[2]) for row in await connection.execute(query)]

    async def erased_editions(self) -> list[tuple[str, str]]:
        """Collection and hash of the editions whose files must not be kept anywhere."""
        query = select(edition.c.collection, edition.c.hash).where(
            edition.c.state == EditionState.ERASED.value
        )
        async with self._database.transaction() as connection:
            return [(row[0], row[1]) for row in await connection.execute(query)]

    async def forget_vectors(self, kept: Collection[str]) -> int:
        """Removes vectors of wordings that no document has any more; how many wordings.

        Args:
            kept: hashes of what documents have.
        """
        async with self._database.transaction() as connection:
            known = set((await connection.execute(select(vector.c.text_hash))).scalars())
            gone = sorted(known - set(kept))
            for part in chunks(gone, 5000):
                await connection.execute(delete(vector).where(vector.c.text_hash.in_(part)))
        return len(gone)

    async def require_whole(self, wanted: str, edition_hash: str) -> None:
        """Lets an edition pass unless it was taken away with a document that it held.

        Raises:
            KnowledgeError: ``edition_erased``.
        """
        query = select(edition.c.state).where(
            edition.c.collection == wanted, edition.c.hash == edition_hash
        )
        async with self._database.reading() as connection:
            state = (await connection.execute(query)).scalar_one_or_none()
        if state == EditionState.ERASED.value:
            raise edition_erased(edition_hash)


async def _require_retracted(
    connection: AsyncConnection, wanted: str, document_id: str, by: PrincipalId
) -> None:
    columns = document.c
    row = None
    if is_document_id(document_id):
        query = select(columns.state, columns.state_reason, columns.changed_by).where(
            columns.collection == wanted, columns.id == document_id
        )
        row = (await connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise document_not_found()
    if row.state_reason == ERASED:
        raise document_erased()
    if row.state != DocumentState.DELETED.value:
        raise ConflictError(
            "document_not_retracted",
            Bilingual(
                zh="请先由知识库管理员撤回该文档，再由另一人彻底删除。",
                en="A keeper of the library deletes the document first; another person then "
                "erases it for good.",
            ),
        )
    if row.changed_by == by:
        raise ConflictError(
            "erasure_by_another",
            Bilingual(
                zh="彻底删除须由撤回人以外的另一人执行。",
                en="A document is erased by another person than the one who deleted it.",
            ),
        )


def document_erased() -> ConflictError:
    """The refusal of an act on a document whose content is gone for good."""
    return ConflictError(
        "document_erased",
        Bilingual(
            zh="该文档已彻底删除，内容不复存在。",
            en="This document was erased; its content does not exist any more.",
        ),
    )


def edition_erased(edition_hash: str) -> KnowledgeError:
    """The refusal of an edition that held a document which was erased since."""
    return KnowledgeError(
        "edition_erased",
        Bilingual(
            zh=f"知识库版本 {edition_hash[:12]} 含有已依法彻底删除的文档，已不存在。"
            "请改用当前版本（应用须按新版本重新发布）。",
            en=f"Edition {edition_hash[:12]} held a document that was erased by law and does not "
            "exist any more. Use the present edition (the application needs a Release with it).",
        ),
        detail={"edition": edition_hash},
    )
