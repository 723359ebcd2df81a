"""A backup restores on an empty directory to the very same site, or not at all."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from suwen.core.audit import AuditEntry, AuditOutcome, Checkpoint
from suwen.core.draft import Decision, DraftStatus
from suwen.core.errors import ConfigurationError, InputError, SuwenError
from suwen.core.identity import Channel, PrincipalId, Role
from suwen.core.inference import Endpoint
from suwen.core.language import Language
from suwen.core.manifest import Partition
from suwen.storage import backup
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.database_dump import Snapshot, TableContent
from suwen.storage.drafts import DraftStore
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.encryption import field_cipher
from suwen.storage.endpoints import EndpointStore
from suwen.storage.people import PeopleStore, Person
from suwen.storage.records import RecordStore, StoredResource
from suwen.storage.secret_files import secrets_folder, write_secret
from suwen.storage.settings import SettingStore
from suwen.storage.urls import DatabaseUrls
from tests.integration.storage.test_drafts import decision, draft, edit, signed_record
from tests.support.database import TestServer, connect

PASSPHRASE = "a passphrase of the hospital"
AT = datetime(2025, 3, 1, 8, 30, 15, 123456, tzinfo=UTC)
NAME = "欧阳\t秘\\密\n"


@dataclass(frozen=True)
class Stores:
    """Every store of a general database, and the device's chain."""

    audit: AuditStore
    device_audit: AuditStore
    drafts: DraftStore
    people: PeopleStore
    records: RecordStore
    settings: SettingStore
    endpoints: EndpointStore


def _stores(urls: DatabaseUrls, home: Path, open_one: Callable[[str], Database]) -> Stores:
    general, device = open_one(urls.general), open_one(urls.device)
    return Stores(
        AuditStore(general),
        AuditStore(device),
        DraftStore(general),
        PeopleStore(general),
        RecordStore(general),
        SettingStore(general),
        EndpointStore(general, field_cipher(home)),
    )


def _entry(number: int) -> AuditEntry:
    detail = {"n": number, "f": 0.1}
    return AuditEntry("run.open", "dr.lin", "web", AuditOutcome.OPENED, trace="t", detail=detail)


async def _fill(stores: Stores) -> None:
    await stores.audit.append_group([_entry(number) for number in range(300)], AT)
    await stores.audit.put_checkpoint(Checkpoint(300, "h", AT, "k", "s"))
    await stores.device_audit.append_group([_entry(1)], AT)
    await stores.drafts.create(draft())
    edited = await edit(stores.drafts, draft(), "edited", PrincipalId("dr.wu"))
    made = decision(Decision.AMEND, edited)
    await stores.drafts.decide(made, DraftStatus.SIGNED, signed_record(edited, made), 2)
    person = Person(
        PrincipalId("dr.lin"),
        "林",
        frozenset({Role.PHYSICIAN}),
        frozenset({"card"}),
        Language.ZH,
        False,
        "local",
    )
    await stores.people.add(person, "hash")
    await stores.people.create_session("token", person.id, Channel.WEB, AT.replace(year=2030), AT)
    body = {"resourceType": "Patient", "id": "p1", "name": [{"text": NAME}], "x": Decimal("7.20")}
    await stores.records.import_unit(
        [StoredResource("Patient", "p1", "p1", None, None, AT, "imported", body)]
    )
    await stores.settings.put("installation", {"id": "十"})
    await stores.endpoints.put(
        Endpoint("ward", "http://g/v1", "m", Partition.GENERAL, 4, frozenset({"chat"}), 8192, "sk")
    )


async def _state(stores: Stores) -> list[Any]:
    return [
        await stores.audit.events(limit=1000),
        await stores.audit.checkpoints(),
        await stores.device_audit.events(),
        await stores.drafts.list(),
        await stores.drafts.versions(draft().id),
        await stores.drafts.sign_offs(draft().id),
        await stores.drafts.signed_versions(draft().id),
        await stores.people.list(),
        await stores.people.read_session("token", AT),
        await stores.records.read_patient("p1"),
        await stores.records.list_patients(),
        await stores.settings.get("installation"),
        await stores.endpoints.list(),
    ]


@pytest.fixture
def site(state_folder: Path) -> Path:
    home = state_folder / "site"
    write_secret(secrets_folder(home) / "database_general", b"stays here")
    (home / "secrets" / "signing").mkdir()
    write_secret(home / "secrets" / "signing" / "signing_key.json", b"{key}")
    (home / "suwen.toml").write_text("[site]\n")
    return home


def _refused(source: Path, home: Path, passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(SuwenError) as caught:
        backup.restore(source, home, passphrase)
    return caught.value.code


async def test_a_site_comes_back_whole_on_an_empty_directory(
    fresh_database_urls: DatabaseUrls,
    open_database: Callable[[str], Database],
    site: Path,
    state_folder: Path,
) -> None:
    stores = _stores(fresh_database_urls, site, open_database)
    await _fill(stores)
    before = await _state(stores)
    file, home = state_folder / "backup", state_folder / "new" / "site"

    made = await asyncio.to_thread(backup.create, fresh_database_urls, site, file, PASSPHRASE)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "秘".encode() not in file.read_bytes()
    restored = await asyncio.to_thread(backup.restore, file, home, PASSPHRASE)

    assert restored == made
    assert made.rows["general/audit_event"] == 300
    assert made.rows["device/audit_event"] == 1
    assert made.chains["general"].events == 300
    assert made.chains["general"].first_bad is None
    (master,) = (site / "secrets").glob("master_key-*")
    assert made.files == (
        "secrets/keyring.json",
        f"secrets/{master.name}",
        "secrets/signing/signing_key.json",
        "suwen.toml",
    )
    key = home / "secrets" / "signing" / "signing_key.json"
    assert (key.read_bytes(), key.stat().st_mode & 0o777) == (b"{key}", 0o600)
    with EmbeddedPostgres(home) as urls:
        again = _stores(urls, home, open_database)
        assert await _state(again) == before
        assert (await again.audit.append_group([_entry(301)], AT))[0].sequence == 301
        reopened = await again.drafts.reopen_signed(draft().id, 2, PrincipalId("dr.wu"), AT)
        rejected = decision(Decision.REJECT, reopened)
        await again.drafts.decide(rejected, DraftStatus.REJECTED, None, 2)
        assert len(await again.drafts.sign_offs(draft().id)) == 2
        with connect(urls.general) as service, pytest.raises(Exception, match="permission denied"):
            service.execute("DELETE FROM audit_event")
        for database in (again.audit, again.device_audit):
            await database._database.close()


def test_an_unused_site_is_backed_up_too(
    fresh_database_urls: DatabaseUrls, state_folder: Path, site: Path
) -> None:
    report = backup.create(fresh_database_urls, site, state_folder / "b", PASSPHRASE)
    assert set(report.rows.values()) == {0}
    assert report.chains["device"].events == 0


def test_a_file_that_is_cut_altered_or_anothers_makes_nothing(
    fresh_database_urls: DatabaseUrls, state_folder: Path, site: Path
) -> None:
    file, home = state_folder / "backup", state_folder / "new"
    backup.create(fresh_database_urls, site, file, PASSPHRASE)
    whole = file.read_bytes()
    assert _refused(file, home, "not the passphrase") == "backup_wrong_passphrase"
    for cut in (len(whole) - 1, len(whole) // 2):
        file.write_bytes(whole[:cut])
        assert _refused(file, home) == "backup_damaged"
    file.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
    assert _refused(file, home) == "backup_damaged"
    file.write_bytes(b"something else")
    assert _refused(file, home) == "backup_not_a_backup"
    assert _refused(state_folder / "none", home) == "backup_file_unreadable"
    assert not home.exists()


def test_a_directory_in_use_is_not_restored_into(
    fresh_database_urls: DatabaseUrls, state_folder: Path, site: Path
) -> None:
    backup.create(fresh_database_urls, site, state_folder / "backup", PASSPHRASE)
    before = sorted(path.name for path in site.rglob("*"))
    assert _refused(state_folder / "backup", site) == "state_directory_not_empty"
    assert sorted(path.name for path in site.rglob("*")) == before


def test_a_target_that_is_there_or_has_no_folder_is_refused(
    fresh_database_urls: DatabaseUrls, state_folder: Path, site: Path
) -> None:
    there = state_folder / "there"
    there.write_text("keep")
    for target, code in (
        (there, "backup_file_exists"),
        (state_folder / "no" / "b", "backup_folder_missing"),
    ):
        with pytest.raises(InputError) as caught:
            backup.create(fresh_database_urls, site, target, PASSPHRASE)
        assert caught.value.code == code
    with pytest.raises(InputError):
        backup.create(fresh_database_urls, site, state_folder / "new", "short")
    assert there.read_text() == "keep"
    assert sorted(path.name for path in state_folder.iterdir()) == ["site", "there"]


async def test_what_does_not_compare_equal_is_removed_again(
    fresh_database_urls: DatabaseUrls,
    open_database: Callable[[str], Database],
    state_folder: Path,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _fill(_stores(fresh_database_urls, site, open_database))
    backup.create(fresh_database_urls, site, state_folder / "backup", PASSPHRASE)
    honest = Snapshot.write

    def losing(self: Snapshot, content: TableContent, parts: Any) -> None:
        lines = b"".join(parts).splitlines(keepends=True)
        kept = lines[:-1] if content.name == "audit_checkpoint" else lines
        honest(self, content, iter([b"".join(kept)]))

    monkeypatch.setattr(Snapshot, "write", losing)
    home = state_folder / "new"
    with pytest.raises(SuwenError) as caught:
        await asyncio.to_thread(backup.restore, state_folder / "backup", home, PASSPHRASE)
    assert caught.value.code == "restored_not_equal"
    assert list(home.iterdir()) == []


async def test_a_broken_chain_is_backed_up_as_it_is_and_reported(
    own_database_urls: DatabaseUrls,
    open_database: Callable[[str], Database],
    state_folder: Path,
    site: Path,
) -> None:
    store = AuditStore(open_database(own_database_urls.general))
    await store.append_group([_entry(number) for number in range(5)], AT)
    with connect(own_database_urls.migration) as owner:
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER never_changed")
        owner.execute("UPDATE audit_event SET actor = 'nobody' WHERE sequence = 3")
    report = backup.create(own_database_urls, site, state_folder / "b", PASSPHRASE)
    assert report.chains["general"].first_bad == 3


def test_a_backup_of_a_later_program_is_refused(
    own_database_urls: DatabaseUrls, state_folder: Path, site: Path
) -> None:
    with connect(own_database_urls.migration) as owner:
        owner.execute("UPDATE suwen_version SET version_num = '9999'")
    backup.create(own_database_urls, site, state_folder / "b", PASSPHRASE)
    with pytest.raises(ConfigurationError) as caught:
        backup.restore(state_folder / "b", state_folder / "new", PASSPHRASE)
    assert caught.value.code == "backup_newer_than_program"
    assert not (state_folder / "new").exists()


async def test_an_outside_database_is_restored_into_only_when_empty(
    fresh_database_urls: DatabaseUrls,
    postgres_server: TestServer,
    open_database: Callable[[str], Database],
    state_folder: Path,
    site: Path,
) -> None:
    stores = _stores(fresh_database_urls, site, open_database)
    await _fill(stores)
    before = await _state(stores)
    backup.create(fresh_database_urls, site, state_folder / "b", PASSPHRASE)
    with pytest.raises(InputError) as caught:
        backup.restore(state_folder / "b", state_folder / "new", PASSPHRASE, fresh_database_urls)
    assert caught.value.code == "database_not_empty"
    with postgres_server.copies(empty=True) as urls:
        await asyncio.to_thread(
            backup.restore, state_folder / "b", state_folder / "new", PASSPHRASE, urls
        )
        again = _stores(urls, state_folder / "new", open_database)
        assert await _state(again) == before
        assert not (state_folder / "new" / "postgres").exists()


def test_work_during_the_backup_is_in_it_whole_or_not_at_all(
    fresh_database_urls: DatabaseUrls,
    state_folder: Path,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = Snapshot.read

    def with_a_writer(self: Snapshot, shape: Any, sink: Any) -> TableContent:
        if shape.name == "setting":
            with connect(fresh_database_urls.general) as service:
                service.execute(
                    "INSERT INTO setting VALUES (%s, %s)", (os.urandom(4).hex(), json.dumps(1))
                )
        return honest(self, shape, sink)

    monkeypatch.setattr(Snapshot, "read", with_a_writer)
    report = backup.create(fresh_database_urls, site, state_folder / "b", PASSPHRASE)
    assert report.rows["general/setting"] == 0
    monkeypatch.setattr(Snapshot, "read", honest)
    later = backup.create(fresh_database_urls, site, state_folder / "c", PASSPHRASE)
    assert later.rows["general/setting"] == 2
