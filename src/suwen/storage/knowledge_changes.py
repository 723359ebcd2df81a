"""Changes of a collection: writers take turns, and every change is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.knowledge_checks import is_collection_id
from suwen.storage.knowledge_tables import collection, document

_CHUNK = 500

T = TypeVar("T")


async def lock_collection(connection: AsyncConnection, wanted: str) -> int:
    """Makes writers of a collection take turns; the number of its present state.

    Raises:
        NotFoundError: ``collection_not_found``.
    """
    if not is_collection_id(wanted):
        raise collection_not_found()
    query = select(collection.c.change).where(collection.c.id == wanted).with_for_update()
    found: int | None = (await connection.execute(query)).scalar_one_or_none()
    if found is None:
        raise collection_not_found()
    return found


async def next_change(connection: AsyncConnection, wanted: str) -> int:
    """Counts a change of a collection, so that nobody goes on with what was cached.

    Raises:
        NotFoundError: ``collection_not_found``.
    """
    statement = (
        update(collection)
        .where(collection.c.id == wanted)
        .values(change=collection.c.change + 1)
        .returning(collection.c.change)
    )
    found: int | None = (await connection.execute(statement)).scalar_one_or_none()
    if found is None:
        raise collection_not_found()
    return found


async def touch(
    connection: AsyncConnection, wanted: str, documents: Iterable[str | None], change: int
) -> None:
    """Counts a change of documents whose standing hangs on another one that changed."""
    for part in chunks(sorted({name for name in documents if name is not None})):
        await connection.execute(
            update(document)
            .where(document.c.collection == wanted, document.c.id.in_(part))
            .values(change=change)
        )


def collection_not_found() -> NotFoundError:
    """What is said of a collection that is not there, and of one that may not be known."""
    return NotFoundError(
        "collection_not_found",
        Bilingual(
            zh="没有此知识库，或您无权查看。",
            en="There is no such collection, or you may not see it.",
        ),
        field="collection",
    )


def document_not_found() -> NotFoundError:
    """What is said of a document that is not there, and of one that may not be known."""
    return NotFoundError(
        "document_not_found",
        Bilingual(
            zh="没有此文档，或您无权查看。",
            en="There is no such document, or you may not see it.",
        ),
        field="document",
    )


def chunks(items: Sequence[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """The items in lists that one statement takes."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
