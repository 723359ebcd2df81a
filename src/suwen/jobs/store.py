"""The jobs as they are stored: started, looked at, steered; each change is one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.jobs.model import JobFilter, JobId, JobProgress, JobRefusal, JobRequest
from suwen.jobs.rows import CANCEL, QUEUED, RUN, principal_as_json, progress_of, text_as_json
from suwen.jobs.staging import stage, unstage
from suwen.jobs.tables import UNFINISHED, job, metadata, refusal, worker
from suwen.storage.database import Database

ALIVE_WITHIN = timedelta(seconds=12)
"""A worker whose last sign of life is older counts as gone."""

# Any fixed number; two processes that make the tables at once take turns on it.
_TURN = 0x4A4F_4253

_NOT_BEGUN = ("waiting", QUEUED)
_STANDING = ("paused", "failed")


class JobStore:
    """The jobs of one installation.

    Args:
        database: the database of jobs, as the role that owns it; tables are made at first use.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prepared = False

    async def prepare(self) -> None:
        """Makes the tables where they are not there yet."""
        if self._prepared:
            return
        async with self._database.transaction() as connection:
            there = await connection.execute(text("SELECT to_regclass('job_worker') IS NOT NULL"))
            if not there.scalar_one():
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN}
                )
                await connection.run_sync(metadata.create_all)
                # What is staged was compressed by those who made it, or is gone within the hour.
                await connection.execute(
                    text("ALTER TABLE job_file_part ALTER data SET STORAGE EXTERNAL")
                )
        self._prepared = True

    async def add(self, request: JobRequest, started_by: Principal) -> JobId:
        """Keeps a job with its files; once this returns, neither is lost.

        Returns:
            The new job, or the unfinished one of the same unique name.
        """
        await self.prepare()
        identifier = JobId(str(uuid.uuid4()))
        async with self._database.transaction() as connection:
            added = await connection.execute(
                insert(job)
                .values(
                    id=identifier,
                    kind=request.kind,
                    title=text_as_json(request.title),
                    arguments=dict(request.arguments),
                    started_by=principal_as_json(started_by),
                    background=request.background,
                    unique_name=request.unique,
                    per_minute=request.per_minute,
                )
                .on_conflict_do_nothing(
                    index_elements=["unique_name"], index_where=text(UNFINISHED)
                )
                .returning(job.c.id)
            )
            if added.first() is None:
                there = await connection.execute(
                    select(job.c.id).where(job.c.unique_name == request.unique, text(UNFINISHED))
                )
                return JobId(there.scalar_one())
            await stage(connection, identifier, request.files)
        return identifier

    async def read(self, identifier: JobId) -> JobProgress:
        """One job.

        Raises:
            NotFoundError: ``no_such_job``.
        """
        await self.prepare()
        async with self._database.transaction() as connection:
            return await _read(connection, identifier)

    async def list(self, wanted: JobFilter, limit: int) -> Sequence[JobProgress]:
        """The latest jobs, newest first."""
        await self.prepare()
        query = _with_refusals().order_by(job.c.number.desc()).limit(limit)
        if wanted.kinds is not None:
            query = query.where(job.c.kind.in_(wanted.kinds))
        if wanted.unfinished:
            query = query.where(job.c.state.not_in(("done", "cancelled")))
        if wanted.started_by is not None:
            query = query.where(job.c.started_by["id"].astext == wanted.started_by)
        if wanted.arguments:
            query = query.where(job.c.arguments.contains(dict(wanted.arguments)))
        async with self._database.transaction() as connection:
            return [progress_of(row, row.refused) for row in await connection.execute(query)]

    async def refusals(self, identifier: JobId, limit: int) -> Sequence[JobRefusal]:
        """What a job left out, by item."""
        await self.prepare()
        async with self._database.transaction() as connection:
            rows = await connection.execute(
                select(refusal)
                .where(refusal.c.job == identifier)
                .order_by(refusal.c.item)
                .limit(limit)
            )
            return [JobRefusal(r.item, r.code, Bilingual(**r.message)) for r in rows]

    async def forget_ended(self, kind: str) -> int:
        """Removes the jobs of a kind that were done or cancelled; how many."""
        await self.prepare()
        ended = delete(job).where(job.c.kind == kind, job.c.state.in_(("done", "cancelled")))
        async with self._database.transaction() as connection:
            return (await connection.execute(ended)).rowcount

    async def stop(self, identifier: JobId, wish: str) -> JobProgress:
        """Pauses or cancels: at once where nobody works on it, else after the batch in hand.

        Args:
            wish: ``pause`` or ``cancel``.

        Raises:
            NotFoundError: ``no_such_job``.
            ConflictError: ``job_has_ended``.
        """
        await self.prepare()
        at_once = (*_NOT_BEGUN, *_STANDING) if wish == CANCEL else _NOT_BEGUN
        ended = wish == CANCEL
        async with self._database.transaction() as connection:
            before = await _lock(connection, identifier)
            standing = ("done", "cancelled") if ended else ("done", "cancelled", "failed")
            if before.state in standing:
                raise _has_ended()
            lost = before.state == "running" and not await _is_alive(connection, before.executor)
            values: dict[str, Any] = {"wish": wish}
            if before.state in at_once or lost:
                values |= {
                    "state": "cancelled" if ended else "paused",
                    "leg": job.c.leg + 1,
                    "executor": None,
                    "ended_at": func.now() if ended else None,
                }
            await connection.execute(update(job).where(job.c.id == identifier).values(values))
            if "state" in values and ended:
                await unstage(connection, identifier)
            return await _read(connection, identifier)

    async def resume(self, identifier: JobId) -> JobProgress:
        """Lets a paused or failed job go on where it stopped.

        Raises:
            NotFoundError: ``no_such_job``.
            ConflictError: ``job_has_ended``; ``job_replaced`` when another of its unique name
                was started meanwhile.
        """
        await self.prepare()
        async with self._database.transaction() as connection:
            before = await _lock(connection, identifier)
            if before.state in ("done", "cancelled") or before.wish == CANCEL:
                raise _has_ended()
            if before.state == "failed" and before.unique_name is not None:
                await _refuse_replaced(connection, before.unique_name)
            stood = before.state in _STANDING
            await connection.execute(
                update(job)
                .where(job.c.id == identifier)
                .values(
                    wish=RUN,
                    state="waiting" if stood else before.state,
                    leg=job.c.leg + (1 if stood else 0),
                    attempts=0,
                    problem=None,
                    ended_at=None,
                )
            )
            return await _read(connection, identifier)

    async def throttle(self, identifier: JobId, per_minute: float | None) -> JobProgress:
        """Sets the most items a minute, from the next batch on; ``None`` lifts the limit.

        Raises:
            NotFoundError: ``no_such_job``.
        """
        await self.prepare()
        async with self._database.transaction() as connection:
            await _lock(connection, identifier)
            await connection.execute(
                update(job)
                .where(job.c.id == identifier)
                .values(per_minute=per_minute, not_before=None)
            )
            return await _read(connection, identifier)

    async def is_served(self) -> bool:
        """Whether a worker runs that takes any job."""
        await self.prepare()
        async with self._database.transaction() as connection:
            found = await connection.execute(
                select(worker.c.executor)
                .where(worker.c.takes_any, worker.c.beat_at > func.now() - ALIVE_WITHIN)
                .limit(1)
            )
            return found.first() is not None


def _with_refusals() -> Select[Any]:
    counted = (
        select(func.count())
        .select_from(refusal)
        .where(refusal.c.job == job.c.id)
        .scalar_subquery()
        .label("refused")
    )
    return select(job, counted)


async def _read(connection: AsyncConnection, identifier: JobId) -> JobProgress:
    found = await connection.execute(_with_refusals().where(job.c.id == identifier))
    row = found.first()
    if row is None:
        raise _no_such_job()
    return progress_of(row, row.refused)


async def _lock(connection: AsyncConnection, identifier: JobId) -> Any:
    found = await connection.execute(select(job).where(job.c.id == identifier).with_for_update())
    row = found.first()
    if row is None:
        raise _no_such_job()
    return row


async def _is_alive(connection: AsyncConnection, executor: str | None) -> bool:
    found = await connection.execute(
        select(worker.c.executor).where(
            worker.c.executor == executor, worker.c.beat_at > func.now() - ALIVE_WITHIN
        )
    )
    return found.first() is not None


async def _refuse_replaced(connection: AsyncConnection, unique_name: str) -> None:
    other = await connection.execute(
        select(job.c.id).where(job.c.unique_name == unique_name, text(UNFINISHED))
    )
    if other.first() is not None:
        raise ConflictError(
            "job_replaced",
            Bilingual(
                zh="同样的任务已重新开始，请查看新的那一个。",
                en="The same job was started anew meanwhile; look at the new one.",
            ),
        )


def _no_such_job() -> NotFoundError:
    return NotFoundError(
        "no_such_job",
        Bilingual(
            zh="没有这个任务；suwen job list 列出全部。",
            en="There is no such job; suwen job list shows all.",
        ),
        field="ID",
    )


def _has_ended() -> ConflictError:
    return ConflictError(
        "job_has_ended",
        Bilingual(zh="该任务已结束，不能再改变。", en="The job has ended and stays as it is."),
    )
