"""Commands that run the platform and say how it is: up, serve, status, doctor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from suwen.cli.acting import device_platform, holds_device, platform, run, settings
from suwen.cli.output import say, show
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition

if TYPE_CHECKING:
    from suwen.bootstrap.health import Check
    from suwen.bootstrap.supervisor import Announcement

CHECK_MARKS = {True: "ok  ", False: "FAIL"}


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.command("up")(up)
    app.command("serve")(serve)
    app.command("status")(status)
    app.command("doctor")(doctor)


def up(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the pages; 0 takes a free one.")
    ] = None,
    no_demo: Annotated[
        bool,
        typer.Option("--no-demo", help="No demonstration hospital, no demonstration accounts."),
    ] = False,
) -> None:
    """Start everything on this machine; Ctrl-C ends it."""
    from suwen.bootstrap.supervisor import Supervisor

    supervisor = Supervisor(settings(), port=port, demonstration=not no_demo, announce=_announce)
    asyncio.run(supervisor.run())


def _announce(announcement: Announcement) -> None:
    data = {
        "url": announcement.url,
        "ports": announcement.ports,
        "accounts": [
            {"name": a.name, "password": a.password, "roles": list(a.roles), "title": a.title}
            for a in announcement.accounts
        ],
    }
    lines = [f"ready {announcement.url}"]
    patients = announcement.url.rpartition(":")[0] + f":{announcement.ports['patients']}"
    lines.append(say(Bilingual(zh=f"患者页面 {patients}", en=f"patients' pages {patients}")))
    if announcement.accounts:
        lines.append(
            say(
                Bilingual(
                    zh="演示账户（合成数据，仅限本机）：",
                    en="Demonstration accounts (synthetic data, this machine only):",
                )
            )
        )
        lines += [f"  {a.name:<14} {a.password}  {a.title}" for a in announcement.accounts]
    show(data, "\n".join(lines))


def serve(
    partition: Annotated[Partition, typer.Option(help="general or device")] = Partition.GENERAL,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
    socket_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run one partition's service."""
    from suwen.web.server import serve_partition

    serve_partition(
        settings(partition), partition.value, port=port, socket_fd=socket_fd, parent=parent
    )


def status() -> None:
    """Say which parts run and how they are."""
    checks = run(_examine())
    _show_checks(checks, only_bad=False)


def doctor() -> None:
    """Say what is wrong and how to mend it; exit status 1 when something is."""
    checks = run(_examine())
    _show_checks(checks, only_bad=True)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


async def _examine() -> list[Check]:
    from suwen.bootstrap.health import examine

    async with platform() as opened:
        checks = await examine(opened)
        if holds_device():
            checks += await _examine_device()
    return checks


async def _examine_device() -> list[Check]:
    """The device partition's parts; one check that says why where it does not even open."""
    from suwen.bootstrap.device.health import examine_device
    from suwen.bootstrap.health import Check

    try:
        async with device_platform() as device:
            return await examine_device(device)
    except SuwenError as error:
        return [Check("device partition", False, error.safe_message)]


def _show_checks(checks: list[Check], *, only_bad: bool) -> None:
    data = [
        {"part": c.part, "ok": c.ok, "state": say(c.state), "mend": say(c.mend) if c.mend else None}
        for c in checks
    ]
    lines = []
    for check in checks:
        lines.append(f"{CHECK_MARKS[check.ok]} {check.part}: {say(check.state)}")
        if check.mend and (not check.ok or not only_bad):
            lines.append(f"       {say(check.mend)}")
    show({"ok": all(c.ok for c in checks), "checks": data}, "\n".join(lines))
