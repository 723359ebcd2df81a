"""The chain has one head however many write, and comes back as it was hashed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from suwen.core import faults
from suwen.core.audit import (
    GENESIS_HASH,
    AuditEntry,
    AuditEvent,
    AuditOutcome,
    Checkpoint,
    chain_hash,
)
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.urls import DatabaseUrls

AT = datetime(2025, 3, 1, 8, 30, 15, 123456, tzinfo=UTC)


def entry(number: int = 0, **changes: Any) -> AuditEntry:
    facts: dict[str, Any] = {
        "action": "run.open",
        "actor": "dr.lin",
        "channel": "web",
        "outcome": AuditOutcome.OPENED,
        "subject": f"Draft/{number}",
        "patient": "p1",
        "app": "record_writer",
        "trace": f"t{number}",
        "purpose": "treatment",
        "detail": {"n": number, "规则": "值\\t\n\r\x00\"'", "f": 0.1, "big": 1e22, "none": None},
    }
    return AuditEntry(**{**facts, **changes})


def check(events: list[AuditEvent]) -> None:
    previous = GENESIS_HASH
    for number, event in enumerate(events, start=1):
        assert event.sequence == number
        assert event.previous_hash == previous
        assert event.hash == chain_hash(number, event.at, event.entry, previous)
        previous = event.hash


@pytest.fixture
def store(database: Database) -> AuditStore:
    return AuditStore(database)


async def test_what_is_read_is_what_was_hashed(store: AuditStore) -> None:
    beijing = timezone(timedelta(hours=8))
    written = await store.append_group([entry(1), entry(2)], AT.astimezone(beijing))
    written += await store.append_group(
        [entry(3, subject=None, patient=None, app=None, trace=None, purpose=None, detail={})],
        AT.replace(microsecond=0),
    )
    read = await store.events()
    assert read == written
    check(read)
    assert await store.head() == written[-1]


async def test_an_empty_group_is_nothing(store: AuditStore) -> None:
    assert await store.append_group([], AT) == []
    assert await store.head() is None


async def test_many_writers_make_one_chain(
    fresh_database_urls: DatabaseUrls, open_database: Callable[[str], Database]
) -> None:
    stores = [AuditStore(open_database(fresh_database_urls.general)) for _ in range(4)]

    async def write(store: AuditStore, writer: int) -> None:
        for group in range(10):
            await store.append_group([entry(writer * 100 + group), entry()], AT)

    await asyncio.gather(*(write(store, number) for number, store in enumerate(stores)))
    events = await stores[0].events(limit=1000)
    assert len(events) == 80
    check(events)


@pytest.mark.parametrize(("point", "kept"), [("audit.before_commit", 0), ("audit.after_commit", 2)])
async def test_a_group_is_kept_whole_or_not_at_all(
    store: AuditStore, monkeypatch: pytest.MonkeyPatch, point: str, kept: int
) -> None:
    def strike(name: str) -> None:
        if name == point:
            raise InterruptedError(name)

    monkeypatch.setattr(faults, "_strike", strike)
    with pytest.raises(InterruptedError):
        await store.append_group([entry(1), entry(2)], AT)
    monkeypatch.setattr(faults, "_strike", None)
    assert len(await store.events()) == kept
    await store.append_group([entry(3)], AT)
    check(await store.events())


async def test_pages_and_the_stream_agree(store: AuditStore) -> None:
    await store.append_group([entry(n) for n in range(1500)], AT)
    assert [e.sequence for e in await store.events(1499)] == [1499, 1500]
    assert [e.sequence for e in await store.events(1, limit=2)] == [1, 2]
    streamed = [event.sequence async for event in store.stream()]
    assert streamed == list(range(1, 1501))


async def test_latest_events_are_found_by_their_fields(store: AuditStore) -> None:
    await store.append_group(
        [entry(1), entry(2, actor="dr.wu"), entry(3, outcome=AuditOutcome.DONE)], AT
    )
    assert [e.sequence for e in await store.latest()] == [3, 2, 1]
    assert [e.sequence for e in await store.latest(1, before_sequence=3)] == [2]
    assert [e.sequence for e in await store.latest(actor="dr.lin", outcome="opened")] == [1]
    assert await store.latest(trace="t9") == []


async def test_what_was_opened_and_never_closed_is_found(store: AuditStore) -> None:
    closed = {"action": "run.close", "outcome": AuditOutcome.DONE}
    await store.append_group(
        [
            entry(1),
            entry(2),
            entry(1, **closed),
            entry(3, action="draft.sign", trace="t1", subject="Draft/1"),
            entry(4, trace=None, subject=None),
            entry(5, trace=None, subject=None, **closed),
            entry(6, **closed),
            entry(6),
        ],
        AT,
    )
    assert [event.sequence for event in await store.unclosed()] == [2, 4, 8]
    assert [event.sequence for event in await store.unclosed(from_sequence=5)] == [8]


async def test_checkpoints_come_back_in_order(store: AuditStore) -> None:
    assert await store.last_checkpoint() is None
    kept = [Checkpoint(n, f"{n}" * 64, AT + timedelta(seconds=n), "k", "sig") for n in (1, 5)]
    for checkpoint in kept:
        await store.put_checkpoint(checkpoint)
    assert await store.checkpoints() == kept
    assert await store.last_checkpoint() == kept[1]


async def test_each_partition_has_a_chain_of_its_own(
    fresh_database_urls: DatabaseUrls, open_database: Callable[[str], Database]
) -> None:
    general = AuditStore(open_database(fresh_database_urls.general))
    device = AuditStore(open_database(fresh_database_urls.device))
    await general.append_group([entry(1)], AT)
    assert await device.head() is None
    assert (await device.append_group([entry(2)], AT))[0].sequence == 1
