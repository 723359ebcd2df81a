"""The demonstration library on a site: searchable by words soon after the first start, by meaning
when the worker has found the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from suwen.bootstrap.demonstration.library_documents import COLLECTIONS, document_lines
from suwen.bootstrap.ingestion import vectors_request
from suwen.bootstrap.library.editions import BuildWish, Editions
from suwen.bootstrap.library.parts import LibraryParts
from suwen.core.knowledge import IngestedDocument
from suwen.jobs.desk import JobDesk
from suwen.jobs.model import Batch, Cursor, JobContext
from suwen.knowledge.ingestion.contract_lines import read_line
from suwen.knowledge.ingestion.document import FileFacts, document_of_elements
from suwen.knowledge.ingestion.formats.markdown_text import read_markdown
from suwen.knowledge.ingestion.formats.page_kinds import FileKind
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.storage.knowledge_types import NewCollection


class DemonstrationLibraryWork:
    """Stores and builds one collection a batch; what is there already stays as it is."""

    def __init__(self, parts: LibraryParts, editions: Editions, desk: JobDesk) -> None:
        self._parts = parts
        self._editions = editions
        self._desk = desk

    async def __call__(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Does the next collection, and asks for its vectors behind everything else."""
        names = list(COLLECTIONS)
        place = int(cursor["place"]) if cursor else 0
        stored = await self._prepare(names[place], context)
        await self._desk.start(vectors_request(names[place]), context.started_by)
        following = {"place": place + 1} if place + 1 < len(names) else None
        return Batch(following, done=stored)

    async def _prepare(self, name: str, context: JobContext) -> int:
        title, kind = COLLECTIONS[name]
        store, person = self._parts.store, context.started_by
        now = self._parts.clock.now()
        await store.create_collection(NewCollection(name, title, kind), person.id, now)
        departments = await self._parts.departments()
        lines = list(document_lines(name))
        documents = [read_document(line, departments) for line in lines]
        await store.put_documents(name, documents, person.id, now)
        await self._editions.build(name, person, BuildWish(with_vectors=False))
        return len(documents)


def read_document(line: Mapping[str, Any], departments: Mapping[str, str]) -> IngestedDocument:
    """A document of the demonstration: what a line says of it, its text read as Markdown."""
    said = read_line(line, departments)
    limits = ReadLimits()
    facts = FileFacts(
        id=said.id,
        name=said.id,
        kind=FileKind.MARKDOWN,
        content=said.text.encode(),
        language=said.language,
        rights=said.rights,
        life=said.life,
    )
    read = document_of_elements(facts, list(read_markdown(said.text, limits)), limits)
    return replace(read, title=said.title, source=said.source, original=None, media_type=None)
