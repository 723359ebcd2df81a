"""The command of the security office: egress report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from suwen.cli.acting import platform, run, settings
from suwen.cli.output import say, show
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.egress import EgressReport

egress = typer.Typer(help="What goes out of this machine.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(egress, name="egress")


@egress.command("report")
def report(
    watch: Annotated[
        float, typer.Option(min=0, max=86400, help="Seconds to go on looking; 0 looks once.")
    ] = 0,
) -> None:
    """Say which process of ours speaks to whom; exit status 1 when to nobody configured."""
    from suwen.bootstrap.egress import report_as_json

    found = run(_look(watch))
    show(report_as_json(found), "\n".join(_lines(found)))
    if not found.ok:
        raise typer.Exit(1)


async def _look(seconds: float) -> EgressReport:
    from suwen.bootstrap.egress import configured_peers, look

    async with platform() as opened:
        peers = await configured_peers(opened)
        return await asyncio.to_thread(look, settings(), peers, seconds=seconds)


def _lines(found: EgressReport) -> list[str]:
    kept = len(found.sockets) - len(found.outside)
    lines = [
        say(
            Bilingual(
                f"{len(found.processes)} 个进程，{kept} 个连接符合规则（仅限本机与已配置的系统），"
                f"{len(found.outside)} 个不符合",
                f"{len(found.processes)} processes, {kept} sockets within the policy (loopback and "
                f"configured peers only), {len(found.outside)} outside it",
            )
        )
    ]
    for one in found.outside:
        held = one.socket
        where = f"{held.remote}:{held.remote_port}" if held.remote else f"{held.local} (udp)"
        lines.append(f"FAIL {held.program} ({held.pid}) {held.protocol} -> {where}")
    if found.unread:
        pids = ", ".join(str(pid) for pid in found.unread)
        zh, en = f"无权查看的进程：{pids}", f"processes that this account may not read: {pids}"
        lines.append(f"FAIL {say(Bilingual(zh, en))}")
    return lines
