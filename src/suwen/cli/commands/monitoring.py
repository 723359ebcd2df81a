"""Commands about how applications do after their release: monitor count, show, alarms …."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from suwen.cli.acting import (
    AsPerson,
    acting,
    device_platform,
    operating_user,
    platform,
    run,
)
from suwen.cli.files import open_private
from suwen.cli.output import STYLE, say, show, show_rows
from suwen.core.identity import batch_principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.core.spreadsheet_cells import as_cell

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform
    from suwen.core.identity import Principal

    Opened = Platform | DevicePlatform

Result = TypeVar("Result")

monitor = typer.Typer(help="How the applications do after their release.", no_args_is_help=True)

App = Annotated[str | None, typer.Option(help="Only of this application.")]
Days = Annotated[int, typer.Option(min=1, max=3650, help="How many days, today among them.")]
Part = Annotated[Partition, typer.Option("--partition", help="Which partition's applications.")]
GENERAL = Partition.GENERAL


class ExportForm(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(monitor, name="monitor")


@monitor.command("count")
def count(partition: Part = GENERAL) -> None:
    """Count what is new and look at the alarms, now."""

    async def on_device() -> dict[str, Any]:
        from suwen.bootstrap.device.watching import count_all, watch_of

        async with device_platform() as device:
            return {"state": "done", "alarms": await count_all(watch_of(device))}

    async def work() -> dict[str, Any]:
        from suwen.bootstrap.monitoring.watch_work import monitoring_request
        from suwen.bootstrap.worker import finish_job

        async with platform() as opened:
            who = await acting(opened, None)
            job = await opened.jobs.start(monitoring_request(), who)
            ended = await finish_job(opened, job)
            return {
                "state": ended.state.value,
                "days": ended.done,
                "alarms": (ended.result or {}).get("alarms", 0),
            }

    told = run(work() if partition is GENERAL else on_device())
    show(told, "\n".join(f"{name}: {value}" for name, value in told.items()))


@monitor.command("show")
def show_applications(
    app: App = None, days: Days = 28, partition: Part = GENERAL, person: AsPerson = None
) -> None:
    """Show how each application did: runs, decisions, and what went badly."""

    async def work(opened: Opened, who: Principal) -> list[dict[str, Any]]:
        from suwen.bootstrap.monitoring.desk import MonitoringDesk

        desk = MonitoringDesk(opened)
        lines = await desk.overview(desk.period(days, app=app), who)
        return [
            {
                "app": line.name,
                "runs": line.runs,
                "decided": line.decided,
                "accepted": line.accepted.value,
                **{one.value: found.value for one, found in line.shares.items()},
                "open_alarms": line.open_alarms,
            }
            for line in lines
        ]

    columns = {
        "app": Bilingual("应用", "Application"),
        "runs": Bilingual("运行", "Runs"),
        "decided": Bilingual("已决定", "Decided"),
        "accepted": Bilingual("原样签署", "Accepted"),
        "rejected": Bilingual("退回", "Rejected"),
        "unsafe": Bilingual("因危险退回", "Unsafe"),
        "open_alarms": Bilingual("警报", "Alarms"),
    }
    rows = run(_on(partition, person, work))
    if not STYLE.as_json:
        rows = [{name: _rounded(value) for name, value in row.items()} for row in rows]
    show_rows(rows, columns, Bilingual("这一时段没有使用。", "Nothing was used in this period."))


@monitor.command("export")
def export(  # noqa: PLR0913 - each is one choice of what is written
    file: Annotated[Path, typer.Argument(help="File to write.")],
    app: App = None,
    days: Days = 28,
    form: Annotated[ExportForm, typer.Option("--format", help="CSV or JSON.")] = ExportForm.CSV,
    weeks: Annotated[bool, typer.Option("--weeks", help="By week, not by day.")] = False,
    partition: Part = GENERAL,
    person: AsPerson = None,
) -> None:
    """Export everything that is counted, without what could tell of single patients."""

    async def work(opened: Opened, who: Principal) -> list[dict[str, object]]:
        from suwen.bootstrap.monitoring.desk import MonitoringDesk, export_rows

        chosen = MonitoringDesk(opened).period(days, app=app)
        return await export_rows(opened, chosen, who, weeks=weeks)

    rows = run(_on(partition, person, work))
    with open_private(file) as out:
        out.write(_written(rows, form))
    told = Bilingual(f"已导出 {len(rows)} 行。", f"Exported {len(rows)} rows.")
    show({"file": str(file), "rows": len(rows)}, say(told))


@monitor.command("alarms")
def alarms(
    app: App = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those nobody answered.")] = False,
    partition: Part = GENERAL,
    person: AsPerson = None,
) -> None:
    """List the alarms, newest first."""

    async def work(opened: Opened, who: Principal) -> list[dict[str, Any]]:
        from suwen.bootstrap.monitoring.desk import MonitoringDesk

        found = await MonitoringDesk(opened).alarms(who, app, only_open=only_open)
        return [
            {
                "id": one.id,
                "raised_at": one.raised_at.isoformat(timespec="seconds"),
                "app": one.app,
                "release": one.release,
                "measure": one.rule,
                "day": one.day.isoformat(),
                "suspended": one.suspended,
                "answered_by": one.answered_by,
                "answer": one.answer,
                **one.facts,
            }
            for one in found
        ]

    columns = {
        "raised_at": Bilingual("时间", "Raised"),
        "app": Bilingual("应用", "Application"),
        "measure": Bilingual("指标", "Measure"),
        "events": Bilingual("例", "Events"),
        "cases": Bilingual("总例数", "Cases"),
        "answered_by": Bilingual("处理人", "Answered by"),
    }
    show_rows(
        run(_on(partition, person, work)), columns, Bilingual("没有警报。", "There is no alarm.")
    )


@monitor.command("rules")
def rules(partition: Part = GENERAL, person: AsPerson = None) -> None:
    """Show by which rules the applications are watched."""

    async def work(opened: Opened, who: Principal) -> dict[str, object]:
        from suwen.bootstrap.monitoring.desk import MonitoringDesk

        desk = MonitoringDesk(opened)
        desk.require(who)
        return (await desk.wishes.read()).as_json(desk.wishes.apps())

    told = run(_on(partition, person, work))
    show(told, json.dumps(told, ensure_ascii=False, indent=1))


@monitor.command("rule")
def set_rule(  # noqa: PLR0913 - each is one thing of the rule
    app: Annotated[str, typer.Argument(help="Application's id.")],
    measure: Annotated[str, typer.Argument(help="For example unsafe, rejected, failed.")],
    chart: Annotated[str | None, typer.Option(help="p, u, ewma or cusum.")] = None,
    limit: Annotated[float | None, typer.Option(help="Control limit.")] = None,
    worse: Annotated[float | None, typer.Option(help="Odds ratio of a CUSUM.")] = None,
    weight: Annotated[float | None, typer.Option(help="Of the newest day in an EWMA.")] = None,
    reference: Annotated[float | None, typer.Option(help="Usual share, where stated.")] = None,
    suspends: Annotated[
        bool | None,
        typer.Option("--suspends/--only-raises", help="Whether an alarm takes it out of use."),
    ] = None,
    person: AsPerson = None,
) -> None:
    """Change by which rule a measure of an application is watched."""
    from suwen.cli.releasing import partition_of

    given = {
        "chart": chart,
        "limit": limit,
        "worse": worse,
        "weight": weight,
        "reference": reference,
        "suspends": suspends,
    }
    wanted = {name: value for name, value in given.items() if value is not None}

    async def work(opened: Opened, who: Principal) -> dict[str, object]:
        from suwen.bootstrap.monitoring.desk import MonitoringDesk
        from suwen.control.access.decision import Action
        from suwen.evaluation.monitoring.watching import rule_as_json

        desk = MonitoringDesk(opened)
        desk.require(who, Action.MANAGE_MONITORING)
        await desk.wishes.set_rule(app, measure, wanted, who)
        return rule_as_json((await desk.wishes.read()).rules_of(app)[measure])

    told = run(_on(partition_of(app), person, work))
    show(told, "\n".join(f"{name}: {value}" for name, value in told.items()))


@monitor.command("answer")
def answer(
    alarm: Annotated[str, typer.Argument(help="Id of the alarm.")],
    words: Annotated[str, typer.Argument(help="What was found out and done.")],
    partition: Part = GENERAL,
    person: AsPerson = None,
) -> None:
    """Keep what was found out about an alarm; its chart begins anew on the next day."""

    async def work(opened: Opened, who: Principal) -> str:
        from suwen.bootstrap.monitoring.desk import MonitoringDesk

        return (await MonitoringDesk(opened).answer(alarm, words, who)).id

    told = run(_on(partition, person, work))
    show({"alarm": told}, say(Bilingual("已处理。", "Answered.")))


@monitor.command("benefit")
def benefit(days: Days = 90, person: AsPerson = None) -> None:
    """Show edits, errors found, cost, and minutes saved where the hospital stated its own."""

    async def work(opened: Platform, who: Principal) -> list[dict[str, Any]]:
        from suwen.bootstrap.monitoring.benefit import BenefitDesk
        from suwen.bootstrap.monitoring.desk import MonitoringDesk

        rows = await BenefitDesk(opened).read(MonitoringDesk(opened).period(days), who)
        names = (
            *("app", "department", "runs", "signed", "edited_share", "mean_distance", "timed"),
            *("minutes_with", "saved", "errors_found", "tokens", "engine_seconds", "cost"),
            "cost_per_run",
        )
        return [
            {
                **{name: getattr(row, name) for name in names},
                "minutes_without": row.minutes_without and row.minutes_without.value,
                "minutes_without_source": row.minutes_without and row.minutes_without.source,
            }
            for row in rows
        ]

    columns = {
        "app": Bilingual("应用", "Application"),
        "department": Bilingual("科室", "Department"),
        "signed": Bilingual("签署", "Signed"),
        "minutes_with": Bilingual("用应用（分）", "Minutes with"),
        "minutes_without": Bilingual("不用（分）", "Minutes without"),
        "saved": Bilingual("节省（分）", "Minutes saved"),
        "errors_found": Bilingual("严重发现", "Grave findings"),
        "tokens": Bilingual("词元", "Tokens"),
        "cost": Bilingual("费用", "Cost"),
    }
    rows = run(_with(person, work))
    show_rows(rows, columns, Bilingual("这一时段没有使用。", "Nothing was used in this period."))


@monitor.command("readings")
def readings(person: AsPerson = None) -> None:
    """Show how far first and second readers agree."""

    async def work(opened: Platform, who: Principal) -> list[dict[str, Any]]:
        from suwen.bootstrap.monitoring.reviews import ReviewDesk

        return [
            {
                "app": one.app,
                "drawn": one.drawn,
                "waiting": one.waiting,
                "pairs": one.agreement.pairs,
                "agree": one.agreement.observed,
                "kappa": one.agreement.kappa,
                "interval": one.agreement.interval,
                "third": one.third,
                "upheld": one.upheld,
            }
            for one in await ReviewDesk(opened).totals(who)
        ]

    columns = {
        "app": Bilingual("应用", "Application"),
        "waiting": Bilingual("待复读", "Waiting"),
        "pairs": Bilingual("成对", "Pairs"),
        "agree": Bilingual("一致", "Agree"),
        "kappa": Bilingual("κ", "Kappa"),
    }
    show_rows(run(_with(person, work)), columns, Bilingual("尚未抽取。", "None was drawn yet."))


@monitor.command("simulate")
def simulate_months(
    quarters: Annotated[int, typer.Option(min=10, help="Simulated quarters for each row.")] = 400,
    seed: Annotated[int, typer.Option(help="Which quarters.")] = 20261122,
    output: Annotated[Path | None, typer.Option(help="Write the report here too.")] = None,
) -> None:
    """Measure detection delay and false alarms of the shipped rules on simulated months."""
    from suwen.evaluation.monitoring.simulation import SCENARIOS, simulate, simulation_markdown

    results = [simulate(one, quarters, seed) for one in SCENARIOS]
    text = simulation_markdown(results, seed)
    if output is not None:
        output.write_text(text, encoding="utf-8")
    rows = [
        {
            "measure": one.scenario.rule.measure.value,
            "cases_a_day": one.scenario.cases_a_day,
            "false_quarters": one.false_quarters,
            "days_between_false": one.days_between_false,
            "found_in_30_days": one.found,
            "delay_median": one.delay_median,
            "delay_90": one.delay_90,
        }
        for one in results
    ]
    show(rows, text)


async def _on(
    partition: Partition,
    person: str | None,
    work: Callable[[Opened, Principal], Awaitable[Result]],
) -> Result:
    """Works on a partition; who acts is known in the general one alone."""
    if partition is GENERAL:
        return await _with(person, work)
    who = batch_principal(operating_user())
    if person is not None:
        async with platform() as general:
            who = await acting(general, person)
    async with device_platform() as device:
        return await work(device, who)


async def _with(
    person: str | None, work: Callable[[Platform, Principal], Awaitable[Result]]
) -> Result:
    async with platform() as opened:
        return await work(opened, await acting(opened, person))


def _written(rows: list[dict[str, object]], form: ExportForm) -> bytes:
    from suwen.bootstrap.monitoring.desk import EXPORTED

    if form is ExportForm.JSON:
        return json.dumps(rows, ensure_ascii=False).encode() + b"\n"
    out = io.StringIO()
    lines = ([as_cell(row[name]) for name in EXPORTED] for row in rows)
    csv.writer(out).writerows((EXPORTED, *lines))
    return out.getvalue().encode("utf-8-sig")


def _rounded(value: object) -> object:
    return f"{value:.1%}" if isinstance(value, float) else value
