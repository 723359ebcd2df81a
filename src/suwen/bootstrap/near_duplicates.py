"""Notes which documents of a collection say nearly the same, after an import changed some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from suwen.core.language import Bilingual
from suwen.jobs.model import JobContext
from suwen.knowledge.ingestion.near_duplicates import (
    NearDuplicateIndex,
    content_hash,
    fingerprint,
)
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_types import StoredDocument

_COMPARING = Bilingual(zh="查找近似重复的文件", en="Looking for documents that say nearly the same")


@dataclass(frozen=True)
class _Before:
    """The documents before one.

    Attributes:
        short: the first with each content that is too short to be compared but as a whole.
    """

    index: NearDuplicateIndex = field(default_factory=NearDuplicateIndex)
    short: dict[str, str] = field(default_factory=dict)

    def nearest(self, stored: StoredDocument) -> str | None:
        """The one that says most nearly the same; takes the document in."""
        name, marks = stored.summary.id, fingerprint(stored.text)
        if marks is None:
            first = self.short.setdefault(content_hash(stored.text), name)
            return first if first != name else None
        near = self.index.find(marks)
        self.index.add(name, marks)
        return near[0].document_id if near else None


async def note_near_duplicates(store: KnowledgeStore, collection: str, context: JobContext) -> bool:
    """Notes for each active document the nearest one before it; the same again changes nothing.

    Returns:
        Whether it came to its end; false when the job is to stand still.
    """
    await context.report(message=_COMPARING)
    before = _Before()
    after = ""
    while documents := await store.active_after(collection, after):
        if not await context.is_wanted():
            return False
        nearest = await context.in_thread(_compared, before, documents)
        changed = {
            stored.summary.id: near
            for stored, near in zip(documents, nearest, strict=True)
            if near != stored.summary.near_duplicate_of
        }
        await store.set_near_duplicates(collection, changed)
        after = documents[-1].summary.id
    return True


def _compared(before: _Before, documents: Sequence[StoredDocument]) -> list[str | None]:
    return [before.nearest(stored) for stored in documents]
