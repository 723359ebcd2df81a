"""Erasures need two people and destroy keys; what is held is destroyed by nobody and no job."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from suwen.bootstrap.carried_holds import carry_holds, keep_holds_carried
from suwen.bootstrap.device.place import device_settings
from suwen.bootstrap.keeping import finish_erasures, refresh_ledger
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.retention import purge_drafts, purge_messages, tidy
from suwen.bootstrap.vaults import open_vault
from suwen.core.errors import AccessError, ConflictError, InputError, NotFoundError, SuwenError
from suwen.core.identity import (
    Channel,
    Principal,
    PrincipalId,
    Purpose,
    Role,
    batch_principal,
)
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.erasures import Basis, ErasureStore
from suwen.storage.holds import HoldStore
from suwen.storage.inbound_types import NewMessage, ProcessedMessage
from suwen.storage.ledger import LEDGER, read_ledger
from suwen.storage.record_import import IMPORTED, StoredResource
from suwen.storage.rows import EVERYBODY
from tests.integration.storage.test_drafts import draft, sign
from tests.support.database import connect

OPERATOR = batch_principal("root")


def _person(name: str, role: Role) -> Principal:
    return Principal(
        id=PrincipalId(name),
        name=name,
        roles=frozenset({role}),
        departments=frozenset(),
        purpose=Purpose.OPERATIONS,
        channel=Channel.WEB,
    )


OFFICE = _person("po.li", Role.PATIENT_SERVICES)
COMPLIANCE = _person("co.sun", Role.COMPLIANCE_OFFICER)
QUALITY = _person("q.tang", Role.QUALITY_OFFICER)


def _resource(kind: str, given: str, **body: Any) -> StoredResource:
    whole = {"resourceType": kind, "id": given, **body}
    return StoredResource(kind, given, "p1", None, None, None, IMPORTED, whole)


async def _fill(platform: Platform, *, ended_years_ago: float | None = 40) -> None:
    """A patient with a stay, a signed document and an old draft that nobody signed."""
    stay: dict[str, Any] = {"status": "finished", "class": {"code": "IMP"}}
    if ended_years_ago is not None:
        end = platform.clock.now() - timedelta(days=365.25 * ended_years_ago)
        stay["period"] = {"end": end.isoformat()}
    await platform.records.import_unit(
        [
            _resource("Patient", "p1", name=[{"text": "欧阳若兰"}]),
            _resource("Encounter", "e1", **stay),
        ]
    )
    await platform.drafts.create(draft("signed"))
    await sign(platform.drafts, await platform.drafts.read(draft("signed").id))
    at = platform.clock.now() - timedelta(days=4000)
    await platform.drafts.create(draft("old", created_at=at, updated_at=at))


async def _erase(platform: Platform, basis: Basis = Basis.ORDER) -> None:
    wanted = await platform.keeping.request_erasure(OFFICE, "p1", basis, "order 12")
    done = await platform.keeping.decide_erasure(COMPLIANCE, wanted.id, approved=True)
    assert done.done_at is not None


async def test_an_erasure_by_two_people_destroys_the_key_and_all_that_it_sealed(
    platform: Platform,
) -> None:
    await _fill(platform)
    await _erase(platform)
    assert await platform.records.read_patient("p1") == []
    assert await platform.records.list_patients(query="若兰") == []
    for name in ("signed", "old"):
        with pytest.raises(NotFoundError) as caught:
            await platform.drafts.read(draft(name).id)
        assert caught.value.code == "record_erased"
    assert await platform.drafts.signed_versions(draft("signed").id) == []
    with connect(platform.urls.migration) as owner:
        keys = owner.execute("SELECT wrapped, destroyed_at FROM data_key").fetchall()
        assert [key[0] for key in keys] == [None]
        for table in ("patient", "resource", "resource_history", "care_encounter"):
            assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("UPDATE data_key SET wrapped = 'x', destroyed_at = NULL")
    told = await platform.audit_store.latest(10, None, action="erasure.approve")
    assert [one.entry.outcome.value for one in told] == ["done", "opened"]
    assert told[0].entry.detail["keys_destroyed"] == 1
    assert told[0].entry.detail["basis"] == "order"


async def test_a_patient_who_comes_back_has_a_new_key(platform: Platform) -> None:
    await _fill(platform)
    await _erase(platform)
    await platform.records.import_unit([_resource("Patient", "p1", name=[{"text": "新"}])])
    assert [row.name for row in await platform.records.list_patients()] == ["新"]
    with pytest.raises(NotFoundError):
        await platform.drafts.read(draft("signed").id)


async def test_nobody_erases_alone_or_without_the_office(platform: Platform) -> None:
    await _fill(platform)
    for stranger in (_person("dr.lin", Role.PHYSICIAN), _person("it", Role.SYSTEM_ADMINISTRATOR)):
        with pytest.raises(AccessError):
            await platform.keeping.request_erasure(stranger, "p1", Basis.ORDER, "x")
    wanted = await platform.keeping.request_erasure(COMPLIANCE, "p1", Basis.ORDER, "x")
    with pytest.raises(ConflictError) as caught:
        await platform.keeping.decide_erasure(COMPLIANCE, wanted.id, approved=True)
    assert caught.value.code == "erasure_by_another"
    with pytest.raises(AccessError):
        await platform.keeping.decide_erasure(OFFICE, wanted.id, approved=True)
    # The database keeps to it by itself.
    store = ErasureStore(platform.database)
    with pytest.raises(SuwenError) as refused:
        await store.carry_out(wanted, platform.clock.now())
    assert refused.value.detail["sqlstate"] == "42501"
    with connect(platform.urls.general) as service, pytest.raises(psycopg.errors.CheckViolation):
        service.execute("UPDATE erasure SET decided_by = requested_by, approved = true")
    other = _person("co.wu", Role.COMPLIANCE_OFFICER)
    refused_one = await platform.keeping.decide_erasure(other, wanted.id, approved=False)
    assert (refused_one.approved, refused_one.done_at) == (False, None)
    assert len(await platform.records.read_patient("p1")) == 2


async def test_what_is_held_is_destroyed_by_nobody_and_by_no_job(platform: Platform) -> None:
    await _fill(platform)
    wanted = await platform.keeping.request_erasure(OFFICE, "p1", Basis.ORDER, "x")
    hold = await platform.keeping.place_hold(COMPLIANCE, "p1", "case 7")
    with pytest.raises(ConflictError) as caught:
        await platform.keeping.decide_erasure(COMPLIANCE, wanted.id, approved=True)
    assert caught.value.code == "records_held"
    with pytest.raises(ConflictError):
        await platform.keeping.request_erasure(OFFICE, "p1", Basis.ORDER, "x")
    # Past the desk, with the approval in place: the database refuses.
    now = platform.clock.now()
    decided = await ErasureStore(platform.database).decide(
        wanted.id, COMPLIANCE.id, now, approved=True
    )
    with pytest.raises(SuwenError) as refused:
        await finish_erasures(platform)
    assert refused.value.detail["sqlstate"] == "42501"
    destroy = "UPDATE data_key SET wrapped = NULL, destroyed_at = now(), current = false"
    denied = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with connect(platform.urls.general) as service, denied:
        service.execute(destroy)
    assert await purge_drafts(platform, OPERATOR, days=10) == []
    assert len(await platform.records.read_patient("p1")) == 2
    with pytest.raises(ConflictError) as alone:
        await platform.keeping.release_hold(COMPLIANCE, hold.number, "closed")
    assert alone.value.code == "hold_by_another"
    # The twin: released by another person, the same acts happen.
    await platform.keeping.release_hold(QUALITY, hold.number, "closed")
    assert [one.id for one in await purge_drafts(platform, OPERATOR, days=10)] == ["old"]
    assert (await ErasureStore(platform.database).read(decided.id)).done_at is None
    await tidy(platform)
    assert (await ErasureStore(platform.database).read(decided.id)).done_at is not None
    assert await platform.records.read_patient("p1") == []


@pytest.mark.parametrize("held", ["p1", None])
async def test_messages_about_a_held_patient_stay(platform: Platform, held: str | None) -> None:
    inbound = platform.connection_parts.inbound
    long_ago = platform.clock.now() - timedelta(days=400)
    for number, patient in enumerate(("p1", "p2", None)):
        message = NewMessage("his", f"m{number}", "ADT", patient, b"x", "utf-8", None)
        (receipt,) = await inbound.receive_all([message], long_ago)
        await inbound.process([ProcessedMessage(receipt.id, (), (), {})], long_ago)
    await platform.keeping.place_hold(COMPLIANCE, held, "case 8")
    assert await purge_messages(platform, OPERATOR, days=30) == (1 if held else 0)
    (hold,) = await platform.keeping.holds(QUALITY)
    await platform.keeping.release_hold(QUALITY, hold.number, "closed")
    assert await purge_messages(platform, OPERATOR, days=30) == (2 if held else 3)


@pytest.mark.parametrize(
    ("ended_years_ago", "basis", "code"),
    [
        (29.9, Basis.CONSENT_WITHDRAWN, "retention_not_over"),
        (40, Basis.CONSENT_WITHDRAWN, "retention_not_over"),
        (None, Basis.RETENTION_OVER, "retention_not_over"),
        (29.9, Basis.HELD_BY_MISTAKE, None),
    ],
)
async def test_before_the_time_set_by_law_is_over_only_some_grounds_erase(
    platform: Platform, ended_years_ago: float | None, basis: Basis, code: str | None
) -> None:
    # The document was signed long after the stay: its own time counts too.
    await _fill(platform, ended_years_ago=ended_years_ago)
    if code is None:
        await _erase(platform, basis)
        return
    with pytest.raises(ConflictError) as caught:
        await platform.keeping.request_erasure(OFFICE, "p1", basis, "asked")
    assert caught.value.code == code


async def test_records_whose_time_is_over_are_listed(platform: Platform) -> None:
    now = platform.clock.now()

    async def patient(name: str, ended_years_ago: float | None, kind: str = "IMP") -> None:
        stay: dict[str, Any] = {"status": "finished", "class": {"code": kind}}
        if ended_years_ago is not None:
            ended = now - timedelta(days=365.25 * ended_years_ago)
            stay["period"] = {"end": ended.isoformat()}
        body = {"resourceType": "Patient", "id": name}
        await platform.records.import_unit(
            [
                StoredResource("Patient", name, name, None, None, None, IMPORTED, body),
                StoredResource(
                    "Encounter",
                    f"e-{name}",
                    name,
                    None,
                    None,
                    None,
                    IMPORTED,
                    {"resourceType": "Encounter", "id": f"e-{name}", **stay},
                ),
            ]
        )

    await patient("in-29", 29.9)
    await patient("in-31", 31)
    await patient("out-16", 16, "AMB")
    await patient("out-14", 14, "AMB")
    await patient("still-here", None)
    await _fill(platform, ended_years_ago=40)  # signed lately
    due = platform.keeping.due
    found = await due.find(QUALITY)
    assert [one.patient for one in found.records] == ["in-31", "out-16"]
    assert found.after is None
    assert all(one.kept_until <= now for one in found.records)
    await platform.keeping.place_hold(COMPLIANCE, "in-31", "case 9")
    await platform.keeping.request_erasure(OFFICE, "out-16", Basis.RETENTION_OVER, "time is over")
    first = await due.find(OFFICE, limit=1)
    rest = await due.find(OFFICE, first.after or "")
    told = [(one.patient, one.held, one.asked_for) for one in (*first.records, *rest.records)]
    assert told == [("in-31", True, False), ("out-16", False, True)]
    with pytest.raises(AccessError):
        await due.find(_person("dr.lin", Role.PHYSICIAN))
    entry = (await platform.audit_store.latest(1, None, action="retention.due"))[0].entry
    assert entry.outcome.value == "refused"


@asynccontextmanager
async def _device(platform: Platform) -> AsyncIterator[Database]:
    vault = open_vault(device_settings(platform.settings).home)
    opened = Database(platform.urls.device, pool_size=1, vault=vault)
    try:
        yield opened
    finally:
        await opened.close()


async def test_a_hold_reaches_the_device_partition(platform: Platform) -> None:
    async with _device(platform) as device:
        store = HoldStore(device)
        hold = await platform.keeping.place_hold(COMPLIANCE, "p1", "case 10")
        assert await store.all() == [hold]
        assert await store.is_held("p1")
        long_ago = platform.clock.now() - timedelta(days=4000)
        drafts = DraftStore(device)
        kept = draft("held", partition=Partition.DEVICE, created_at=long_ago, updated_at=long_ago)
        await drafts.create(kept)
        assert not await drafts.remove(kept.id, platform.clock.now())
        # Carried again it stays as it is; released here, it is released there.
        assert await carry_holds(platform.database, platform.urls) == 0
        await platform.keeping.release_hold(QUALITY, hold.number, "closed")
        assert not await store.is_held("p1")
        assert await drafts.remove(kept.id, platform.clock.now())


async def test_a_process_without_the_other_partition_leaves_holds_to_be_carried(
    platform: Platform,
) -> None:
    alone = platform.urls.only(Partition.GENERAL)
    await HoldStore(platform.database).place("p1", "case 11", "co.sun", platform.clock.now())
    assert await carry_holds(platform.database, alone) == 0
    carrying = asyncio.create_task(keep_holds_carried(platform.database, platform.urls))
    try:
        async with asyncio.timeout(20), _device(platform) as device:
            while not await HoldStore(device).is_held("p1"):  # noqa: ASYNC110 - of the database
                await asyncio.sleep(0.05)
    finally:
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)


async def test_a_reason_is_asked_for_and_the_patient_must_be_there(platform: Platform) -> None:
    await _fill(platform)
    for reason in ("", "x" * 501):
        with pytest.raises(InputError) as caught:
            await platform.keeping.request_erasure(OFFICE, "p1", Basis.ORDER, reason)
        assert caught.value.code == "reason_missing"
    with pytest.raises(NotFoundError):
        await platform.keeping.request_erasure(OFFICE, "nobody", Basis.ORDER, "x")


async def test_the_ledger_names_the_erasure_and_not_the_patient(platform: Platform) -> None:
    home = platform.settings.home
    await _fill(platform)
    await _erase(platform)
    await refresh_ledger(platform)
    (stone,) = read_ledger(home, home / LEDGER).erasures
    assert "p1" not in (home / LEDGER).read_text()
    assert (stone.requested_by, stone.decided_by) == ("po.li", "co.sun")
    lines = (home / LEDGER).read_text().splitlines()
    altered = json.loads(lines[0])
    altered["at"] = "2020-01-01T00:00:00+00:00"
    (home / "other").write_text(json.dumps(altered))
    with pytest.raises(InputError) as caught:
        read_ledger(home, home / "other")
    assert caught.value.code == "ledger_damaged"


async def test_what_waits_is_sealed_by_the_hourly_round(platform: Platform) -> None:
    await _fill(platform)
    async with platform.database.transaction(EVERYBODY) as connection:
        await connection.execute(text('UPDATE resource SET body = \'{"resourceType": "Basic"}\''))
    assert (await tidy(platform)).sealed == 2
    assert (await tidy(platform)).sealed == 0
