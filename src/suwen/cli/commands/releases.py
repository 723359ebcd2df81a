"""Commands about Releases: release list, show, diff, evaluate."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from suwen.bootstrap.gate import evaluate_release
from suwen.cli.acting import acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.cli.usage import shown
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, ReleaseHash
from suwen.core.language import Bilingual
from suwen.core.release import Release

releases = typer.Typer(help="What exactly runs.", no_args_is_help=True)

LEAST_OF_HASH = 6

ReleaseName = Annotated[str, typer.Argument(metavar="RELEASE", help="Hash, or its beginning.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(releases, name="release")


@releases.command("list")
def list_releases(app: Annotated[str | None, typer.Option(help="Only of this.")] = None) -> None:
    """List the Releases, newest first, and which engines passed the gate of each."""
    columns = {
        "app": Bilingual("应用", "Application"),
        "release": Bilingual("版本", "Release"),
        "state": Bilingual("状态", "State"),
        "since": Bilingual("登记时间", "Since"),
        "gates": Bilingual("模型门", "Model gate"),
    }
    show_rows(run(_list(app)), columns, Bilingual("没有版本。", "There are none."))


async def _list(app: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        rows = []
        for release in await opened.releases.list(AppId(app) if app is not None else None):
            gates = await opened.releases.gates(release.hash)
            shown = [f"{g.endpoint_name}: {'passed' if g.passed else 'failed'}" for g in gates]
            rows.append(
                {
                    "app": release.app,
                    "release": release.hash,
                    "state": release.state.value,
                    "since": release.approved_at.isoformat(timespec="seconds"),
                    "gates": ", ".join(shown) or "closed",
                }
            )
        return rows


@releases.command("show")
def show_release(release: ReleaseName) -> None:
    """Show the hash of every part of a Release and its gate results."""
    body = run(_show(release))
    show(body, "\n".join(f"{key}: {value}" for key, value in body.items()))


async def _show(beginning: str) -> dict[str, Any]:
    async with platform() as opened:
        found = await _find(await opened.releases.list(), beginning)
        gates = await opened.releases.gates(ReleaseHash(found.hash))
        return {
            "release": found.hash,
            "app": found.app,
            "state": found.state.value,
            "parts": dict(found.parts),
            "gates": [{"endpoint": g.endpoint_name, "passed": g.passed, **g.report} for g in gates],
        }


async def _find(releases: list[Release], beginning: str) -> Release:
    found = [r for r in releases if r.hash.startswith(beginning)]
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


@releases.command("diff")
def diff(old: ReleaseName, new: ReleaseName) -> None:
    """Say which parts differ between two Releases; exit status 1 when some do."""
    changed = run(_diff(old, new))
    same = say(Bilingual(zh="没有不同。", en="Nothing differs."))
    show({"changed": changed}, "\n".join(changed) or same)
    if changed:
        raise typer.Exit(1)


async def _diff(old: str, new: str) -> list[str]:
    async with platform() as opened:
        every = await opened.releases.list()
        before, after = (await _find(every, old)).parts, (await _find(every, new)).parts
        return sorted(k for k in {*before, *after} if before.get(k) != after.get(k))


@releases.command("evaluate")
def evaluate(
    app: Annotated[str, typer.Argument(help="Application's id.")],
    endpoint: Annotated[str, typer.Option(help="Engine to measure.")],
    limit: Annotated[int, typer.Option(min=1, help="How many cases.")] = 20,
) -> None:
    """Measure an engine on the application's suite; exit status 1 when the gate stays closed."""
    report = run(_evaluate(AppId(app), endpoint, limit))
    lines = [f"{key}: {value}" for key, value in report.items()]
    show(report, "\n".join(lines))
    if not report["passed"]:
        raise typer.Exit(1)


async def _evaluate(app: AppId, endpoint: str, limit: int) -> dict[str, Any]:
    async with platform() as opened:
        return await evaluate_release(opened, app, endpoint, limit, await acting(opened, None))
