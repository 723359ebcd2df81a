"""Commands about triage: triage train, triage models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, device_platform, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

triage = typer.Typer(help="Patient navigation and triage.", no_args_is_help=True)

_FIGURES = {
    "macro_f1": Bilingual("宏 F1", "macro-F1"),
    "top1": Bilingual("首位命中", "top-1"),
    "top3": Bilingual("前三命中", "top-3"),
}


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(triage, name="triage")


@triage.command("train")
def train(  # noqa: PLR0913 - how a hospital's history is written
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Visits: CSV with a heading, or JSON.")
    ],
    test: Annotated[
        Path | None, typer.Option(help="Visits to measure on; default: a fifth is kept apart.")
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(help="Column of what the patient said; repeat to join several. Default: text"),
    ] = None,
    department: Annotated[str, typer.Option(help="Column of the department.")] = "department",
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NAME=CODE", help="Department of the table that a name stands for."
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for whoever approves it.")] = "",
    person: AsPerson = None,
) -> None:
    """Learn departments from a hospital's visits, measure, and propose the model; exit status 1
    when it is not better than the table alone.

    Without --as nothing is kept; with it, the model waits at the patients' desk for somebody else.
    """
    columns = {"texts": tuple(text or ["text"]), "department": department, "names": _map(names)}
    if person is not None and not reason.strip():
        raise InputError(
            "reason_missing", Bilingual(zh="请写明原因。", en="Say why."), field="reason"
        )
    report = run(_train(files, test, columns, reason, person))
    show(report, "\n".join(_told(report)))
    if not report["better"]:
        raise typer.Exit(1)


async def _train(
    files: list[Path], test: Path | None, columns: dict[str, Any], reason: str, person: str | None
) -> dict[str, Any]:
    import asyncio

    from suwen.bootstrap.device.department_models import ModelDesk
    from suwen.bootstrap.device.department_training import TrainingWish
    from suwen.bootstrap.device.department_training import train as learn_and_measure
    from suwen.bootstrap.device.place import TRIAGE
    from suwen.bootstrap.device.visit_history import HistoryForm

    who: Principal | None = None
    if person is not None:
        async with platform() as general:
            who = await acting(general, person)
    async with device_platform() as device:
        desk = ModelDesk(device)
        if who is not None:
            # Before an hour of work that would then be refused.
            desk.require(who)
        wish = TrainingWish(files, test, HistoryForm(**columns))
        table = device.in_use.tables(TRIAGE).departments
        trained = await asyncio.to_thread(learn_and_measure, wish, table)
        report = {**trained.report, "edition": None}
        if who is not None and report["better"]:
            edition = await desk.propose(who, trained.weights, trained.report, reason)
            report["edition"] = edition.number
    return report


@triage.command("models")
def models() -> None:
    """List the models of departments, the newest first: what was measured, and which is in use."""
    columns = {
        "edition": Bilingual("版本", "Edition"),
        "state": Bilingual("状态", "State"),
        "macro_f1": Bilingual("宏 F1", "Macro-F1"),
        "by": Bilingual("编制", "By"),
        "approved_by": Bilingual("审核", "Approved by"),
        "reason": Bilingual("原因", "Reason"),
    }
    show_rows(run(_models()), columns, Bilingual("没有模型。", "There are none."))


async def _models() -> list[dict[str, Any]]:
    from suwen.bootstrap.device.department_models import MODEL

    async with device_platform() as device:
        return [
            {
                "edition": one.number,
                "state": one.state.value,
                "weights": one.content["weights"],
                "macro_f1": one.content["report"].get("learned", {}).get("macro_f1"),
                "by": one.made_by,
                "approved_by": one.decided_by,
                "reason": one.reason,
                "report": one.content["report"],
            }
            for one in await device.tables.list(MODEL)
        ]


def _map(names: list[str] | None) -> Mapping[str, str]:
    found = {}
    for pair in names or []:
        name, equals, code = pair.rpartition("=")
        if not (name.strip() and equals and code.strip()):
            raise InputError(
                "map_wrong",
                Bilingual(zh="--map 须为 名称=代码。", en="--map is NAME=CODE."),
                field="map",
            )
        found[name] = code.strip()
    return found


def _told(report: Mapping[str, Any]) -> list[str]:
    lines = [
        say(
            Bilingual(
                f"学习 {report['learned_from']} 条，评价 {report['measured_on']} 条",
                f"learned from {report['learned_from']} visits, measured on "
                f"{report['measured_on']}",
            )
        )
    ]
    kinds = {
        "table": Bilingual("仅科室表", "table alone"),
        "learned": Bilingual("科室表加模型", "table and model"),
        "difference": Bilingual("差", "difference"),
    }
    for kind, title in kinds.items():
        figures = " · ".join(
            "{} {:.3f} [{:.3f}, {:.3f}]".format(say(name), *report[kind][key])
            for key, name in _FIGURES.items()
        )
        lines.append(f"{say(title)}: {figures}")
    lines += [
        f"  {code}: {one['visits']}, F1 {one['f1']:.3f}"
        for code, one in report["departments"].items()
    ]
    if not report["better"]:
        what = Bilingual("不比科室表好：不提交。", "Not better than the table: not proposed.")
    elif report["edition"] is None:
        what = Bilingual(
            "未保存；加 --as 与 --reason 即提交审核。",
            "Nothing was kept; with --as and --reason it is proposed.",
        )
    else:
        what = Bilingual(
            f"第 {report['edition']} 版，等待另一人在导诊台审核。",
            f"Edition {report['edition']} waits at the patients' desk for a second person.",
        )
    return [*lines, say(what)]
