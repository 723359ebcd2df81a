"""The commands ``suwen privacy``: identifiers in texts found, replaced and restored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.deidentification import (
    DeidentificationDesk,
    blackened_image,
    find_line,
)
from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.batch import BatchCount, run_batch
from suwen.cli.output import STYLE, show

privacy = typer.Typer(help="Identifiers in texts.", no_args_is_help=True)

Source = Annotated[Path, typer.Option("--input", help="JSON Lines; - is standard input.")]
Target = Annotated[Path, typer.Option("--output", help="JSON Lines; - is standard output.")]
Strict = Annotated[bool, typer.Option(help="Exit status 1 when a line is refused or in error.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(privacy, name="privacy")


@privacy.command("find")
def find(source: Source, target: Target, strict: Strict = False) -> None:
    """Say where identifiers stand and of what kind they are."""

    async def answer(line: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(find_line, line)

    _ended(run(run_batch(source, target, answer)), target, strict)


@privacy.command("deidentify")
def deidentify(
    source: Source, target: Target, strict: Strict = False, person: AsPerson = None
) -> None:
    """Put surrogates in place of identifiers; the map that turns them back is kept encrypted."""
    _ended(run(_at_the_desk(source, target, person, restore=False)), target, strict)


@privacy.command("reidentify")
def reidentify(
    source: Source, target: Target, strict: Strict = False, person: AsPerson = None
) -> None:
    """Turn surrogates back, for whoever had them made or has the right; audited."""
    _ended(run(_at_the_desk(source, target, person, restore=True)), target, strict)


@privacy.command("blacken")
def blacken(
    source: Annotated[
        Path,
        typer.Option("--input", exists=True, dir_okay=False, help="PNG, JPEG or TIFF of one page."),
    ],
    target: Annotated[Path, typer.Option("--output", help="The PNG to write.")],
    known_name: Annotated[
        list[str] | None, typer.Option(help="A name to blacken; may be given again.")
    ] = None,
) -> None:
    """Blacken the lines of an image that name somebody; a person still looks at it."""
    content, lines = blackened_image(source.read_bytes(), known_name or [])
    target.write_bytes(content)
    show({"lines": lines, "output": str(target)}, f"{lines} lines blackened: {target}")


async def _at_the_desk(
    source: Path, target: Path, person: str | None, *, restore: bool
) -> BatchCount:
    async with platform() as opened:
        desk = DeidentificationDesk(opened, await acting(opened, person))
        answer = desk.reidentify_line if restore else desk.deidentify_line
        return await run_batch(source, target, answer)


def _ended(count: BatchCount, target: Path, strict: bool) -> None:
    if STYLE.as_json and str(target) != "-":
        show({"lines": count.done, "refused": count.refused, "errors": count.errors}, "")
    if strict and (count.refused or count.errors):
        raise typer.Exit(1)
