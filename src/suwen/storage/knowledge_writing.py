"""Writing documents and their passages: what makes a new version, and what a curator's word is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.audit import content_hash
from suwen.core.identity import PrincipalId
from suwen.core.knowledge import DocumentState, IngestedDocument, TrustLevel
from suwen.storage.knowledge_changes import chunks
from suwen.storage.knowledge_rows import (
    LIFE_COLUMNS,
    RIGHTS_COLUMNS,
    boxes_json,
    findings_json,
    life_values,
    rights_values,
)
from suwen.storage.knowledge_tables import blob, document, document_version, passage
from suwen.storage.knowledge_types import InstalledDocument
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
    "state_reason",
    "content_hash",
    "stated_rights",
    "stated_life",
    *LIFE_COLUMNS,
    *RIGHTS_COLUMNS,
)


@dataclass(frozen=True)
class Writing:
    """One writing: into what, by whom, when, as which change of the collection."""

    connection: AsyncConnection
    collection: str
    by: PrincipalId
    at: datetime
    change: int


async def known_rows(
    connection: AsyncConnection, wanted: str, documents: Sequence[str]
) -> dict[str, RowMapping]:
    """What is there of the documents of these ids."""
    found = {}
    for part in chunks(documents):
        query = select(*(document.c[name] for name in _KNOWN_COLUMNS)).where(
            document.c.collection == wanted, document.c.id.in_(part)
        )
        found.update({row["id"]: row for row in (await connection.execute(query)).mappings()})
    return found


def hash_of_text(text: str) -> str:
    """SHA-256 of a text's UTF-8, lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(given: IngestedDocument) -> str:
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


def stated_in(given: IngestedDocument) -> tuple[str, str]:
    """Hashes of what the import says about rights and about life."""
    life = {name: str(value) for name, value in life_values(given.life).items() if value}
    return content_hash(rights_values(given.rights)), content_hash(life)


def _blob_name(given: IngestedDocument) -> str | None:
    return None if given.original is None else hashlib.sha256(given.original).hexdigest()


def _standing(given: IngestedDocument, row: RowMapping | None) -> dict[str, Any]:
    """Columns of rights and life: what a curator set stays until the import says another thing."""
    rights, life = stated_in(given)
    values = {"stated_rights": rights, "stated_life": life}
    said_rights, said_life = rights_values(given.rights), life_values(given.life)
    same_rights = row is not None and row["stated_rights"] == rights
    same_life = row is not None and row["stated_life"] == life
    values |= {name: row[name] for name in RIGHTS_COLUMNS} if row and same_rights else said_rights
    values |= {name: row[name] for name in LIFE_COLUMNS} if row and same_life else said_life
    return values


async def keep_versions(work: Writing, renewed: Sequence[str]) -> None:
    """Keeps the present contents of documents that are about to get others."""
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
        kept = insert(document_version).from_select(names, former)
        # An edition may bring a version back that was kept before: its content is the same.
        await work.connection.execute(kept.on_conflict_do_nothing())


async def put_content(
    work: Writing,
    given: Sequence[IngestedDocument],
    known: Mapping[str, RowMapping],
    installed: Mapping[str, InstalledDocument] = MappingProxyType({}),
) -> None:
    """Writes documents whose content is another than before, with their passages.

    Args:
        installed: what an edition says of them, by id, for those that came with one.
    """
    for part in chunks(given):
        for one in part:
            if one.original is not None:
                kept = insert(blob).values(hash=_blob_name(one), bytes=one.original)
                await work.connection.execute(kept.on_conflict_do_nothing())
        statement = insert(document)
        replaced = {c.name: statement.excluded[c.name] for c in document.c if not c.primary_key}
        upsert = statement.on_conflict_do_update(index_elements=["collection", "id"], set_=replaced)
        await work.connection.execute(
            upsert,
            [_content_row(work, one, known.get(one.id), installed.get(one.id)) for one in part],
        )
        await work.connection.execute(
            delete(passage).where(
                passage.c.collection == work.collection,
                passage.c.document.in_([one.id for one in part]),
            )
        )
    for rows in chunks([row for one in given for row in _passage_rows(work, one)], 2000):
        await work.connection.execute(insert(passage), rows)


def _content_row(
    work: Writing,
    given: IngestedDocument,
    row: RowMapping | None,
    installed: InstalledDocument | None,
) -> dict[str, Any]:
    waits = bool(given.trust_findings)
    version = row["version"] + 1 if row is not None else 1
    trust = TrustLevel.QUARANTINED if waits else TrustLevel.UNREVIEWED
    if installed is not None:
        version, trust = installed.version, installed.trust
    return {
        "collection": work.collection,
        "id": given.id,
        "version": version,
        "title": given.title,
        "language": given.language.value,
        "text": given.text,
        "text_hash": hash_of_text(given.text),
        "content_hash": content_of(given),
        "passages": len(given.passages),
        **_standing(given, row),
        "trust": trust.value,
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


def _passage_rows(work: Writing, given: IngestedDocument) -> Iterator[dict[str, Any]]:
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


async def put_restated(
    work: Writing, given: Sequence[IngestedDocument], known: Mapping[str, RowMapping]
) -> None:
    """Writes rights and life of documents whose content stays."""
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
