"""Documents on their way from the database into an edition."""

from __future__ import annotations

from suwen.core.knowledge import IngestedDocument
from suwen.knowledge.edition import CollectionFacts, EditionDocument
from suwen.storage.knowledge_types import Collection, StoredDocument


def edition_document(stored: StoredDocument) -> EditionDocument:
    """A stored document as an edition carries it."""
    summary = stored.summary
    return EditionDocument(
        document=IngestedDocument(
            id=summary.id,
            title=summary.title,
            text=stored.text,
            language=summary.language,
            passages=tuple(one.span for one in stored.passages),
            rights=summary.rights,
            life=summary.life,
            source=summary.source,
            media_type=summary.media_type,
            boxes=stored.boxes,
        ),
        version=summary.version,
        trust=summary.trust,
        original=summary.original,
    )


def collection_facts(collection: Collection) -> CollectionFacts:
    """A collection as an edition carries it."""
    return CollectionFacts(collection.id, collection.title, collection.kind, collection.rights)
