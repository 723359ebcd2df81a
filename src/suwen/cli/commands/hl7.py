"""The command ``suwen hl7``: what messages say, without storing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.hl7_reading import MessageReader
from suwen.cli.acting import run, settings
from suwen.cli.batch import run_batch
from suwen.cli.output import STYLE, say, show


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    noun = typer.Typer(help="HL7 v2 messages.", no_args_is_help=True)
    noun.command("read")(read)
    app.add_typer(noun, name="hl7")


def read(
    source: Annotated[Path, typer.Option("--input", help="JSON Lines; - is standard input.")],
    target: Annotated[Path, typer.Option("--output", help="JSON Lines; - is standard output.")],
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file with a channel's mapping, to try it out.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Exit status 1 when a message is refused.")] = False,
) -> None:
    """Parse, acknowledge and map messages; nothing is stored or sent."""
    reader = MessageReader(settings(), mapping, say)

    async def answer(line: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(reader.answer, line)

    count = run(run_batch(source, target, answer))
    refused = reader.refused + count.errors
    if STYLE.as_json and str(target) != "-":
        show({"lines": count.done, "errors": count.errors, "refused": reader.refused}, "")
    if strict and refused:
        raise typer.Exit(1)
