"""Keepers keep the library, each act is on the audit, and what they may not read stays closed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from suwen.bootstrap.library.searching import Wanted
from suwen.bootstrap.platform import open_platform
from suwen.bootstrap.settings import read_settings
from suwen.core.errors import AccessError, ConflictError, NotFoundError, SuwenError
from suwen.core.identity import Channel, Principal, PrincipalId, Role
from suwen.core.knowledge import (
    Currency,
    DocumentLife,
    DocumentState,
    Rights,
    TrustFinding,
    TrustLevel,
)
from suwen.core.language import Bilingual
from suwen.storage import backup
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.knowledge_types import DocumentFilter
from suwen.storage.migrate import migrate
from suwen.storage.urls import DatabaseUrls
from tests.support.library import (
    OPERATOR,
    TODAY,
    LibrarySite,
    a_document,
    a_person,
    library_site,
)

CHIEF = a_person("chief", Role.CHIEF_PHYSICIAN, departments=["cardiology"])
QUALITY = a_person("quality", Role.QUALITY_OFFICER)
SYSTEM = a_person("system", Role.SYSTEM_ADMINISTRATOR)
NURSE = a_person("nurse", Role.NURSE, departments=["cardiology"])
FINDING = TrustFinding("zero_width", Bilingual(zh="隐藏字符", en="hidden"), 0, 1)
HIDDEN = Rights(frozenset({"oncology"}), frozenset(), 3)

Act = Callable[[], Awaitable[object]]


@pytest.fixture
async def site(fresh_database_urls: DatabaseUrls, state_folder: Path) -> AsyncIterator[LibrarySite]:
    async with library_site(fresh_database_urls, state_folder / "home") as opened:
        await opened.collection()
        await opened.put(
            a_document("open", "血钾的处理。"),
            a_document("hidden", "化疗方案 ZX-7。", title="化疗 ZX-7", rights=HIDDEN),
            a_document("waits", "等待的文本。", trust_findings=(FINDING,)),
        )
        await opened.build()
        yield opened


async def refused(act: Act, code: str) -> SuwenError:
    with pytest.raises(SuwenError) as caught:
        await act()
    assert caught.value.code == code
    return caught.value


async def audited(site: LibrarySite) -> list[tuple[str, str, str]]:
    events = await site.platform.audit_store.events(limit=10_000)
    return [
        (event.entry.action, event.entry.actor, event.entry.outcome.value)
        for event in events
        if event.entry.action.startswith("library.")
    ]


async def finds(site: LibrarySite, query: str, reader: Principal) -> set[str]:
    answer = await site.library.searching.search(Wanted("wards", query), reader)
    return {one.document_id for one in answer.passages}


async def test_only_keepers_keep(site: LibrarySite) -> None:
    desk, editions = site.library.curation, site.library.editions
    acts: list[Act] = [
        lambda: desk.documents("wards", NURSE, DocumentFilter()),
        lambda: desk.delete("wards", "open", NURSE),
        lambda: desk.set_rights("wards", "open", NURSE, Rights(sensitivity=5)),
        lambda: desk.release("wards", "waits", NURSE, 1),
        lambda: desk.due(NURSE),
        lambda: editions.build("wards", NURSE),
        lambda: editions.list("wards", NURSE),
        lambda: editions.verify("wards", NURSE),
        lambda: site.library.carrying.export("wards", site.home / "x", NURSE),
        lambda: site.library.searching.explain(Wanted("wards", "血钾"), NURSE),
    ]
    for act in acts:
        await refused(act, "not_permitted")
    assert ("library.delete", "nurse", "refused") in await audited(site)
    assert (await desk.delete("wards", "open", QUALITY)).state is DocumentState.DELETED
    assert ("library.delete", "quality", "done") in await audited(site)
    over_the_net = dataclasses.replace(OPERATOR, channel=Channel.API)
    await refused(lambda: desk.restore("wards", "open", over_the_net), "not_permitted")


async def test_whoever_runs_the_machine_handles_by_name_what_he_may_not_read(
    site: LibrarySite,
) -> None:
    desk = site.library.curation
    listed = {one.id: one for one in await desk.documents("wards", SYSTEM, DocumentFilter())}
    assert set(listed) == {"open", "hidden", "waits"}
    assert "ZX-7" not in repr(listed)
    assert await desk.documents("wards", SYSTEM, DocumentFilter(text="化疗")) == []
    await refused(lambda: desk.read("wards", "hidden", SYSTEM), "document_not_found")
    for act in (
        lambda: desk.set_rights("wards", "hidden", SYSTEM, Rights(sensitivity=1)),
        lambda: desk.set_rights(
            "wards", "hidden", SYSTEM, dataclasses.replace(HIDDEN, sensitivity=2)
        ),
        lambda: desk.set_life("wards", "hidden", SYSTEM, DocumentLife()),
        lambda: desk.release("wards", "waits", SYSTEM, 1),
        lambda: desk.review("wards", "open", SYSTEM, 1),
    ):
        await refused(act, "decision_needs_reading")
    narrower = Rights(frozenset({"oncology"}), frozenset({Role.PHYSICIAN}), 4)
    kept = await desk.set_rights("wards", "hidden", SYSTEM, narrower)
    assert (kept.rights, kept.title) == (narrower, "")
    assert (await desk.reject("wards", "waits", SYSTEM, 1)).state is DocumentState.DELETED


async def test_a_keeper_does_not_know_of_what_another_department_holds(site: LibrarySite) -> None:
    desk = site.library.curation
    assert {one.id for one in await desk.documents("wards", CHIEF, DocumentFilter())} == {
        "open",
        "waits",
    }
    for name in ("hidden", "never-was"):
        error = await refused(lambda: desk.delete("wards", name, CHIEF), "document_not_found")  # noqa: B023
        assert error.detail == {}
    assert "hidden" in {one.id for one in await desk.documents("wards", QUALITY, DocumentFilter())}


async def test_quarantine_ends_with_a_person_who_read_the_very_version(site: LibrarySite) -> None:
    desk = site.library.curation
    assert "waits" not in await finds(site, "等待的文本", CHIEF)
    await refused(lambda: site.library.reading.open("wards", "waits", NURSE), "document_not_found")
    stored = await desk.read("wards", "waits", CHIEF)
    assert stored.summary.findings == (FINDING,)
    await refused(lambda: desk.release("wards", "waits", CHIEF, 2), "document_changed")
    released = await desk.release("wards", "waits", CHIEF, stored.summary.version)
    assert (released.trust, released.reviewed_by) == (TrustLevel.REVIEWED, PrincipalId("chief"))
    await site.build()
    assert "waits" in await finds(site, "等待的文本", NURSE)


async def test_a_changed_right_or_life_counts_in_the_very_next_search(site: LibrarySite) -> None:
    desk = site.library.curation
    assert "open" in await finds(site, "血钾的处理", NURSE)
    await desk.set_rights("wards", "open", CHIEF, Rights(sensitivity=4))
    assert "open" not in await finds(site, "血钾的处理", NURSE)
    assert "open" in await finds(site, "血钾的处理", CHIEF)
    await desk.set_life("wards", "open", CHIEF, DocumentLife(expires=TODAY, owner="chief"))
    answer = await site.library.searching.search(Wanted("wards", "血钾的处理"), CHIEF)
    standing = {one.document_id: one.currency for one in answer.passages}
    assert standing["open"] is Currency.EXPIRED
    own = await desk.due(CHIEF, own=True)
    assert [one.document.id for one in own] == ["open"]
    assert await desk.due(NURSE, own=True) == []


async def test_a_successor_that_one_may_not_see_marks_and_is_not_named(site: LibrarySite) -> None:
    life = DocumentLife(supersedes="open")
    await site.put(a_document("new", "新的处理。", rights=HIDDEN, life=life))
    await site.build()
    answer = await site.library.searching.search(Wanted("wards", "血钾的处理"), NURSE)
    (passage,) = [one for one in answer.passages if one.document_id == "open"]
    assert passage.currency is Currency.SUPERSEDED
    assert await site.library.reading.successor("wards", "open", NURSE) is None
    named = await site.library.reading.successor("wards", "open", QUALITY)
    assert named is not None
    assert named.id == "new"


async def test_a_search_is_audited_without_its_words(site: LibrarySite) -> None:
    await finds(site, "张三的血钾", NURSE)
    await refused(
        lambda: site.library.searching.search(Wanted("nowhere", "张三"), NURSE),
        "collection_not_found",
    )
    events = await site.platform.audit_store.events(limit=10_000)
    searches = [one.entry for one in events if one.entry.action == "library.search"]
    assert [one.outcome.value for one in searches] == ["done", "failed"]
    assert searches[0].detail["characters"] == 5
    assert "张三" not in repr(events)


async def test_an_edition_is_built_once_for_one_content(site: LibrarySite) -> None:
    editions = site.library.editions
    before = await site.build()
    assert await site.build() == before
    await site.put(a_document("more", "更多文本。"))
    later = await site.build()
    difference = await editions.diff("wards", OPERATOR, None, None)
    assert (difference.added, difference.removed) == (("more",), ())
    assert (await editions.activate("wards", before[:8], OPERATOR)).hash == before
    assert "more" not in await finds(site, "更多文本", NURSE)
    assert (await editions.activate("wards", later, OPERATOR)).hash == later
    with pytest.raises(ConflictError):
        await editions.retire("wards", later, OPERATOR)
    await editions.retire("wards", before, OPERATOR)
    await refused(lambda: editions.activate("wards", before, OPERATOR), "edition_not_found")


async def test_a_collection_without_an_edition_says_what_to_do(site: LibrarySite) -> None:
    await site.collection("new")
    await refused(
        lambda: site.library.searching.search(Wanted("new", "x"), NURSE), "collection_not_built"
    )
    with pytest.raises(NotFoundError):
        await site.library.searching.search(Wanted("none", "x"), NURSE)


async def test_a_service_of_another_purpose_reads_nothing(site: LibrarySite) -> None:
    stranger = dataclasses.replace(OPERATOR, batch=False)
    with pytest.raises(AccessError):
        await site.library.searching.search(Wanted("wards", "血钾"), stranger)
    assert await finds(site, "血钾", OPERATOR)


async def test_a_restored_site_searches_at_once(state_folder: Path) -> None:
    home, target = state_folder / "home", state_folder / "site.backup"
    with EmbeddedPostgres(home) as urls:
        migrate(urls)
        async with library_site(urls, home) as before:
            await before.collection()
            await before.put(a_document("k", "血钾的处理。", original=b"%PDF-1.7", boxes=()))
            await before.put(a_document("k", "血钾的处理，第二版。"))
            edition = await before.build()
            expected = await before.library.searching.find(Wanted("wards", "血钾"), NURSE)
        await asyncio.to_thread(backup.create, urls, home, target, "a long passphrase")
    restored = state_folder / "restored"
    report = await asyncio.to_thread(backup.restore, target, restored, "a long passphrase")
    assert report.rows["general/knowledge_document"] == 1
    assert report.rows["general/knowledge_document_version"] == 1
    assert report.rows["general/knowledge_blob"] == 1
    environment = {"SUWEN_HOME": str(restored), "SUWEN_AUDIT_ANCHOR": str(state_folder / "anchor")}
    async with open_platform(read_settings(environment)) as platform:
        found = await platform.library.searching.find(Wanted("wards", "血钾"), NURSE)
        assert [(p.id, p.text, p.edition) for p in found.passages] == [
            (p.id, p.text, edition) for p in expected.passages
        ]
        agreement = await platform.library.editions.verify("wards", OPERATOR)
        assert (agreement.only_in_database, agreement.only_in_edition) == ((), ())
