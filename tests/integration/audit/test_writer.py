"""Entries become durable in groups, or everybody who waits is told that they did not."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suwen.control.audit import AuditWriter, GroupCommit
from suwen.core.errors import AuditError
from tests.integration.audit.conftest import AuditSite
from tests.support.audit_chains import entry
from tests.support.database import connect

REPOSITORY = Path(__file__).resolve().parents[3]
CHAIN_LOCK = 1398227285
OTHER_PROCESS = Path(__file__).with_name("append_in_a_process.py")


@contextmanager
def chain_held(site: AuditSite) -> Iterator[None]:
    """Nobody can commit to the chain meanwhile."""
    with connect(site.urls.general) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [CHAIN_LOCK])
        yield


@contextmanager
def database_gone(site: AuditSite) -> Iterator[None]:
    """The database lets nobody in, and throws out the service's sessions."""
    name = site.urls.general.rpartition("/")[2].partition("?")[0]
    with connect(site.urls.general) as own, connect(site.urls.device_migration) as owner:
        owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
                "current_user AND datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield
        finally:
            owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def started(writer: AuditWriter) -> AuditWriter:
    await writer.start()
    return writer


async def code_of(writer: AuditWriter, number: int = 1) -> str:
    with pytest.raises(AuditError) as refused:
        await writer.append(entry(number))
    return refused.value.code


async def test_an_entry_is_in_the_chain_when_it_is_acknowledged(site: AuditSite) -> None:
    writer = await started(site.writer())
    event = await writer.append(entry(1))
    assert await site.store.head() == event
    assert event.entry == entry(1)
    assert await writer.append_all([]) == []
    several = await writer.append_all([entry(2), entry(3)])
    assert [e.sequence for e in several] == [2, 3]
    await writer.stop()
    assert (await site.verify()).ok


async def test_many_writers_share_commits(site: AuditSite) -> None:
    writer = await started(site.writer())

    async def one(person: int) -> list[int]:
        return [(await writer.append(entry(person * 100 + n))).sequence for n in range(10)]

    sequences = await asyncio.gather(*(one(person) for person in range(64)))
    await writer.stop()
    assert sorted(s for own in sequences for s in own) == list(range(1, 641))
    assert all(own == sorted(own) for own in sequences)
    events = [event async for event in site.store.stream()]
    assert len({event.at for event in events}) <= 40
    report = await site.verify()
    assert (report.ok, report.events, report.since_anchor) == (True, 640, 0)


async def test_two_processes_write_one_chain(site: AuditSite) -> None:
    writer = await started(site.writer())
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        *(str(OTHER_PROCESS), site.urls.general, str(site.keys), str(site.anchor_path), "200"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert other.stdin is not None
    assert other.stdout is not None
    assert await other.stdout.readline() == b"ready\n"
    other.stdin.write(b"go\n")
    mine = [(await writer.append(entry(n))).sequence for n in range(200)]
    theirs = json.loads(await other.stdout.readline())
    assert await other.wait() == 0
    await writer.stop()
    assert sorted(mine + theirs) == list(range(1, 401))
    report = await site.verify()
    assert (report.ok, report.events, report.since_anchor) == (True, 400, 0)


async def test_a_failing_store_refuses_everybody_and_recovers(site: AuditSite) -> None:
    writer = await started(site.writer())
    await writer.append(entry(1))
    with database_gone(site):
        codes = await asyncio.gather(*(code_of(writer, n) for n in range(20)))
        assert set(codes) <= {"audit_unavailable", "audit_outcome_unknown"}
        assert writer.status().store_failing
    event = await writer.append(entry(2))
    assert event.sequence == 2
    assert not writer.status().store_failing
    await writer.stop()
    assert (await site.verify()).ok


async def test_what_is_refused_is_not_in_the_chain_and_what_is_acknowledged_is(
    site: AuditSite,
) -> None:
    writer = await started(site.writer())
    acknowledged: list[str] = []

    async def one(number: int) -> None:
        try:
            event = await writer.append(entry(number))
        except AuditError:
            return
        acknowledged.append(event.hash)

    async def storm() -> None:
        await asyncio.gather(*(one(n) for n in range(300)))

    task = asyncio.create_task(storm())
    await asyncio.sleep(0.01)
    with database_gone(site):
        await asyncio.sleep(0.05)
    await task
    await writer.stop()
    stored = {event.hash async for event in site.store.stream()}
    assert set(acknowledged) <= stored
    assert writer.status().waiting == 0


@pytest.mark.parametrize(
    "bad",
    [
        entry(1, detail={"a": float("nan")}),
        entry(1, detail={"a": object()}),
        entry(1, detail={"a": "\ud800"}),
        entry(1, actor="a\x00b"),
        entry(1, subject="\ud800"),
    ],
)
async def test_a_malformed_entry_harms_only_itself(site: AuditSite, bad: object) -> None:
    writer = await started(site.writer())
    good, refused = await asyncio.gather(
        writer.append(entry(2)),
        writer.append(bad),
        return_exceptions=True,  # type: ignore[arg-type]
    )
    assert isinstance(refused, AuditError)
    assert refused.code == "audit_entry_malformed"
    assert not isinstance(good, BaseException)
    await writer.stop()
    assert (await site.verify()).events == 1


async def test_an_entry_that_the_database_refuses_harms_only_itself(
    site: AuditSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = await started(site.writer())
    # What no check of ours foresees: here a JSON text that the column does not take.
    monkeypatch.setattr("suwen.control.audit.writer._storable", lambda item: item)
    odd = entry(1, actor="a\x00b")
    good, refused = await asyncio.gather(
        writer.append(entry(2)), writer.append(odd), return_exceptions=True
    )
    assert not isinstance(good, BaseException)
    assert isinstance(refused, AuditError)
    await writer.stop()
    assert [e.entry async for e in site.store.stream()] == [entry(2)]


async def test_keys_that_are_no_text_keep_the_hash_right(site: AuditSite) -> None:
    writer = await started(site.writer())
    await writer.append(entry(1, detail={10: "a", 9: ("b", 1.0)}))
    await writer.stop()
    assert (await site.verify()).ok


async def test_too_many_waiting_entries_are_refused_and_none_is_lost(site: AuditSite) -> None:
    writer = await started(site.writer(grouping=GroupCommit(capacity=50, largest=20)))
    with chain_held(site):
        waiting = [asyncio.create_task(writer.append(entry(n))) for n in range(50)]
        await asyncio.sleep(0)
        assert writer.status().waiting == 50
        assert await code_of(writer) == "audit_overloaded"
        assert not any(task.done() for task in waiting)
    sequences = [(await task).sequence for task in waiting]
    assert sequences == list(range(1, 51))
    await writer.stop()


async def test_the_entry_of_a_cancelled_caller_is_written_all_the_same(site: AuditSite) -> None:
    writer = await started(site.writer())
    with chain_held(site):
        first = asyncio.create_task(writer.append(entry(1)))
        second = asyncio.create_task(writer.append(entry(2)))
        await asyncio.sleep(0.02)
        first.cancel()
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
    event = await writer.append(entry(3))
    assert event.sequence == 3
    await writer.stop()


async def test_stopping_drains_and_then_refuses(site: AuditSite) -> None:
    writer = await started(site.writer(grouping=GroupCommit(largest=10)))
    waiting = [asyncio.create_task(writer.append(entry(n))) for n in range(100)]
    await asyncio.sleep(0)
    await writer.stop()
    assert [(await task).sequence for task in waiting] == list(range(1, 101))
    assert await code_of(writer) == "audit_closed"
    await writer.stop()


async def test_a_writer_that_was_not_started_refuses(site: AuditSite) -> None:
    assert await code_of(site.writer()) == "audit_closed"
