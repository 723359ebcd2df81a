"""The command ``suwen evaluate``: how good what we ship really is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from suwen.bootstrap.measuring import measure_grounding
from suwen.bootstrap.measuring_retrieval import (
    RetrievalMeasurement,
    calibrate_retrieval,
    measure_retrieval,
)
from suwen.cli.acting import run, settings
from suwen.cli.commands import evaluations
from suwen.cli.output import STYLE
from suwen.evaluation.grounding_markdown import grounding_as_markdown
from suwen.evaluation.guard.markdown import guard_as_markdown
from suwen.evaluation.guard.measuring import measure as measure_guard
from suwen.evaluation.retrieval.markdown import retrieval_as_markdown
from suwen.evaluation.retrieval.sets import SETS
from suwen.evaluation.triage.markdown import triage_as_markdown
from suwen.evaluation.triage.measuring import measure as measure_triage

evaluate = typer.Typer(help="Measure engines and what we ship.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    evaluations.register(evaluate)
    app.add_typer(evaluate, name="evaluate")


@evaluate.callback()
def _group() -> None:
    """Measure engines and what we ship."""


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


@evaluate.command("retrieval")
def retrieval(
    data: Annotated[Path, typer.Option(help="Folder of the public evaluation sets.")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="One set; repeat for more. Default: all.")
    ] = None,
    documents: Annotated[
        int, typer.Option(min=20, max=5000, help="Most documents of a set.")
    ] = 5000,
    cache: Annotated[
        Path | None, typer.Option(help="Where vectors are kept; default: the state directory.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
    calibrate: Annotated[
        Path | None, typer.Option(help="Write a calibration here instead of measuring.")
    ] = None,
) -> None:
    """See how well the library finds, against a peer, and when it abstains."""
    chosen = sets or list(SETS)
    for name in chosen:
        if name not in SETS:
            raise typer.BadParameter(f"one of: {', '.join(SETS)}", param_hint="--set")
    vectors = cache or settings().home / "cache" / "vectors"
    wanted = RetrievalMeasurement(data, chosen, documents, vectors)
    if calibrate is not None:
        content = run(calibrate_retrieval(wanted))
        calibrate.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return
    report = run(measure_retrieval(wanted))
    shown = retrieval_as_markdown(report)
    body = json.dumps(report, ensure_ascii=False, indent=2)
    if output is not None:
        output.write_text((body if output.suffix == ".json" else shown) + "\n", encoding="utf-8")
    print(body if STYLE.as_json else shown)


@evaluate.command("guard")
def guard(
    data: Annotated[Path, typer.Option(help="Folder of the public evaluation sets.")],
    documents: Annotated[int, typer.Option(min=20, help="Ordinary documents of each set.")] = 300,
    output: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """See what the guard refuses of attacks, of injected documents and of ordinary messages."""
    report = measure_guard(data, documents)
    shown = guard_as_markdown(report)
    body = json.dumps(report, ensure_ascii=False, indent=2)
    if output is not None:
        output.write_text((body if output.suffix == ".json" else shown) + "\n", encoding="utf-8")
    print(body if STYLE.as_json else shown)


@evaluate.command("triage")
def triage(
    data: Annotated[Path | None, typer.Option(help="Folder of the public evaluation sets.")] = None,
    vignettes: Annotated[
        Path | None, typer.Option(help="Folder with red_flags.jsonl and ordinary.jsonl.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """See which emergencies triage finds, and whether it names the right department."""
    if data is None and vignettes is None:
        raise typer.BadParameter("one of --data and --vignettes is needed")
    report = measure_triage(data, vignettes)
    shown = triage_as_markdown(report)
    body = json.dumps(report, ensure_ascii=False, indent=2)
    if output is not None:
        output.write_text((body if output.suffix == ".json" else shown) + "\n", encoding="utf-8")
    print(body if STYLE.as_json else shown)
