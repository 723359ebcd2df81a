"""Reading documents of a collection: whole, lists without text, former contents, all in turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.knowledge import DocumentState, ReaderScope
from suwen.storage.knowledge_rows import (
    SUMMARY_COLUMNS,
    boxes_of,
    passage_of,
    readable,
    summary_of,
    superseded_from,
    version_of,
)
from suwen.storage.knowledge_tables import blob, collection, document, document_version, passage
from suwen.storage.knowledge_types import (
    DocumentFilter,
    DocumentOrder,
    DocumentSummary,
    DocumentVersion,
    Due,
    DueReason,
    StoredDocument,
    StoredPassage,
)

_BATCH = 500
_ORDERS: dict[DocumentOrder, list[ColumnElement[Any]]] = {
    DocumentOrder.ID: [document.c.id.asc()],
    DocumentOrder.CHANGED: [document.c.changed_at.desc(), document.c.id.asc()],
    DocumentOrder.NEXT_REVIEW: [document.c.next_review.asc().nulls_last(), document.c.id.asc()],
}


async def read_document(
    connection: AsyncConnection, wanted: str, document_id: str, scope: ReaderScope | None
) -> StoredDocument | None:
    """A document with its text and passages, or ``None``.

    Args:
        scope: the reader; a document that this reader may not see is not there.
    """
    query = select(
        *SUMMARY_COLUMNS,
        document.c.text,
        document.c.boxes,
        superseded_from().label("superseded_from"),
    ).where(_one(wanted, document_id), *_of_scope(scope))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    passages = await _passages(connection, wanted, [document_id])
    return StoredDocument(
        summary_of(row), row["text"], tuple(passages[document_id]), boxes_of(row["boxes"])
    )


async def read_summary(
    connection: AsyncConnection, wanted: str, document_id: str, scope: ReaderScope | None
) -> DocumentSummary | None:
    """A document without its text, or ``None``; ``scope`` as in ``read_document``."""
    query = _summaries().where(_one(wanted, document_id), *_of_scope(scope))
    row = (await connection.execute(query)).mappings().one_or_none()
    return summary_of(row) if row is not None else None


async def list_documents(
    connection: AsyncConnection, wanted: str, narrowed: DocumentFilter, limit: int, offset: int
) -> list[DocumentSummary]:
    """Documents of a collection that pass a filter."""
    query = (
        _summaries()
        .where(document.c.collection == wanted, *_narrowing(narrowed))
        .order_by(*_ORDERS[narrowed.order])
        .limit(limit)
        .offset(offset)
    )
    return [summary_of(row) for row in (await connection.execute(query)).mappings()]


async def count_documents(
    connection: AsyncConnection, wanted: str, narrowed: DocumentFilter
) -> dict[DocumentState, int]:
    """How many documents of each state pass a filter."""
    query = (
        select(document.c.state, func.count())
        .where(document.c.collection == wanted, *_narrowing(narrowed))
        .group_by(document.c.state)
    )
    return {DocumentState(state): n for state, n in await connection.execute(query)}


async def read_versions(
    connection: AsyncConnection, wanted: str, document_id: str
) -> list[DocumentVersion]:
    """The former contents of a document, latest first."""
    query = (
        select(document_version)
        .where(document_version.c.collection == wanted, document_version.c.document == document_id)
        .order_by(document_version.c.version.desc())
    )
    return [version_of(row) for row in (await connection.execute(query)).mappings()]


async def read_original(
    connection: AsyncConnection, wanted: str, document_id: str, scope: ReaderScope | None
) -> tuple[str | None, bytes] | None:
    """Media type and bytes of the file as given, or ``None`` where none is kept or readable."""
    query = (
        select(document.c.media_type, blob.c.bytes)
        .join(blob, blob.c.hash == document.c.original)
        .where(_one(wanted, document_id), *_of_scope(scope))
    )
    row = (await connection.execute(query)).one_or_none()
    return (row.media_type, bytes(row.bytes)) if row is not None else None


async def stream_documents(
    connection: AsyncConnection, wanted: str
) -> AsyncIterator[list[StoredDocument]]:
    """Every active document of a collection, in batches, by id in the order of code points."""
    after = ""
    while batch := await active_after(connection, wanted, after):
        yield batch
        after = batch[-1].summary.id


async def active_after(
    connection: AsyncConnection, wanted: str, after: str
) -> list[StoredDocument]:
    """The next batch of active documents behind an id, in the order of code points."""
    query = (
        select(
            *SUMMARY_COLUMNS,
            document.c.text,
            document.c.boxes,
            superseded_from().label("superseded_from"),
        )
        .where(
            document.c.collection == wanted,
            document.c.state == DocumentState.ACTIVE.value,
            document.c.id.collate("C") > after,
        )
        .order_by(document.c.id.collate("C"))
        .limit(_BATCH)
    )
    rows = (await connection.execute(query)).mappings().all()
    passages = await _passages(connection, wanted, [row["id"] for row in rows])
    return [
        StoredDocument(
            summary_of(row), row["text"], tuple(passages[row["id"]]), boxes_of(row["boxes"])
        )
        for row in rows
    ]


async def due_documents(
    connection: AsyncConnection, on: date, within: timedelta, collections: Sequence[str]
) -> list[Due]:
    """Active documents that must be looked at by ``on + within``, the most urgent first."""
    last = on + within
    query = (
        _summaries()
        .where(
            document.c.collection.in_(list(collections)),
            document.c.state == DocumentState.ACTIVE.value,
            or_(document.c.next_review <= last, document.c.expires <= last),
        )
        .order_by(document.c.collection, document.c.id)
    )
    found = [summary_of(row) for row in (await connection.execute(query)).mappings()]
    due = [one for summary in found for one in _dues(summary, on, last)]
    return sorted(due, key=lambda one: (one.day, one.document.collection, one.document.id))


def _dues(summary: DocumentSummary, on: date, last: date) -> list[Due]:
    # What another document has replaced needs nobody's care any more.
    if summary.superseded_from is not None and summary.superseded_from <= on:
        return []
    due = []
    life = summary.life
    if life.expires is not None and life.expires <= last:
        reason = DueReason.EXPIRED if life.expires <= on else DueReason.EXPIRES
        due.append(Due(summary, reason, life.expires))
    if life.next_review is not None and life.next_review <= last:
        due.append(Due(summary, DueReason.REVIEW, life.next_review))
    return due


async def _passages(
    connection: AsyncConnection, wanted: str, documents: Sequence[str]
) -> dict[str, list[StoredPassage]]:
    found: dict[str, list[StoredPassage]] = defaultdict(list)
    query = (
        select(passage)
        .where(passage.c.collection == wanted, passage.c.document.in_(list(documents)))
        .order_by(passage.c.document, passage.c.ordinal)
    )
    for row in (await connection.execute(query)).mappings():
        found[row["document"]].append(passage_of(row))
    return found


def _summaries() -> Select[Any]:
    return select(*SUMMARY_COLUMNS, superseded_from().label("superseded_from"))


def _one(wanted: str, document_id: str) -> ColumnElement[bool]:
    return and_(document.c.collection == wanted, document.c.id == document_id)


def _of_scope(scope: ReaderScope | None) -> list[ColumnElement[bool]]:
    if scope is None:
        return []
    of_collection = (
        select(collection.c.id)
        .where(collection.c.id == document.c.collection, readable(collection, scope))
        .correlate(document)
        .exists()
    )
    return [readable(document, scope), of_collection]


def _narrowing(narrowed: DocumentFilter) -> list[ColumnElement[bool]]:
    conditions = _of_scope(narrowed.scope)
    if narrowed.states:
        conditions.append(document.c.state.in_(sorted(state.value for state in narrowed.states)))
    if narrowed.trust is not None:
        conditions.append(document.c.trust == narrowed.trust.value)
    if narrowed.text:
        conditions.append(
            or_(
                document.c.title.icontains(narrowed.text, autoescape=True),
                document.c.id.icontains(narrowed.text, autoescape=True),
            )
        )
    if narrowed.owner is not None:
        conditions.append(document.c.owner == narrowed.owner)
    if narrowed.supersedes is not None:
        conditions.append(document.c.supersedes == narrowed.supersedes)
    if narrowed.near_duplicates:
        conditions.append(document.c.near_duplicate_of.is_not(None))
    return conditions
