"""Commands about the audit chain: audit verify, export, show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.audit_opening import CHAIN
from suwen.bootstrap.audit_trail import (
    AuditTrail,
    device_trail,
    export_trail,
    read_trail,
    verify_export,
    verify_trail,
)
from suwen.cli.acting import holds_device, platform, run, settings
from suwen.cli.output import say, show, show_rows
from suwen.control.audit import VerifyReport
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition

audit = typer.Typer(help="The audit chains.", no_args_is_help=True)

_OF_DEVICE = Bilingual("器械分区：", "Device partition: ")
OfPartition = Annotated[
    Partition, typer.Option(help="Whose chain: general, or device, where patients are served.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(audit, name="audit")


@audit.command("verify")
def verify(
    file: Annotated[Path | None, typer.Option(help="An export instead of the database.")] = None,
    anchor: Annotated[Path | None, typer.Option(help="Anchor file; default: the one set.")] = None,
    partition: Annotated[
        Partition | None,
        typer.Option(
            help="Whose chain: general or device; default: both, and general for a file or an "
            "anchor that is named."
        ),
    ] = None,
) -> None:
    """Check the whole chain; exit status 1 at the first event that does not fit.

    Where both chains are checked the figures are the general one's, or those of the device
    partition where that one does not hold.
    """
    report, is_device = run(_verify(file, anchor, partition))
    of_device = is_device and partition is None
    data = {
        "ok": report.ok,
        "events": report.events,
        "checkpoints": report.checkpoints,
        "first_bad": report.first_bad,
        "reason": f"device: {report.reason}" if of_device else report.reason,
        "since_anchor": report.since_anchor,
    }
    where = say(_OF_DEVICE) if of_device else ""
    show(data, where + say(report.message))
    if not report.ok:
        raise typer.Exit(1)


async def _verify(
    file: Path | None, anchor: Path | None, partition: Partition | None
) -> tuple[VerifyReport, bool]:
    """What is to be told, and whether that is about the device partition's chain."""
    is_device = partition is Partition.DEVICE
    named = file is not None or anchor is not None
    async with _trail(partition or Partition.GENERAL) as trail:
        if file is not None:
            chain = await trail.site.get(CHAIN) or ""
            work = asyncio.to_thread(verify_export, trail.settings, file, anchor, chain)
            return await work, is_device
        report = await verify_trail(trail, anchor)
        if partition is not None or named or not report.ok or not holds_device():
            return report, is_device
        async with _trail(Partition.DEVICE) as device:
            other = await verify_trail(device, None)
    return (report, False) if other.ok else (other, True)


@asynccontextmanager
async def _trail(partition: Partition) -> AsyncIterator[AuditTrail]:
    if partition is Partition.GENERAL:
        async with platform() as opened:
            yield opened
        return
    async with device_trail(settings(Partition.DEVICE)) as trail:
        yield trail


@audit.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    fhir: Annotated[bool, typer.Option(help="FHIR AuditEvent resources, one a line.")] = False,
    partition: OfPartition = Partition.GENERAL,
) -> None:
    """Write the chain with its checkpoints and public keys, so that others can verify it."""
    count = run(_export(file, fhir, partition))
    show(
        {"file": str(file), "events": count},
        say(Bilingual(f"已导出 {count} 条。", f"{count} events.")),
    )


async def _export(file: Path, fhir: bool, partition: Partition) -> int:
    async with _trail(partition) as trail:
        return await export_trail(trail, file, fhir=fhir)


@audit.command("show")
def show_events(
    last: Annotated[int, typer.Option(min=1, max=10000, help="How many.")] = 50,
    patient: Annotated[str | None, typer.Option(help="Only about this patient.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this person.")] = None,
    partition: OfPartition = Partition.GENERAL,
) -> None:
    """Show the latest events, oldest first."""
    rows: list[dict[str, Any]] = run(_show(last, patient, actor, partition))
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


async def _show(
    last: int, patient: str | None, actor: str | None, partition: Partition
) -> list[dict[str, Any]]:
    async with _trail(partition) as trail:
        return await read_trail(trail, last=last, patient=patient, actor=actor)
