"""Commands about applications: app list, show, new, check, disable, enable, run."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.appkit.contract import check_application
from suwen.appkit.discover import installed_folder
from suwen.appkit.scaffold import write_application
from suwen.cli.acting import (
    AsPerson,
    acting,
    device_platform,
    operating_user,
    platform,
    run,
    settings,
)
from suwen.cli.batch import BatchCount, error_line, run_batch
from suwen.cli.output import STYLE, say, show, show_rows
from suwen.core.errors import InputError, SuwenError
from suwen.core.identity import AppId, Principal, batch_principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform
    from suwen.control.gateway.run_state import Run
    from suwen.control.gateway.run_types import RunOptions

applications = typer.Typer(help="Applications of this installation.", no_args_is_help=True)

AppName = Annotated[str, typer.Argument(help="Application's id.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(applications, name="app")


@applications.command("list")
def list_applications() -> None:
    """List the applications and whether they are in use."""
    columns = {
        "id": Bilingual("应用", "Application"),
        "title": Bilingual("名称", "Title"),
        "audience": Bilingual("使用者", "For"),
        "data_class": Bilingual("数据级", "Data class"),
        "partition": Bilingual("分区", "Partition"),
        "state": Bilingual("状态", "State"),
        "release": Bilingual("版本", "Release"),
    }
    rows = run(_describe(None))
    short = [{**row, "release": row["release"][:12]} for row in rows]
    show_rows(rows if STYLE.as_json else short, columns, Bilingual("没有应用。", "There are none."))


@applications.command("show")
def show_application(app: AppName) -> None:
    """Show everything that the manifest says, and the Release that runs."""
    row = run(_describe(app))[0]
    show(row, "\n".join(f"{key}: {value}" for key, value in row.items()))


async def _describe(app: str | None) -> list[dict[str, Any]]:
    from suwen.bootstrap.describe import application_as_json

    async with platform() as opened:
        return await application_as_json(
            opened, AppId(app) if app is not None else None, STYLE.language
        )


@applications.command("new")
def new(name: Annotated[str, typer.Argument(help="Id in snake_case.")]) -> None:
    """Write the folder of a new application that passes its contract check."""
    folder = write_application(name)
    text = Bilingual(
        zh=f"已写好 {folder}；suwen app check {name} 可检查。",
        en=f"Written: {folder}. Next: suwen app check {name}.",
    )
    show({"application": name, "folder": str(folder)}, say(text))


@applications.command("check")
def check(app: AppName) -> None:
    """Check an application's folder against the contract; exit status 1 when something is wrong."""
    problems = check_application(installed_folder(app))
    data = [{"place": p.place, "problem": say(p.problem)} for p in problems]
    lines = [f"{row['place']}: {row['problem']}" for row in data]
    good = say(Bilingual(zh="符合约定。", en="It keeps to the contract."))
    show({"ok": not problems, "problems": data}, "\n".join(lines) or good)
    if problems:
        raise typer.Exit(1)


@applications.command("disable")
def disable(
    app: AppName,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody.")] = "",
    person: AsPerson = None,
) -> None:
    """Take an application out of use at once, with a banner on every screen."""
    run(_disable(app, reason, person))
    show({"disabled": app}, say(Bilingual(zh=f"已停用 {app}。", en=f"{app} is out of use.")))


async def _disable(app: str, reason: str, person: str | None) -> None:
    from suwen.bootstrap.applications import disable_application

    installed_folder(app)
    async with _where_it_runs(AppId(app), person) as (opened, who):
        await disable_application(opened, AppId(app), reason, who)


@applications.command("enable")
def enable(app: AppName, person: AsPerson = None) -> None:
    """Put an application back into use."""
    run(_enable(app, person))
    show({"enabled": app}, say(Bilingual(zh=f"已恢复 {app}。", en=f"{app} is in use again.")))


async def _enable(app: str, person: str | None) -> None:
    from suwen.bootstrap.applications import enable_application

    installed_folder(app)
    async with _where_it_runs(AppId(app), person) as (opened, who):
        await enable_application(opened, AppId(app), who)


@applications.command("run")
def run_application(  # noqa: PLR0913 - the contract's options
    app: AppName,
    source: Annotated[Path, typer.Option("--input", help="JSON Lines; - is standard input.")],
    target: Annotated[Path, typer.Option("--output", help="JSON Lines; - is standard output.")],
    without_model: Annotated[bool, typer.Option(help="The deterministic part alone.")] = False,
    store: Annotated[bool, typer.Option(help="Keep the drafts.")] = False,
    strict: Annotated[bool, typer.Option(help="Exit status 1 when a line is in error.")] = False,
    person: AsPerson = None,
) -> None:
    """Run an application over every line of a file."""
    from suwen.control.gateway.run_types import RunOptions

    count = run(_run(AppId(app), source, target, RunOptions(without_model, store), person))
    if str(target) != "-":
        summary = {"ok": count.done, "refused": count.refused, "error": count.errors}
        text = Bilingual(
            zh=f"完成 {count.done}，拒绝 {count.refused}，有误 {count.errors}。",
            en=f"{count.done} done, {count.refused} refused, {count.errors} in error.",
        )
        show(summary, say(text))
    if strict and count.errors:
        raise typer.Exit(1)


async def _run(
    app: AppId, source: Path, target: Path, options: RunOptions, person: str | None
) -> BatchCount:
    # Loaded here: a command that runs nothing does not wait for the gateway.
    from suwen.control.gateway.run import new_trace
    from suwen.control.gateway.run_state import Run
    from suwen.control.gateway.run_types import run_as_json

    installed_folder(app)
    async with _where_it_runs(app, person) as (opened, who):

        async def answer(line: Mapping[str, Any]) -> dict[str, Any]:
            _check_line(line)
            said = replace(options, first_opinion=line.get("first_opinion"))
            one = Run(new_trace(), who, app, line["request"], said)
            started = time.perf_counter()
            try:
                result = await opened.gateway.pass_through(one)
            except SuwenError as error:
                took_ms = (time.perf_counter() - started) * 1000
                return {**error_line(line, error), "run": _ended(opened, one, took_ms)}
            return {
                "id": line.get("id"),
                "status": "ok",
                "result": result.output,
                "error": None,
                "run": run_as_json(result),
            }

        return await run_batch(source, target, answer)


@asynccontextmanager
async def _where_it_runs(
    app: AppId, person: str | None
) -> AsyncIterator[tuple[Platform | DevicePlatform, Principal]]:
    """The partition of an application, and who acts there; people are known in general alone."""
    from suwen.bootstrap.placing import installed_here

    installed_folder(app)
    if installed_here(settings())[app].manifest.partition is Partition.GENERAL:
        async with platform() as opened:
            yield opened, await acting(opened, person)
        return
    who = batch_principal(operating_user())
    if person is not None:
        async with platform() as general:
            who = await acting(general, person)
    async with device_platform() as device:
        yield device, who


def _ended(opened: Platform | DevicePlatform, one: Run, took_ms: float) -> dict[str, Any]:
    """The ``run`` part of a line whose run began and gave no result."""
    from suwen.control.gateway.run_types import MODEL_SKIPPED

    return {
        "trace_id": one.trace,
        "release": one.release.hash if one.release is not None else None,
        "partition": opened.parts.partition.value,
        "model": MODEL_SKIPPED,
        "took_ms": round(took_ms, 3),
    }


def _check_line(line: Mapping[str, Any]) -> None:
    unknown = sorted(set(line) - {"id", "request", "first_opinion"})
    if unknown:
        name = unknown[0]
        raise InputError(
            "field_unknown",
            Bilingual(zh=f"输入行没有字段 {name}。", en=f"An input line has no field {name}."),
            field=name,
        )
    if not isinstance(line.get("request"), dict):
        raise InputError(
            "field_missing",
            Bilingual(zh="request 须为对象。", en="request must be an object."),
            field="request",
        )
    if not isinstance(line.get("first_opinion", ""), str):
        raise InputError(
            "field_wrong",
            Bilingual(zh="first_opinion 须为文本。", en="first_opinion must be text."),
            field="first_opinion",
        )
