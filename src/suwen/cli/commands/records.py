"""Commands about records: fhir import, and record list, show, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.describe import patient_as_json, record_as_json
from suwen.bootstrap.exports import export_record
from suwen.bootstrap.record_import import ImportReport, import_records
from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import open_private
from suwen.cli.output import say, show, show_rows
from suwen.core.exact_json import write_exact
from suwen.core.identity import PatientId
from suwen.core.language import Bilingual

fhir = typer.Typer(help="FHIR R4 records.", no_args_is_help=True)
records = typer.Typer(help="The record store.", no_args_is_help=True)

PatientName = Annotated[str, typer.Argument(metavar="PATIENT", help="Patient's id.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(fhir, name="fhir")
    app.add_typer(records, name="record")


@fhir.command("import")
def import_path(
    path: Annotated[Path, typer.Argument(help="File, .gz, NDJSON, or a folder of them.")],
    synthetic: Annotated[
        bool, typer.Option(help="Invented data: may stand beside the demonstration.")
    ] = False,
    strict: Annotated[bool, typer.Option(help="Exit status 1 when a unit is refused.")] = False,
) -> None:
    """Import R4 resources; a damaged unit is refused whole, importing twice changes nothing."""
    report = run(_import(path, synthetic))
    lines = [
        say(
            Bilingual(
                zh=f"读取 {report.read} 个资源，新存 {report.stored}，未变 {report.unchanged}，"
                f"拒绝 {len(report.refused)} 个单元。",
                en=f"{report.read} resources read, {report.stored} stored, "
                f"{report.unchanged} unchanged, {len(report.refused)} units refused.",
            )
        )
    ]
    lines += [f"  {r.unit}: {say(r.reason)} [{r.path}] ({r.code})" for r in report.refused]
    refused = [
        {"unit": r.unit, "code": r.code, "reason": say(r.reason), "path": r.path}
        for r in report.refused
    ]
    data: dict[str, Any] = {
        "read": report.read,
        "stored": report.stored,
        "unchanged": report.unchanged,
        "units": report.units,
        "by_type": report.by_type,
        "refused": refused,
    }
    show(data, "\n".join(lines))
    if report.units == len(report.refused) or (strict and report.refused):
        raise typer.Exit(2 if report.units == len(report.refused) else 1)


async def _import(path: Path, synthetic: bool) -> ImportReport:
    async with platform() as opened:
        who = await acting(opened, None)
        return await import_records(opened, path, who, synthetic=synthetic)


@records.command("list")
def list_records(
    query: Annotated[str | None, typer.Option(help="Part of name, number or bed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 200,
    person: AsPerson = None,
) -> None:
    """List the patients that this person may see."""
    columns = {
        "id": Bilingual("患者", "Patient"),
        "name": Bilingual("姓名", "Name"),
        "sex": Bilingual("性别", "Sex"),
        "birth_date": Bilingual("出生", "Born"),
        "identifier": Bilingual("病历号", "Number"),
        "department": Bilingual("科室", "Department"),
        "origin": Bilingual("来源", "Origin"),
    }
    rows = run(_list(query, limit, person))
    show_rows(rows, columns, Bilingual("没有可见的患者。", "No patient that you may see."))


async def _list(query: str | None, limit: int, person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.charts.list_patients(who, query=query, limit=limit)
        return [patient_as_json(p) for p in found]


@records.command("show")
def show_record(patient: PatientName, person: AsPerson = None) -> None:
    """Show what a patient's record holds, by kind."""
    body = run(_show(patient, person))
    show(body, "\n".join(f"{key}: {value}" for key, value in body.items()))


async def _show(patient: str, person: str | None) -> dict[str, Any]:
    async with platform() as opened:
        who = await acting(opened, person)
        return record_as_json(await opened.charts.open_chart(who, PatientId(patient)))


@records.command("export")
def export(
    patient: PatientName,
    output: Annotated[Path, typer.Option(help="File for the Bundle.")],
    person: AsPerson = None,
) -> None:
    """Write a patient's whole record as one R4 Bundle, every resource as it was received."""
    resources = run(_export(patient, person))
    body = write_exact({"resourceType": "Bundle", "type": "collection", "entry": resources})
    with open_private(output) as file:
        file.write(body.encode())
    text = Bilingual(zh=f"已写入 {output}。", en=f"Written to {output}.")
    show({"file": str(output), "resources": len(resources)}, say(text))


async def _export(patient: str, person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await export_record(opened, who, PatientId(patient))
        return [{"resource": resource} for resource in found]
