"""The command ``suwen verify``: checks any text against a record, a dialogue or passages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.verification import verify_line
from suwen.cli.acting import run, settings
from suwen.cli.batch import BatchCount, run_batch
from suwen.cli.output import STYLE, show


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("verify")(verify)


async def _run(source: Path, target: Path) -> BatchCount:
    from suwen.bootstrap.rules.of_site import laboratory_of_site

    # Where there is a site, its laboratory's intervals are the ones that hold.
    laboratory = await laboratory_of_site(settings(), datetime.now(UTC))

    async def answer(line: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(verify_line, line, laboratory)

    return await run_batch(source, target, answer)


def verify(
    source: Annotated[Path, typer.Option("--input", help="JSON Lines; - is standard input.")],
    target: Annotated[Path, typer.Option("--output", help="JSON Lines; - is standard output.")],
    strict: Annotated[bool, typer.Option(help="Exit status 1 when a line is in error.")] = False,
) -> None:
    """Check every statement of a text against its evidence, by the site's own tables."""
    count = run(_run(source, target))
    if STYLE.as_json and str(target) != "-":
        show({"lines": count.done, "errors": count.errors}, "")
    if strict and count.errors:
        raise typer.Exit(1)
