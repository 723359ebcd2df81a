"""The desk of bulk runs: who may start, watch and steer them, and what the audit says."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.bulk_reading import readable
from suwen.bootstrap.bulk_selection import (
    Selected,
    form_of,
    left_out_as_json,
    nothing_selected,
    offered_forms,
    selected,
)
from suwen.bulk.options import BulkOptions, check_parts
from suwen.bulk.work import KIND
from suwen.control.access.decision import Action, ApplicationTarget, InstallationTarget
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, Principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.jobs.desk import check_rate
from suwen.jobs.model import JobFilter, JobId, JobProgress, JobRequest, JobState
from suwen.storage.bulk_runs import STATUSES, BulkCount, BulkResult, BulkRun, BulkStore
from suwen.storage.encryption import field_cipher

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

_MOST_JOBS = 1000
Requests = Sequence[tuple[str | None, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far a run is.

    Attributes:
        state: of its parts together; ``done`` once every item has its result.
        remaining_s: seconds that are left at the rate of the last minutes; ``None`` where nothing
            was done lately.
    """

    run: BulkRun
    count: BulkCount
    state: str
    parts: tuple[JobProgress, ...]
    remaining_s: float | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a run is to be over."""

    app: str
    selection: str
    requests: Requests = field(repr=False)
    title: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


class BulkDesk:
    """Bulk runs of a site.

    Whoever started a run sees and steers it; so may those who may manage jobs. The results are
    for whoever started it.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.store = bulk_store(platform)

    async def start_selected(
        self,
        app: str,
        selection: str,
        fields: Mapping[str, Any],
        options: BulkOptions,
        principal: Principal,
        title: str = "",
    ) -> BulkRun:
        """Starts a run over stays of the record store.

        Args:
            fields: further fields of every request, for example the type of document.

        Raises:
            InputError: ``selection_malformed``, ``nothing_selected``, ``not_for_selections``,
                ``bulk_field_missing``.
            NotFoundError: ``no_such_application``.
            AccessError: ``not_permitted``.
        """
        found = await self._selected(app, selection, fields, principal)
        if not found.requests:
            raise nothing_selected(found)
        return await self._start(
            _Wanted(app, selection, found.requests, title, fields, found.left_out),
            options,
            principal,
        )

    async def preview(
        self, app: str, selection: str, fields: Mapping[str, Any], principal: Principal
    ) -> Selected:
        """What a run would be over, and what it would leave out; raises as ``start_selected``."""
        return await self._selected(app, selection, fields, principal)

    async def _selected(
        self, app: str, selection: str, fields: Mapping[str, Any], principal: Principal
    ) -> Selected:
        platform = self._platform
        self.require(principal)
        manifest = self._permitted(app, principal)
        form = form_of(manifest, fields, offered_forms(platform, principal))
        async with audited(platform.audit, act_of(principal, "bulk.select", app=app)):
            return await selected(platform, form, selection, fields, principal)

    def _permitted(self, app: str, principal: Principal) -> Manifest:
        platform = self._platform
        installed = platform.applications.get(AppId(app))
        if installed is None:
            raise NotFoundError(
                "no_such_application",
                Bilingual(zh=f"没有应用 {app}。", en=f"There is no application {app}."),
                field="APP",
            )
        target = ApplicationTarget(installed.manifest, platform.parts.partition.value)
        platform.access.require(principal, Action.RUN_APPLICATION, target)
        return installed.manifest

    async def start(
        self,
        app: str,
        selection: str,
        requests: Requests,
        options: BulkOptions,
        principal: Principal,
        title: str = "",
    ) -> BulkRun:
        """Starts a run over given requests; they are kept before this returns.

        Raises:
            InputError: ``nothing_selected``, ``bulk_parts_out_of_range``, ``rate_not_positive``.
            NotFoundError: ``no_such_application``.
            AccessError: ``not_permitted``.
            ConfigurationError: ``jobs_not_configured``.
        """
        self.require(principal)
        self._permitted(app, principal)
        if not requests:
            raise nothing_selected()
        return await self._start(_Wanted(app, selection, requests, title), options, principal)

    async def _start(self, wanted: _Wanted, options: BulkOptions, principal: Principal) -> BulkRun:
        platform, requests = self._platform, wanted.requests
        parts = min(check_parts(options.parts), len(requests))
        check_rate(options.per_minute)
        besides = {"fields": dict(wanted.fields), "left_out": dict(wanted.left_out)}
        run = BulkRun(
            id=secrets.token_hex(8),
            app=wanted.app,
            title=wanted.title or f"{wanted.app} · {wanted.selection}",
            selection=wanted.selection,
            options={**options.as_json(), **besides},
            parts=parts,
            total=len(requests),
            started_by=principal.id,
            created_at=platform.clock.now(),
        )
        platform.jobs.desk  # noqa: B018 - refuses before anything is kept
        act = act_of(
            principal, "bulk.start", app=run.app, subject=f"BulkRun/{run.id}", items=run.total
        )
        async with audited(platform.audit, act):
            await self.store.add(run, requests)
            await self._start_parts(run, range(parts), principal)
        return run

    async def progress(self, run_id: str, principal: Principal) -> BulkProgress:
        """How far a run is.

        Raises:
            NotFoundError: ``no_such_bulk_run``, also when this person may not know of it.
        """
        return await self._progress(await self._mine(run_id, principal), principal)

    async def latest(self, principal: Principal, limit: int = 30) -> list[BulkProgress]:
        """The latest runs that this person may know of, newest first.

        Raises:
            AccessError: ``not_permitted``.
        """
        self.require(principal)
        runs = [r for r in await self.store.latest(limit) if self._may(r, principal)]
        return [await self._progress(run, principal) for run in runs]

    async def pause(self, run_id: str, principal: Principal) -> BulkProgress:
        """Lets every part stand still after the batch in hand; raises as ``progress``."""
        return await self._steer(run_id, principal, self._platform.jobs.pause, _GOING)

    async def cancel(self, run_id: str, principal: Principal) -> BulkProgress:
        """Ends a run; the results that there are stay; raises as ``progress``."""
        return await self._steer(run_id, principal, self._platform.jobs.cancel, (*_GOING, *_STILL))

    async def resume(self, run_id: str, principal: Principal) -> BulkProgress:
        """Lets a run go on where it stopped, and starts parts that were never started."""
        run = await self._mine(run_id, principal)
        known = {int(job.arguments["part"]) for job in await self._jobs(run, principal)}
        lacking = [part for part in range(run.parts) if part not in known]
        if lacking:
            await self._start_parts(run, lacking, principal)
        return await self._steer(run_id, principal, self._platform.jobs.resume, _STILL)

    async def results(
        self,
        run_id: str,
        principal: Principal,
        start: int = 0,
        limit: int | None = None,
        statuses: Collection[str] = STATUSES,
    ) -> AsyncIterator[BulkResult]:
        """The results so far, for whoever started the run; without what was found in a record
        that is closed to them now.

        Raises:
            NotFoundError: ``no_such_bulk_run``, also for anybody else.
        """
        self.require(principal)
        run = await self.store.read(run_id)
        if run.started_by != principal.id:
            raise _unknown()
        act = act_of(principal, "bulk.read_results", app=run.app, subject=f"BulkRun/{run.id}")
        async with audited(self._platform.audit, act):
            found = self.store.results(run_id, start, limit, statuses)
            async for result in readable(self._platform, principal, found):
                yield result

    async def first_of_each_code(self, run_id: str, principal: Principal) -> list[BulkResult]:
        """One result of each refusal and error, the most frequent first; raises as ``results``."""
        self.require(principal)
        run = await self.store.read(run_id)
        if run.started_by != principal.id:
            raise _unknown()
        return await self.store.first_of_each_code(run_id)

    async def _start_parts(self, run: BulkRun, parts: Sequence[int], principal: Principal) -> None:
        rate = run.options.get("per_minute")
        for part in parts:
            request = JobRequest(
                KIND,
                Bilingual(
                    zh=f"批量运行 {run.app}（第 {part + 1}/{run.parts} 份）",
                    en=f"Bulk run of {run.app} (part {part + 1} of {run.parts})",
                ),
                {"run": run.id, "part": part},
                unique=f"{KIND}:{run.id}:{part}",
                per_minute=rate / run.parts if rate else None,
            )
            await self._platform.jobs.start(request, principal)

    async def _steer(
        self,
        run_id: str,
        principal: Principal,
        act: Callable[[JobId, Principal], Awaitable[JobProgress]],
        states: Sequence[JobState],
    ) -> BulkProgress:
        run = await self._mine(run_id, principal)
        for job in await self._jobs(run, principal):
            if job.state in states:
                await act(job.id, principal)
        return await self._progress(run, principal)

    async def _jobs(self, run: BulkRun, principal: Principal) -> list[JobProgress]:
        wanted = JobFilter((KIND,), arguments={"run": run.id})
        return await self._platform.jobs.list(principal, wanted, _MOST_JOBS)

    async def _progress(self, run: BulkRun, principal: Principal) -> BulkProgress:
        count = await self.store.count(run.id)
        parts = tuple(await self._jobs(run, principal))
        left = run.total - count.done
        rate = count.lately / count.lately_s if count.lately and count.lately_s > 1 else 0.0
        remaining = left / rate if rate else None
        return BulkProgress(run, count, _state(left, parts), parts, remaining if left else 0.0)

    def require(self, principal: Principal) -> None:
        """Runs are over patients: they are known to who may list them, or keeps the jobs, and to
        no session that is for one patient.

        Raises:
            AccessError: ``not_permitted``, ``launched_for_one_patient_only``.
        """
        access, here = self._platform.access, InstallationTarget()
        if principal.launched_for is not None:
            access.require(principal, Action.MANAGE_JOBS, here)
        if not (principal.batch or access.decide(principal, Action.MANAGE_JOBS, here).allowed):
            access.require(principal, Action.LIST_PATIENTS, here)

    async def _mine(self, run_id: str, principal: Principal) -> BulkRun:
        self.require(principal)
        run = await self.store.read(run_id)
        if not self._may(run, principal):
            raise _unknown()
        return run

    def _may(self, run: BulkRun, principal: Principal) -> bool:
        if run.started_by == principal.id:
            return True
        access = self._platform.access
        return access.decide(principal, Action.MANAGE_JOBS, InstallationTarget()).allowed


_GOING = (JobState.WAITING, JobState.RUNNING)
_STILL = (JobState.PAUSED, JobState.FAILED, JobState.PAUSING)


def bulk_store(platform: Platform) -> BulkStore:
    """The runs as they are kept on a site."""
    return BulkStore(platform.database, field_cipher(platform.settings.home))


def bulk_as_json(progress: BulkProgress) -> dict[str, Any]:
    """A run as commands and pages show it."""
    run, count = progress.run, progress.count
    problems = sorted({p.problem.code for p in progress.parts if p.problem is not None})
    return {
        "id": run.id,
        "app": run.app,
        "title": run.title,
        "selection": run.selection,
        "state": progress.state,
        "total": run.total,
        "done": count.done,
        "ok": count.ok,
        "refused": count.refused,
        "errors": count.errors,
        "remaining_s": round(progress.remaining_s) if progress.remaining_s is not None else None,
        "cost": {"run_s": round(count.took_ms / 1000, 2), "models": dict(count.models)},
        "codes": dict(count.codes),
        "problems": problems,
        "options": BulkOptions.of(run.options).as_json(),
        "fields": dict(run.fields),
        "left_out": left_out_as_json(run.left_out),
        "started_by": run.started_by,
        "created_at": run.created_at.isoformat(),
    }


def _state(left: int, parts: Sequence[JobProgress]) -> str:
    """One word for the parts together: the one that somebody should act on comes first."""
    if left == 0:
        return JobState.DONE.value
    states = {part.state for part in parts}
    order = (
        JobState.FAILED,
        JobState.RUNNING,
        JobState.PAUSING,
        JobState.CANCELLING,
        JobState.WAITING,
        JobState.PAUSED,
        JobState.CANCELLED,
    )
    return next((state.value for state in order if state in states), JobState.WAITING.value)


def _unknown() -> NotFoundError:
    return NotFoundError(
        "no_such_bulk_run",
        Bilingual(
            zh="没有这次批量运行；suwen bulk list 列出全部。",
            en="There is no such bulk run; suwen bulk list shows all.",
        ),
        field="ID",
    )
