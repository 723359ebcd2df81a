"""The hospital's library in the database: collections, their documents, and who may read them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_into
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.identity import PrincipalId
from suwen.core.knowledge import DocumentState, IngestedDocument, ReaderScope, Rights
from suwen.core.language import Bilingual
from suwen.storage import knowledge_reading as reading
from suwen.storage.database import Database
from suwen.storage.knowledge_changes import (
    chunks,
    collection_not_found,
    document_not_found,
    next_change,
)
from suwen.storage.knowledge_checks import (
    check_collection,
    is_collection_id,
    is_document_id,
)
from suwen.storage.knowledge_curation import DocumentCuration
from suwen.storage.knowledge_editions import EditionStore, put_edition
from suwen.storage.knowledge_erasing import DocumentErasing
from suwen.storage.knowledge_import import put_rows
from suwen.storage.knowledge_install import Batches, install_rows
from suwen.storage.knowledge_rights import read_rights_table, recheck_passages
from suwen.storage.knowledge_rows import collection_of, readable, rights_values
from suwen.storage.knowledge_tables import blob, collection, document
from suwen.storage.knowledge_types import (
    Collection,
    DocumentFilter,
    DocumentSummary,
    DocumentVersion,
    Due,
    EditionRecord,
    ImportCounts,
    NewCollection,
    PassageKey,
    Rechecked,
    RightsTable,
    StoredDocument,
)


@dataclass(frozen=True)
class Snapshot:
    """A collection at one moment, to build an edition from.

    Attributes:
        collection: with the ``change`` that the documents are of.
        documents: the active documents in batches, by id in the order of code points; read
            once, inside the block.
    """

    collection: Collection
    documents: AsyncIterator[list[StoredDocument]]


class KnowledgeStore:
    """Collections and documents in the general database.

    Methods that take a ``scope`` treat what that reader may not see as not there; without one
    they answer for the platform's own work.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.editions = EditionStore(database)
        self.erasing = DocumentErasing(database)

    def curation(self, by: PrincipalId, at: datetime) -> DocumentCuration:
        """Decisions of one person about documents."""
        return DocumentCuration(self._database, by, at)

    async def create_collection(
        self, wanted: NewCollection, by: PrincipalId, at: datetime
    ) -> tuple[Collection, bool]:
        """The collection of this id, and whether it was made now; a known one stays as it is.

        Raises:
            InputError: as ``check_collection``.
        """
        check_collection(wanted)
        row = {
            "id": wanted.id,
            "title_zh": wanted.title.zh,
            "title_en": wanted.title.en,
            "kind": wanted.kind.value,
            "owner": wanted.owner,
            **rights_values(wanted.rights),
            "change": 0,
            "current_edition": None,
            "created_at": at,
            "created_by": by,
        }
        statement = upsert_into(collection).values(row).on_conflict_do_nothing()
        async with self._database.transaction() as connection:
            made = await connection.execute(statement.returning(collection.c.id))
            is_new = made.one_or_none() is not None
            return await _collection(connection, wanted.id, None), is_new

    async def collection(self, wanted: str, scope: ReaderScope | None = None) -> Collection:
        """One collection.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        async with self._database.reading() as connection:
            return await _collection(connection, wanted, scope)

    async def collections(self, scope: ReaderScope | None = None) -> list[Collection]:
        """Every collection, by id."""
        query = select(collection).order_by(collection.c.id)
        if scope is not None:
            query = query.where(readable(collection, scope))
        async with self._database.transaction() as connection:
            return [collection_of(row) for row in (await connection.execute(query)).mappings()]

    async def set_collection(
        self, wanted: str, title: Bilingual, owner: str | None, rights: Rights
    ) -> Collection:
        """Gives a collection another title, owner and rights, at once.

        Raises:
            NotFoundError: ``collection_not_found``.
            InputError: as ``check_collection``.
        """
        check_collection(NewCollection(wanted, title, owner=owner, rights=rights))
        statement = (
            update(collection)
            .where(collection.c.id == wanted)
            .values(title_zh=title.zh, title_en=title.en, owner=owner, **rights_values(rights))
        )
        async with self._database.transaction() as connection:
            await next_change(connection, wanted)
            await connection.execute(statement)
            return await _collection(connection, wanted, None)

    async def put_documents(
        self,
        wanted: str,
        documents: Sequence[IngestedDocument],
        by: PrincipalId,
        at: datetime,
    ) -> ImportCounts:
        """Stores documents in one transaction; the same again changes nothing.

        A document that is there with another content gets a new version, and the former one is
        kept. Rights and life that a curator set stay until an import states others than it
        stated before. One that somebody deleted stays deleted until its content changes.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        async with self._database.transaction() as connection:
            return await put_rows(connection, wanted, documents, by, at)

    async def install(self, record: EditionRecord, batches: Batches, by: PrincipalId) -> None:
        """Makes a collection hold what an edition from elsewhere holds, and use it; all or
        nothing.

        Args:
            batches: the edition's documents; read in a thread.

        Raises:
            NotFoundError: ``collection_not_found``.
            KnowledgeError: ``edition_document_unusable``, ``edition_erased``.
        """
        await self.erasing.require_whole(record.info.collection, record.info.hash)
        async with self._database.transaction() as connection:
            change = await install_rows(connection, record, batches, by)
            await put_edition(connection, replace(record, change=change))

    async def document(
        self, wanted: str, document_id: str, scope: ReaderScope | None = None
    ) -> StoredDocument:
        """A document with its text and passages, whatever its state.

        Raises:
            NotFoundError: ``document_not_found``.
        """
        _require_possible(wanted, document_id)
        async with self._database.transaction() as connection:
            found = await reading.read_document(connection, wanted, document_id, scope)
        if found is None:
            raise document_not_found()
        return found

    async def summary(
        self, wanted: str, document_id: str, scope: ReaderScope | None = None
    ) -> DocumentSummary:
        """A document without its text, whatever its state.

        Raises:
            NotFoundError: ``document_not_found``.
        """
        _require_possible(wanted, document_id)
        async with self._database.transaction() as connection:
            found = await reading.read_summary(connection, wanted, document_id, scope)
        if found is None:
            raise document_not_found()
        return found

    async def documents(
        self, wanted: str, narrowed: DocumentFilter, limit: int = 100, offset: int = 0
    ) -> list[DocumentSummary]:
        """Documents of a collection that pass a filter, without their texts."""
        async with self._database.transaction() as connection:
            return await reading.list_documents(connection, wanted, narrowed, limit, offset)

    async def count_documents(
        self, wanted: str, narrowed: DocumentFilter
    ) -> dict[DocumentState, int]:
        """How many documents of each state pass a filter."""
        async with self._database.transaction() as connection:
            return await reading.count_documents(connection, wanted, narrowed)

    async def versions(self, wanted: str, document_id: str) -> list[DocumentVersion]:
        """Contents that a document had before the present one, the latest first."""
        async with self._database.transaction() as connection:
            return await reading.read_versions(connection, wanted, document_id)

    async def original(
        self, wanted: str, document_id: str, scope: ReaderScope | None = None
    ) -> tuple[str | None, bytes] | None:
        """Media type and bytes of the file as given; ``None`` where none is kept."""
        async with self._database.transaction() as connection:
            return await reading.read_original(connection, wanted, document_id, scope)

    async def blob(self, name: str) -> bytes | None:
        """The bytes of a file by their SHA-256, or ``None``."""
        query = select(blob.c.bytes).where(blob.c.hash == name)
        async with self._database.transaction() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return bytes(found) if found is not None else None

    async def blobs_there(self, names: Sequence[str]) -> set[str]:
        """Of which of these files the bytes are kept."""
        found: set[str] = set()
        async with self._database.transaction() as connection:
            for part in chunks(names):
                query = select(blob.c.hash).where(blob.c.hash.in_(part))
                found.update((await connection.execute(query)).scalars())
        return found

    async def change_number(self, wanted: str) -> int:
        """Counts the changes of a collection's documents and rights.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        query = select(collection.c.change).where(collection.c.id == wanted)
        async with self._database.reading() as connection:
            found: int | None = (await connection.execute(query)).scalar_one_or_none()
        if found is None:
            raise collection_not_found()
        return found

    async def rights_table(self, wanted: str, known: RightsTable | None = None) -> RightsTable:
        """The rights of a collection now; with ``known`` only what changed since is read.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        async with self._database.reading() as connection:
            return await read_rights_table(connection, wanted, known)

    async def recheck(
        self, wanted: str, keys: Sequence[PassageKey], scope: ReaderScope
    ) -> Rechecked:
        """The passages that this reader may have now, with the text that the database holds.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        async with self._database.reading() as connection:
            return await recheck_passages(connection, wanted, keys, scope)

    @asynccontextmanager
    async def snapshot(self, wanted: str) -> AsyncIterator[Snapshot]:
        """A collection at one moment, however long it takes to read it.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        async with self._database.transaction() as connection:
            await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = await _collection(connection, wanted, None)
            yield Snapshot(found, reading.stream_documents(connection, wanted))

    async def active_after(self, wanted: str, after: str) -> list[StoredDocument]:
        """The next batch of active documents behind an id, in the order of code points; the
        first behind the empty one, none at the end."""
        async with self._database.transaction() as connection:
            return await reading.active_after(connection, wanted, after)

    async def set_near_duplicates(self, wanted: str, found: Mapping[str, str | None]) -> None:
        """Notes which document nearly says what another does; ``None`` takes the note away."""
        if not found:
            return
        rows = [{"this": one, "other": other} for one, other in sorted(found.items())]
        statement = (
            update(document)
            .where(document.c.collection == wanted, document.c.id == bindparam("this"))
            .values(near_duplicate_of=bindparam("other"))
        )
        async with self._database.transaction() as connection:
            await connection.execute(statement, rows)

    async def due_reviews(
        self, on: date, within: timedelta, collections: Sequence[str]
    ) -> list[Due]:
        """Active documents whose review or expiry falls due by ``on + within``."""
        async with self._database.transaction() as connection:
            return await reading.due_documents(connection, on, within, collections)


def _require_possible(wanted: str, document_id: str) -> None:
    if not (is_collection_id(wanted) and is_document_id(document_id)):
        raise document_not_found()


async def _collection(
    connection: AsyncConnection, wanted: str, scope: ReaderScope | None
) -> Collection:
    # A name that none can have is not sent to the database, which may not even take it.
    if not is_collection_id(wanted):
        raise collection_not_found()
    query = select(collection).where(collection.c.id == wanted)
    if scope is not None:
        query = query.where(readable(collection, scope))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise collection_not_found()
    return collection_of(row)
