"""The command ``suwen evaluate``: how good what we ship really is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from suwen.bootstrap.measuring import measure_grounding
from suwen.cli.acting import run, settings
from suwen.cli.output import STYLE
from suwen.evaluation.grounding_markdown import grounding_as_markdown

evaluate = typer.Typer(help="Measure what we ship.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(evaluate, name="evaluate")


@evaluate.callback()
def _group() -> None:
    """Measure what we ship."""


@evaluate.command("grounding")
def grounding(
    data: Annotated[Path | None, typer.Option(help="Folder of the public evaluation sets.")] = None,
    falsehoods: Annotated[int, typer.Option(min=20, help="Planted into each suite.")] = 330,
    seed: Annotated[int, typer.Option(help="Which falsehoods are planted.")] = 7,
    output: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """Plant falsehoods into our documents and into public notes, and see which are found."""
    report = run(measure_grounding(settings(), data, falsehoods, seed))
    body = json.dumps(report, ensure_ascii=False, indent=2)
    if output is not None:
        output.write_text(body + "\n", encoding="utf-8")
    print(body if STYLE.as_json else grounding_as_markdown(report))
