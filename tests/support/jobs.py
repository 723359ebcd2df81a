"""Jobs under test: an empty database of jobs, kinds that count what they did, and a worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from suwen.core.identity import Principal, batch_principal
from suwen.core.language import Bilingual
from suwen.jobs.batches import Batches
from suwen.jobs.desk import JobDesk
from suwen.jobs.engine import JobEngine
from suwen.jobs.model import Batch, Cursor, JobContext, JobId, JobKind, JobProgress, JobRequest
from suwen.jobs.staging import JobFiles
from suwen.jobs.store import JobStore
from suwen.jobs.turns import JobTurns
from suwen.jobs.worker import JobWorker
from suwen.storage.database import Database
from tests.support.database import TestServer, connect

STARTED_BY: Principal = batch_principal("tester")
TITLE = Bilingual("测试", "test")


def request(kind: str = "count", **more: Any) -> JobRequest:
    """A job that the tests start."""
    return JobRequest(kind, TITLE, **more)


@dataclass
class Counting:
    """A kind that counts to ``arguments["items"]`` and remembers every batch that it did."""

    batches: list[tuple[str, int, int, int]] = field(default_factory=list)
    ended: list[JobProgress] = field(default_factory=list)
    pause_s: float = 0.0

    async def work(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Counts on from the cursor."""
        start = 0 if cursor is None else int(cursor["at"])
        items = int(context.arguments["items"])
        end = min(items, start + context.most_items)
        self.batches.append((context.id, start, end, context.attempt))
        await asyncio.sleep(self.pause_s)
        return Batch(
            next=None if end >= items else {"at": end},
            done=end - start,
            total=items,
            result={"counted": end},
        )

    async def tell(self, progress: JobProgress) -> None:
        """Notes an end."""
        self.ended.append(progress)

    async def until(self, batches: int = 1) -> None:
        """Waits until that many batches were begun."""
        async with asyncio.timeout(20):
            while True:
                if len(self.batches) >= batches:
                    return
                await asyncio.sleep(0.01)

    def kind(self, batch_items: int = 10) -> JobKind:
        """This as a kind of job."""
        return JobKind("count", self.work, batch_items, self.tell)


@dataclass
class Jobs:
    """The jobs of one empty database."""

    url: str
    database: Database
    store: JobStore
    turns: JobTurns
    desk: JobDesk

    def files(self, job: JobId) -> JobFiles:
        """The files of a job."""
        return JobFiles(self.database, job)

    async def staged(self) -> int:
        """How many pieces of files are kept."""
        return int(await self.execute("SELECT count(*) FROM job_file_part"))

    async def execute(self, statement: str) -> Any:
        """One statement behind the program's back; its single value where it has one."""
        async with self.database.transaction() as connection:
            done = await connection.execute(text(statement))
            return done.scalar() if done.returns_rows else None

    def worker(self, kinds: Mapping[str, JobKind], name: str = "here/1") -> JobWorker:
        """A worker in this process; its engine starts when there is something to do."""

        @asynccontextmanager
        async def open_engine() -> AsyncIterator[JobEngine]:
            batches = Batches(self.turns, kinds, name)
            engine = JobEngine(self.url, name, batches, takes_any=True)
            await engine.start()
            try:
                yield engine
            finally:
                await engine.stop(2.0)

        return JobWorker(self.store, self.turns, name, open_engine)

    @asynccontextmanager
    async def working(self, *kinds: JobKind, name: str = "here/1") -> AsyncIterator[JobWorker]:
        """A worker for as long as the block lasts."""
        worker = self.worker({kind.name: kind for kind in kinds}, name)
        ended, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(worker.serve(ended, ready.set))
        try:
            yield worker
        finally:
            ended.set()
            await serving

    async def until(self, job: Any, *states: str, limit_s: float = 20.0) -> JobProgress:
        """The progress once the job is in one of the states."""
        async with asyncio.timeout(limit_s):
            while True:
                now = await self.desk.progress(job)
                if now.state in states:
                    return now
                await asyncio.sleep(0.02)


def empty_jobs(url: str) -> None:
    """Empties the database of jobs, as its owner; what a start makes once stays."""
    with connect(url) as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace "
                "IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'dbos')) "
                "AND relname <> 'dbos_migrations'"
            )
        ]
        if tables:
            connection.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")


@pytest.fixture
async def jobs(postgres_server: TestServer) -> AsyncIterator[Jobs]:
    """An empty database of jobs."""
    url = postgres_server.template.jobs
    assert url is not None
    empty_jobs(url)
    database = Database(url, pool_size=4)
    store = JobStore(database)
    yield Jobs(url, database, store, JobTurns(database), JobDesk(store))
    await database.close()
