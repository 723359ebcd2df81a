"""Imports and builds of the library under test: real stores, a worker in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from suwen.bootstrap.ingestion import Ingestion
from suwen.bootstrap.job_kinds import library_kinds
from suwen.bootstrap.library.editions import Editions
from suwen.bootstrap.library.parts import Engines, LibraryParts
from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.identity import Principal, batch_principal
from suwen.core.knowledge import Embedder, PageReader, Reranker
from suwen.core.language import Bilingual
from suwen.inference.embedding.scripted import ScriptedEmbedder
from suwen.jobs.model import GivenFile, JobId, JobProgress
from suwen.knowledge.edition import Edition, EditionShelf
from suwen.storage.knowledge import KnowledgeStore
from suwen.storage.knowledge_types import DocumentFilter, NewCollection
from suwen.storage.urls import DatabaseUrls
from tests.support.jobs import Jobs

BY: Principal = batch_principal("tester")
COLLECTION = "guidelines"


@dataclass
class LibraryJobs:
    """One empty collection, its desk of imports and builds, and the jobs underneath."""

    platform: Platform
    parts: LibraryParts
    editions: Editions
    shelf: EditionShelf
    ingestion: Ingestion
    jobs: Jobs
    embedder: ScriptedEmbedder
    work: Path
    page_reader: PageReader | None = None

    @asynccontextmanager
    async def working(self, name: str = "here/1") -> AsyncIterator[None]:
        """A worker for as long as the block lasts."""
        kinds = library_kinds(self.parts, self.editions, self.work, lambda: self.page_reader)
        async with self.jobs.working(*kinds, name=name):
            yield

    async def give(self, files: Mapping[str, bytes | str]) -> JobId:
        """Starts an import of files."""
        given = [
            GivenFile(name, content.encode() if isinstance(content, str) else content)
            for name, content in files.items()
        ]
        return await self.ingestion.import_files(COLLECTION, given, BY)

    async def done(self, job: JobId) -> JobProgress:
        """The end of a job that went well."""
        ended = await self.jobs.until(job, "done", "failed", limit_s=60)
        assert ended.state == "done", ended.problem
        return ended

    async def documents(self) -> list[str]:
        """Ids of the documents that the collection has."""
        found = await self.parts.store.documents(COLLECTION, DocumentFilter(), 10000)
        return [document.id for document in found]

    async def edition(self) -> Edition:
        """The edition in use."""
        collection = await self.parts.store.collection(COLLECTION)
        assert collection.current_edition is not None
        return self.shelf.open(COLLECTION, collection.current_edition)


@asynccontextmanager
async def library_jobs(urls: DatabaseUrls, jobs: Jobs, home: Path) -> AsyncIterator[LibraryJobs]:
    """The jobs of a library on these databases."""
    environment = {"SUWEN_HOME": str(home), "SUWEN_AUDIT_ANCHOR": str(home.parent / "anchor")}
    settings = read_settings(environment)
    async with platform_on(settings, replace(urls, jobs=jobs.url)) as platform:
        embedder = ScriptedEmbedder(16)
        parts = library_parts(platform, home / "knowledge", embedder)
        shelf = EditionShelf(parts.folder, platform.signer.verify)
        title = Bilingual("指南", "Guidelines")
        await parts.store.create_collection(
            NewCollection(COLLECTION, title), BY.id, datetime.now(UTC)
        )
        yield LibraryJobs(
            platform=platform,
            parts=parts,
            editions=Editions(parts, shelf),
            shelf=shelf,
            ingestion=Ingestion(parts, platform.jobs),
            jobs=jobs,
            embedder=embedder,
            work=home / "run" / "jobs",
        )


def library_parts(platform: Platform, folder: Path, embedder: Embedder | None) -> LibraryParts:
    """What the library is built from, with an embedder of the test's own."""

    async def embedding() -> Embedder | None:
        return embedder

    async def reranking() -> Reranker | None:
        return None

    async def no_departments() -> dict[str, str]:
        return {}

    async def nothing() -> Any:
        return None

    return LibraryParts(
        store=KnowledgeStore(platform.database),
        access=platform.access,
        audit=platform.audit,
        clock=platform.clock,
        signer=platform.signer,
        site=platform.site,
        engines=Engines(embedding, reranking),
        folder=folder,
        today=lambda: datetime.now(UTC).date(),
        departments=no_departments,
        edition_changed=nothing,
        note_erasures=nothing,
    )
