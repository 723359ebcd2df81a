"""Rows of the library's tables as the types of the platform, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    RowMapping,
    ScalarSelect,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from suwen.core.identity import PrincipalId, Role
from suwen.core.knowledge import (
    CollectionKind,
    DocumentLife,
    DocumentState,
    PageBox,
    PassageKind,
    PassageSpan,
    ReaderScope,
    Rights,
    TrustFinding,
    TrustLevel,
)
from suwen.core.language import Bilingual, Language
from suwen.storage import knowledge_tables as tables
from suwen.storage.knowledge_types import (
    Collection,
    DocumentSummary,
    DocumentVersion,
    RightsRow,
    StoredPassage,
)

LIFE_COLUMNS = (
    "issuer",
    "grade",
    "study_type",
    "issued",
    "effective",
    "expires",
    "supersedes",
    "owner",
    "next_review",
)
RIGHTS_COLUMNS = ("departments", "roles", "sensitivity")
LONG_COLUMNS = ("text", "boxes", "content_hash", "stated_rights", "stated_life", "change")
"""Columns of a document that a list of documents does without."""

SUMMARY_COLUMNS = tuple(c for c in tables.document.c if c.name not in LONG_COLUMNS)


def superseded_from() -> ScalarSelect[date | None]:
    """The day from which another active document of the collection stands in a document's place.

    One that waits in quarantine or was deleted takes nothing's place.
    """
    successor = tables.document.alias("successor")
    first = func.min(func.coalesce(successor.c.effective, literal(date.min)))
    return (
        select(first)
        .where(
            successor.c.collection == tables.document.c.collection,
            successor.c.supersedes == tables.document.c.id,
            successor.c.id != tables.document.c.id,
            successor.c.state == DocumentState.ACTIVE.value,
        )
        .correlate(tables.document)
        .scalar_subquery()
    )


def readable(table: FromClause, scope: ReaderScope) -> ColumnElement[bool]:
    """What ``ReaderScope.may_read`` says of the rights in a row, for the database to decide."""
    values = reader_values(scope)
    return _allowed(
        table, {name: literal(values[name], kind) for name, kind in _READER_VALUES.items()}
    )


def readable_by_reader(table: FromClause) -> ColumnElement[bool]:
    """As ``readable``, for a statement that is made once; executed with ``reader_values``."""
    return _allowed(
        table, {name: bindparam(name, type_=kind) for name, kind in _READER_VALUES.items()}
    )


def reader_values(scope: ReaderScope) -> dict[str, Any]:
    """What ``readable_by_reader`` asks for."""
    return {
        "reader_clearance": scope.clearance,
        "reader_roles": sorted(role.value for role in scope.roles),
        "reader_departments": sorted(scope.departments),
        "reader_everywhere": scope.all_departments,
    }


_READER_VALUES: Mapping[str, TypeEngine[Any]] = {
    "reader_clearance": Integer(),
    "reader_roles": ARRAY(Text),
    "reader_departments": ARRAY(Text),
    "reader_everywhere": Boolean(),
}


def _allowed(table: FromClause, reader: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    return and_(
        table.c.sensitivity <= reader["reader_clearance"],
        or_(
            func.cardinality(table.c.roles) == 0,
            table.c.roles.op("&&")(reader["reader_roles"]),
        ),
        or_(
            reader["reader_everywhere"],
            func.cardinality(table.c.departments) == 0,
            table.c.departments.op("&&")(reader["reader_departments"]),
        ),
    )


def rights_values(rights: Rights) -> dict[str, Any]:
    """Columns of rights."""
    return {
        "departments": sorted(rights.departments),
        "roles": sorted(role.value for role in rights.roles),
        "sensitivity": rights.sensitivity,
    }


def life_values(life: DocumentLife) -> dict[str, Any]:
    """Columns of a document's life."""
    return {name: getattr(life, name) for name in LIFE_COLUMNS}


def rights_of(row: RowMapping | Mapping[str, Any]) -> Rights:
    """Rights from their columns."""
    return Rights(
        departments=frozenset(row["departments"]),
        roles=frozenset(Role(role) for role in row["roles"]),
        sensitivity=row["sensitivity"],
    )


def life_of(row: RowMapping | Mapping[str, Any]) -> DocumentLife:
    """A document's life from its columns."""
    return DocumentLife(**{name: row[name] for name in LIFE_COLUMNS})


def collection_of(row: RowMapping) -> Collection:
    """A collection from its row."""
    return Collection(
        id=row["id"],
        title=Bilingual(zh=row["title_zh"], en=row["title_en"]),
        kind=CollectionKind(row["kind"]),
        owner=row["owner"],
        rights=rights_of(row),
        change=row["change"],
        current_edition=row["current_edition"],
        created_at=row["created_at"],
        created_by=PrincipalId(row["created_by"]),
    )


def summary_of(row: RowMapping) -> DocumentSummary:
    """A document without its text, from its row and ``superseded_from``."""
    reviewed_by = row["reviewed_by"]
    return DocumentSummary(
        collection=row["collection"],
        id=row["id"],
        version=row["version"],
        title=row["title"],
        language=Language(row["language"]),
        text_hash=row["text_hash"],
        passages=row["passages"],
        rights=rights_of(row),
        life=life_of(row),
        superseded_from=row["superseded_from"],
        trust=TrustLevel(row["trust"]),
        state=DocumentState(row["state"]),
        state_reason=row["state_reason"],
        findings=tuple(findings_of(row["findings"])),
        source=row["source"],
        media_type=row["media_type"],
        original=row["original"],
        near_duplicate_of=row["near_duplicate_of"],
        imported_at=row["imported_at"],
        imported_by=PrincipalId(row["imported_by"]),
        changed_at=row["changed_at"],
        changed_by=PrincipalId(row["changed_by"]),
        reviewed_at=row["reviewed_at"],
        reviewed_by=PrincipalId(reviewed_by) if reviewed_by is not None else None,
    )


def rights_row_of(row: RowMapping, known: dict[Rights, Rights]) -> RightsRow:
    """The row of a rights table; equal rights become one object through ``known``."""
    rights = rights_of(row)
    return RightsRow(
        document=row["id"],
        version=row["version"],
        rights=known.setdefault(rights, rights),
        life=life_of(row),
        superseded_from=row["superseded_from"],
        trust=TrustLevel(row["trust"]),
        state=DocumentState(row["state"]),
    )


def version_of(row: RowMapping) -> DocumentVersion:
    """A former content from its row."""
    return DocumentVersion(
        version=row["version"],
        title=row["title"],
        language=Language(row["language"]),
        text=row["text"],
        text_hash=row["text_hash"],
        source=row["source"],
        media_type=row["media_type"],
        original=row["original"],
        boxes=boxes_of(row["boxes"]),
        imported_at=row["imported_at"],
        imported_by=PrincipalId(row["imported_by"]),
        replaced_at=row["replaced_at"],
        replaced_by=PrincipalId(row["replaced_by"]),
    )


def span_of(row: RowMapping) -> PassageSpan:
    """Where a passage stands, from its row."""
    return PassageSpan(
        ordinal=row["ordinal"],
        start=row["start_offset"],
        end=row["end_offset"],
        kind=PassageKind(row["kind"]),
        section=tuple(row["section"]),
        table_header=row["table_header"],
        page=row["page"],
    )


def passage_of(row: RowMapping) -> StoredPassage:
    """A passage from its row."""
    return StoredPassage(span_of(row), row["text_hash"])


def boxes_json(boxes: Iterable[PageBox]) -> list[list[float]]:
    """Boxes as JSON: one list of numbers each."""
    return [[b.start, b.end, b.page, b.left, b.top, b.right, b.bottom] for b in boxes]


def boxes_of(value: Iterable[list[float]]) -> tuple[PageBox, ...]:
    """Boxes from their JSON."""
    return tuple(PageBox(int(b[0]), int(b[1]), int(b[2]), *b[3:]) for b in value)


def findings_json(findings: Iterable[TrustFinding]) -> list[dict[str, Any]]:
    """What was noticed at ingestion, as JSON."""
    return [
        {
            "rule": finding.rule,
            "zh": finding.message.zh,
            "en": finding.message.en,
            "start": finding.start,
            "end": finding.end,
        }
        for finding in findings
    ]


def findings_of(value: Iterable[Mapping[str, Any]]) -> Iterable[TrustFinding]:
    """What was noticed at ingestion, from its JSON."""
    for item in value:
        message = Bilingual(zh=item["zh"], en=item["en"])
        yield TrustFinding(item["rule"], message, item["start"], item["end"])
