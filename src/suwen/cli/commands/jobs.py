"""Commands about jobs: worker, and job list, show, pause, resume, cancel, throttle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run, settings
from suwen.cli.output import STYLE, say, show, show_rows
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.jobs import Jobs
    from suwen.jobs.model import JobId, JobProgress

jobs = typer.Typer(help="Jobs of this installation.", no_args_is_help=True)

JobName = Annotated[str, typer.Argument(metavar="ID", help="Job's id, of `job list`.")]

STATES = {
    "waiting": Bilingual("等待", "waiting"),
    "running": Bilingual("进行中", "running"),
    "pausing": Bilingual("正在暂停", "pausing"),
    "paused": Bilingual("已暂停", "paused"),
    "cancelling": Bilingual("正在取消", "cancelling"),
    "failed": Bilingual("失败", "failed"),
    "done": Bilingual("完成", "done"),
    "cancelled": Bilingual("已取消", "cancelled"),
}


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.command("worker")(worker)
    app.add_typer(jobs, name="job")


def worker(parent: Annotated[int | None, typer.Option(hidden=True)] = None) -> None:
    """Work on the jobs of this installation until Ctrl-C; several hosts may."""
    from suwen.bootstrap.worker import run_worker

    run_worker(settings(), parent)


@jobs.command("list")
def list_jobs(
    unfinished: Annotated[bool, typer.Option(help="Only those that can still go on.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    person: AsPerson = None,
) -> None:
    """List the latest jobs, newest first."""
    rows = run(_list(unfinished, limit, person))
    columns = {
        "id": Bilingual("编号", "Id"),
        "title": Bilingual("任务", "Job"),
        "state": Bilingual("状态", "State"),
        "done": Bilingual("已完成", "Done"),
        "total": Bilingual("总数", "Of"),
        "refused": Bilingual("拒绝", "Refused"),
        "started_by": Bilingual("发起人", "Started by"),
        "created_at": Bilingual("时间", "Time"),
    }
    show_rows(rows, columns, Bilingual("没有任务。", "There are no jobs."))


async def _list(unfinished: bool, limit: int, person: str | None) -> list[dict[str, Any]]:
    from suwen.bootstrap.jobs import job_as_json
    from suwen.jobs.model import JobFilter

    async with _desk(person) as (desk, who):
        found = await desk.list(who, JobFilter(unfinished=unfinished), limit)
        return [job_as_json(job, STYLE.language) for job in found]


@jobs.command("show")
def show_job(job: JobName, person: AsPerson = None) -> None:
    """Show how far a job is, and what it left out and why."""
    body = run(_show(job, person))
    lines = [f"{key}: {value}" for key, value in body.items() if key != "refusals"]
    lines += [f"  {r['item']}: {r['reason']} ({r['code']})" for r in body["refusals"]]
    show(body, "\n".join(lines))


async def _show(job: str, person: str | None) -> dict[str, Any]:
    from suwen.bootstrap.jobs import job_as_json

    async with _desk(person) as (desk, who):
        name = _job_id(job)
        body = job_as_json(await desk.progress(name, who), STYLE.language)
        refused = await desk.refusals(name, who)
        told = [{"item": r.item, "code": r.code, "reason": say(r.message)} for r in refused]
        return {**body, "refusals": told}


@jobs.command("pause")
def pause(job: JobName, person: AsPerson = None) -> None:
    """Let a job stand still after the batch in hand."""
    _tell(run(_steer(person, lambda desk, who: desk.pause(_job_id(job), who))))


@jobs.command("resume")
def resume(job: JobName, person: AsPerson = None) -> None:
    """Let a paused or failed job go on where it stopped."""
    _tell(run(_steer(person, lambda desk, who: desk.resume(_job_id(job), who))))


@jobs.command("cancel")
def cancel(job: JobName, person: AsPerson = None) -> None:
    """End a job after the batch in hand; what it did stays."""
    _tell(run(_steer(person, lambda desk, who: desk.cancel(_job_id(job), who))))


@jobs.command("throttle")
def throttle(
    job: JobName,
    per_minute: Annotated[
        float | None, typer.Option(help="Most items a minute; without it no limit.")
    ] = None,
    person: AsPerson = None,
) -> None:
    """Set how many items a minute a job may do at most."""
    _tell(run(_steer(person, lambda desk, who: desk.throttle(_job_id(job), who, per_minute))))


async def _steer(
    person: str | None, act: Callable[[Jobs, Principal], Awaitable[JobProgress]]
) -> dict[str, Any]:
    from suwen.bootstrap.jobs import job_as_json

    async with _desk(person) as (desk, who):
        return job_as_json(await act(desk, who), STYLE.language)


def _tell(body: dict[str, Any]) -> None:
    state = say(STATES[body["state"]])
    show(body, say(Bilingual(f"{body['title']}：{state}。", f"{body['title']}: {state}.")))


def _job_id(text: str) -> JobId:
    from suwen.jobs.model import JobId

    return JobId(text)


@asynccontextmanager
async def _desk(person: str | None) -> AsyncIterator[tuple[Jobs, Principal]]:
    async with platform() as opened:
        yield opened.jobs, await acting(opened, person)
