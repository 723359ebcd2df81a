"""Taking an edition over whole: afterwards a collection holds what the edition holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import KnowledgeError
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import DocumentState, IngestedDocument
from suwen.core.language import Bilingual
from suwen.storage.knowledge_changes import chunks, lock_collection, next_change, touch
from suwen.storage.knowledge_checks import check_document
from suwen.storage.knowledge_tables import collection, document
from suwen.storage.knowledge_types import EditionRecord, InstalledDocument
from suwen.storage.knowledge_writing import (
    Writing,
    content_of,
    keep_versions,
    known_rows,
    put_content,
    put_restated,
    stated_in,
)

NOT_IN_EDITION = "not_in_edition"

Batches = Callable[[], Iterator[list[InstalledDocument]]]


@dataclass
class _Parts:
    """Documents of an edition by what is to be done with them."""

    fresh: list[IngestedDocument] = field(default_factory=list)
    renewed: list[IngestedDocument] = field(default_factory=list)
    restated: list[IngestedDocument] = field(default_factory=list)
    returning: list[str] = field(default_factory=list)


async def install_rows(
    connection: AsyncConnection, record: EditionRecord, batches: Batches, by: PrincipalId
) -> int:
    """Takes the documents of an edition over, in the connection's transaction.

    Documents that the edition does not have are deleted. One that somebody here deleted or
    rejected stays so while its content is the same.

    Args:
        batches: the edition's documents; read in a thread.

    Returns:
        The collection's change that the documents now are of.

    Raises:
        NotFoundError: ``collection_not_found``.
        KnowledgeError: ``edition_document_unusable``.
    """
    wanted = record.info.collection
    await lock_collection(connection, wanted)
    work = Writing(connection, wanted, by, record.added_at, await next_change(connection, wanted))
    held: set[str] = set()
    listed = batches()
    while batch := await asyncio.to_thread(next, listed, None):
        await _take(work, batch)
        held.update(one.document.id for one in batch)
    await _delete_others(work, held)
    await connection.execute(
        update(collection).where(collection.c.id == wanted).values(current_edition=record.info.hash)
    )
    return work.change


async def _take(work: Writing, batch: Sequence[InstalledDocument]) -> None:
    installed = {one.document.id: one for one in batch}
    for one in batch:
        fault = check_document(one.document)
        if fault is not None:
            raise KnowledgeError(
                "edition_document_unusable",
                Bilingual(
                    zh=f"该版本含有无法保存的文档：{fault.message.zh}",
                    en=f"The edition holds a document that cannot be stored: {fault.message.en}",
                ),
                detail={"document": fault.id, "fault": fault.code},
            )
    known = await known_rows(work.connection, work.collection, sorted(installed))
    parts = _sort(installed, known)
    await keep_versions(work, [one.id for one in parts.renewed])
    await put_content(work, [*parts.fresh, *parts.renewed], known, installed)
    await put_restated(work, parts.restated, known)
    for some in chunks(parts.returning):
        await work.connection.execute(
            update(document)
            .where(document.c.collection == work.collection, document.c.id.in_(some))
            .values(
                state=DocumentState.ACTIVE.value,
                state_reason=None,
                changed_at=work.at,
                changed_by=work.by,
                change=work.change,
            )
        )
    changing = [*parts.fresh, *parts.renewed, *parts.restated]
    changing += [installed[name].document for name in parts.returning]
    former = [known[one.id]["supersedes"] for one in changing if one.id in known]
    present = [one.life.supersedes for one in changing]
    await touch(work.connection, work.collection, [*former, *present], work.change)


def _sort(installed: Mapping[str, InstalledDocument], known: Mapping[str, RowMapping]) -> _Parts:
    parts = _Parts()
    for name, one in installed.items():
        row, given = known.get(name), one.document
        if row is None:
            parts.fresh.append(given)
            continue
        same = row["content_hash"] == content_of(given)
        deleted = row["state"] == DocumentState.DELETED.value
        if deleted and same and row["state_reason"] != NOT_IN_EDITION:
            continue
        if not same or row["version"] != one.version:
            parts.renewed.append(given)
            continue
        if (row["stated_rights"], row["stated_life"]) != stated_in(given):
            parts.restated.append(given)
        if deleted:
            parts.returning.append(name)
    return parts


async def _delete_others(work: Writing, held: set[str]) -> None:
    there = select(document.c.id, document.c.supersedes).where(
        document.c.collection == work.collection,
        document.c.state != DocumentState.DELETED.value,
    )
    others = [row for row in await work.connection.execute(there) if row.id not in held]
    for part in chunks(others):
        await work.connection.execute(
            update(document)
            .where(
                document.c.collection == work.collection,
                document.c.id.in_([row.id for row in part]),
            )
            .values(
                state=DocumentState.DELETED.value,
                state_reason=NOT_IN_EDITION,
                changed_at=work.at,
                changed_by=work.by,
                change=work.change,
            )
        )
    await touch(work.connection, work.collection, [row.supersedes for row in others], work.change)
