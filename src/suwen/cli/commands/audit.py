"""Commands about the audit chain: audit verify, export, show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.audit_trail import export_trail, read_trail, verify_trail
from suwen.cli.acting import platform, run
from suwen.cli.output import say, show, show_rows
from suwen.control.audit.verify import VerifyReport, verify_file
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
    report = verify_file(file, anchor) if file else run(_verify(anchor))
    data = {
        "ok": report.ok,
        "events": report.events,
        "checkpoints": report.checkpoints,
        "first_bad": report.first_bad,
        "reason": report.reason,
        "since_anchor": report.since_anchor,
    }
    show(data, say(_sentence(report)))
    if not report.ok:
        raise typer.Exit(1)


def _sentence(report: VerifyReport) -> Bilingual:
    if not report.ok:
        return Bilingual(
            zh=f"审计链不成立：第 {report.first_bad} 条起，原因 {report.reason}。",
            en=f"The chain does not hold from event {report.first_bad} on: {report.reason}.",
        )
    return Bilingual(
        zh=f"审计链完整：{report.events} 条，{report.checkpoints} 个签名检查点；"
        f"上次锚定之后的 {report.since_anchor} 条尚无外部见证。",
        en=f"The chain holds: {report.events} events, {report.checkpoints} signed checkpoints; "
        f"{report.since_anchor} events since the last anchor have no outside witness yet.",
    )


async def _verify(anchor: Path | None) -> VerifyReport:
    async with platform() as opened:
        return await verify_trail(opened, anchor)


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
