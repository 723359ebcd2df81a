"""Putting documents into a collection: again changes nothing, and no bad one stops the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import RowMapping, bindparam, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.audit import content_hash
from suwen.core.errors import NotFoundError
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import DocumentState, IngestedDocument, TrustLevel
from suwen.core.language import Bilingual
from suwen.storage.knowledge_checks import check_document, is_collection_id
from suwen.storage.knowledge_rows import (
    LIFE_COLUMNS,
    RIGHTS_COLUMNS,
    boxes_json,
    findings_json,
    life_values,
    rights_values,
)
from suwen.storage.knowledge_tables import blob, collection, document, document_version, passage
from suwen.storage.knowledge_types import ImportCounts, RefusedDocument
from suwen.storage.tables import INSTANT

CONTENT_COLUMNS = (
    "title",
    "language",
    "text",
    "text_hash",
    "content_hash",
    "source",
    "media_type",
    "original",
    "boxes",
    "imported_at",
    "imported_by",
)
"""What a document's former versions keep."""

WAITS_FOR_A_PERSON = "waits_for_a_person"

_KNOWN_COLUMNS = (
    "id",
    "version",
    "state",
    "content_hash",
    "stated_rights",
    "stated_life",
    *LIFE_COLUMNS,
    *RIGHTS_COLUMNS,
)
_CHUNK = 500
_DUPLICATE = Bilingual(
    zh="同一批中有两个编号相同而内容不同的文档，仅保留第一个。",
    en="Two documents of one batch have the same id and differ; only the first was taken.",
)

T = TypeVar("T")


@dataclass
class _Sorted:
    """The documents of an import by what is to be done with them."""

    fresh: list[IngestedDocument] = field(default_factory=list)
    renewed: list[IngestedDocument] = field(default_factory=list)
    restated: list[IngestedDocument] = field(default_factory=list)
    unchanged: int = 0
    withheld: int = 0

    @property
    def changing(self) -> list[IngestedDocument]:
        return [*self.fresh, *self.renewed, *self.restated]


@dataclass(frozen=True)
class _Import:
    """One call of ``put_rows``: into what, by whom, when, as which change of the collection."""

    connection: AsyncConnection
    collection: str
    by: PrincipalId
    at: datetime
    change: int


async def put_rows(
    connection: AsyncConnection,
    wanted: str,
    documents: Sequence[IngestedDocument],
    by: PrincipalId,
    at: datetime,
) -> ImportCounts:
    """Stores the documents in the connection's transaction.

    Raises:
        NotFoundError: ``collection_not_found``.
    """
    await lock_collection(connection, wanted)
    taken, refused = _taken(documents)
    known = await _known(connection, wanted, sorted(taken))
    parts = _sort(taken, known)
    if parts.changing:
        work = _Import(connection, wanted, by, at, await next_change(connection, wanted))
        await _keep_versions(work, [one.id for one in parts.renewed])
        await _put_content(work, [*parts.fresh, *parts.renewed], known)
        await _put_restated(work, parts.restated, known)
        former = [known[one.id]["supersedes"] for one in parts.changing if one.id in known]
        present = [one.life.supersedes for one in parts.changing]
        await touch(connection, wanted, [*former, *present], work.change)
    return ImportCounts(
        new=len(parts.fresh),
        changed=len(parts.renewed) + len(parts.restated),
        unchanged=parts.unchanged,
        quarantined=sum(bool(one.trust_findings) for one in (*parts.fresh, *parts.renewed)),
        withheld=parts.withheld,
        refused=tuple(refused),
    )


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


def chunks(items: Sequence[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """The items in lists that one statement takes."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def hash_of_text(text: str) -> str:
    """SHA-256 of a text's UTF-8, lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _taken(
    documents: Sequence[IngestedDocument],
) -> tuple[dict[str, IngestedDocument], list[RefusedDocument]]:
    taken: dict[str, IngestedDocument] = {}
    refused = []
    for given in documents:
        fault = check_document(given)
        if fault is None and given.id in taken and taken[given.id] != given:
            fault = RefusedDocument(given.id, "duplicate_document", _DUPLICATE)
        if fault is not None:
            refused.append(fault)
        else:
            taken.setdefault(given.id, given)
    return taken, refused


async def _known(
    connection: AsyncConnection, wanted: str, documents: Sequence[str]
) -> dict[str, RowMapping]:
    found = {}
    for part in chunks(documents):
        query = select(*(document.c[name] for name in _KNOWN_COLUMNS)).where(
            document.c.collection == wanted, document.c.id.in_(part)
        )
        found.update({row["id"]: row for row in (await connection.execute(query)).mappings()})
    return found


def _sort(taken: Mapping[str, IngestedDocument], known: Mapping[str, RowMapping]) -> _Sorted:
    parts = _Sorted()
    for key, given in taken.items():
        row = known.get(key)
        if row is None:
            parts.fresh.append(given)
        elif row["content_hash"] != _content(given):
            parts.renewed.append(given)
        elif row["state"] == DocumentState.DELETED.value:
            parts.withheld += 1
        elif (row["stated_rights"], row["stated_life"]) != _stated(given):
            parts.restated.append(given)
        else:
            parts.unchanged += 1
    return parts


def _content(given: IngestedDocument) -> str:
    """Hash of everything of a document that makes a new version of it."""
    spans = [asdict(span) for span in sorted(given.passages, key=lambda span: span.ordinal)]
    return content_hash(
        {
            "title": given.title,
            "text": hash_of_text(given.text),
            "language": given.language.value,
            "passages": spans,
            "source": given.source,
            "original": _blob_name(given),
            "media_type": given.media_type,
            "boxes": boxes_json(given.boxes),
            "findings": findings_json(given.trust_findings),
        }
    )


def _stated(given: IngestedDocument) -> tuple[str, str]:
    """Hashes of what the import says about rights and about life."""
    life = {name: str(value) for name, value in life_values(given.life).items() if value}
    return content_hash(rights_values(given.rights)), content_hash(life)


def _blob_name(given: IngestedDocument) -> str | None:
    return None if given.original is None else hashlib.sha256(given.original).hexdigest()


def _standing(given: IngestedDocument, row: RowMapping | None) -> dict[str, Any]:
    """Columns of rights and life: what a curator set stays until the import says another thing."""
    rights, life = _stated(given)
    values = {"stated_rights": rights, "stated_life": life}
    said_rights, said_life = rights_values(given.rights), life_values(given.life)
    same_rights = row is not None and row["stated_rights"] == rights
    same_life = row is not None and row["stated_life"] == life
    values |= {name: row[name] for name in RIGHTS_COLUMNS} if row and same_rights else said_rights
    values |= {name: row[name] for name in LIFE_COLUMNS} if row and same_life else said_life
    return values


async def _keep_versions(work: _Import, renewed: Sequence[str]) -> None:
    names = ["collection", "document", "version", *CONTENT_COLUMNS, "replaced_at", "replaced_by"]
    for part in chunks(renewed):
        former = select(
            document.c.collection,
            document.c.id,
            document.c.version,
            *(document.c[name] for name in CONTENT_COLUMNS),
            literal(work.at, INSTANT),
            literal(work.by),
        ).where(document.c.collection == work.collection, document.c.id.in_(part))
        await work.connection.execute(insert(document_version).from_select(names, former))


async def _put_content(
    work: _Import, given: Sequence[IngestedDocument], known: Mapping[str, RowMapping]
) -> None:
    for part in chunks(given):
        for one in part:
            if one.original is not None:
                kept = insert(blob).values(hash=_blob_name(one), bytes=one.original)
                await work.connection.execute(kept.on_conflict_do_nothing())
        statement = insert(document)
        replaced = {c.name: statement.excluded[c.name] for c in document.c if not c.primary_key}
        upsert = statement.on_conflict_do_update(index_elements=["collection", "id"], set_=replaced)
        await work.connection.execute(
            upsert, [_content_row(work, one, known.get(one.id)) for one in part]
        )
        await work.connection.execute(
            delete(passage).where(
                passage.c.collection == work.collection,
                passage.c.document.in_([one.id for one in part]),
            )
        )
    for rows in chunks([row for one in given for row in _passage_rows(work, one)], 2000):
        await work.connection.execute(insert(passage), rows)


def _content_row(work: _Import, given: IngestedDocument, row: RowMapping | None) -> dict[str, Any]:
    waits = bool(given.trust_findings)
    return {
        "collection": work.collection,
        "id": given.id,
        "version": row["version"] + 1 if row is not None else 1,
        "title": given.title,
        "language": given.language.value,
        "text": given.text,
        "text_hash": hash_of_text(given.text),
        "content_hash": _content(given),
        "passages": len(given.passages),
        **_standing(given, row),
        "trust": (TrustLevel.QUARANTINED if waits else TrustLevel.UNREVIEWED).value,
        "state": (DocumentState.QUARANTINED if waits else DocumentState.ACTIVE).value,
        "state_reason": WAITS_FOR_A_PERSON if waits else None,
        "findings": findings_json(given.trust_findings),
        "reviewed_at": None,
        "reviewed_by": None,
        "source": given.source,
        "media_type": given.media_type,
        "original": _blob_name(given),
        "boxes": boxes_json(given.boxes),
        "near_duplicate_of": None,
        "imported_at": work.at,
        "imported_by": work.by,
        "changed_at": work.at,
        "changed_by": work.by,
        "change": work.change,
    }


def _passage_rows(work: _Import, given: IngestedDocument) -> Iterator[dict[str, Any]]:
    for span in given.passages:
        yield {
            "collection": work.collection,
            "document": given.id,
            "ordinal": span.ordinal,
            "start_offset": span.start,
            "end_offset": span.end,
            "kind": span.kind.value,
            "section": list(span.section),
            "table_header": span.table_header,
            "page": span.page,
            "text_hash": hash_of_text(given.text[span.start : span.end]),
        }


async def _put_restated(
    work: _Import, given: Sequence[IngestedDocument], known: Mapping[str, RowMapping]
) -> None:
    if not given:
        return
    rows = [
        {
            "this": one.id,
            **_standing(one, known[one.id]),
            "changed_at": work.at,
            "changed_by": work.by,
            "change": work.change,
        }
        for one in given
    ]
    statement = update(document).where(
        document.c.collection == work.collection, document.c.id == bindparam("this")
    )
    values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "this"}
    await work.connection.execute(statement.values(values), rows)
