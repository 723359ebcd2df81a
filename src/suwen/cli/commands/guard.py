"""The command ``suwen guard check``: what the guard says to each of many messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.guarding import guard_line
from suwen.cli.acting import run
from suwen.cli.batch import run_batch
from suwen.cli.output import STYLE, show
from suwen.control.guardrails.screen import TextOrigin
from suwen.core.audience import Audience

guard = typer.Typer(help="Look at messages as the guard does.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(guard, name="guard")


@guard.callback()
def _group() -> None:
    """Look at messages as the guard does."""


@guard.command("check")
def check(
    source: Annotated[Path, typer.Option("--input", help="JSON Lines; - is standard input.")],
    target: Annotated[Path, typer.Option("--output", help="JSON Lines; - is standard output.")],
    audience: Annotated[Audience, typer.Option(help="Who writes.")],
    channel: Annotated[
        TextOrigin, typer.Option(help="Somebody's own words, or a document that a model reads.")
    ],
    strict: Annotated[bool, typer.Option(help="Exit status 1 when a line is in error.")] = False,
) -> None:
    """Say for every message whether it may go on, is refused, or needs a person at once."""

    async def answer(line: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(guard_line, line, audience, channel)

    count = run(run_batch(source, target, answer))
    if STYLE.as_json and str(target) != "-":
        show({"lines": count.done, "errors": count.errors}, "")
    if strict and count.errors:
        raise typer.Exit(1)
