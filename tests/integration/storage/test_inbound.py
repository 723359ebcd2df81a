"""Messages are durable before they are acknowledged, processed once, and newest by their source."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from suwen.core.errors import ConflictError, InputError, NotFoundError
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import MessageState, NewMessage, ProcessedMessage
from suwen.storage.patient_links import PatientLink
from suwen.storage.record_import import IMPORTED, StoredResource
from suwen.storage.records import RecordStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CIPHER = FieldCipher(bytes(range(32)))


@pytest.fixture
def inbound(database: Database) -> InboundStore:
    return InboundStore(database, CIPHER)


def message(
    control_id: str, body: bytes = b"MSH|^~\\&|", sent_at: datetime | None = NOON
) -> NewMessage:
    return NewMessage("his", control_id, "ADT^A01", "P1", body, "utf-8", sent_at)


def patient(name: str, version: str, source_at: datetime | None = None) -> StoredResource:
    body = {"resourceType": "Patient", "id": name, "language": version}
    return StoredResource(
        "Patient", name, name, None, None, None, IMPORTED, body, source_at=source_at
    )


def observation(name: str, owner: str) -> StoredResource:
    body = {
        "resourceType": "Observation",
        "id": name,
        "subject": {"reference": f"Patient/{owner}"},
    }
    return StoredResource("Observation", name, owner, None, None, NOON, IMPORTED, body)


async def received(store: InboundStore, *messages: NewMessage) -> list[int]:
    return [receipt.id for receipt in await store.receive_all(messages, NOON)]


async def test_what_was_received_is_there_in_its_order_and_byte_for_byte(
    inbound: InboundStore,
) -> None:
    bodies = [b"MSH|1", "PID|张".encode("gb18030"), bytes(range(256))]
    numbers = await received(inbound, *(message(str(i), body) for i, body in enumerate(bodies)))
    found = await inbound.next_messages("his", 10)
    assert numbers == sorted(numbers)
    assert [one.id for one in found] == numbers
    assert [one.body for one in found] == bodies
    assert await inbound.next_messages("lis", 10) == []


async def test_a_number_that_came_before_is_a_duplicate_with_the_first_body_compared(
    inbound: InboundStore,
) -> None:
    (first,) = await inbound.receive_all([message("1", b"one")], NOON)
    again, other, second = await inbound.receive_all(
        [message("1", b"one"), message("1", b"two"), message("2", b"one")], NOON
    )
    assert not first.duplicate
    assert (again.id, again.duplicate, again.same_body) == (first.id, True, True)
    assert (other.id, other.duplicate, other.same_body) == (first.id, True, False)
    assert not second.duplicate
    assert len(await inbound.next_messages("his", 10)) == 2


async def test_two_of_one_number_in_one_group_are_one_message(inbound: InboundStore) -> None:
    first, second = await inbound.receive_all([message("1", b"a"), message("1", b"b")], NOON)
    assert (first.duplicate, second.duplicate) == (False, True)
    assert second.id == first.id
    assert not second.same_body


async def test_callers_share_a_commit_and_a_refused_one_does_not_take_the_others_along(
    inbound: InboundStore,
) -> None:
    async def give(number: int) -> object:
        control_id = "bad\x00" if number == 7 else str(number)
        try:
            return (await inbound.receive_all([message(control_id)], NOON))[0]
        except InputError as error:
            return error.code

    results = await asyncio.gather(*(give(number) for number in range(40)))
    assert [n for n, result in enumerate(results) if isinstance(result, str)] == [7]
    assert len(await inbound.next_messages("his", 100)) == 39


async def test_bodies_are_sealed_in_the_database(inbound: InboundStore, database: Database) -> None:
    await received(inbound, message("1", b"PID|SECRETNAME"))
    async with database.kept_connection() as connection:
        rows = await (
            await connection.execute("SELECT inbound_message::text FROM inbound_message")
        ).fetchall()
    assert b"SECRETNAME".hex() not in rows[0][0]
    assert "SECRETNAME" not in rows[0][0]


async def test_a_message_is_processed_once_whoever_comes_second(
    inbound: InboundStore, database: Database
) -> None:
    (number,) = await received(inbound, message("1"))
    done = ProcessedMessage(number, [patient("p", "a")], notes={"unmapped": 2})
    results = await asyncio.gather(inbound.process([done], NOON), inbound.process([done], NOON))
    assert sorted(len(processed) for processed, _ in results) == [0, 1]
    assert await inbound.next_messages("his", 10) == []
    (shown,) = await inbound.queue("his")
    assert (shown.state, shown.notes) == (MessageState.PROCESSED, {"unmapped": 2})
    assert len(await RecordStore(database).read_patient("p")) == 1


async def test_states_of_one_resource_follow_each_other_in_one_call(
    inbound: InboundStore, database: Database
) -> None:
    numbers = await received(inbound, message("1"), message("2"), message("3"))
    processed, counts = await inbound.process(
        [
            ProcessedMessage(number, [patient("p", version)])
            for number, version in zip(numbers, "abc", strict=True)
        ],
        NOON,
    )
    assert processed == frozenset(numbers)
    assert (counts.stored, counts.replaced) == (1, 2)
    (now,) = await RecordStore(database).read_patient("p")
    assert now["language"] == "c"


async def test_an_older_state_never_takes_the_place_of_a_newer_one(
    inbound: InboundStore, database: Database
) -> None:
    old, new = await received(
        inbound,
        message("old", sent_at=NOON),
        message("new", sent_at=NOON + timedelta(minutes=5)),
    )
    await inbound.fail(old, "unmapped", "PV1-3", NOON)
    await inbound.process([ProcessedMessage(new, [patient("p", "new")])], NOON)
    await inbound.replay(old, "op", NOON)
    _, counts = await inbound.process([ProcessedMessage(old, [patient("p", "old")])], NOON)
    (now,) = await RecordStore(database).read_patient("p")
    assert now["language"] == "new"
    assert counts.outdated == 1


async def test_of_two_states_of_the_same_second_the_later_received_stays(
    inbound: InboundStore, database: Database
) -> None:
    first, second = await received(inbound, message("1"), message("2"))
    await inbound.process([ProcessedMessage(second, [patient("p", "second")])], NOON)
    await inbound.process([ProcessedMessage(first, [patient("p", "first")])], NOON)
    (now,) = await RecordStore(database).read_patient("p")
    assert now["language"] == "second"


async def test_a_state_confirmed_later_is_not_undone_by_one_from_between(
    inbound: InboundStore, database: Database
) -> None:
    times = [NOON, NOON + timedelta(minutes=2), NOON + timedelta(minutes=1)]
    numbers = await received(inbound, *(message(str(i), sent_at=at) for i, at in enumerate(times)))
    for number, version in zip(numbers, ("same", "same", "between"), strict=True):
        await inbound.process([ProcessedMessage(number, [patient("p", version)])], NOON)
    (now,) = await RecordStore(database).read_patient("p")
    assert now["language"] == "same"


async def test_of_several_the_refused_one_fails_alone(
    inbound: InboundStore, database: Database
) -> None:
    records = RecordStore(database)
    await records.import_unit([patient("q", "x"), observation("o", "q")])
    good, bad, other = await received(inbound, message("1"), message("2"), message("3"))
    refused = await inbound.process_each(
        [
            ProcessedMessage(good, [patient("p", "a")]),
            ProcessedMessage(bad, [observation("o", "p")]),
            ProcessedMessage(other, [patient("r", "a")]),
        ],
        NOON,
    )
    assert {number: error.code for number, error in refused.items()} == {
        bad: "resource_of_another_patient"
    }
    failed = await inbound.queue("his", MessageState.FAILED)
    assert [(one.id, one.error_code, one.error_place) for one in failed] == [
        (bad, "resource_of_another_patient", "Observation")
    ]
    assert await inbound.counts() == {"his": (0, 1)}


async def test_an_edit_keeps_what_was_received_and_a_replay_takes_the_edited(
    inbound: InboundStore,
) -> None:
    (number,) = await received(inbound, message("1", b"as received"))
    with pytest.raises(ConflictError, match="message_not_editable"):
        await inbound.edit(number, b"x", "op", NOON)
    await inbound.fail(number, "code", "PID-7", NOON)
    assert await inbound.edit(number, b"second", "op", NOON) == 2
    assert await inbound.edit(number, b"third", "op", NOON) == 3
    whole = await inbound.read(number)
    assert [(one.version, one.body) for one in whole.former] == [
        (1, b"as received"),
        (2, b"second"),
    ]
    await inbound.replay(number, "op", NOON)
    (again,) = await inbound.next_messages("his", 10)
    assert (again.body, again.attempts) == (b"third", 1)
    (same,) = await inbound.receive_all([message("1", b"as received")], NOON)
    assert (same.duplicate, same.same_body) == (True, True)


async def test_what_waits_is_not_replayed_and_what_was_done_is_not_set_aside(
    inbound: InboundStore,
) -> None:
    (number,) = await received(inbound, message("1"))
    with pytest.raises(ConflictError, match="message_waiting_already"):
        await inbound.replay(number, "op", NOON)
    await inbound.set_aside(number, "op", "test message", NOON)
    assert await inbound.next_messages("his", 10) == []
    await inbound.replay(number, "op", NOON)
    await inbound.process([ProcessedMessage(number)], NOON)
    with pytest.raises(ConflictError, match="message_processed_already"):
        await inbound.set_aside(number, "op", "late", NOON)
    with pytest.raises(NotFoundError, match="no_such_message"):
        await inbound.read(number + 1)


async def test_all_failed_messages_of_a_connection_are_replayed_together(
    inbound: InboundStore,
) -> None:
    numbers = await received(inbound, *(message(str(n)) for n in range(5)))
    for number in numbers[:3]:
        await inbound.fail(number, "code", "", NOON)
    assert await inbound.replay_failed("lis", "op", NOON) == 0
    assert await inbound.replay_failed("his", "op", NOON) == 3
    assert [one.id for one in await inbound.next_messages("his", 10)] == numbers


async def test_a_merge_and_what_follows_it_in_one_call(
    inbound: InboundStore, database: Database
) -> None:
    records = RecordStore(database)
    await records.import_unit([patient("p", "x"), patient("q", "x"), observation("o", "q")])
    merge, result = await received(inbound, message("1"), message("2"))
    await inbound.process(
        [
            ProcessedMessage(merge, links=[PatientLink("q", "p", linked=True, at=NOON)]),
            ProcessedMessage(result, [observation("o", "p")]),
        ],
        NOON,
    )
    assert {r["resourceType"] for r in await records.read_patient("q")} == {
        "Patient",
        "Observation",
    }


async def test_only_what_is_over_is_removed_by_retention(
    inbound: InboundStore, database: Database
) -> None:
    processed, failed, waiting = await received(inbound, message("1"), message("2"), message("3"))
    await inbound.process([ProcessedMessage(processed)], NOON)
    await inbound.fail(failed, "code", "", NOON)
    assert await inbound.remove_finished(NOON, 100) == 0
    assert await inbound.remove_finished(NOON + timedelta(days=1), 100) == 1
    assert {one.id for one in await inbound.queue("his")} == {failed, waiting}
