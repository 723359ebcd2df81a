"""``kill -9`` of workers and of the database: nothing is lost, nothing doubled, others go on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suwen.jobs.desk import JobDesk
from suwen.jobs.model import JobId, JobProgress
from suwen.jobs.store import JobStore
from suwen.jobs.turns import JobTurns
from suwen.storage.database import Database
from suwen.storage.embedded import EmbeddedPostgres
from tests.support.database import new_state_folder
from tests.support.job_process import LEDGER
from tests.support.jobs import STARTED_BY, Jobs, request

pytestmark = pytest.mark.timeout(600)
POINTS = ("jobs.batch_begun", "jobs.batch_done", "jobs.batch_noted")
ITEMS = 60


class Workers:
    """Worker processes on one database of jobs, and a folder that arms their fault points."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.faults = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Starts a worker of this name."""
        command = [sys.executable, "-m", "tests.support.job_process", self.url, name]
        environment = {**os.environ, "SUWEN_FAULT_FOLDER": str(self.faults)}
        self.running[name] = subprocess.Popen(command, env=environment)

    def kill(self, name: str) -> None:
        """``kill -9``."""
        self.running[name].kill()
        self.running.pop(name).wait()

    async def died(self, name: str) -> None:
        """Waits until a worker was killed at a fault point."""
        await comes_true(lambda: self.running[name].poll() is not None)
        assert self.running.pop(name).returncode == -signal.SIGKILL

    def stop(self) -> None:
        """Ends all of them."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(15)


async def comes_true(condition: Callable[[], bool]) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(30):
        while True:
            if await asyncio.to_thread(condition):
                return
            await asyncio.sleep(0.02)


@contextmanager
def workers_of(url: str) -> Iterator[Workers]:
    with new_state_folder() as folder:
        workers = Workers(url, folder)
        try:
            yield workers
        finally:
            workers.stop()


@pytest.fixture
async def ledger(jobs: Jobs) -> AsyncIterator[Jobs]:
    """Jobs, and the table that their worker writes to."""
    await jobs.execute(LEDGER)
    yield jobs
    await jobs.execute("DROP TABLE ledger")


async def start(jobs: Jobs, items: int = ITEMS, pause_s: float = 0.0) -> JobId:
    arguments = {"items": items, "pause_s": pause_s}
    return await jobs.desk.start(request("ledger", arguments=arguments), STARTED_BY)


async def whole(jobs: Jobs, job: JobId, limit_s: float = 60.0) -> JobProgress:
    """The end of a job that lost nothing and doubled nothing."""
    done = await jobs.until(job, "done", "failed", limit_s=limit_s)
    assert (done.state, done.problem, done.done) == ("done", None, ITEMS)
    found = await jobs.execute(f"SELECT count(*) FROM ledger WHERE job = '{job}'")
    assert found == ITEMS
    return done


async def test_a_worker_that_is_killed_goes_on_under_its_name(ledger: Jobs) -> None:
    job = await start(ledger)
    with workers_of(ledger.url) as workers:
        for point in POINTS:
            (workers.faults / point).write_text("kill")
            workers.start("one")
            await workers.died("one")
        assert (await ledger.desk.progress(job)).state == "running"
        workers.start("one")
        await whole(ledger, job)


async def test_a_job_of_a_worker_that_stays_away_goes_on_elsewhere(ledger: Jobs) -> None:
    job = await start(ledger, pause_s=0.2)
    with workers_of(ledger.url) as workers:
        workers.start("one")
        await ledger.until(job, "running")
        workers.kill("one")
        # As if twelve seconds had passed.
        await ledger.execute("UPDATE job_worker SET beat_at = now() - interval '1 minute'")
        workers.start("two")
        await whole(ledger, job)


async def test_two_workers_share_the_jobs_and_do_each_once(ledger: Jobs) -> None:
    started = [await start(ledger, pause_s=0.1) for _ in range(6)]
    with workers_of(ledger.url) as workers:
        workers.start("one")
        workers.start("two")
        seen: set[str] = set()
        for job in started:
            while (await ledger.desk.progress(job)).state in ("waiting", "running"):
                executors = await ledger.execute(
                    "SELECT string_agg(DISTINCT executor, ' ') FROM job WHERE state = 'running'"
                )
                seen.update((executors or "").split())
                await asyncio.sleep(0.02)
            await whole(ledger, job)
    assert seen == {"one", "two"}


async def test_a_batch_that_kills_its_worker_each_time_ends_the_job(ledger: Jobs) -> None:
    job = await start(ledger)
    await ledger.execute("UPDATE job SET attempts = 11")
    with workers_of(ledger.url) as workers:
        (workers.faults / "jobs.batch_begun").write_text("kill")
        workers.start("one")
        await workers.died("one")
        workers.start("one")
        failed = await ledger.until(job, "failed")
    assert failed.problem is not None
    assert failed.problem.code == "job_kills_its_worker"


async def test_the_database_is_killed_under_a_job() -> None:
    with new_state_folder() as home:
        server = EmbeddedPostgres(home)
        with server as urls:
            assert urls.jobs is not None
            database = Database(urls.jobs, pool_size=4)
            store = JobStore(database)
            jobs = Jobs(urls.jobs, database, store, JobTurns(database), JobDesk(store))
            await store.prepare()
            await jobs.execute(LEDGER)
            with workers_of(urls.jobs) as workers:
                workers.start("one")
                # The other windows are struck with the library's work in them.
                for point in POINTS[1:2]:
                    job = await start(jobs)
                    (workers.faults / point).write_text("wait")
                    await comes_true((workers.faults / f"{point}.reached").exists)
                    [pid_file] = home.glob("postgres/**/postmaster.pid")
                    os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGKILL)
                    (workers.faults / f"{point}.go").touch()
                    await comes_true(server.restart_if_dead)
                    await whole(jobs, job)
            await database.close()
