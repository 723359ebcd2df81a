"""A document that is erased is nowhere any more, by two people, and what held it says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from suwen.bootstrap.library.searching import Wanted
from suwen.core import faults
from suwen.core.errors import AccessError, ConflictError, KnowledgeError, SuwenError
from suwen.core.identity import Role
from suwen.storage.urls import DatabaseUrls
from tests.integration.storage.test_vault import _rows_with
from tests.support.database import connect
from tests.support.library import LibrarySite, a_document, a_person, library_site

KEEPER = a_person("chief", Role.QUALITY_OFFICER)
COMPLIANCE = a_person("co.sun", Role.COMPLIANCE_OFFICER)
NURSE = a_person("nurse", Role.NURSE, departments=["cardiology"])
SECRET = "欧阳若兰"
REASON = "letter 12"
NAMED = a_document(
    "named", f"{SECRET}的随访记录。\n\n用药已调整。", title=f"随访 {SECRET}", original=b"%first"
)


@pytest.fixture
async def site(fresh_database_urls: DatabaseUrls, state_folder: Path) -> AsyncIterator[LibrarySite]:
    async with library_site(fresh_database_urls, state_folder / "home") as opened:
        await opened.collection()
        await opened.put(a_document("other", "血钾的处理。"), NAMED)
        await opened.build()
        await opened.put(a_document("named", f"{SECRET}复诊。", original=b"%second"))
        await opened.build()
        yield opened


def _files_with(home: Path, wanted: str) -> list[str]:
    return [
        file.name
        for file in sorted((home / "knowledge").rglob("*"))
        if file.is_file() and wanted.encode() in file.read_bytes()
    ]


async def test_it_is_gone_from_store_index_editions_and_vectors(
    site: LibrarySite, fresh_database_urls: DatabaseUrls
) -> None:
    editions = [one.info.hash for one in await site.library.parts.store.editions.list("wards")]
    assert len(_files_with(site.home, SECRET)) >= 2
    with connect(fresh_database_urls.migration) as owner:
        count = (
            "SELECT (SELECT count(*) FROM knowledge_vector), (SELECT count(*) FROM knowledge_blob)"
        )
        before = owner.execute(count).fetchone()
    await site.library.curation.delete("wards", "named", KEEPER)
    gone = await site.library.erasing.erase("wards", "named", COMPLIANCE, REASON)
    assert (gone.versions, gone.files, sorted(gone.editions)) == (1, 2, sorted(editions))
    assert _rows_with(fresh_database_urls, SECRET) == []
    assert _files_with(site.home, SECRET) == []
    with connect(fresh_database_urls.migration) as owner:
        after = owner.execute(count).fetchone()
    # The vectors of the two contents and their files; the other document's stay.
    assert before is not None and after is not None
    assert (before[0] - after[0], before[1] - after[1]) == (3, 2)
    assert after[0] > 0
    found = await site.library.searching.search(Wanted("wards", "随访"), NURSE)
    assert "named" not in {one.document_id for one in found.passages}
    found = await site.library.searching.search(Wanted("wards", "血钾"), NURSE)
    assert {one.document_id for one in found.passages} == {"other"}
    for pinned in editions:
        with pytest.raises(KnowledgeError) as caught:
            await site.library.searching.search(Wanted("wards", "血钾", edition=pinned), NURSE)
        assert caught.value.code == "edition_erased"
    told = (await site.platform.audit_store.latest(1, None, action="library.erase"))[0].entry
    assert (told.actor, told.outcome.value, told.detail["editions"]) == ("co.sun", "done", 2)
    assert told.detail["reason"] == REASON


async def test_it_does_not_come_back(site: LibrarySite) -> None:
    await site.library.curation.delete("wards", "named", KEEPER)
    await site.library.erasing.erase("wards", "named", COMPLIANCE, REASON)
    for act in (
        site.library.curation.restore("wards", "named", KEEPER),
        site.library.erasing.erase("wards", "named", COMPLIANCE, REASON),
    ):
        with pytest.raises(ConflictError) as caught:
            await act
        assert caught.value.code == "document_erased"
    again = await site.put(a_document("named", f"{SECRET}复诊。", original=b"%second"))
    assert again.withheld == 1
    # Another content under the same id is another document.
    assert (await site.put(a_document("named", "已去标识的随访记录。"))).changed == 1


async def test_it_takes_two_people_and_a_reason(site: LibrarySite) -> None:
    erase = site.library.erasing.erase
    with pytest.raises(ConflictError) as early:
        await erase("wards", "named", COMPLIANCE, REASON)
    assert early.value.code == "document_not_retracted"
    await site.library.curation.delete("wards", "named", KEEPER)
    for nobody in (KEEPER, NURSE, a_person("it", Role.SYSTEM_ADMINISTRATOR)):
        with pytest.raises(AccessError):
            await erase("wards", "named", nobody, REASON)
    with pytest.raises(SuwenError) as silent:
        await erase("wards", "named", COMPLIANCE, " ")
    assert silent.value.code == "reason_missing"
    both = a_person("chief", Role.COMPLIANCE_OFFICER)
    with pytest.raises(ConflictError) as alone:
        await erase("wards", "named", both, REASON)
    assert alone.value.code == "erasure_by_another"
    assert (await erase("wards", "named", COMPLIANCE, REASON)).versions == 1


async def test_one_that_was_cut_off_is_ended_later(
    site: LibrarySite, fresh_database_urls: DatabaseUrls
) -> None:
    def strike(name: str) -> None:
        if name == "knowledge.document_erased":
            raise KeyboardInterrupt

    await site.library.curation.delete("wards", "named", KEEPER)
    faults.arm(strike)
    try:
        with pytest.raises(KeyboardInterrupt):
            await site.library.erasing.erase("wards", "named", COMPLIANCE, REASON)
    finally:
        faults.arm(lambda _: None)
    # What the database gives out is gone; the files go with the next round.
    assert _rows_with(fresh_database_urls, SECRET) == []
    assert _files_with(site.home, SECRET)
    assert await site.library.finish_erasures() == 2
    assert _files_with(site.home, SECRET) == []
    assert await site.library.finish_erasures() == 0


async def test_the_service_erases_no_document_past_the_desk(
    site: LibrarySite, fresh_database_urls: DatabaseUrls
) -> None:
    with connect(fresh_database_urls.general) as service:
        for attempt in (
            "SELECT suwen_erase_document('wards', 'named')",
            "DELETE FROM knowledge_document_version",
            "DELETE FROM knowledge_document",
            "DELETE FROM knowledge_blob",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(attempt)
