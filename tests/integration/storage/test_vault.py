"""Records and documents are sealed by their patient's key, found all the same, and sealed anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from suwen.core import faults
from suwen.core.errors import ConfigurationError
from suwen.core.patient_numbers import numbered_patient
from suwen.storage.data_keys import Algorithm
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.imaging import ImagingStore, StoredInstance
from suwen.storage.key_rotation import KeyCounts, PatientKeys
from suwen.storage.keyring import KeyRing, Module
from suwen.storage.record_import import StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.resealing import Resealing
from suwen.storage.signed_records import SignedRecordStore, SignedWish
from suwen.storage.urls import DatabaseUrls
from suwen.storage.vault import Vault
from tests.integration.storage.test_drafts import LIN, draft, edit, sign
from tests.integration.storage.test_records import _patient, _resource
from tests.support.database import connect, new_state_folder

SECRET = "欧阳若兰"
NUMBER = "MRN-8861297"


@pytest.fixture
def own_ring() -> Iterator[KeyRing]:
    with new_state_folder() as home:
        yield KeyRing(home)


@pytest.fixture
async def sealed(fresh_database_urls: DatabaseUrls, own_ring: KeyRing) -> Any:
    opened = Database(fresh_database_urls.general, pool_size=6, vault=Vault(own_ring))
    yield opened
    await opened.close()


def _person() -> StoredResource:
    made = _patient("p1", SECRET)
    more = {"identifier": [{"system": "urn:mr", "value": NUMBER}], "birthDate": "1971-02-03"}
    body = {**made.body, **more}
    return replace(made, body=body, numbered=numbered_patient(body, {"urn:mr": "mrn"}, "his"))


def _image() -> StoredInstance:
    return StoredInstance(
        sop_instance_uid="1.2.3.1",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        study_uid="1.2.3",
        series_uid="1.2.3.4",
        patient_number=NUMBER,
        patient_issuer=f"{SECRET} hospital",
        header={"modality": "CT", "patient_name": SECRET, "frames": 1},
        digest="a" * 64,
        size=1,
        connection="pacs",
        synthetic=False,
        received_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


async def _fill(database: Database) -> None:
    records, drafts = RecordStore(database), DraftStore(database)
    await records.import_unit([_person()])
    await records.import_unit([_resource("Condition", "c1", note=SECRET)])
    await records.import_unit([_resource("Condition", "c1", note=f"{SECRET} again")])
    await records.import_unit([_resource("Organization", "o1", None, name=f"{SECRET} ward")])
    await drafts.create(draft())
    edited = await edit(drafts, await drafts.read(draft().id), SECRET, LIN)
    await sign(drafts, edited, comment=f"~{SECRET} knows")
    await ImagingStore(database).put(_image())


async def _told(database: Database) -> list[Any]:
    records, drafts = RecordStore(database), DraftStore(database)
    return [
        await records.read_patient("p1"),
        await records.list_resources("Organization"),
        await records.list_patients(query="若兰"),
        await records.patients_by_identifier(NUMBER),
        await drafts.versions(draft().id),
        await drafts.signed_versions(draft().id),
        [entry.record for entry in await SignedRecordStore(database).find(SignedWish(), 10)],
        await drafts.sign_offs(draft().id),
        await ImagingStore(database).of_study("1.2.3"),
    ]


def _rows_with(urls: DatabaseUrls, wanted: str) -> list[str]:
    """Tables in which a row holds a text, in any column."""
    with connect(urls.migration) as owner:
        tables = owner.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        return [
            table
            for (table,) in tables
            if owner.execute(
                f"SELECT 1 FROM {table} AS held WHERE position(%s in held::text) > 0 LIMIT 1",
                [wanted],
            ).fetchone()
        ]


async def test_nothing_that_identifies_is_legible_in_the_database(
    sealed: Database, fresh_database_urls: DatabaseUrls
) -> None:
    await _fill(sealed)
    told = await _told(sealed)
    assert [len(part) for part in told] == [2, 1, 1, 1, 2, 1, 1, 1, 1]
    assert told[-3][0].sign_offs == tuple(told[-2])
    assert told[-2][0].comment == f"~{SECRET} knows"
    assert told[-1] == [_image()]
    assert [_rows_with(fresh_database_urls, one) for one in (SECRET, NUMBER, "1971-02-03")] == [
        [],
        [],
        [],
    ]
    # The same look finds what is in the clear: it is able to find something.
    assert _rows_with(fresh_database_urls, "Condition") == ["resource", "resource_history"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("欧", ["p1"]),
        ("若兰", ["p1"]),
        ("欧阳若兰", ["p1"]),
        ("mrn-88", ["p1"]),
        ("8861297", ["p1"]),
        ("6129 ", ["p1"]),
        ("欧兰", []),
        # Each part of it is there, the whole is not.
        ("abcabd", ["p2"]),
        ("abdabc", []),
        ("p1", ["p1"]),
        ("%", []),
    ],
)
async def test_patients_are_found_by_parts_of_sealed_names_and_numbers(
    sealed: Database, query: str, found: list[str]
) -> None:
    records = RecordStore(sealed)
    await records.import_unit([_person()])
    await records.import_unit([_patient("p2", name="abcabdab")])
    assert [row.id for row in await records.list_patients(query=query)] == found


async def test_what_was_stored_in_the_clear_is_read_found_and_sealed_later(
    sealed: Database, fresh_database_urls: DatabaseUrls
) -> None:
    clear = Database(fresh_database_urls.general, pool_size=2)
    await _fill(clear)
    before = await _told(sealed)
    assert before == await _told(clear)
    await clear.close()
    assert _rows_with(fresh_database_urls, SECRET) == [
        "dicom_instance", "draft_version", "patient", "resource", "resource_history", "sign_off",
        "signed_record",
    ]  # fmt: skip
    work = Resealing(sealed, records=True)
    assert _rows_with(fresh_database_urls, NUMBER) == [
        "dicom_instance", "patient", "patient_number", "resource",
    ]  # fmt: skip
    # Besides: the image, the decision in its own row and in the record, number and day of birth.
    assert sum((await work.waiting()).values()) == 8 + 5
    assert await work.all() == 8 + 5
    assert sum((await work.waiting()).values()) == 0
    for one in (SECRET, NUMBER, "1971-02-03"):
        assert _rows_with(fresh_database_urls, one) == []
    assert await _told(sealed) == before


async def test_without_a_ring_nothing_sealed_is_read(
    sealed: Database, fresh_database_urls: DatabaseUrls
) -> None:
    await _fill(sealed)
    bare = Database(fresh_database_urls.general, pool_size=2)
    with pytest.raises(ConfigurationError) as caught:
        await RecordStore(bare).read_patient("p1")
    assert caught.value.code == "vault_missing"
    await bare.close()


async def test_a_sealed_body_that_is_put_into_another_row_is_refused(
    sealed: Database, fresh_database_urls: DatabaseUrls
) -> None:
    await _fill(sealed)
    await RecordStore(sealed).import_unit([_resource("Condition", "c2", note="other")])
    with connect(fresh_database_urls.migration) as owner:
        owner.execute(
            "UPDATE resource SET body = (SELECT body FROM resource WHERE id = 'c2') WHERE id = 'c1'"
        )
    with pytest.raises(ConfigurationError) as caught:
        await RecordStore(sealed).read_patient("p1")
    assert caught.value.code == "field_not_readable"


async def test_a_key_of_a_transaction_that_was_rolled_back_seals_nothing_later(
    sealed: Database,
) -> None:
    from suwen.storage.vault import Unsealed

    assert sealed.vault is not None
    with pytest.raises(RuntimeError):
        async with sealed.transaction() as connection:
            (kept,) = await sealed.vault.seal(connection, [Unsealed("p9", "x", "a")])
            assert await sealed.vault.open(connection, [(kept, "a")]) == ["x"]
            raise RuntimeError
    async with sealed.transaction() as connection:
        (again,) = await sealed.vault.seal(connection, [Unsealed("p9", "y", "a")])
    other = Vault(sealed.vault.ring)
    async with sealed.transaction() as connection:
        assert await other.open(connection, [(again, "a")]) == ["y"]
        with pytest.raises(ConfigurationError):
            await other.open(connection, [(kept, "a")])


async def test_a_rotation_changes_every_key_and_nothing_that_is_read(
    sealed: Database, own_ring: KeyRing
) -> None:
    assert sealed.vault is not None
    await _fill(sealed)
    before, keys = await _told(sealed), PatientKeys(sealed, sealed.vault)
    former = own_ring.opened()
    own_ring.rotate_modules([Module.PATIENTS, Module.RECORDS], Algorithm.SM4_GCM)
    # The patient's key and the one of the study.
    assert (await keys.counts()).behind == 2
    assert await keys.wrap_anew() == 2
    assert await keys.renew(datetime.now(UTC)) == 2
    own_ring.rotate_master()
    assert await _told(sealed) == before
    assert await keys.counts() == KeyCounts(current=2, former=2, behind=0, destroyed=0)
    assert await Resealing(sealed, records=True).all() == 8 + 4
    own_ring.retire([former.current(one).id for one in (Module.PATIENTS, Module.RECORDS)])
    fresh = Database(
        str(sealed.engine.url.render_as_string(hide_password=False)), 2, Vault(own_ring)
    )
    assert await _told(fresh) == before
    await fresh.close()


@contextmanager
def _struck(name: str, at: int) -> Iterator[list[int]]:
    """Ends what comes to a fault point for the n-th time, as a kill would."""
    count = [0]

    def strike(reached: str) -> None:
        if reached == name:
            count[0] += 1
            if count[0] == at:
                raise KeyboardInterrupt

    faults.arm(strike)
    try:
        yield count
    finally:
        faults.arm(lambda _: None)


async def test_no_service_takes_a_key_or_a_sealed_row_back(
    sealed: Database, fresh_database_urls: DatabaseUrls
) -> None:
    await _fill(sealed)
    with connect(fresh_database_urls.general) as service:
        for attempt in (
            "UPDATE data_key SET wrapped = NULL, destroyed_at = now(), current = false",
            "UPDATE data_key SET owner = 'p2'",
            "DELETE FROM data_key",
            "SELECT suwen_erase('none', now())",
            "SELECT suwen_reseal('signed_record', id, 0, content, '{}') FROM signed_record",
            "SELECT suwen_reseal('sign_off', number::text, 0, comment, 'x') FROM sign_off",
            "SELECT suwen_reseal('signed_decision', id, 1, sign_offs -> 0 ->> 'comment', 'x') "
            "FROM signed_record",
            "UPDATE sign_off SET comment = '~'",
            "UPDATE signed_record SET content = '~'",
            "DELETE FROM resource_history",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(attempt)


async def test_work_goes_on_while_keys_change(sealed: Database, own_ring: KeyRing) -> None:
    assert sealed.vault is not None
    records, drafts = RecordStore(sealed), DraftStore(sealed)
    await _fill(sealed)
    ended = False

    async def writer(number: int) -> int:
        count = 0
        while not ended:
            name = f"w{number}-{count}"
            await records.import_unit([_resource("Condition", name, f"p{count % 7}", note=name)])
            found = await records.read_patient(f"p{count % 7}")
            assert name in {one["id"] for one in found}
            await drafts.create(draft(f"draft-{name}"))
            assert (await drafts.read(draft(f"draft-{name}").id)).content == draft().content
            count += 1
        return count

    writers = [asyncio.create_task(writer(number)) for number in range(3)]
    work, keys = Resealing(sealed, records=True), PatientKeys(sealed, sealed.vault)
    for turn in range(4):
        algorithm = list(Algorithm)[turn % 2]
        await asyncio.to_thread(
            own_ring.rotate_modules, [Module.PATIENTS, Module.RECORDS], algorithm
        )
        await keys.wrap_anew()
        await asyncio.to_thread(own_ring.rotate_master)
        await keys.renew(datetime.now(UTC))
        await work.some()
    ended = True
    written = await asyncio.gather(*writers)
    assert min(written) >= 1
    await keys.wrap_anew()
    await work.all()
    assert sum((await work.waiting()).values()) == 0
    async with sealed.transaction() as connection:
        ids = (await connection.execute(text("SELECT id FROM draft"))).scalars().all()
    assert len(ids) == 1 + sum(written)
    for one in ids:
        assert await drafts.versions(one)


@pytest.mark.parametrize(
    "point", ["keys.some_wrapped", "keys.some_renewed", "keys.before_resealed"]
)
async def test_a_rotation_that_is_cut_off_leaves_everything_readable_and_is_ended_later(
    sealed: Database, own_ring: KeyRing, point: str
) -> None:
    assert sealed.vault is not None
    await _fill(sealed)
    before, keys = await _told(sealed), PatientKeys(sealed, sealed.vault)
    work = Resealing(sealed, records=True)

    async def rotate() -> None:
        own_ring.rotate_modules([Module.PATIENTS, Module.RECORDS], None)
        await keys.wrap_anew()
        await keys.renew(datetime.now(UTC))
        await work.all()

    with _struck(point, 1) as count, pytest.raises(KeyboardInterrupt):
        await rotate()
    assert count == [1]
    sealed.vault.forget()
    assert await _told(sealed) == before
    await rotate()
    assert (await keys.counts()).behind == 0
    assert sum((await work.waiting()).values()) == 0
    assert await _told(sealed) == before
