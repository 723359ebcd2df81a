"""Endpoints, releases, traces and settings come back as they were put."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from suwen.core.errors import ConfigurationError, NotFoundError
from suwen.core.identity import AppId, PrincipalId, ReleaseHash, TraceId
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.core.release import Release, ReleaseState, Suspension
from suwen.storage.database import Database
from suwen.storage.encryption import field_cipher
from suwen.storage.endpoints import EndpointStore
from suwen.storage.releases import GateResult, ReleaseStore
from suwen.storage.settings import SettingStore
from suwen.storage.traces import TraceEvent, TraceStage, TraceStore
from suwen.storage.urls import DatabaseUrls

AT = datetime(2025, 3, 1, 8, tzinfo=UTC)
WRITER, TRACE = AppId("record_writer"), TraceId("t1")
WARD = Endpoint(
    name="ward",
    url="http://gpu.hospital/v1",
    model="Qwen3-32B",
    partition=Partition.GENERAL,
    ceiling=4,
    capabilities=frozenset({"chat", "json_schema"}),
    context_tokens=32768,
    key="sk-very-secret",
    timeout_s=60.5,
)


async def test_an_endpoint_comes_back_and_its_key_is_sealed(
    database: Database, tmp_path: Path
) -> None:
    store = EndpointStore(database, field_cipher(tmp_path))
    plain = replace(WARD, name="a", key=None, embedded=True)
    await store.put(WARD)
    await store.put(plain)
    assert await store.read("ward") == WARD
    assert await store.list() == [plain, WARD]
    await store.put(replace(WARD, model="other", key="new"))
    assert (await store.read("ward")).key == "new"
    async with database.transaction() as connection:
        rows = (await connection.exec_driver_sql("SELECT endpoint::text FROM endpoint")).all()
    assert "sk-very-secret" not in str(rows)
    assert b"new".hex() not in str(rows)


async def test_a_key_moved_to_another_endpoint_is_not_used(
    database: Database, tmp_path: Path
) -> None:
    store = EndpointStore(database, field_cipher(tmp_path))
    await store.put(WARD)
    await store.put(replace(WARD, name="evil", url="http://evil/v1", key="x"))
    async with database.transaction() as connection:
        await connection.exec_driver_sql(
            "UPDATE endpoint SET key_sealed = "
            "(SELECT key_sealed FROM endpoint WHERE name = 'ward') WHERE name = 'evil'"
        )
    assert (await store.read("ward")).key == "sk-very-secret"
    with pytest.raises(ConfigurationError):
        await store.read("evil")


async def test_an_endpoint_is_removed_once(database: Database, tmp_path: Path) -> None:
    store = EndpointStore(database, field_cipher(tmp_path))
    await store.put(WARD)
    await store.remove("ward")
    for act in (store.remove("ward"), store.read("ward")):
        with pytest.raises(NotFoundError):
            await act


async def test_each_partition_has_its_own_endpoints(
    fresh_database_urls: DatabaseUrls, open_database: Callable[[str], Database], tmp_path: Path
) -> None:
    cipher = field_cipher(tmp_path)
    general = EndpointStore(open_database(fresh_database_urls.general), cipher)
    device = EndpointStore(open_database(fresh_database_urls.device), cipher)
    await general.put(WARD)
    assert await device.list() == []


def release(name: str, at: datetime = AT, state: ReleaseState = ReleaseState.ACTIVE) -> Release:
    return Release(WRITER, ReleaseHash(name * 64), {"code": "1"}, state, at, None)


async def test_the_release_approved_last_and_active_is_the_present_one(database: Database) -> None:
    store = ReleaseStore(database)
    assert await store.current(WRITER) is None
    old, new = release("a"), release("b", AT + timedelta(days=1))
    retired = release("c", AT + timedelta(days=2), ReleaseState.RETIRED)
    for one in (old, new, retired):
        await store.put(one)
    assert await store.current(WRITER) == new
    assert await store.by_hash(old.hash) == old
    assert await store.by_hash(ReleaseHash("0")) is None
    assert await store.list(WRITER) == [retired, new, old]
    assert await store.list(AppId("other")) == []
    approved = replace(old, approved_at=AT + timedelta(days=3), approved_by=PrincipalId("boss"))
    await store.put(approved)
    assert await store.current(WRITER) == approved


async def test_the_kill_switch_stands_until_it_is_taken_back(database: Database) -> None:
    store = ReleaseStore(database)
    first = Suspension(WRITER, "wrong units", PrincipalId("boss"), AT)
    assert await store.suspend(first)
    assert not await store.suspend(replace(first, reason="again"))
    assert await store.suspension(WRITER) == first
    assert await store.suspension(AppId("other")) is None
    assert await store.resume(WRITER, PrincipalId("boss"))
    assert not await store.resume(WRITER, PrincipalId("boss"))
    assert await store.suspensions() == ()
    assert await store.suspend(replace(first, reason="third"))
    assert [one.reason for one in await store.suspensions()] == ["third"]


async def test_the_latest_gate_of_each_suite_of_exactly_this_engine_counts(
    database: Database,
) -> None:
    store = ReleaseStore(database)
    hashed = ReleaseHash("a" * 64)
    for suite, passed in (("model_part", True), ("model_part", False), ("injection", True)):
        await store.put_gate(
            GateResult(
                release=hashed,
                endpoint_name="ward",
                endpoint_fingerprint="print",
                suite=suite,
                suite_hash="5" * 64,
                passed=passed,
                report={"score": 0.5 if passed else 0.25},
                at=AT,
                by=PrincipalId("boss"),
            )
        )
    found = await store.latest_gates(hashed, "print")
    assert {name: (one.passed, one.report["score"]) for name, one in found.items()} == {
        "model_part": (False, 0.25),
        "injection": (True, 0.5),
    }
    assert await store.latest_gates(hashed, "other print") == {}
    assert await store.latest_gates(ReleaseHash("b" * 64), "print") == {}
    assert [one.passed for one in await store.gates(hashed)] == [True, False, True]


async def test_a_trace_keeps_its_stages_and_ends_once(database: Database) -> None:
    store = TraceStore(database)
    await store.open(TRACE, WRITER, PrincipalId("dr.lin"), ReleaseHash("a"), AT)
    await store.add_stage(TRACE, 2, "core", "done", AT, 12.5, "f" * 64, {"findings": 3})
    await store.add_stage(TRACE, 1, "admit", "done", AT, 0.5, None, {})
    assert [one.id for one in await store.still_open()] == [TRACE]
    assert await store.close(TRACE, "done", AT + timedelta(seconds=1))
    assert not await store.close(TRACE, "failed", AT + timedelta(seconds=9))
    found = await store.read(TRACE)
    assert (found.outcome, found.closed_at) == ("done", AT + timedelta(seconds=1))
    assert found.stages[1] == TraceStage(2, "core", "done", AT, 12.5, "f" * 64, {"findings": 3})
    assert [stage.n for stage in found.stages] == [1, 2]
    assert await store.still_open() == ()
    assert [one.id for one in await store.list(WRITER)] == [TRACE]
    assert await store.list(AppId("other")) == []
    with pytest.raises(NotFoundError):
        await store.read(TraceId("none"))


async def test_events_are_followed_from_any_point(database: Database) -> None:
    store = TraceStore(database)
    await store.open(TRACE, WRITER, PrincipalId("dr.lin"), ReleaseHash("a"), AT)
    assert await store.last_event(TRACE) == 0
    await store.append_event(TRACE, 1, "stage", {"name": "admit"})
    await store.append_events(TRACE, [TraceEvent(n, "section", {"n": n}) for n in (2, 3)])
    assert [event.n for event in await store.events_after(TRACE, 1)] == [2, 3]
    assert await store.events_after(TRACE, 3) == ()
    assert await store.last_event(TRACE) == 3


async def test_a_setting_is_put_and_put_once(database: Database) -> None:
    store = SettingStore(database)
    assert await store.get("installation") is None
    assert await store.put_once("installation", {"id": "a"}) == {"id": "a"}
    assert await store.put_once("installation", {"id": "b"}) == {"id": "a"}
    await store.put("installation", [1, "二"])
    assert await store.get("installation") == [1, "二"]
