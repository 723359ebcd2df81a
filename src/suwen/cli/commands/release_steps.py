"""Commands that move a model part: release propose, evaluate, approve, activate, rollout, return,
suspend, resume, retire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from suwen.cli.acting import AsPerson, device_platform, operating_user, platform, run
from suwen.cli.output import say, show
from suwen.cli.releasing import Reason, ReleaseName, Where, board, partition_of
from suwen.core.identity import AppId, Role, batch_principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.core.release import ModelBinding, RolloutStage

AppName = Annotated[str, typer.Argument(help="Application's id.")]
Departments = Annotated[
    list[str] | None, typer.Option("--department", help="Code of a department; several times.")
]


def register(releases: typer.Typer) -> None:
    """Adds the commands to those about Releases."""
    for name, command in (
        ("propose", propose),
        ("evaluate", evaluate),
        ("approve", approve),
        ("activate", activate),
        ("rollout", rollout),
        ("return", return_to_former),
        ("suspend", suspend),
        ("resume", resume),
        ("retire", retire),
    ):
        releases.command(name)(command)


def propose(
    app: AppName,
    endpoint: Annotated[str, typer.Option(help="Engine that is to take part.")],
    reason: Reason = "",
    person: AsPerson = None,
) -> None:
    """Propose that an engine, as it is now, takes part in an application."""
    _tell(run(_propose(AppId(app), endpoint, reason, person)))


async def _propose(app: AppId, endpoint: str, reason: str, person: str | None) -> ModelBinding:
    async with board(partition_of(app), person) as (opened, who):
        return await opened.desk.propose(app, endpoint, who, reason)


def evaluate(
    app: AppName,
    endpoint: Annotated[str, typer.Option(help="Engine to measure.")],
    limit: Annotated[int, typer.Option(min=1, help="How many cases of the own suite.")] = 20,
    suite: Annotated[
        list[str] | None,
        typer.Option("--suite", help="Only this suite of the gate; repeat for more."),
    ] = None,
) -> None:
    """Measure an engine on everything that the application's gate demands; exit status 1 when it
    stays closed."""
    told = run(_evaluate(AppId(app), endpoint, limit, suite or []))
    lines = [f"{name}: {_report_line(report)}" for name, report in told["suites"].items()]
    lines += [f"{name}: {say(_LEFT)}" for name in told["left"]]
    show(told, "\n".join(lines))
    if not told["passed"]:
        raise typer.Exit(1)


_LEFT = Bilingual("未在此次评测", "not measured this time")


def _report_line(report: Mapping[str, Any]) -> str:
    """The figures of one suite with what they must reach, in one line."""
    passed = Bilingual("通过", "passed") if report["passed"] else Bilingual("未通过", "failed")
    figures = []
    for name, score in report.items():
        if isinstance(score, Mapping) and "value" in score:
            bounds = [f"≥ {score['needed']}"] if "needed" in score else []
            bounds += [f"≤ {score['most']}"] if "most" in score else []
            figures.append(f"{name} {score['value']} ({', '.join(bounds)})")
    return " · ".join([say(passed), *figures])


async def _evaluate(app: AppId, endpoint: str, limit: int, suites: list[str]) -> dict[str, Any]:
    from suwen.bootstrap.releases.measuring import GateMeasuring

    who = batch_principal(operating_user())
    if partition_of(app) is Partition.DEVICE:
        async with device_platform() as device:
            return await GateMeasuring(device, app).measure(endpoint, limit, who, suites)
    async with platform() as opened:
        return await GateMeasuring(opened, app).measure(endpoint, limit, who, suites)


def approve(
    name: ReleaseName,
    comment: Annotated[str, typer.Option(help="What you looked at.")] = "",
    role: Annotated[
        Role | None, typer.Option(help="In which of your roles; the first that fits by default.")
    ] = None,
    partition: Where = Partition.GENERAL,
    person: AsPerson = None,
) -> None:
    """Give your approval, signed; the class of the application says whose two are needed."""
    _tell(run(_approve(name, comment, role, partition, person)))


async def _approve(
    name: str, comment: str, role: Role | None, partition: Partition, person: str | None
) -> ModelBinding:
    async with board(partition, person) as (opened, who):
        found = await opened.find(name, who)
        # The door has made sure who this is: by their own token, or as a demonstration person.
        return await opened.desk.approve(found.id, who, comment=comment, role=role)


def activate(
    name: ReleaseName,
    stage: Annotated[
        RolloutStage, typer.Option(help="Where it begins: shadow or ward.")
    ] = RolloutStage.SHADOW,
    department: Departments = None,
    reason: Reason = "",
    partition: Where = Partition.GENERAL,
    person: AsPerson = None,
) -> None:
    """Begin the roll-out of an approved model part: in the shadow, or in some departments."""
    _tell(run(_reach(name, stage, department, reason, partition, person)))


def rollout(
    name: ReleaseName,
    stage: Annotated[RolloutStage, typer.Option(help="How far: shadow, ward or all.")],
    department: Departments = None,
    reason: Reason = "",
    partition: Where = Partition.GENERAL,
    person: AsPerson = None,
) -> None:
    """Let an active model part reach further, or less far."""
    _tell(run(_reach(name, stage, department, reason, partition, person)))


async def _reach(
    name: str,
    stage: RolloutStage,
    departments: list[str] | None,
    reason: str,
    partition: Partition,
    person: str | None,
) -> ModelBinding:
    async with board(partition, person) as (opened, who):
        found = await opened.find(name, who)
        wards = frozenset(departments or ())
        return await opened.desk.roll_out(found.id, stage, wards, who, reason)


def return_to_former(app: AppName, reason: Reason = "", person: AsPerson = None) -> None:
    """Take the last step of an application's roll-out back, in one go."""
    changed = run(_return(AppId(app), reason, person))
    text = Bilingual("已退回上一步。", "The last step is taken back.")
    show({"app": app, "model_parts": [_as_json(one) for one in changed]}, say(text))


async def _return(app: AppId, reason: str, person: str | None) -> tuple[ModelBinding, ...]:
    async with board(partition_of(app), person) as (opened, who):
        return await opened.desk.return_to_former(app, who, reason)


def suspend(
    name: ReleaseName,
    reason: Reason = "",
    partition: Where = Partition.GENERAL,
    person: AsPerson = None,
) -> None:
    """Switch a model part off at once; the deterministic part goes on."""
    _tell(run(_simple("suspend", name, reason, partition, person)))


def resume(
    name: ReleaseName,
    reason: Reason = "",
    partition: Where = Partition.GENERAL,
    person: AsPerson = None,
) -> None:
    """Let a suspended model part go on where it was."""
    _tell(run(_simple("resume", name, reason, partition, person)))


def retire(
    name: ReleaseName,
    reason: Reason = "",
    partition: Where = Partition.GENERAL,
    person: AsPerson = None,
) -> None:
    """End a model part for good; who wants it again proposes it again."""
    _tell(run(_simple("retire", name, reason, partition, person)))


async def _simple(
    step: str, name: str, reason: str, partition: Partition, person: str | None
) -> ModelBinding:
    async with board(partition, person) as (opened, who):
        found, desk = await opened.find(name, who), opened.desk
        take = {"suspend": desk.suspend, "resume": desk.resume, "retire": desk.retire}[step]
        return await take(found.id, reason, who)


def _tell(binding: ModelBinding) -> None:
    from suwen.control.governance.steps import state_name

    state = state_name(binding.state)
    text = Bilingual(f"{binding.id}：{state.zh}。", f"{binding.id}: {state.en}.")
    show(_as_json(binding), say(text))


def _as_json(binding: ModelBinding) -> dict[str, Any]:
    return {
        "model_part": binding.id,
        "app": binding.app,
        "release": binding.release,
        "engine": binding.endpoint,
        "state": binding.state.value,
        "stage": binding.stage.value if binding.stage else None,
        "departments": sorted(binding.departments),
    }
