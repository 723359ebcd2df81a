"""A library made up for tests: documents, readers of every kind, desks over an empty database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from suwen.bootstrap.library import Library
from suwen.bootstrap.library.editions import BuildWish
from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.identity import Channel, Principal, PrincipalId, Purpose, Role, batch_principal
from suwen.core.knowledge import CollectionKind, IngestedDocument, PassageSpan, Rights
from suwen.core.language import Bilingual, Language
from suwen.inference.embedding.scripted import ScriptedEmbedder
from suwen.storage.knowledge_types import ImportCounts, NewCollection
from suwen.storage.urls import DatabaseUrls
from tests.support.library_jobs import library_parts

OPERATOR = batch_principal("operator")
TODAY = date(2026, 3, 1)


def a_document(identifier: str, text: str = "", **more: Any) -> IngestedDocument:
    """A document whose paragraphs are its passages."""
    text = text or f"{identifier} 的第一段。\n\n第二段说明用药。"
    passages = []
    start = 0
    for ordinal, paragraph in enumerate(text.split("\n\n")):
        passages.append(PassageSpan(ordinal, start, start + len(paragraph)))
        start += len(paragraph) + 2
    facts: dict[str, Any] = {
        "title": f"文档 {identifier}",
        "language": Language.ZH,
        "passages": tuple(passages),
        **more,
    }
    return IngestedDocument(id=identifier, text=text, **facts)


def a_person(account: str, *roles: Role, departments: Sequence[str] = ()) -> Principal:
    """Somebody of the staff at the web door."""
    return Principal(
        id=PrincipalId(account),
        name=account,
        roles=frozenset(roles),
        departments=frozenset(departments),
        purpose=Purpose.TREATMENT,
        channel=Channel.WEB,
    )


@dataclass(frozen=True)
class LibrarySite:
    """The library of an empty site, with a scripted embedder."""

    platform: Platform
    library: Library
    home: Path

    async def collection(
        self,
        name: str = "wards",
        rights: Rights | None = None,
        kind: CollectionKind = CollectionKind.DOCUMENTS,
    ) -> None:
        """Makes a collection."""
        title = Bilingual(zh=f"知识库 {name}", en=f"Library {name}")
        wanted = NewCollection(name, title, kind, None, rights or Rights())
        await self.library.curation.create_collection(wanted, OPERATOR)

    async def put(self, *documents: IngestedDocument, into: str = "wards") -> ImportCounts:
        """Stores documents."""
        store, now = self.library.parts.store, self.platform.clock.now()
        return await store.put_documents(into, documents, OPERATOR.id, now)

    async def build(self, name: str = "wards") -> str:
        """Builds an edition and lets searches use it; its hash."""
        built = await self.library.editions.build(name, OPERATOR, BuildWish())
        return built.info.hash


@asynccontextmanager
async def library_site(urls: DatabaseUrls, home: Path) -> AsyncIterator[LibrarySite]:
    """A site on these databases, whose gateway retrieves from the library."""
    environment = {
        "SUWEN_HOME": str(home),
        "SUWEN_AUDIT_ANCHOR": str(home.parent / f"{home.name}-anchor"),
    }
    async with platform_on(read_settings(environment), urls) as platform:
        parts = library_parts(platform, home / "knowledge", ScriptedEmbedder(16))
        yield LibrarySite(platform, Library(parts), home)
