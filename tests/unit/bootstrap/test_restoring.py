"""A restored backup is held to what happened after it was made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from suwen.bootstrap.backups import RestoreWish, restore_backup
from suwen.bootstrap.keeping import refresh_ledger
from suwen.bootstrap.library.editions import BuildWish
from suwen.bootstrap.library.searching import Wanted
from suwen.bootstrap.platform import Platform, open_platform
from suwen.bootstrap.settings import Settings
from suwen.core.errors import ConflictError, InputError, NotFoundError
from suwen.core.identity import Role
from suwen.core.knowledge import CollectionKind, IngestedDocument, Rights
from suwen.core.language import Bilingual
from suwen.storage import backup
from suwen.storage.erasures import Basis
from suwen.storage.knowledge_types import NewCollection
from suwen.storage.ledger import LEDGER, known_ledger
from suwen.storage.record_import import IMPORTED, StoredResource
from suwen.storage.urls import DatabaseUrls
from tests.integration.storage.test_drafts import draft, sign
from tests.support.database import connect
from tests.support.library import OPERATOR, a_document, a_person
from tests.unit.bootstrap.test_keeping import COMPLIANCE, OFFICE

PASSPHRASE = "a long passphrase"
NOTE = "家属欧阳已知情"


def _patient(name: str) -> StoredResource:
    body = {"resourceType": "Patient", "id": name, "name": [{"text": f"姓名{name}"}]}
    return StoredResource("Patient", name, name, None, None, None, IMPORTED, body)


KEEPER = a_person("chief", Role.QUALITY_OFFICER)


async def _filled_library(platform: Platform) -> None:
    """Three documents, of which two name somebody."""
    title = Bilingual(zh="病房", en="wards")
    wanted = NewCollection("wards", title, CollectionKind.DOCUMENTS, None, Rights())
    await platform.library.curation.create_collection(wanted, OPERATOR)
    named = [a_document(one, f"{NOTE}{one}") for one in ("first", "second")]
    await _put(platform, *named, a_document("other", "血钾的处理。"))
    await platform.library.editions.build("wards", OPERATOR, BuildWish(with_vectors=False))


async def _put(platform: Platform, *documents: IngestedDocument) -> None:
    store, now = platform.library.parts.store, platform.clock.now()
    await store.put_documents("wards", documents, OPERATOR.id, now)


async def _erased_from_library(platform: Platform) -> None:
    """The office erases both; under the id of the second something else comes afterwards."""
    for document in ("first", "second"):
        await platform.library.curation.delete("wards", document, KEEPER)
        await platform.library.erasing.erase("wards", document, COMPLIANCE, "letter 12")
    await _put(platform, a_document("second", "已去标识的记录。"))


def _texts(urls: DatabaseUrls) -> set[str]:
    with connect(urls.migration) as owner:
        rows = owner.execute(
            "SELECT text FROM knowledge_document UNION SELECT text FROM knowledge_document_version"
        )
        return {row[0] for row in rows}


async def _backed_up(platform: Platform, folder: Path) -> tuple[Path, Path]:
    """A backup with a patient and documents that were erased after it, and one made afterwards."""
    first, second = folder / "first", folder / "second"
    await platform.records.import_unit([_patient("p1"), _patient("p2")])
    for patient in ("p1", "p2"):
        made = draft(f"of-{patient}", patient=patient)
        await platform.drafts.create(made)
        await sign(platform.drafts, await platform.drafts.read(made.id), comment=NOTE)
    await _filled_library(platform)
    for file in (first, second):
        backup.create(platform.urls, platform.settings.home, file, PASSPHRASE)
        await refresh_ledger(platform, file)
        if file == first:
            wanted = await platform.keeping.request_erasure(OFFICE, "p1", Basis.ORDER, "order 3")
            await platform.keeping.decide_erasure(COMPLIANCE, wanted.id, approved=True)
            await _erased_from_library(platform)
    return first, second


async def test_what_was_erased_stays_erased_on_a_new_machine(
    platform: Platform, state_folder: Path
) -> None:
    folder, home = state_folder / "backups", state_folder / "other" / "place"
    folder.mkdir()
    first, _ = await _backed_up(platform, folder)
    settings = platform.settings.model_copy(update={"home": home})
    ledger = known_ledger(platform.settings.home)
    assert not {"first", "wards"} & set((folder / LEDGER).read_text().split('"'))
    # Where it was erased nothing is left to do, and what came since is another document.
    again = await platform.library.erasing.erase_again(ledger.documents, platform.settings.home)
    assert (len(ledger.documents), again) == (2, 0)
    assert any("去标识" in text for text in _texts(platform.urls))

    with pytest.raises(ConflictError) as caught:
        await restore_backup(settings, first, PASSPHRASE)
    assert (caught.value.code, caught.value.detail["later"]) == ("backup_not_newest", 1)

    told = await restore_backup(settings, first, PASSPHRASE, RestoreWish(older=True))
    assert (told["erased_again"], told["documents_erased_again"]) == (1, 2)
    async with open_platform(settings) as restored:
        assert [row.name for row in await restored.records.list_patients()] == ["姓名p2"]
        assert await restored.records.read_patient("p1") == []
        assert len(await restored.records.read_patient("p2")) == 1
        with pytest.raises(NotFoundError) as gone:
            await restored.drafts.read(draft("of-p1").id)
        assert gone.value.code == "record_erased"
        assert await restored.drafts.signed_versions(draft("of-p1").id) == []
        notes = [await restored.drafts.sign_offs(draft(f"of-{who}").id) for who in ("p1", "p2")]
        assert [one[0].comment for one in notes] == [None, NOTE]
        [still] = await restored.drafts.signed_versions(draft("of-p2").id)
        assert still.sign_offs == tuple(notes[1])
        assert (await restored.drafts.read(draft("of-p2").id)).content == draft().content
        (erased,) = await restored.keeping.erasures(COMPLIANCE)
        assert (erased.requested_by, erased.decided_by) == ("po.li", "co.sun")
        assert known_ledger(home) == ledger
        assert not any(NOTE in text for text in _texts(restored.urls))
        found = await restored.library.searching.search(Wanted("wards", "欧阳 血钾"), COMPLIANCE)
        assert {one.document_id for one in found.passages} == {"other"}


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        ("ledger missing", "ledger_missing"),
        ("ledger cut", "backup_not_in_ledger"),
        ("file replaced", "backup_not_in_ledger"),
        ("file altered", "backup_not_in_ledger"),
        ("older in its place", "backup_not_newest"),
        ("no json", "ledger_damaged"),
        ("newest removed", "backup_not_newest"),
        # The twin: past the ledger, what stands there is no backup at all.
        ("nothing", "backup_not_a_backup"),
    ],
)
async def test_tampering_with_backup_or_ledger_is_found_before_anything_is_made(
    platform: Platform, state_folder: Path, tampering: str, code: str
) -> None:
    folder, home = state_folder / "backups", state_folder / "new"
    folder.mkdir()
    file, ledger = folder / "second", folder / LEDGER
    (folder / "first").write_bytes(b"the first backup")
    await refresh_ledger(platform, folder / "first")
    file.write_bytes(b"the second backup")
    await refresh_ledger(platform, file)
    lines = ledger.read_text().splitlines()
    if tampering == "ledger missing":
        ledger.unlink()
    elif tampering == "ledger cut":
        ledger.write_text(lines[0] + "\n")
    elif tampering == "file replaced":
        file.write_bytes(b"somebody's backup")
    elif tampering == "file altered":
        file.write_bytes(b"the sEcond backup")
    elif tampering == "older in its place":
        shutil.copy(folder / "first", file)
    elif tampering == "newest removed":
        file.unlink()
        file = folder / "first"
    elif tampering == "no json":
        ledger.write_text("~" + "\n".join(lines))
    with pytest.raises(InputError) as caught:
        await restore_backup(Settings(home=home), file, PASSPHRASE)
    assert caught.value.code == code
    assert not home.exists()


def test_a_ledger_that_was_put_together_by_hand_is_found_once_the_keys_are_there(
    tmp_path: Path,
) -> None:
    from suwen.storage.ledger import Ledger, WrittenBackup, look_into, read_ledger, write_ledger

    home = tmp_path / "home"
    home.mkdir()
    known = Ledger(backups=frozenset({WrittenBackup("a", "1"), WrittenBackup("b", "2")}))
    write_ledger(home, (tmp_path, tmp_path / "gone"), known)
    file = tmp_path / LEDGER
    assert read_ledger(home, file) == known
    one, two = file.read_text().splitlines()
    forged = json.dumps({**json.loads(two), "at": "3"}, sort_keys=True)
    for lines in ([two, one], [two], [one, forged]):
        file.write_text("\n".join(lines))
        look_into(file)
        with pytest.raises(InputError) as caught:
            read_ledger(home, file)
        assert caught.value.code == "ledger_damaged"
