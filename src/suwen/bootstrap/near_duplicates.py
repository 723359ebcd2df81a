"""Notes which documents of a collection say nearly the same, after an import changed some."""

from __future__ import annotations

from collections.abc import Sequence

from suwen.core.language import Bilingual
from suwen.jobs.model import JobContext
from suwen.knowledge.ingestion.near_duplicates import NearDuplicateIndex, fingerprint
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_types import StoredDocument

_COMPARING = Bilingual(zh="查找近似重复的文件", en="Looking for documents that say nearly the same")


async def note_near_duplicates(store: KnowledgeStore, collection: str, context: JobContext) -> bool:
    """Notes for each active document the nearest one before it; the same again changes nothing.

    Returns:
        Whether it came to its end; false when the job is to stand still.
    """
    await context.report(message=_COMPARING)
    index = NearDuplicateIndex()
    after = ""
    while documents := await store.active_after(collection, after):
        if not await context.is_wanted():
            return False
        nearest = await context.in_thread(_compared, index, documents)
        changed = {
            stored.summary.id: near
            for stored, near in zip(documents, nearest, strict=True)
            if near != stored.summary.near_duplicate_of
        }
        await store.set_near_duplicates(collection, changed)
        after = documents[-1].summary.id
    return True


def _compared(index: NearDuplicateIndex, documents: Sequence[StoredDocument]) -> list[str | None]:
    """For each document the most similar one before it, and takes it in."""
    found: list[str | None] = []
    for stored in documents:
        marks = fingerprint(stored.text)
        near = index.find(marks) if marks is not None else ()
        found.append(near[0].document_id if near else None)
        if marks is not None:
            index.add(stored.summary.id, marks)
    return found
