"""Notes which documents of a collection say nearly the same, after an import changed some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from suwen.core.language import Bilingual
from suwen.jobs.model import JobContext
from suwen.knowledge.ingestion.near_duplicates import NearDuplicateIndex, fingerprint
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_types import StoredDocument

KEPT_OF_A_FAMILY = 8
_COMPARING = Bilingual(zh="查找近似重复的文件", en="Looking for documents that say nearly the same")


async def note_near_duplicates(store: KnowledgeStore, collection: str, context: JobContext) -> bool:
    """Notes for each active document the nearest one before it; the same again changes nothing.

    Returns:
        Whether it came to its end; false when the job is to stand still.
    """
    await context.report(message=_COMPARING)
    families = _Families()
    after = ""
    while documents := await store.active_after(collection, after):
        if not await context.is_wanted():
            return False
        nearest = await context.in_thread(families.nearest, documents)
        changed = {
            stored.summary.id: near
            for stored, near in zip(documents, nearest, strict=True)
            if near != stored.summary.near_duplicate_of
        }
        await store.set_near_duplicates(collection, changed)
        after = documents[-1].summary.id
    return True


class _Families:
    """Documents so far; of those that all say nearly the same, only the first few are kept.

    Without that bound a collection of forms, where each is like every other, would be compared
    each with each.
    """

    def __init__(self) -> None:
        self._index = NearDuplicateIndex()
        self._first: dict[str, str] = {}
        self._kept: Counter[str] = Counter()

    def nearest(self, documents: Sequence[StoredDocument]) -> list[str | None]:
        """For each document the most similar one before it, and takes it in."""
        return [self._take(stored.summary.id, stored.text) for stored in documents]

    def _take(self, name: str, text: str) -> str | None:
        marks = fingerprint(text)
        if marks is None:
            return None
        found = self._index.find(marks)
        near = found[0].document_id if found else None
        first = name if near is None else self._first[near]
        if self._kept[first] < KEPT_OF_A_FAMILY:
            self._index.add(name, marks)
            self._first[name] = first
            self._kept[first] += 1
        return near
