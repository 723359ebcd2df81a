"""Commands about bulk runs: bulk start, list, show, pause, resume, cancel, results."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import STANDARD_OUTPUT, private_or_standard
from suwen.cli.output import say, show, show_rows
from suwen.core.errors import InputError
from suwen.core.exact_json import write_exact
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.bulk_runs import BulkDesk, BulkProgress
    from suwen.bootstrap.platform import Platform
    from suwen.bulk.options import BulkOptions

bulk = typer.Typer(help="An application over many records.", no_args_is_help=True)

RunName = Annotated[str, typer.Argument(metavar="ID", help="Run's id, of `bulk list`.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(bulk, name="bulk")


@bulk.command("start")
def start(  # noqa: PLR0913 - the contract's options
    app: Annotated[str, typer.Argument(metavar="APP", help="Application's id.")],
    select: Annotated[
        str | None,
        typer.Option(help="stays, stays:open, stays:ended=FROM..TO, with department=CODE."),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--input", help="Requests instead: JSON Lines of the batch form.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME=VALUE", help="A further field of every request."),
    ] = None,
    parts: Annotated[int, typer.Option(help="Jobs side by side, 1 to 16.")] = 2,
    per_minute: Annotated[float | None, typer.Option(help="Most items a minute.")] = None,
    hours: Annotated[
        str | None, typer.Option(help="Hours of day in which it works, for example 22-6.")
    ] = None,
    give_way: Annotated[bool, typer.Option(help="Wait while people's runs are under way.")] = True,
    with_model: Annotated[bool, typer.Option(help="The model part too.")] = False,
    store: Annotated[bool, typer.Option(help="Keep a draft of each item.")] = False,
    title: Annotated[str, typer.Option(help="What lists call it.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Start nothing: count what --select takes.")
    ] = False,
    person: AsPerson = None,
) -> None:
    """Start an application over many records; it goes on behind and survives any end."""
    from suwen.bulk.options import BulkOptions, read_hours

    if preview and select is not None:
        _count(app, select, fields or [], person)
        return
    options = BulkOptions(
        without_model=not with_model,
        store=store,
        parts=parts,
        per_minute=per_minute,
        hours=read_hours(hours) if hours is not None else None,
        give_way=give_way,
    )
    _require_one(select, source)
    wanted = _Wanted(app, select, source, fields or [], title)
    _tell(run(_with_desk(person, lambda desk, who: _begin(desk, who, wanted, options))))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a run is to be over, as it was typed."""

    app: str
    select: str | None
    source: Path | None
    fields: list[str]
    title: str


async def _begin(
    desk: BulkDesk, who: Principal, wanted: _Wanted, options: BulkOptions
) -> BulkProgress:
    if wanted.select is not None:
        besides = _fields(wanted.fields)
        begun = await desk.start_selected(
            wanted.app, wanted.select, besides, options, who, wanted.title
        )
    else:
        requests, name = await asyncio.to_thread(_requests, wanted.source)
        begun = await desk.start(wanted.app, name, requests, options, who, wanted.title)
    return await desk.progress(begun.id, who)


def _count(app: str, select: str, fields: list[str], person: str | None) -> None:
    from suwen.bootstrap.bulk_selection import Selected, selected_as_json

    async def look(desk: BulkDesk, who: Principal) -> Selected:
        return await desk.preview(app, select, _fields(fields), who)

    body = selected_as_json(run(_with_desk(person, look)))
    lines = [say(Bilingual(f"选中 {body['selected']}", f"selected: {body['selected']}"))]
    lines.append(say(Bilingual(f"适用 {body['taken']}", f"taken: {body['taken']}")))
    lines += [
        say(
            Bilingual(
                f"不适用 {out['count']}：{out['zh']}", f"left out: {out['count']}, {out['en']}"
            )
        )
        for out in body["left_out"]
    ]
    show(body, "\n".join(lines))


def _require_one(select: str | None, source: Path | None) -> None:
    if (select is None) == (source is None):
        raise InputError(
            "select_or_input",
            Bilingual(zh="必须且只能给出 --select 或 --input。", en="Give --select or --input."),
            field="--select",
        )


@bulk.command("list")
def list_runs(person: AsPerson = None) -> None:
    """List the latest bulk runs, newest first."""
    from suwen.bootstrap.bulk_runs import bulk_as_json

    async def latest(desk: BulkDesk, who: Principal) -> list[BulkProgress]:
        return await desk.latest(who)

    rows = [bulk_as_json(progress) for progress in run(_with_desk(person, latest))]
    columns = {
        "id": Bilingual("编号", "Id"),
        "title": Bilingual("名称", "Run"),
        "state": Bilingual("状态", "State"),
        "done": Bilingual("已完成", "Done"),
        "total": Bilingual("总数", "Of"),
        "errors": Bilingual("有误", "Errors"),
        "remaining_s": Bilingual("剩余秒", "Seconds left"),
    }
    show_rows(rows, columns, Bilingual("没有批量运行。", "There are no bulk runs."))


@bulk.command("show")
def show_run(name: RunName, person: AsPerson = None) -> None:
    """Show how far a run is, how long it will take, what it cost and what went wrong."""

    async def look(desk: BulkDesk, who: Principal) -> BulkProgress:
        return await desk.progress(name, who)

    _tell(run(_with_desk(person, look)))


@bulk.command("pause")
def pause(name: RunName, person: AsPerson = None) -> None:
    """Let a run stand still after the batches in hand."""
    _tell(run(_with_desk(person, lambda desk, who: desk.pause(name, who))))


@bulk.command("resume")
def resume(name: RunName, person: AsPerson = None) -> None:
    """Let a paused or failed run go on where it stopped."""
    _tell(run(_with_desk(person, lambda desk, who: desk.resume(name, who))))


@bulk.command("cancel")
def cancel(name: RunName, person: AsPerson = None) -> None:
    """End a run; the results that there are stay."""
    _tell(run(_with_desk(person, lambda desk, who: desk.cancel(name, who))))


@bulk.command("results")
def results(
    name: RunName,
    target: Annotated[Path, typer.Option("--output", help="JSON Lines of the batch form.")],
    person: AsPerson = None,
) -> None:
    """Write the results that there are so far, in the order of the items."""

    async def write(desk: BulkDesk, who: Principal) -> int:
        count = 0
        with private_or_standard(target) as output:
            async for result in desk.results(name, who):
                output.write(write_exact(result.line).encode() + b"\n")
                count += 1
        return count

    count = run(_with_desk(person, write))
    if target != STANDARD_OUTPUT:
        show({"results": count}, say(Bilingual(f"已写出 {count} 条。", f"{count} written.")))


async def _with_desk(
    person: str | None, act: Callable[[BulkDesk, Principal], Awaitable[Any]]
) -> Any:
    async with _desk(person) as (desk, who):
        return await act(desk, who)


@asynccontextmanager
async def _desk(person: str | None) -> AsyncIterator[tuple[BulkDesk, Principal]]:
    from suwen.bootstrap.bulk_runs import BulkDesk

    opened: Platform
    async with platform() as opened:
        yield BulkDesk(opened), await acting(opened, person)


def _tell(progress: BulkProgress) -> None:
    from suwen.bootstrap.bulk_runs import bulk_as_json

    body = bulk_as_json(progress)
    show(body, "\n".join(f"{key}: {value}" for key, value in body.items()))


def _fields(given: list[str]) -> dict[str, str]:
    found = {}
    for piece in given:
        name, sign, value = piece.partition("=")
        if not sign or not name:
            raise InputError(
                "field_malformed",
                Bilingual(zh="--with 写作 名称=值。", en="--with is NAME=VALUE."),
                field="--with",
            )
        found[name] = value
    return found


def _requests(source: Path | None) -> tuple[list[tuple[str | None, dict[str, Any]]], str]:
    """The requests of a file, and what a list calls them."""
    if source is None:
        raise TypeError("neither a selection nor a file was given")
    found: list[tuple[str | None, dict[str, Any]]] = []
    try:
        lines = source.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "input_unreadable",
            Bilingual(zh=f"无法读取 {source}。", en=f"{source} cannot be read."),
            field="--input",
        ) from None
    for number, line in enumerate(filter(str.strip, lines), start=1):
        try:
            request = json.loads(line)["request"]
        except (ValueError, KeyError, TypeError):
            request = None
        if not isinstance(request, dict):
            raise InputError(
                "line_without_request",
                Bilingual(
                    zh=f"第 {number} 行不是带 request 的 JSON 对象。",
                    en=f"Line {number} is no JSON object with a request.",
                ),
                field="--input",
            )
        patient = request.get("patient_id")
        found.append((patient if isinstance(patient, str) else None, request))
    return found, f"input:{source.name}"
