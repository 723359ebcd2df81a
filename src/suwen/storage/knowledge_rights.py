"""Who may read what at this moment: a table to find by, and the check before a passage leaves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    RowMapping,
    Select,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    column,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.knowledge import DocumentState, ReaderScope, Rights
from suwen.storage.knowledge_changes import collection_not_found
from suwen.storage.knowledge_rows import (
    LIFE_COLUMNS,
    RIGHTS_COLUMNS,
    readable_by_reader,
    reader_values,
    rights_of,
    rights_row_of,
    span_of,
    superseded_from,
)
from suwen.storage.knowledge_tables import collection, document, passage
from suwen.storage.knowledge_types import (
    CheckedPassage,
    PassageKey,
    Rechecked,
    RightsRow,
    RightsTable,
)

_ROW_COLUMNS = ("version", "trust", "state", *LIFE_COLUMNS, *RIGHTS_COLUMNS)
_SPAN_COLUMNS = (
    "ordinal",
    "start_offset",
    "end_offset",
    "kind",
    "section",
    "table_header",
    "page",
)


async def read_rights_table(
    connection: AsyncConnection, wanted: str, known: RightsTable | None
) -> RightsTable:
    """The rights of a collection now; from ``known`` only what changed since is read."""
    query = select(collection).where(collection.c.id == wanted)
    head = (await connection.execute(query)).mappings().one_or_none()
    if head is None:
        raise collection_not_found()
    if known is not None and known.change == head["change"]:
        return known
    since = known.change if known is not None else -1
    rows = dict(known.rows) if known is not None else {}
    alike: dict[Rights, Rights] = {row.rights: row.rights for row in rows.values()}
    changed = select(
        document.c.id,
        *(document.c[name] for name in _ROW_COLUMNS),
        superseded_from().label("superseded_from"),
    ).where(document.c.collection == wanted, document.c.change > since)
    for row in (await connection.execute(changed)).mappings():
        rows[row["id"]] = rights_row_of(row, alike)
    return RightsTable(head["change"], rights_of(head), rows)


async def recheck_passages(
    connection: AsyncConnection, wanted: str, keys: Sequence[PassageKey], scope: ReaderScope
) -> Rechecked:
    """The passages of ``keys`` that this reader may have now, as the documents have them now.

    One statement, so that rights, state, version and text are of one moment.
    """
    values = {
        "wanted": wanted,
        "documents": [key.document for key in keys],
        "versions": [key.version for key in keys],
        "ordinals": [key.ordinal for key in keys],
        **reader_values(scope),
    }
    rows = (await connection.execute(_recheck_query(), values)).mappings().all()
    if not rows:
        raise collection_not_found()
    alike: dict[Rights, Rights] = {}
    found = [_checked(row, alike) for row in rows if row["id"] is not None]
    return Rechecked(rows[0]["change_now"], {one.key: one for one in found})


@cache
def _recheck_query() -> Select[Any]:
    """Made once: making it costs more than what the database does with it."""
    found = _given().subquery("found")
    # The outer row is there without any passage too: it says of which moment the answer is.
    return (
        select(collection.c.change.label("change_now"), found)
        .select_from(collection)
        .outerjoin(found, and_(true(), readable_by_reader(collection)))
        .where(collection.c.id == bindparam("wanted"))
    )


def _given() -> Select[Any]:
    """Those of the passages whose document is active, of the version asked, and readable."""
    asked = _asked()
    of_document = and_(
        document.c.collection == bindparam("wanted"),
        document.c.id == asked.c.document,
        document.c.version == asked.c.version,
        document.c.state == DocumentState.ACTIVE.value,
        readable_by_reader(document),
    )
    of_passage = and_(
        passage.c.collection == document.c.collection,
        passage.c.document == document.c.id,
        passage.c.ordinal == asked.c.n,
    )
    said = func.substr(
        document.c.text,
        passage.c.start_offset + 1,
        passage.c.end_offset - passage.c.start_offset,
    )
    return (
        select(
            document.c.id,
            document.c.title,
            *(document.c[name] for name in _ROW_COLUMNS),
            superseded_from().label("superseded_from"),
            *(passage.c[name] for name in _SPAN_COLUMNS),
            said.label("said"),
        )
        .select_from(asked)
        .join(document, of_document)
        .join(passage, of_passage)
    )


def _asked() -> TableValuedAlias:
    return (
        func.unnest(
            bindparam("documents", type_=ARRAY(Text)),
            bindparam("versions", type_=ARRAY(Integer)),
            bindparam("ordinals", type_=ARRAY(Integer)),
        )
        .table_valued(column("document", Text), column("version", Integer), column("n", Integer))
        .render_derived(name="asked")
    )


def _checked(row: RowMapping, alike: dict[Rights, Rights]) -> CheckedPassage:
    rights: RightsRow = rights_row_of(row, alike)
    key = PassageKey(row["id"], row["version"], row["ordinal"])
    return CheckedPassage(key, row["title"], row["said"], span_of(row), rights)
