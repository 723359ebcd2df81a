"""A worker does jobs batch by batch: paused, slowed, resumed, handed over, never doubled."""

from __future__ import annotations

import asyncio

from tests.support.jobs import STARTED_BY, Counting, Jobs, request


async def test_a_job_is_done_batch_by_batch(jobs: Jobs) -> None:
    counting = Counting()
    async with jobs.working(counting.kind()):
        job = await jobs.desk.start(request(arguments={"items": 35}), STARTED_BY)
        done = await jobs.until(job, "done")
    assert [(start, end) for _, start, end, _ in counting.batches] == [
        (0, 10),
        (10, 20),
        (20, 30),
        (30, 35),
    ]
    assert (done.done, done.total, done.refused, done.result) == (35, 35, 0, {"counted": 35})
    assert [(p.id, p.state) for p in counting.ended] == [(job, "done")]
    assert done.started_at is not None
    assert done.ended_at is not None
