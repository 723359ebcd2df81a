"""Commands that put suites to engines: evaluate run, suites, list, show, compare, cases, import."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import open_private
from suwen.cli.output import STYLE, as_json, say, show, show_rows
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.evaluation.desk import EvaluationDesk, EvaluationProgress
    from suwen.jobs.model import JobProgress

RunName = Annotated[str, typer.Argument(metavar="ID", help="Run's id, of `evaluate list`.")]

_RUN_COLUMNS = {
    "id": Bilingual("编号", "Id"),
    "suite": Bilingual("评测集", "Suite"),
    "endpoint": Bilingual("模型服务", "Endpoint"),
    "state": Bilingual("状态", "State"),
    "done": Bilingual("已完成", "Done"),
    "total": Bilingual("总数", "Of"),
    "passed": Bilingual("通过", "Passed"),
    "created_at": Bilingual("开始", "Started"),
}


def register(evaluate: typer.Typer) -> None:
    """Adds the commands to the group ``evaluate``."""
    for name, command in (
        ("run", run_suite),
        ("suites", list_suites),
        ("list", list_runs),
        ("show", show_run),
        ("resume", resume_run),
        ("compare", compare_runs),
        ("cases", export_cases),
        ("template", write_template),
        ("import", import_cases),
    ):
        evaluate.command(name)(command)


def run_suite(  # noqa: PLR0913 - the contract's options
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="Id, of `evaluate suites`.")],
    endpoint: Annotated[
        list[str], typer.Option("--endpoint", help="Engine; repeat to compare several.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of published sets; default: evaluation-data of the site."),
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Published set; repeat for more.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Cases of each set or app.")] = None,
    seed: Annotated[int, typer.Option(help="Of samples, arrangements and decoding.")] = 0,
    judge: Annotated[str | None, typer.Option(help="Engine that judges, if one must.")] = None,
    price_input: Annotated[float | None, typer.Option(help="Of 1000 tokens read.")] = None,
    price_output: Annotated[float | None, typer.Option(help="Of 1000 tokens written.")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the reports here: .json or .md.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the end.")] = True,
    person: AsPerson = None,
) -> None:
    """Put a suite to engines; exit status 1 when a gate was not passed.

    It is a job: it goes on where it was after any end, and `job pause` holds it.
    """
    from suwen.bootstrap.evaluation.desk import EvaluationOptions
    from suwen.evaluation.suites.reading import SuiteChoice

    choice = SuiteChoice(seed, sample, data, tuple(sets or ()))
    options = EvaluationOptions(choice, judge, price_input, price_output)
    ended = run(_run(suite, endpoint, options, person, wait=wait))
    _tell(ended, output)
    if any(one.run.passed is False and _has_gate(one) for one in ended):
        raise typer.Exit(1)


async def _run(
    suite: str, engines: list[str], options: Any, person: str | None, *, wait: bool
) -> list[EvaluationProgress]:
    async with _desk(person) as (desk, who):
        runs = await desk.start(suite, engines, options, who)
        if wait:
            await _finish(desk, runs[0].batch, who)
        return await desk.of_batch(runs[0].batch, who)


async def _finish(desk: EvaluationDesk, batch: str, who: Principal) -> None:
    """Waits for the work of a batch; where no worker runs, it is done here.

    Raises:
        ConflictError: ``evaluation_stopped`` with the reason.
    """
    from suwen.bootstrap.worker import finish_job

    [one, *_] = await desk.of_batch(batch, who)
    if one.job is None:
        return
    ended: JobProgress = await finish_job(desk.platform, one.job.id)
    if ended.problem is not None:
        why = ended.problem.message
        raise ConflictError(
            "evaluation_stopped",
            Bilingual(
                zh=f"评测已停下：{why.zh} 排除后用 suwen evaluate resume 继续。",
                en=f"The evaluation stopped: {why.en} suwen evaluate resume carries on.",
            ),
        )


def list_suites(person: AsPerson = None) -> None:
    """List the suites that there are."""

    async def look() -> list[dict[str, Any]]:
        async with _desk(person) as (desk, who):
            return [
                {
                    "id": one.id,
                    "title": say(one.title),
                    "cases": one.cases,
                    "public": one.public,
                    "note": say(_LACKS) if one.lacks_data else say(one.uncovered),
                }
                for one in await desk.listed_suites(who)
            ]

    columns = {
        "id": Bilingual("编号", "Id"),
        "title": Bilingual("名称", "Title"),
        "note": Bilingual("说明", "Note"),
    }
    show_rows(run(look()), columns, Bilingual("没有评测集。", "There are no suites."))


_LACKS = Bilingual(
    zh="需要医院自己的公开题库副本（--data）", en="Needs the hospital's own copy of sets (--data)"
)


def list_runs(person: AsPerson = None) -> None:
    """List the latest evaluations, newest first."""
    from suwen.bootstrap.evaluation.reports import progress_as_json

    async def look() -> list[EvaluationProgress]:
        async with _desk(person) as (desk, who):
            return await desk.latest(who)

    rows = [progress_as_json(one) for one in run(look())]
    show_rows(rows, _RUN_COLUMNS, Bilingual("没有评测。", "There are no evaluations."))


def show_run(
    name: RunName,
    output: Annotated[Path | None, typer.Option(help="Write it here: .json or .md.")] = None,
    person: AsPerson = None,
) -> None:
    """Show the report of an evaluation."""

    async def look() -> EvaluationProgress:
        async with _desk(person) as (desk, who):
            return await desk.progress(name, who)

    _tell([run(look())], output)


def resume_run(name: RunName, person: AsPerson = None) -> None:
    """Let an evaluation go on that stopped, and wait for its end."""

    async def go_on() -> list[EvaluationProgress]:
        async with _desk(person) as (desk, who):
            batch = await desk.resume(name, who)
            await _finish(desk, batch, who)
            return await desk.of_batch(batch, who)

    _tell(run(go_on()), None)


def compare_runs(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Run's id.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Run's id, over the same cases.")],
    person: AsPerson = None,
) -> None:
    """Hold two evaluations against each other, case by case."""
    from suwen.evaluation.suites.markdown import comparison_as_markdown

    async def look() -> dict[str, Any]:
        async with _desk(person) as (desk, who):
            return await desk.compared(before, after, who)

    compared = run(look())
    show(compared, comparison_as_markdown(compared, STYLE.language))


def export_cases(
    name: RunName,
    output: Annotated[Path, typer.Option(help="JSON Lines; readable by you alone.")],
    person: AsPerson = None,
) -> None:
    """Write the cases of an evaluation with their answers; this is audited."""
    from suwen.bootstrap.evaluation.reports import cases_as_json

    async def look() -> list[dict[str, Any]]:
        async with _desk(person) as (desk, who):
            return cases_as_json(await desk.results(name, who))

    cases = run(look())
    with open_private(output) as target:
        for case in cases:
            target.write(json.dumps(case, ensure_ascii=False).encode() + b"\n")
    show(
        {"cases": len(cases)}, say(Bilingual(f"已写出 {len(cases)} 题。", f"{len(cases)} written."))
    )


def write_template(
    output: Annotated[Path, typer.Option(help="CSV file to write.")],
    kind: Annotated[str, typer.Option(help="Kind of case.")] = "choice",
) -> None:
    """Write a sheet for a hospital's own cases."""
    from suwen.evaluation.suites.own_template import template

    output.write_bytes(template(kind))
    show({"file": str(output)}, str(output))


def import_cases(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV sheet of cases.")],
    name: Annotated[str, typer.Option("--id", help="Suite's id, without own:.")],
    title: Annotated[str, typer.Option(help="What lists call it.")],
    data_class: Annotated[
        int, typer.Option(min=1, max=5, help="Of the cases: 1 public to 5 most sensitive.")
    ],
    person: AsPerson = None,
) -> None:
    """Keep a sheet of the hospital's own cases as a suite; all of it or nothing."""
    from suwen.evaluation.suites.own_cases import CasesRefusedError

    try:
        content = file.read_bytes()
    except OSError:
        raise InputError(
            "input_unreadable",
            Bilingual(zh=f"无法读取 {file}。", en=f"{file} cannot be read."),
            field="FILE",
        ) from None

    async def keep() -> dict[str, Any]:
        async with _desk(person) as (desk, who):
            kept = await desk.import_cases(content, name, title, data_class, who)
            return {"id": kept.id, "version": kept.version, "cases": kept.cases}

    try:
        body = run(keep())
    except CasesRefusedError as refused:
        rows = [
            {"row": one.row, "column": one.column, "problem": say(one.message)}
            for one in refused.problems
        ]
        titles = {"row": "行", "column": "列", "problem": "问题"}
        if not STYLE.as_json:
            show_rows(
                rows,
                {key: Bilingual(zh, key.capitalize()) for key, zh in titles.items()},
                Bilingual("", ""),
            )
        raise
    show(body, "\n".join(f"{key}: {value}" for key, value in body.items()))


def _has_gate(progress: EvaluationProgress) -> bool:
    return bool(progress.run.summary and progress.run.summary["has_gate"])


def _tell(ended: list[EvaluationProgress], output: Path | None) -> None:
    from suwen.bootstrap.evaluation.reports import report_of
    from suwen.evaluation.suites.markdown import report_as_markdown

    reports = [report_of(one.run) for one in ended]
    text = "\n".join(report_as_markdown(one, STYLE.language) for one in reports)
    if output is not None:
        body = json.dumps(reports, ensure_ascii=False, indent=2) + "\n"
        output.write_text(body if output.suffix == ".json" else text, encoding="utf-8")
    print(as_json(reports) if STYLE.as_json else text)


@asynccontextmanager
async def _desk(person: str | None) -> AsyncIterator[tuple[EvaluationDesk, Principal]]:
    from suwen.bootstrap.evaluation.desk import EvaluationDesk

    async with platform() as opened:
        yield EvaluationDesk(opened), await acting(opened, person)
