"""Runs of the server: they go on without a reader, are read from any point, and are cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from suwen.control.gateway.run import Gateway
from suwen.control.gateway.runs import LAST_KINDS, RunBoard
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError, InputError, NotFoundError
from suwen.core.identity import PatientId, Role, TraceId
from suwen.storage.database import Database
from suwen.storage.emergency_access import EmergencyAccess, EmergencyStore
from suwen.storage.encryption import FieldCipher
from suwen.storage.traces import TraceEvent
from tests.support.applications import NOTE_WRITER, OTHER_PATIENT, Site, person, staff

ASK = {"patient_id": "p1"}


@pytest.fixture
async def board(site: Site) -> AsyncIterator[RunBoard]:
    board = RunBoard(site.gateway, site.audit)
    yield board
    await board.stop()


async def read(board: RunBoard, trace: TraceId, after: int = 0) -> list[TraceEvent]:
    return [event async for event in board.events(person(), trace, after)]


async def test_a_run_is_read_to_its_end_and_again_from_the_middle(
    site: Site, board: RunBoard
) -> None:
    trace = await board.start(person(), NOTE_WRITER, ASK)
    events = await read(board, trace)
    assert [event.n for event in events] == list(range(1, len(events) + 1))
    assert events[-1].kind == "result"
    draft_id = events[-1].data["run"]["draft_id"]
    assert (await site.parts.drafts.read(draft_id)).trace == trace
    assert await read(board, trace, after=5) == events[5:]
    other_process = RunBoard(Gateway(site.parts), site.audit)
    assert await read(other_process, trace) == events


async def test_readers_at_two_processes_follow_a_run_that_goes_on(
    site: Site, board: RunBoard
) -> None:
    await site.pass_gate()
    site.model.hang = True
    trace = await board.start(person(), NOTE_WRITER, ASK)
    readers = [
        asyncio.create_task(read(board, trace)),
        asyncio.create_task(read(RunBoard(Gateway(site.parts), site.audit), trace)),
    ]
    await asyncio.wait_for(site.model.began.wait(), 20)
    assert await board.cancel(person(), trace)
    first, second = await asyncio.wait_for(asyncio.gather(*readers), 20)
    assert first == second
    assert first[-1].data["code"] == "cancelled"
    assert site.model.cancelled
    assert site.audit.told[-1] == ("run.close", AuditOutcome.FAILED)
    assert not await board.cancel(person(), trace)


async def test_what_is_not_admitted_is_said_at_once(board: RunBoard) -> None:
    with pytest.raises(AccessError):
        await board.start(person("dr.wu", departments=["surgery"]), NOTE_WRITER, ASK)
    with pytest.raises(InputError):
        await board.start(person(), NOTE_WRITER, {})


async def test_a_failure_later_is_the_last_event(board: RunBoard) -> None:
    trace = await board.start(person(), NOTE_WRITER, {**ASK, "refuse": True})
    assert (await read(board, trace))[-1].data["code"] == "no_inpatient_encounter"
    trace = await board.start(person(), NOTE_WRITER, {**ASK, "fail": True})
    last = (await read(board, trace))[-1]
    assert (last.kind, last.data["code"]) == ("failed", "internal")
    assert "defect of the application" not in str(last.data)


async def test_nobody_follows_or_cancels_the_run_of_another(site: Site, board: RunBoard) -> None:
    await site.pass_gate()
    site.model.hang = True
    trace = await board.start(person(), NOTE_WRITER, ASK)
    other = person("dr.zhou")
    with pytest.raises(NotFoundError) as of_another:
        await anext(board.events(other, trace))
    assert not await board.cancel(other, trace)
    assert not await board.cancel(other, TraceId("nothing"))
    with pytest.raises(NotFoundError) as absent:
        await read(board, TraceId("nothing"))
    assert of_another.value.code == absent.value.code
    assert await board.cancel(person(), trace)


async def test_the_end_of_the_server_ends_its_runs_truthfully(site: Site, board: RunBoard) -> None:
    await site.pass_gate()
    site.model.hang = True
    trace = await board.start(person(), NOTE_WRITER, ASK)
    await asyncio.wait_for(site.model.began.wait(), 20)
    await board.stop()
    assert (await site.parts.traces.read(trace)).outcome == "failed"
    assert (await read(board, trace))[-1].kind == "failed"


async def test_a_reader_who_saw_more_than_a_kill_left_stored_is_told_the_failure(
    site: Site, board: RunBoard
) -> None:
    trace = await board.start(person(), NOTE_WRITER, {**ASK, "fail": True})
    events = await read(board, trace)
    after_restart = RunBoard(Gateway(site.parts), site.audit)
    for seen in (events[-1].n, events[-1].n + 7):
        assert await read(after_restart, trace, after=seen) == [events[-1]]


async def test_a_reader_who_saw_the_result_is_told_nothing_twice(board: RunBoard) -> None:
    trace = await board.start(person(), NOTE_WRITER, ASK)
    last = (await read(board, trace))[-1]
    assert await read(board, trace, after=last.n) == []


async def test_a_run_is_told_only_as_long_as_the_record_is_open_to_whoever_started_it(
    site: Site, board: RunBoard
) -> None:
    trace = await board.start(person(), NOTE_WRITER, ASK)
    events = await read(board, trace)
    moved = person(departments=["surgery"])
    for_another = replace(person(), launched_for=PatientId(OTHER_PATIENT))
    for closed_to, code in (
        (moved, "no_care_relationship"),
        (for_another, "launched_for_another_patient"),
    ):
        with pytest.raises(AccessError) as refused:
            await anext(board.events(closed_to, trace))
        assert refused.value.code == code
        assert site.audit.told[-1] == ("run.read", AuditOutcome.REFUSED)
    for_this_one = replace(person(), launched_for=PatientId(ASK["patient_id"]))
    assert [event async for event in board.events(for_this_one, trace)] == events
    assert site.audit.told[-1] == ("run.read", AuditOutcome.DONE)
    assert site.audit.events[-1].entry.patient == ASK["patient_id"]


async def test_a_right_that_ends_during_a_run_takes_its_result_along(
    site: Site, board: RunBoard, database: Database
) -> None:
    await site.pass_gate()
    await site.people.add(staff(person().id, Role.PHYSICIAN), "no password")
    now, emergencies = site.clock.now(), EmergencyStore(database, FieldCipher(b"k" * 32))
    access = EmergencyAccess(
        id="e1",
        person=person().id,
        departments=person().departments,
        patient=PatientId(OTHER_PATIENT),
        reason="life_threatening",
        comment="nobody of surgery is here",
        opened_at=now,
        expires_at=now + timedelta(minutes=60),
    )
    await emergencies.put(access)
    site.model.hang = True
    trace = await board.start(person(), NOTE_WRITER, {"patient_id": OTHER_PATIENT})
    events = board.events(person(), trace)
    assert (await anext(events)).kind == "stage"
    await asyncio.wait_for(site.model.began.wait(), 20)
    await emergencies.end("e1", person().id, now)
    await board.cancel(person(), trace)
    with pytest.raises(AccessError) as refused:
        async for event in events:
            assert event.kind not in LAST_KINDS
    assert refused.value.code == "no_care_relationship"
