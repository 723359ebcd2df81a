"""The jobs of a site: who may start and steer them, and what the audit says about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from suwen.bootstrap.audited import act_of, audited
from suwen.control.access.decision import AccessDecider, Action, InstallationTarget
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import ConfigurationError, NotFoundError
from suwen.core.identity import Channel, Principal
from suwen.core.language import Bilingual, Language
from suwen.core.ports import AuditSink
from suwen.jobs.desk import JobDesk
from suwen.jobs.model import (
    EVERY_JOB,
    JobFilter,
    JobId,
    JobProgress,
    JobRefusal,
    JobRequest,
    JobState,
)
from suwen.jobs.store import JobStore
from suwen.storage.database import Database
from suwen.storage.urls import JOBS_VARIABLE, DatabaseUrls

CONNECTIONS = 2


class Jobs:
    """The desk of jobs, with access decided and every act audited.

    Whoever started a job sees and steers it; so may those whom the policy lets manage jobs.
    """

    def __init__(self, urls: DatabaseUrls, access: AccessDecider, audit: AuditSink) -> None:
        self._access = access
        self._audit = audit
        self.database = Database(urls.jobs, CONNECTIONS) if urls.jobs else None
        self._desk = JobDesk(JobStore(self.database)) if self.database else None

    @property
    def are_kept(self) -> bool:
        """Whether this site has a database of jobs."""
        return self._desk is not None

    @property
    def desk(self) -> JobDesk:
        """The desk itself, for parts that decided and audited already.

        Raises:
            ConfigurationError: ``jobs_not_configured``.
        """
        if self._desk is None:
            raise ConfigurationError(
                "jobs_not_configured",
                Bilingual(
                    zh=f"使用外部 PostgreSQL 时，后台任务还需设置 {JOBS_VARIABLE}。",
                    en=f"With an outside PostgreSQL jobs need {JOBS_VARIABLE} too.",
                ),
                field=JOBS_VARIABLE,
            )
        return self._desk

    async def start(self, request: JobRequest, principal: Principal) -> JobId:
        """Takes a job on; whether this person may do what it does is decided by who calls.

        Raises:
            AuditError: when it cannot be audited; there is no job then.
        """
        desk = self.desk
        files = len(request.files)
        act = act_of(principal, "job.start", subject=f"JobKind/{request.kind}", files=files)
        async with audited(self._audit, act) as said:
            job = await desk.start(request, principal)
            said["job"] = job
        return job

    async def progress(self, job: JobId, principal: Principal) -> JobProgress:
        """How far a job is.

        Raises:
            NotFoundError: ``no_such_job``, also when this person may not know of it.
        """
        found = await self.desk.progress(job)
        if not self._may(principal, Action.READ_STATUS, found):
            raise NotFoundError(
                "no_such_job",
                Bilingual(
                    zh="没有这个任务；suwen job list 列出全部。",
                    en="There is no such job; suwen job list shows all.",
                ),
                field="ID",
            )
        return found

    async def list(
        self, principal: Principal, wanted: JobFilter = EVERY_JOB, limit: int = 100
    ) -> list[JobProgress]:
        """The latest jobs that this person may know of, newest first."""
        if not self._may_all(principal, Action.READ_STATUS):
            if wanted.started_by not in (None, principal.id):
                return []
            # Asked of the store, so that many jobs of others bury none of one's own.
            wanted = replace(wanted, started_by=principal.id)
        return list(await self.desk.list(wanted, limit))

    async def refusals(
        self, job: JobId, principal: Principal, limit: int = 1000
    ) -> Sequence[JobRefusal]:
        """What a job left out and why.

        Raises:
            NotFoundError: as ``progress``.
        """
        await self.progress(job, principal)
        return await self.desk.refusals(job, limit)

    async def pause(self, job: JobId, principal: Principal) -> JobProgress:
        """Lets a job stand still after the batch in hand.

        Raises:
            NotFoundError: ``no_such_job``.
            AccessError: ``not_permitted``.
            ConflictError: ``job_has_ended``.
        """
        return await self._steer(job, principal, "job.pause", self.desk.pause)

    async def resume(self, job: JobId, principal: Principal) -> JobProgress:
        """Lets a paused or failed job go on; raises as ``pause``, and ``job_replaced``."""
        return await self._steer(job, principal, "job.resume", self.desk.resume)

    async def cancel(self, job: JobId, principal: Principal) -> JobProgress:
        """Ends a job; what it did stays; raises as ``pause``."""
        return await self._steer(job, principal, "job.cancel", self.desk.cancel)

    async def throttle(
        self, job: JobId, principal: Principal, per_minute: float | None
    ) -> JobProgress:
        """Sets the most items a minute, ``None`` lifts the limit.

        Raises:
            NotFoundError: ``no_such_job``.
            AccessError: ``not_permitted``.
            InputError: ``rate_not_positive``.
        """

        async def set_rate(identifier: JobId) -> JobProgress:
            return await self.desk.throttle(identifier, per_minute)

        return await self._steer(job, principal, "job.throttle", set_rate)

    async def close(self) -> None:
        """Closes the connections."""
        if self.database is not None:
            await self.database.close()

    async def _steer(
        self, job: JobId, principal: Principal, action: str, act: Callable[[JobId], Any]
    ) -> JobProgress:
        found = await self.progress(job, principal)
        if not self._may(principal, Action.MANAGE_JOBS, found):
            self._access.require(principal, Action.MANAGE_JOBS, InstallationTarget())
        opened = act_of(principal, action, subject=f"Job/{job}", kind=found.kind)
        async with audited(self._audit, opened) as said:
            now: JobProgress = await act(job)
            said["state"] = now.state.value
        return now

    def _may(self, principal: Principal, action: Action, job: JobProgress) -> bool:
        return job.started_by == principal.id or self._may_all(principal, action)

    def _may_all(self, principal: Principal, action: Action) -> bool:
        decided = (
            self._access.decide(principal, wanted, InstallationTarget()).allowed
            for wanted in {action, Action.MANAGE_JOBS}
        )
        return any(decided)


async def tell_end(audit: AuditSink, progress: JobProgress) -> None:
    """Puts the end of a job on the audit."""
    failed = progress.state is JobState.FAILED
    await audit.append(
        AuditEntry(
            action="job.end",
            actor=progress.started_by,
            channel=Channel.CLI.value,
            outcome=AuditOutcome.FAILED if failed else AuditOutcome.DONE,
            subject=f"Job/{progress.id}",
            detail={
                "kind": progress.kind,
                "done": progress.done,
                "refused": progress.refused,
                "code": progress.problem.code if progress.problem else "",
            },
        )
    )


def job_as_json(job: JobProgress, language: Language | None = None) -> dict[str, Any]:
    """A job as commands, the API and pages show it.

    Args:
        language: of the texts; without one they are given in both.
    """

    def told(text: Bilingual | None) -> Any:
        if text is None:
            return None
        return text.in_language(language) if language else {"zh": text.zh, "en": text.en}

    problem = job.problem
    return {
        "id": job.id,
        "kind": job.kind,
        "title": told(job.title),
        "state": job.state.value,
        "done": job.done,
        "total": job.total,
        "refused": job.refused,
        "message": told(job.message),
        "problem": {"code": problem.code, "message": told(problem.message)} if problem else None,
        "per_minute": job.per_minute,
        "background": job.background,
        "started_by": job.started_by,
        "created_at": job.created_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "ended_at": job.ended_at.isoformat() if job.ended_at else None,
        "result": job.result,
    }
