"""Commands about the audit chain: audit verify, export, show."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.audit_opening import CHAIN
from suwen.bootstrap.audit_trail import export_trail, read_trail, verify_export, verify_trail
from suwen.cli.acting import platform, run
from suwen.cli.output import say, show, show_rows
from suwen.control.audit import VerifyReport
from suwen.core.language import Bilingual

audit = typer.Typer(help="The audit chain.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(audit, name="audit")


@audit.command("verify")
def verify(
    file: Annotated[Path | None, typer.Option(help="An export instead of the database.")] = None,
    anchor: Annotated[Path | None, typer.Option(help="Anchor file; default: the one set.")] = None,
) -> None:
    """Check the whole chain; exit status 1 at the first event that does not fit."""
    report = run(_verify(file, anchor))
    data = {
        "ok": report.ok,
        "events": report.events,
        "checkpoints": report.checkpoints,
        "first_bad": report.first_bad,
        "reason": report.reason,
        "since_anchor": report.since_anchor,
    }
    show(data, say(report.message))
    if not report.ok:
        raise typer.Exit(1)


async def _verify(file: Path | None, anchor: Path | None) -> VerifyReport:
    async with platform() as opened:
        if file is None:
            return await verify_trail(opened, anchor)
        chain = await opened.site.get(CHAIN)
        return await asyncio.to_thread(verify_export, opened.settings, file, anchor, chain)


@audit.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    fhir: Annotated[bool, typer.Option(help="FHIR AuditEvent resources, one a line.")] = False,
) -> None:
    """Write the chain with its checkpoints and public keys, so that others can verify it."""
    count = run(_export(file, fhir))
    show(
        {"file": str(file), "events": count},
        say(Bilingual(f"已导出 {count} 条。", f"{count} events.")),
    )


async def _export(file: Path, fhir: bool) -> int:
    async with platform() as opened:
        return await export_trail(opened, file, fhir=fhir)


@audit.command("show")
def show_events(
    last: Annotated[int, typer.Option(min=1, max=10000, help="How many.")] = 50,
    patient: Annotated[str | None, typer.Option(help="Only about this patient.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this person.")] = None,
) -> None:
    """Show the latest events, oldest first."""
    rows: list[dict[str, Any]] = run(_show(last, patient, actor))
    columns = {
        "sequence": Bilingual("序号", "No."),
        "at": Bilingual("时间", "Time"),
        "action": Bilingual("动作", "Action"),
        "outcome": Bilingual("结果", "Outcome"),
        "actor": Bilingual("人员", "Actor"),
        "subject": Bilingual("对象", "Subject"),
        "patient": Bilingual("患者", "Patient"),
    }
    show_rows(rows, columns, Bilingual("没有记录。", "There are no events."))


async def _show(last: int, patient: str | None, actor: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        return await read_trail(opened, last=last, patient=patient, actor=actor)
