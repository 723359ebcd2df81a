"""Commands about incidents and near misses: incident list, show, export."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import open_private
from suwen.cli.output import say, show, show_rows
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform
    from suwen.core.identity import Principal

Result = TypeVar("Result")

incident = typer.Typer(help="Incidents and near misses.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the incident.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(incident, name="incident")


@incident.command("list")
def list_incidents(person: AsPerson = None) -> None:
    """List incidents: all for the offices, for everybody else what they reported."""

    async def work(opened: Platform, who: Principal) -> list[dict[str, Any]]:
        from suwen.bootstrap.monitoring.incidents import IncidentDesk

        return [
            {
                "number": one.incident.id,
                "kind": one.incident.kind,
                "state": one.state,
                "harm": one.facts.get("harm"),
                "problem": one.facts.get("problem"),
                "app": one.incident.app,
                "reported_at": one.incident.reported_at.isoformat(timespec="seconds"),
            }
            for one in await IncidentDesk(opened).list(who)
        ]

    columns = {
        "number": Bilingual("编号", "Number"),
        "reported_at": Bilingual("报告时间", "Reported"),
        "kind": Bilingual("类别", "Kind"),
        "harm": Bilingual("伤害", "Harm"),
        "problem": Bilingual("问题", "Problem"),
        "app": Bilingual("应用", "Application"),
        "state": Bilingual("状态", "State"),
    }
    show_rows(run(_with(person, work)), columns, Bilingual("没有事件。", "There is none."))


@incident.command("show")
def show_incident(number: Number, person: AsPerson = None) -> None:
    """Show an incident with its way so far; words only for whoever may read them."""

    async def work(opened: Platform, who: Principal) -> dict[str, Any]:
        from suwen.bootstrap.monitoring.incidents import IncidentDesk

        view = await IncidentDesk(opened).read(number, who)
        one = view.incident
        return {
            "number": one.id,
            "kind": one.kind,
            "state": view.state.value,
            **view.facts,
            "app": one.app,
            "release": one.release,
            "trace": one.trace,
            "draft": one.draft,
            "patient": one.patient if view.legible else None,
            "happened_at": one.happened_at.isoformat(),
            "reported_at": one.reported_at.isoformat(),
            "reported_by": one.reported_by,
            "words_withheld": view.withheld,
            "entries": [
                {
                    "act": entry.act,
                    "by": entry.by,
                    "at": entry.at.isoformat(),
                    "words": entry.words["text"] if entry.words else None,
                }
                for entry in view.entries
            ],
        }

    told = run(_with(person, work))
    show(told, "\n".join(f"{name}: {value}" for name, value in told.items()))


@incident.command("export")
def export_incident(
    number: Number,
    law: Annotated[str, typer.Option(help="cn, us or eu: whose form.")] = "cn",
    output: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None,
    person: AsPerson = None,
) -> None:
    """Export an incident in the fields of a regulator's form."""

    async def work(opened: Platform, who: Principal) -> dict[str, Any]:
        from suwen.bootstrap.monitoring.incident_forms import form_as_json, incident_form
        from suwen.bootstrap.monitoring.incidents import IncidentDesk

        view = await IncidentDesk(opened).read(number, who)
        return form_as_json(await incident_form(opened, view, law))

    told = run(_with(person, work))
    body = json.dumps(told, ensure_ascii=False, indent=1)
    if output is None:
        show(told, body)
        return
    with open_private(output) as out:
        out.write(body.encode() + b"\n")
    show({"file": str(output)}, say(Bilingual("已导出。", "Exported.")))


async def _with(
    person: str | None, work: Callable[[Platform, Principal], Awaitable[Result]]
) -> Result:
    async with platform() as opened:
        return await work(opened, await acting(opened, person))
