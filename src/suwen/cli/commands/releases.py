"""Commands that look at Releases: release list, show, diff, log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import run
from suwen.cli.commands import release_steps
from suwen.cli.output import STYLE, say, show, show_rows
from suwen.cli.releasing import ReleaseName, Where, board, partition_of
from suwen.cli.usage import shown
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.core.release import ModelBinding, Release

if TYPE_CHECKING:
    from suwen.bootstrap.releases.board import ReleaseBoard, ReleasePage
    from suwen.core.identity import Principal

releases = typer.Typer(help="What exactly runs.", no_args_is_help=True)

LEAST_OF_HASH = 6
_SHORT = 12


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    release_steps.register(releases)
    app.add_typer(releases, name="release")


@releases.command("list")
def list_releases(
    app: Annotated[str | None, typer.Option(help="Only of this.")] = None,
    partition: Where = Partition.GENERAL,
) -> None:
    """List the Releases, newest first, and where the model part of each stands."""
    columns = {
        "app": Bilingual("应用", "Application"),
        "release": Bilingual("版本", "Release"),
        "since": Bilingual("登记时间", "Since"),
        "engine": Bilingual("模型服务", "Engine"),
        "state": Bilingual("状态", "State"),
        "stage": Bilingual("范围", "Reach"),
        "model_part": Bilingual("模型部分", "Model part"),
    }
    rows = run(_list(AppId(app) if app is not None else None, partition))
    short = [
        {
            **row,
            "release": row["release"][:_SHORT],
            "model_part": (row["model_part"] or "")[:_SHORT],
        }
        for row in rows
    ]
    show_rows(rows if STYLE.as_json else short, columns, Bilingual("没有版本。", "There are none."))


async def _list(app: AppId | None, partition: Partition) -> list[dict[str, Any]]:
    async with board(partition, None) as (opened, _):
        parts = opened.desk.parts.releases
        bindings: dict[str, list[ModelBinding | None]] = {}
        for one in await opened.desk.store.list(app):
            bindings.setdefault(one.release, []).append(one)
        return [
            _row(release, binding)
            for release in await parts.list(app)
            for binding in bindings.get(release.hash, [None])
        ]


def _row(release: Release, binding: ModelBinding | None) -> dict[str, Any]:
    return {
        "app": release.app,
        "release": release.hash,
        "since": release.approved_at.isoformat(timespec="seconds"),
        "engine": binding.endpoint if binding else None,
        "state": binding.state.value if binding else None,
        "stage": reach(binding) if binding else None,
        "model_part": binding.id if binding else None,
    }


def reach(binding: ModelBinding) -> str:
    """How far a model part reaches, with its departments."""
    stage = "" if binding.stage is None else binding.stage.value
    return f"{stage}: {', '.join(sorted(binding.departments))}" if binding.departments else stage


@releases.command("show")
def show_release(name: ReleaseName, partition: Where = Partition.GENERAL) -> None:
    """Show every part of a Release, or a model part with what blocks it."""
    body = run(_show(name, partition))
    show(body, "\n".join(f"{key}: {value}" for key, value in body.items()))


async def _show(beginning: str, partition: Partition) -> dict[str, Any]:
    async with board(partition, None) as (opened, who):
        found = await _find(opened, beginning)
        if isinstance(found, ModelBinding):
            return as_json(await opened.read(found.id, who))
        gates = await opened.desk.parts.releases.gates(found.hash)
        return {
            "release": found.hash,
            "app": found.app,
            "state": found.state.value,
            "parts": dict(found.parts),
            "gates": [
                {"endpoint": g.endpoint_name, "suite": g.suite, "passed": g.passed, **g.report}
                for g in gates
            ],
            "model_parts": [one.id for one in await opened.desk.store.of_release(found.hash)],
        }


def as_json(page: ReleasePage) -> dict[str, Any]:
    """A model part for another program."""
    binding = page.binding
    return {
        "model_part": binding.id,
        "app": binding.app,
        "release": binding.release,
        "engine": binding.endpoint,
        "state": binding.state.value,
        "stage": binding.stage.value if binding.stage else None,
        "departments": sorted(binding.departments),
        "present": page.present,
        "blocked_by": page.reason.value if page.reason else None,
        "why": say(page.why) if page.why else None,
        "change": binding.change.value if binding.change else None,
        "changed": [say(one.words) for one in page.change.parts] if page.change else [],
        "demand": say(page.demand.why),
        "approvals": [
            {
                "by": one.act.by,
                "role": one.act.role.value if one.act.role else None,
                "at": one.act.at.isoformat(timespec="seconds"),
                "comment": one.act.reason,
                "signature_holds": one.sound,
            }
            for one in page.approvals
        ],
        "open_approvals": [
            {"seat": seat.name, "roles": [role.value for role in seat.roles]}
            for seat in page.open_seats
        ],
        "evaluations": [
            {"suite": g.suite, "passed": g.passed, "at": g.at.isoformat(timespec="seconds")}
            for g in page.results
        ],
        "trial": {"cases": page.shadow.cases, "answered": page.shadow.answered.hits},
        "parts": dict(page.parts),
    }


async def _find(opened: ReleaseBoard, beginning: str) -> Release | ModelBinding:
    """The Release or model part whose hash begins so."""
    every: list[Release | ModelBinding] = [
        *await opened.desk.parts.releases.list(),
        *await opened.desk.store.list(),
    ]
    found = [one for one in every if _name(one).startswith(beginning)]
    if len(found) != 1 or len(beginning) < LEAST_OF_HASH:
        named = shown(beginning)
        raise NotFoundError(
            "no_such_release",
            Bilingual(
                zh=f"以 {named} 开头的版本有 {len(found)} 个，须恰好一个；"
                f"至少给出 {LEAST_OF_HASH} 位。",
                en=f"{len(found)} Releases begin with {named}; exactly one must, and at least "
                f"{LEAST_OF_HASH} characters are needed.",
            ),
            field="release",
        )
    return found[0]


def _name(one: Release | ModelBinding) -> str:
    return one.hash if isinstance(one, Release) else one.id


@releases.command("diff")
def diff(old: ReleaseName, new: ReleaseName, partition: Where = Partition.GENERAL) -> None:
    """Say in plain words what differs between two Releases or model parts, and what that asks
    for; exit status 1 when something does."""
    body = run(_diff(old, new, partition))
    same = say(Bilingual(zh="没有不同。", en="Nothing differs."))
    lines = [*body["words"], f"→ {body['asks_for']}"] if body["changed"] else [same]
    show(body, "\n".join(lines))
    if body["changed"]:
        raise typer.Exit(1)


async def _diff(old: str, new: str, partition: Partition) -> dict[str, Any]:
    from suwen.control.governance.changes import ChangePlan, change_between, plan_of

    async with board(partition, None) as (opened, _):
        before, after = await _find(opened, old), await _find(opened, new)
        installed = opened.desk.parts.applications.get(after.app)
        plan, device_grade = ChangePlan(), True
        if installed is not None and before.app == after.app:
            plan = plan_of(installed.folder)
            device_grade = (await opened.desk.demands.of(installed.manifest)).device_grade
        change = change_between(
            await _parts(opened, before),
            await _parts(opened, after),
            plan,
            device_grade=device_grade,
        )
        return {
            "changed": [one.part for one in change.parts],
            "words": [say(one.words) for one in change.parts],
            "asks_for": change.asks_for.value,
        }


async def _parts(opened: ReleaseBoard, one: Release | ModelBinding) -> Mapping[str, str]:
    from suwen.control.governance.model_parts import every_part

    if isinstance(one, Release):
        return one.parts
    release = await opened.desk.parts.releases.by_hash(one.release)
    return every_part(release, one) if release is not None else one.parts


@releases.command("log")
def log(app: Annotated[str, typer.Argument(help="Application's id.")]) -> None:
    """Say in plain words what changed in an application and what was decided, newest first."""
    columns = {
        "at": Bilingual("时间", "When"),
        "release": Bilingual("版本", "Release"),
        "words": Bilingual("内容", "What"),
        "by": Bilingual("操作者", "By"),
    }
    rows = run(_log(app))
    show_rows(rows, columns, Bilingual("没有记录。", "There is nothing."))


async def _log(app: str) -> list[dict[str, Any]]:
    async with board(partition_of(app), None) as (opened, who):
        return await _lines(opened, AppId(app), who)


async def _lines(opened: ReleaseBoard, app: AppId, who: Principal) -> list[dict[str, Any]]:
    return [
        {
            "at": one.at.isoformat(timespec="seconds"),
            "release": one.release,
            "words": say(one.words),
            "by": one.by,
            "parts": [{"part": p.part, "before": p.before, "after": p.after} for p in one.parts],
        }
        for one in await opened.change_log(app, who)
    ]
