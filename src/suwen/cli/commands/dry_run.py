"""The command connection dry-run: what a connection would read, nothing stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.output import STYLE, say, show
from suwen.core.errors import meaning_of
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.core.dry_run import DryRun

FOUND_WRONG = 1


def add_to(connections: typer.Typer) -> None:
    """Adds the command to those about connections."""
    connections.command("dry-run")(dry_run)


def dry_run(
    name: Annotated[str, typer.Argument(help="Connection's name, of `connection list`.")],
    rows: Annotated[
        int, typer.Option(min=1, max=100_000, help="Rows of each view or file to look at.")
    ] = 1000,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A mapping to try instead of the connection's."),
    ] = None,
    person: AsPerson = None,
) -> None:
    """Show what a connection to views or files would read; exit status 1 when rows are refused."""
    found = run(_dry_run(name, rows, mapping, person))
    body = found.as_json(STYLE.language)
    show(body, "\n".join(_lines(body)))
    if found.problem is not None:
        raise typer.Exit(meaning_of(found.problem).exit_status)
    if not found.ok:
        raise typer.Exit(FOUND_WRONG)


async def _dry_run(name: str, rows: int, mapping: Path | None, person: str | None) -> DryRun:
    from suwen.bootstrap.connections.dry_run import DryRunDesk

    async with platform() as opened:
        who = await acting(opened, person)
        desk = DryRunDesk(opened.connection_parts, opened.access)
        return await desk.dry_run(who, name, rows, mapping)


def _lines(body: dict[str, Any]) -> Iterator[str]:
    if body["problem"] is not None:
        yield f"FAIL: {body['problem']['message']} ({body['problem']['code']})"
    counts = ", ".join(f"{kind} {count}" for kind, count in body["resources"].items())
    yield say(Bilingual(f"将存入：{counts or '无'}", f"Would be stored: {counts or 'nothing'}"))
    for source in body["sources"]:
        yield from _source(source)


def _source(source: dict[str, Any]) -> Iterator[str]:
    rows = source["rows"]
    named = " · ".join(part for part in (source["name"], source["file"], source["place"]) if part)
    yield ""
    yield f"[{named}]"
    if source["problem"] is not None:
        yield f"  FAIL: {source['problem']['message']} ({source['problem']['code']})"
    more = "" if source["whole"] else say(Bilingual("（仅前若干行）", " (the first rows only)"))
    yield "  " + say(
        Bilingual(
            f"读 {rows['read']} 行{more}，可存 {rows['mapped']}，略过 {rows['passed_over']}，"
            f"拒绝 {rows['refused']}",
            f"{rows['read']} rows read{more}, {rows['mapped']} would be stored, "
            f"{rows['passed_over']} passed over, {rows['refused']} refused",
        )
    )
    yield from (f"  {note}" for note in source["notes"])
    for one in source["refused"]:
        where = " → ".join(part for part in (one["column"], one["element"]) if part)
        yield f"  ! {one['row']}: {where}: {one['reason']} ({one['code']})"
    for value in source["unmapped"]:
        yield f"  ? codes.{value['codes']} {value['column']}: {value['value']!r} × {value['count']}"
    for sample in source["samples"]:
        cells = " | ".join(f"{name}={cell}" for name, cell in sample["cells"].items())
        yield f"  # {sample['row']}: {cells}"
        yield f"    {json.dumps(sample['resource'], ensure_ascii=False)}"
