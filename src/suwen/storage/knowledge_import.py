"""Putting documents into a collection: again changes nothing, and no bad one stops the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.identity import PrincipalId
from suwen.core.knowledge import DocumentState, IngestedDocument
from suwen.core.language import Bilingual
from suwen.storage.knowledge_changes import lock_collection, next_change, touch
from suwen.storage.knowledge_checks import check_document
from suwen.storage.knowledge_types import ImportCounts, RefusedDocument
from suwen.storage.knowledge_writing import (
    Writing,
    content_of,
    keep_versions,
    known_rows,
    put_content,
    put_restated,
    stated_in,
)

_DUPLICATE = Bilingual(
    zh="同一批中有两个编号相同而内容不同的文档，仅保留第一个。",
    en="Two documents of one batch have the same id and differ; only the first was taken.",
)


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
    known = await known_rows(connection, wanted, sorted(taken))
    parts = _sort(taken, known)
    if parts.changing:
        work = Writing(connection, wanted, by, at, await next_change(connection, wanted))
        await keep_versions(work, [one.id for one in parts.renewed])
        await put_content(work, [*parts.fresh, *parts.renewed], known)
        await put_restated(work, parts.restated, known)
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


def _sort(taken: Mapping[str, IngestedDocument], known: Mapping[str, RowMapping]) -> _Sorted:
    parts = _Sorted()
    for key, given in taken.items():
        row = known.get(key)
        if row is None:
            parts.fresh.append(given)
        elif row["content_hash"] != content_of(given):
            parts.renewed.append(given)
        elif row["state"] == DocumentState.DELETED.value:
            parts.withheld += 1
        elif (row["stated_rights"], row["stated_life"]) != stated_in(given):
            parts.restated.append(given)
        else:
            parts.unchanged += 1
    return parts
