"""A worker does jobs batch by batch: paused, slowed, resumed, handed back, never doubled."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from suwen.core.errors import KnowledgeError, UnavailableError
from suwen.core.language import Bilingual
from suwen.jobs.model import Batch, Cursor, GivenFile, JobContext, JobKind, JobRefusal
from tests.support.jobs import STARTED_BY, Counting, Jobs, request

SAID = Bilingual("说明", "why")


@dataclass
class Acting:
    """A kind whose every batch does what the test wants."""

    act: Callable[[JobContext, int], Batch]
    contexts: list[JobContext] = field(default_factory=list)

    async def work(self, context: JobContext, cursor: Cursor | None) -> Batch:
        self.contexts.append(context)
        return self.act(context, 0 if cursor is None else int(cursor["n"]))

    def kind(self) -> JobKind:
        return JobKind("act", self.work)


async def test_a_job_is_done_batch_by_batch(jobs: Jobs) -> None:
    counting = Counting()
    async with jobs.working(counting.kind()):
        job = await jobs.desk.start(request("count", arguments={"items": 35}), STARTED_BY)
        done = await jobs.until(job, "done")
    spans = [(start, end) for _, start, end, _ in counting.batches]
    assert spans == [(0, 10), (10, 20), (20, 30), (30, 35)]
    assert (done.done, done.total, done.refused, done.result) == (35, 35, 0, {"counted": 35})
    assert [(p.id, p.state) for p in counting.ended] == [(job, "done")]
    assert done.started_at is not None
    assert done.ended_at is not None


async def test_paused_it_stands_and_resumed_it_goes_on_where_it_stopped(jobs: Jobs) -> None:
    counting = Counting(pause_s=0.05)
    async with jobs.working(counting.kind()):
        job = await jobs.desk.start(request("count", arguments={"items": 200}), STARTED_BY)
        await counting.until()
        assert (await jobs.desk.pause(job)).state == "pausing"
        paused = await jobs.until(job, "paused")
        so_far = len(counting.batches)
        assert 0 < paused.done == so_far * 10 < 200
        await asyncio.sleep(0.4)
        assert len(counting.batches) == so_far
        assert (await jobs.desk.resume(job)).state == "waiting"
        done = await jobs.until(job, "done")
    assert done.done == 200
    starts = [start for _, start, _, _ in counting.batches]
    assert starts == list(range(0, 200, 10))


async def test_cancelled_it_ends_after_the_batch_in_hand(jobs: Jobs) -> None:
    counting = Counting(pause_s=0.05)
    async with jobs.working(counting.kind()):
        job = await jobs.desk.start(
            request("count", arguments={"items": 500}, files=[GivenFile("a", b"x")]), STARTED_BY
        )
        await counting.until()
        assert (await jobs.desk.cancel(job)).state == "cancelling"
        ended = await jobs.until(job, "cancelled")
        assert ended.ended_at is not None
        assert ended.done == len(counting.batches) * 10 < 500
    assert await jobs.staged() == 0


async def test_a_limit_a_minute_slows_a_job_and_can_be_lifted(jobs: Jobs) -> None:
    counting = Counting()
    async with jobs.working(counting.kind()):
        slowed = request("count", arguments={"items": 40}, per_minute=60.0)
        job = await jobs.desk.start(slowed, STARTED_BY)
        await counting.until()
        await asyncio.sleep(1.0)
        assert len(counting.batches) == 1
        assert (await jobs.desk.progress(job)).state == "running"
        lifted = await jobs.desk.throttle(job, None)
        assert lifted.per_minute is None
        done = await jobs.until(job, "done")
    assert done.done == 40


async def test_a_slowed_job_does_small_batches_and_can_be_paused_while_it_waits(
    jobs: Jobs,
) -> None:
    counting = Counting()
    async with jobs.working(counting.kind(batch_items=100)):
        slowed = request("count", arguments={"items": 40}, per_minute=12.0)
        job = await jobs.desk.start(slowed, STARTED_BY)
        await jobs.until(job, "running")
        await jobs.desk.pause(job)
        paused = await jobs.until(job, "paused", limit_s=5)
    # Twelve a minute are two in ten seconds.
    assert paused.done == 2


async def test_what_is_refused_is_told_and_the_rest_goes_on(jobs: Jobs) -> None:
    def act(_: JobContext, n: int) -> Batch:
        refused = [JobRefusal(f"file {n}", "damaged", SAID)] if n % 2 else []
        return Batch(None if n == 3 else {"n": n + 1}, done=1 - len(refused), refused=refused)

    async with jobs.working(Acting(act).kind()):
        job = await jobs.desk.start(request("act"), STARTED_BY)
        done = await jobs.until(job, "done")
    assert (done.done, done.refused) == (2, 2)
    assert [r.item for r in await jobs.desk.refusals(job)] == ["file 1", "file 3"]


async def test_what_may_pass_is_waited_out(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    faults = [UnavailableError("engine_busy", SAID), UnavailableError("engine_busy", SAID)]

    def act(_: JobContext, n: int) -> Batch:
        if faults:
            raise faults.pop()
        return Batch(None, done=1)

    acting = Acting(act)
    async with jobs.working(acting.kind()):
        job = await jobs.desk.start(request("act"), STARTED_BY)
        done = await jobs.until(job, "done")
    assert done.done == 1
    # Trying again in the same process is no sign that the batch kills its worker.
    assert [context.attempt for context in acting.contexts] == [1, 1, 1]
    assert [r.message for r in caplog.records if r.levelno >= logging.WARNING] == [
        f"job {job}: engine_busy"
    ] * 2


@pytest.mark.parametrize(
    ("died_before", "items", "deaths_alone"),
    [(0, 10, 0), (1, 10, 0), (2, 1, 0), (3, 1, 1), (5, 1, 3)],
)
async def test_a_death_counts_against_an_item_only_where_it_was_alone(
    jobs: Jobs, died_before: int, items: int, deaths_alone: int
) -> None:
    acting = Acting(lambda context, n: Batch(None, done=1))
    kind = JobKind("act", acting.work, 10)
    job = await jobs.desk.start(request("act"), STARTED_BY)
    await jobs.execute(f"UPDATE job SET attempts = {died_before}")
    async with jobs.working(kind):
        await jobs.until(job, "done")
    [context] = acting.contexts
    assert (context.most_items, context.deaths_alone) == (items, deaths_alone)


async def test_what_does_not_pass_ends_the_job_which_can_be_resumed(jobs: Jobs) -> None:
    faults: list[Exception] = [KnowledgeError("broken", SAID), ValueError("a secret of a patient")]

    def act(_: JobContext, n: int) -> Batch:
        if n == 1 and faults:
            raise faults.pop()
        return Batch(None if n == 2 else {"n": n + 1}, done=1)

    async with jobs.working(Acting(act).kind()):
        job = await jobs.desk.start(request("act", files=[GivenFile("a", b"x")]), STARTED_BY)
        first = await jobs.until(job, "failed")
        assert first.problem is not None
        assert first.problem.code == "defect"
        assert "secret" not in repr(first)
        await jobs.desk.resume(job)
        second = await jobs.until(job, "failed")
        assert second.problem is not None
        assert (second.problem.code, second.problem.message) == ("broken", SAID)
        assert await jobs.staged() == 1
        await jobs.desk.resume(job)
        done = await jobs.until(job, "done")
    assert (done.done, done.problem) == (3, None)
    assert await jobs.staged() == 0


async def test_a_kind_that_the_program_has_not_ends_the_job(jobs: Jobs) -> None:
    async with jobs.working(Counting().kind()):
        job = await jobs.desk.start(request("nosuch"), STARTED_BY)
        failed = await jobs.until(job, "failed")
    assert failed.problem is not None
    assert failed.problem.code == "job_kind_unknown"


async def test_a_worker_that_ends_hands_its_jobs_back(jobs: Jobs) -> None:
    counting = Counting(pause_s=0.05)
    async with jobs.working(counting.kind()):
        job = await jobs.desk.start(request("count", arguments={"items": 100}), STARTED_BY)
        await counting.until(3)
    handed_back = await jobs.desk.progress(job)
    assert handed_back.state == "waiting"
    assert 0 < handed_back.done < 100
    async with jobs.working(counting.kind(), name="elsewhere/1"):
        done = await jobs.until(job, "done")
    assert done.done == 100
    assert [start for _, start, _, _ in counting.batches] == list(range(0, 100, 10))


async def test_files_come_back_as_they_were_given(jobs: Jobs) -> None:
    large = bytes(range(256)) * 9000
    seen: list[tuple[str, bytes]] = []

    async def work(context: JobContext, _: Cursor | None) -> Batch:
        for file in await context.files.list():
            seen.append((file.name, await context.files.read(file.ordinal)))
        assert await context.in_thread(sum, [1, 2]) == 3
        await context.report(done=1, total=9, message=SAID)
        return Batch(None, done=len(seen))

    given = [GivenFile("a/b.txt", b"one"), GivenFile("large", large), GivenFile("empty", b"")]
    async with jobs.working(JobKind("files", work)):
        job = await jobs.desk.start(request("files", files=given), STARTED_BY)
        await jobs.until(job, "done")
    assert seen == [("a/b.txt", b"one"), ("large", large), ("empty", b"")]
    assert await jobs.staged() == 0


async def test_a_job_in_the_background_runs_at_low_priority(jobs: Jobs) -> None:
    seen: list[int] = []

    def look() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def work(context: JobContext, _: Cursor | None) -> Batch:
        seen.append(await context.in_thread(look))
        return Batch(None, done=1)

    async with jobs.working(JobKind("look", work)):
        for background in (False, True):
            job = await jobs.desk.start(request("look", background=background), STARTED_BY)
            await jobs.until(job, "done")
    assert seen == [os.getpriority(os.PRIO_PROCESS, 0), 19]
