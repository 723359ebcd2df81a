"""Editions as the database knows them, the cache of vectors, and the turn to build."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import EditionInfo
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.knowledge_changes import chunks, collection_not_found
from suwen.storage.knowledge_tables import collection, edition, vector
from suwen.storage.knowledge_types import EditionOrigin, EditionRecord, EditionState

EDITIONS_FOLDER = "knowledge"
"""Where in the state directory the files of editions stand."""

# First half of the key of an advisory lock; the second is the collection's hash.
_TURN = 0x5357_4B42


class EditionStore:
    """Which editions a collection has and which one is searched; their files are on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, record: EditionRecord) -> None:
        """Adds an edition, or notes of a known one its state and of what it was made last.

        Raises:
            NotFoundError: ``collection_not_found``.
        """
        async with self._database.transaction() as connection:
            there = select(collection.c.id).where(collection.c.id == record.info.collection)
            if (await connection.execute(there)).one_or_none() is None:
                raise collection_not_found()
            await put_edition(connection, record)

    async def list(self, wanted: str) -> list[EditionRecord]:
        """Every edition of a collection, the latest first."""
        query = (
            select(edition)
            .where(edition.c.collection == wanted)
            .order_by(edition.c.added_at.desc(), edition.c.number.desc())
        )
        async with self._database.transaction() as connection:
            return [_record(row) for row in (await connection.execute(query)).mappings()]

    async def read(self, wanted: str, edition_hash: str) -> EditionRecord:
        """One edition.

        Raises:
            NotFoundError: ``edition_not_found``.
        """
        query = select(edition).where(
            edition.c.collection == wanted, edition.c.hash == edition_hash
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise edition_not_found()
        return _record(row)

    async def next_number(self, wanted: str) -> int:
        """The number of the next edition to build, from 1."""
        query = select(func.max(edition.c.number)).where(edition.c.collection == wanted)
        async with self._database.transaction() as connection:
            return ((await connection.execute(query)).scalar_one() or 0) + 1

    async def activate(self, wanted: str, edition_hash: str) -> str | None:
        """Lets searches use an edition; says which one they used before.

        Raises:
            NotFoundError: ``edition_not_found``; also for one that is not ready.
        """
        async with self._database.transaction() as connection:
            ready = select(edition.c.hash).where(
                edition.c.collection == wanted,
                edition.c.hash == edition_hash,
                edition.c.state == EditionState.READY.value,
            )
            if (await connection.execute(ready)).one_or_none() is None:
                raise edition_not_found()
            before = select(collection.c.current_edition).where(collection.c.id == wanted)
            former: str | None = (
                await connection.execute(before.with_for_update())
            ).scalar_one_or_none()
            await connection.execute(
                update(collection)
                .where(collection.c.id == wanted)
                .values(current_edition=edition_hash)
            )
        return former

    async def retire(self, wanted: str, edition_hash: str) -> None:
        """Takes an edition out of use; its files may then be removed.

        Raises:
            NotFoundError: ``edition_not_found``.
            ConflictError: ``edition_in_use`` for the one that searches use.
        """
        async with self._database.transaction() as connection:
            in_use = select(collection.c.current_edition).where(collection.c.id == wanted)
            if (await connection.execute(in_use)).scalar_one_or_none() == edition_hash:
                raise ConflictError(
                    "edition_in_use",
                    Bilingual(
                        zh="该版本正在使用，请先启用另一版本。",
                        en="This edition is in use; activate another one first.",
                    ),
                    field="edition",
                )
            statement = (
                update(edition)
                .where(edition.c.collection == wanted, edition.c.hash == edition_hash)
                .values(state=EditionState.RETIRED.value)
                .returning(edition.c.hash)
            )
            if (await connection.execute(statement)).one_or_none() is None:
                raise edition_not_found()

    @asynccontextmanager
    async def building(self, wanted: str) -> AsyncIterator[None]:
        """The turn to build or install an edition of a collection; ends with the process too.

        Raises:
            ConflictError: ``edition_being_built`` while somebody else has it.
        """
        async with self._database.transaction() as connection:
            key = func.hashtext(wanted)
            taken = await connection.execute(select(func.pg_try_advisory_xact_lock(_TURN, key)))
            if not taken.scalar_one():
                raise ConflictError(
                    "edition_being_built",
                    Bilingual(
                        zh="该知识库正在构建另一版本，请稍后再试。",
                        en="Another edition of this collection is being built. Try again later.",
                    ),
                    field="collection",
                )
            yield

    async def vectors(self, text_hashes: Sequence[str], key: str) -> dict[str, bytes]:
        """Cached vectors (float32, little-endian) of an embedding, by the hash of what was
        embedded; those that are not there are missing."""
        found: dict[str, bytes] = {}
        async with self._database.transaction() as connection:
            for part in chunks(text_hashes, 5000):
                query = select(vector.c.text_hash, vector.c.vector).where(
                    vector.c.embedding == key, vector.c.text_hash.in_(part)
                )
                for row in await connection.execute(query):
                    found[row.text_hash] = bytes(row.vector)
        return found

    async def put_vectors(self, key: str, vectors: Mapping[str, bytes]) -> None:
        """Keeps vectors; one that is there already stays."""
        rows = [
            {"text_hash": text_hash, "embedding": key, "vector": value}
            for text_hash, value in sorted(vectors.items())
        ]
        async with self._database.transaction() as connection:
            for part in chunks(rows, 1000):
                await connection.execute(insert(vector).on_conflict_do_nothing(), part)


async def put_edition(connection: AsyncConnection, record: EditionRecord) -> None:
    """Adds an edition or notes of a known one its state, in the connection's transaction."""
    info = record.info
    statement = insert(edition).values(
        collection=info.collection,
        hash=info.hash,
        number=info.number,
        state=record.state.value,
        origin=record.origin.value,
        change=record.change,
        built_at=info.built_at,
        built_by=info.built_by,
        documents=info.documents,
        passages=info.passages,
        vectors=info.vectors,
        embedding=info.embedding,
        previous=info.previous,
        key_id=record.key_id,
        added_at=record.added_at,
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["collection", "hash"],
            set_={"state": record.state.value, "change": record.change},
        )
    )


def edition_not_found() -> NotFoundError:
    """What is said of an edition that is not there."""
    return NotFoundError(
        "edition_not_found",
        Bilingual(
            zh="该知识库没有可用的此版本。",
            en="The collection has no such edition that can be used.",
        ),
        field="edition",
    )


def _record(row: RowMapping) -> EditionRecord:
    info = EditionInfo(
        collection=row["collection"],
        hash=row["hash"],
        number=row["number"],
        built_at=row["built_at"],
        built_by=PrincipalId(row["built_by"]),
        documents=row["documents"],
        passages=row["passages"],
        vectors=row["vectors"],
        embedding=row["embedding"],
        previous=row["previous"],
    )
    return EditionRecord(
        info=info,
        state=EditionState(row["state"]),
        origin=EditionOrigin(row["origin"]),
        change=row["change"],
        key_id=row["key_id"],
        added_at=row["added_at"],
    )
