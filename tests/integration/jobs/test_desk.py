"""The desk: what is started is kept with its files, steered without a worker, found again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from suwen.core.errors import ConflictError, InputError, NotFoundError
from suwen.core.identity import PrincipalId
from suwen.jobs.model import GivenFile, JobFilter, JobId
from suwen.jobs.turns import Waiting
from tests.support.jobs import STARTED_BY, TITLE, Jobs, request


async def test_a_started_job_waits_and_says_what_it_is(jobs: Jobs) -> None:
    job = await jobs.desk.start(request("count", arguments={"items": 3}), STARTED_BY)
    waiting = await jobs.desk.progress(job)
    assert (waiting.state, waiting.kind, waiting.title) == ("waiting", "count", TITLE)
    assert (waiting.done, waiting.total, waiting.refused) == (0, None, 0)
    assert waiting.started_by == STARTED_BY.id
    assert waiting.arguments == {"items": 3}
    assert [j.id for j in await jobs.desk.list()] == [job]
    assert not await jobs.desk.is_served()


async def test_a_file_that_cannot_be_read_leaves_no_job(jobs: Jobs, tmp_path: Path) -> None:
    given = [GivenFile("there", b"1"), GivenFile("gone", tmp_path / "gone")]
    with pytest.raises(FileNotFoundError):
        await jobs.desk.start(request("count", files=given), STARTED_BY)
    assert await jobs.desk.list() == []
    assert await jobs.staged() == 0


async def test_a_file_is_kept_though_it_changes_afterwards(jobs: Jobs, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"as given")
    job = await jobs.desk.start(request("count", files=[GivenFile("a", file)]), STARTED_BY)
    file.write_bytes(b"changed")
    files = jobs.files(job)
    assert await files.read(0) == b"as given"
    with pytest.raises(NotFoundError, match="no_such_staged_file"):
        await files.read(1)


async def test_a_damaged_part_is_noticed(jobs: Jobs) -> None:
    job = await jobs.desk.start(request("count", files=[GivenFile("a", b"whole")]), STARTED_BY)
    await jobs.execute("UPDATE job_file_part SET data = 'other'")
    with pytest.raises(Exception, match="staged_file_damaged"):
        await jobs.files(job).read(0)


async def test_without_a_worker_pausing_and_cancelling_work_at_once(jobs: Jobs) -> None:
    job = await jobs.desk.start(request("count", files=[GivenFile("a", b"1")]), STARTED_BY)
    assert (await jobs.desk.pause(job)).state == "paused"
    assert (await jobs.desk.resume(job)).state == "waiting"
    assert (await jobs.desk.pause(job)).state == "paused"
    assert (await jobs.desk.cancel(job)).state == "cancelled"
    assert await jobs.staged() == 0
    for act in (jobs.desk.pause, jobs.desk.resume, jobs.desk.cancel):
        with pytest.raises(ConflictError, match="job_has_ended"):
            await act(job)


async def test_a_job_whose_worker_is_gone_is_paused_at_once(jobs: Jobs) -> None:
    job = await jobs.desk.start(request("count"), STARTED_BY)
    turn = await jobs.turns.look(job, 1)
    assert turn is not None
    assert await jobs.turns.begin(turn, "gone/1", first=True)
    assert (await jobs.desk.pause(job)).state == "paused"


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
async def test_a_limit_is_a_positive_number(jobs: Jobs, rate: float) -> None:
    with pytest.raises(InputError, match="rate_not_positive"):
        await jobs.desk.start(request("count", per_minute=rate), STARTED_BY)
    job = await jobs.desk.start(request("count"), STARTED_BY)
    with pytest.raises(InputError, match="rate_not_positive"):
        await jobs.desk.throttle(job, rate)
    assert (await jobs.desk.throttle(job, 0.5)).per_minute == 0.5


async def test_an_unknown_job_is_not_found(jobs: Jobs) -> None:
    nobody = JobId("nobody")
    for act in (jobs.desk.progress, jobs.desk.pause, jobs.desk.resume, jobs.desk.cancel):
        with pytest.raises(NotFoundError, match="no_such_job"):
            await act(nobody)


async def test_of_a_unique_name_one_job_is_unfinished(jobs: Jobs) -> None:
    wanted = request("count", unique="vectors")
    started = await asyncio.gather(*(jobs.desk.start(wanted, STARTED_BY) for _ in range(4)))
    assert len(set(started)) == 1
    await jobs.desk.cancel(started[0])
    assert await jobs.desk.start(wanted, STARTED_BY) != started[0]


async def test_a_failed_job_that_was_replaced_is_not_resumed(jobs: Jobs) -> None:
    wanted = request("count", unique="vectors")
    job = await jobs.desk.start(wanted, STARTED_BY)
    await jobs.execute("UPDATE job SET state = 'failed'")
    await jobs.desk.start(wanted, STARTED_BY)
    with pytest.raises(ConflictError, match="job_replaced"):
        await jobs.desk.resume(job)


async def test_the_list_is_narrowed(jobs: Jobs) -> None:
    first = await jobs.desk.start(request("count"), STARTED_BY)
    second = await jobs.desk.start(request("other"), STARTED_BY)
    await jobs.desk.cancel(first)
    assert [j.id for j in await jobs.desk.list()] == [second, first]
    assert [j.id for j in await jobs.desk.list(JobFilter(["count"]))] == [first]
    assert [j.id for j in await jobs.desk.list(JobFilter(unfinished=True))] == [second]
    assert [j.id for j in await jobs.desk.list(limit=1)] == [second]
    mine = JobFilter(started_by=STARTED_BY.id)
    assert [j.id for j in await jobs.desk.list(mine)] == [second, first]
    assert await jobs.desk.list(JobFilter(started_by=PrincipalId("nobody"))) == []


async def test_jobs_are_found_by_what_they_were_given(jobs: Jobs) -> None:
    one = await jobs.desk.start(request("count", arguments={"run": "a", "part": 0}), STARTED_BY)
    await jobs.desk.start(request("count", arguments={"run": "b", "part": 0}), STARTED_BY)
    assert [j.id for j in await jobs.desk.list(JobFilter(arguments={"run": "a"}), 1)] == [one]


async def test_an_older_leg_that_wakes_up_changes_nothing(jobs: Jobs) -> None:
    job = await jobs.desk.start(request("count"), STARTED_BY)
    old = await jobs.turns.look(job, 1)
    assert old is not None
    await jobs.turns.begin(old, "gone/1", first=True)
    assert await jobs.turns.take_over() == 1
    assert list(await jobs.turns.waiting()) == [Waiting(job, 2, background=False)]
    assert await jobs.turns.look(job, 1) is None
    assert not await jobs.turns.begin(old, "gone/1", first=True)
    assert not await jobs.turns.let_go(old)
    assert not await jobs.turns.end(old, None)
    assert (await jobs.desk.progress(job)).state == "waiting"


async def test_what_was_to_be_paused_when_its_worker_died_is_paused(jobs: Jobs) -> None:
    job = await jobs.desk.start(request("count"), STARTED_BY)
    turn = await jobs.turns.look(job, 1)
    assert turn is not None
    await jobs.turns.begin(turn, "gone/1", first=True)
    await jobs.execute("UPDATE job SET wish = 'pause'")
    await jobs.turns.take_over()
    assert (await jobs.desk.progress(job)).state == "paused"
