"""What a worker does to the stored jobs: takes one, ends a batch of it, lets go of it.

The row of a job is the truth about it. Every change by a worker names the leg that it works on;
a worker that was thought dead and wakes up finds another leg there and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.jobs.model import Batch, Cursor, JobId, JobProblem, JobProgress, JobRefusal
from suwen.jobs.rows import (
    CANCEL,
    PAUSE,
    QUEUED,
    RUN,
    principal_of,
    problem_as_json,
    progress_of,
    text_as_json,
)
from suwen.jobs.staging import unstage
from suwen.jobs.store import ALIVE_WITHIN
from suwen.jobs.tables import job, refusal, staged_file, staged_part, worker
from suwen.storage.database import Database

KEPT_FOR = timedelta(days=90)
"""How long an ended job stays in the list."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that nobody works on yet."""

    id: JobId
    leg: int
    background: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One leg of a job in the hands of a worker, before its next batch.

    Attributes:
        wish: what was asked for last: run, pause or cancel.
        batch: how many batches were done before.
        wait_s: seconds to wait before the batch, for the limit a minute.
    """

    id: JobId
    leg: int
    kind: str
    arguments: dict[str, Any]
    started_by: Principal
    background: bool
    wish: str
    batch: int
    attempts: int
    place: Cursor | None
    done: int
    per_minute: float | None
    wait_s: float


@dataclass(frozen=True, slots=True)
class WorkerSign:
    """Who works, as the others see it."""

    executor: str
    host: str
    pid: int
    takes_any: bool


class JobTurns:
    """The jobs as workers take and leave them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def beat(self, sign: WorkerSign) -> None:
        """Says that this worker is alive."""
        values = {"host": sign.host, "pid": sign.pid, "takes_any": sign.takes_any}
        async with self.database.transaction() as connection:
            await connection.execute(
                insert(worker)
                .values(executor=sign.executor, **values)
                .on_conflict_do_update(
                    index_elements=["executor"], set_={**values, "beat_at": func.now()}
                )
            )

    async def leave(self, executor: str) -> None:
        """Says that this worker has ended of its own accord."""
        async with self.database.transaction() as connection:
            await connection.execute(delete(worker).where(worker.c.executor == executor))

    async def waiting(self) -> Sequence[Waiting]:
        """Jobs to hand to a queue, oldest first."""
        async with self.database.transaction() as connection:
            rows = await connection.execute(
                select(job.c.id, job.c.leg, job.c.background)
                .where(job.c.state == "waiting", job.c.wish == RUN)
                .order_by(job.c.number)
                .limit(50)
            )
            return [Waiting(JobId(r.id), r.leg, r.background) for r in rows]

    async def queued(self, waiting: Waiting) -> None:
        """Notes that a job was handed to a queue."""
        async with self.database.transaction() as connection:
            await connection.execute(
                update(job)
                .where(job.c.id == waiting.id, job.c.leg == waiting.leg, job.c.state == "waiting")
                .values(state=QUEUED)
            )

    async def is_work_left(self) -> bool:
        """Whether any job is to be worked on, by whomever."""
        async with self.database.transaction() as connection:
            found = await connection.execute(
                select(job.c.id).where(job.c.state.in_(("waiting", QUEUED, "running"))).limit(1)
            )
            return found.first() is not None

    async def requeue(self) -> None:
        """Lets what was handed to a queue be handed out again, in case that was lost."""
        async with self.database.transaction() as connection:
            await connection.execute(
                update(job).where(job.c.state == QUEUED).values(state="waiting")
            )

    async def take_over(self, idle: str | None = None) -> int:
        """Lets jobs of workers that died go on elsewhere; how many there were.

        Args:
            idle: a worker that is alive and works on nothing.
        """
        alive = select(worker.c.executor).where(
            worker.c.beat_at > func.now() - ALIVE_WITHIN, worker.c.executor != (idle or "")
        )
        async with self.database.transaction() as connection:
            taken = await connection.execute(
                update(job)
                .where(
                    job.c.state == "running",
                    or_(job.c.executor.is_(None), job.c.executor.not_in(alive)),
                )
                .values(
                    state=case(
                        (job.c.wish == PAUSE, "paused"),
                        (job.c.wish == CANCEL, "cancelled"),
                        else_="waiting",
                    ),
                    leg=job.c.leg + 1,
                    executor=None,
                    underway=0,
                    ended_at=case((job.c.wish == CANCEL, func.now())),
                )
            )
            return taken.rowcount

    async def tidy(self) -> None:
        """Removes what nobody needs: files of ended jobs, old jobs, workers long gone."""
        ended = select(job.c.id).where(job.c.state.in_(("done", "cancelled")))
        async with self.database.transaction() as connection:
            for table in (staged_part, staged_file):
                await connection.execute(delete(table).where(table.c.job.in_(ended)))
            await connection.execute(
                delete(worker).where(worker.c.beat_at < func.now() - timedelta(days=1))
            )
            await connection.execute(
                delete(job).where(
                    job.c.state.in_(("done", "cancelled", "failed")),
                    job.c.ended_at < func.now() - KEPT_FOR,
                )
            )

    async def look(self, identifier: JobId, leg: int) -> Turn | None:
        """The leg as it stands, before a batch; ``None`` when it was replaced or has ended."""
        late = func.extract("epoch", job.c.not_before - func.now()).label("late_s")
        async with self.database.transaction() as connection:
            found = await connection.execute(
                select(job, late).where(
                    job.c.id == identifier,
                    job.c.leg == leg,
                    job.c.state.in_(("waiting", QUEUED, "running")),
                )
            )
            row = found.first()
        if row is None:
            return None
        return Turn(
            id=identifier,
            leg=leg,
            kind=row.kind,
            arguments=row.arguments,
            started_by=principal_of(row.started_by),
            background=row.background,
            wish=row.wish,
            batch=row.batch,
            attempts=row.attempts,
            place=row.place,
            done=row.done,
            per_minute=row.per_minute,
            wait_s=max(0.0, float(row.late_s or 0)),
        )

    async def begin(self, turn: Turn, executor: str, *, first: bool) -> bool:
        """Notes that a batch begins, before it has any effect; whether the leg still holds.

        Args:
            first: whether this process begins it for the first time.
        """
        return await self._change(
            turn,
            {
                "state": "running",
                "executor": executor,
                "attempts": job.c.attempts + (1 if first else 0),
                "underway": 0,
                "started_at": func.coalesce(job.c.started_at, func.now()),
            },
        )

    async def end_batch(self, turn: Turn, batch: Batch, took_s: float) -> bool:
        """Notes what a batch did; once for each batch, however often it ran.

        Args:
            took_s: seconds that the batch took, for the limit a minute.

        Returns:
            Whether the leg still held.
        """
        items = batch.done + len(batch.refused)
        values: dict[str, Any] = {
            "place": None if batch.next is None else dict(batch.next),
            "batch": turn.batch + 1,
            "attempts": 0,
            "done": turn.done + batch.done,
            "underway": 0,
            "not_before": None,
        }
        if turn.per_minute:
            due = timedelta(minutes=items / turn.per_minute) - timedelta(seconds=took_s)
            values["not_before"] = func.now() + due
        if batch.total is not None:
            values["total"] = batch.total
        if batch.message is not None:
            values["message"] = text_as_json(batch.message)
        if batch.result is not None:
            values["result"] = dict(batch.result)
        return await self._change(turn, values, batch.refused)

    async def report(
        self, turn: Turn, done: int | None, total: int | None, message: Bilingual | None
    ) -> None:
        """Notes how far a batch in hand is, for those who watch."""
        values: dict[str, Any] = {}
        if done is not None:
            values["underway"] = done
        if total is not None:
            values["total"] = total
        if message is not None:
            values["message"] = text_as_json(message)
        if values:
            await self._change(turn, values)

    async def let_go(self, turn: Turn) -> bool:
        """Stops this leg so that any worker can go on with the job; whether the leg still held.

        A job that was to be paused or cancelled meanwhile is.
        """
        states = {PAUSE: "paused", CANCEL: "cancelled", RUN: "waiting"}
        cancelled = turn.wish == CANCEL
        return await self._change(
            turn,
            {
                "state": states[turn.wish],
                "leg": turn.leg + 1,
                "executor": None,
                "attempts": 0,
                "underway": 0,
                "ended_at": func.now() if cancelled else None,
            },
        )

    async def end(self, turn: Turn, problem: JobProblem | None) -> bool:
        """Ends a job: done without a problem, else failed; whether the leg still held.

        A failed job keeps its files, because it can be resumed.
        """
        return await self._change(
            turn,
            {
                "state": "done" if problem is None else "failed",
                "leg": turn.leg + 1,
                "executor": None,
                "underway": 0,
                "message": None,
                "problem": None if problem is None else problem_as_json(problem),
                "ended_at": func.now(),
            },
        )

    async def progress(self, turn: Turn) -> JobProgress | None:
        """The job as the others see it."""
        counted = select(func.count()).select_from(refusal).where(refusal.c.job == turn.id)
        async with self.database.transaction() as connection:
            row = (await connection.execute(select(job).where(job.c.id == turn.id))).first()
            refused = (await connection.execute(counted)).scalar_one()
        return None if row is None else progress_of(row, refused)

    async def _change(
        self, turn: Turn, values: dict[str, Any], refused: Sequence[JobRefusal] = ()
    ) -> bool:
        async with self.database.transaction() as connection:
            changed = await connection.execute(
                update(job)
                .where(job.c.id == turn.id, job.c.leg == turn.leg, job.c.batch == turn.batch)
                .values(**values)
            )
            if changed.rowcount == 0:
                return False
            for one in refused:
                said = {"code": one.code, "message": text_as_json(one.message)}
                await connection.execute(
                    insert(refusal)
                    .values(job=turn.id, item=one.item, **said)
                    .on_conflict_do_update(index_elements=["job", "item"], set_=said)
                )
            if values.get("state") in ("done", "cancelled"):
                await unstage(connection, turn.id)
        return True
