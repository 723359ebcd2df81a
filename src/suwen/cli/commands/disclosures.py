"""Commands about facts sheets: disclosure preview, propose, list, publish, withdraw, export, …"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import open_private
from suwen.cli.output import STYLE, say, show, show_rows
from suwen.core.language import Bilingual, Language

if TYPE_CHECKING:
    from suwen.bootstrap.accountability.certificate import CertificateFacts
    from suwen.storage.disclosures import Disclosed

disclosures = typer.Typer(help="Facts sheets of AI systems.", no_args_is_help=True)

System = Annotated[str, typer.Argument(help="Id of the system on the register.")]


class Audience(StrEnum):
    """For whom a sheet is written."""

    STAFF = "staff"
    PATIENT = "patient"
    PUBLIC = "public"


class SheetForm(StrEnum):
    """In which form a sheet is written out."""

    JSON = "json"
    PDF = "pdf"


For = Annotated[Audience, typer.Option("--for", help="For whom: staff, patient or public.")]
Number = Annotated[int, typer.Option(min=1, help="Which version.")]
Output = Annotated[Path, typer.Option(help="File; - is standard output.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(disclosures, name="disclosure")


@disclosures.command("preview")
def preview(system: System, audience: For = Audience.STAFF, person: AsPerson = None) -> None:
    """Show a sheet as it would be proposed now, the missing facts too."""
    sheet = run(_preview(system, audience, person))
    of = STYLE.language.value
    lines = []
    for section in sheet["sections"]:
        lines.append(f"\n{section['title'][of]}")
        for fact in section["facts"]:
            told = [value[of] for value in fact["values"]] or [say(_MISSING)]
            lines.extend(f"  {fact['label'][of]}: {value}" for value in told)
    show(sheet, "\n".join([sheet["title"][of], *lines]))


_MISSING = Bilingual("未提供", "not stated")


async def _preview(system: str, audience: Audience, person: str | None) -> dict[str, Any]:
    from suwen.control.governance.disclosure.sheet import Readers

    async with platform() as opened:
        who = await acting(opened, person)
        desk = opened.accountability.disclosures
        return await desk.preview(system, Readers(audience.value), who)


@disclosures.command("propose")
def propose(system: System, audience: For, person: AsPerson = None) -> None:
    """Propose a sheet as it is now; another person publishes it."""
    told = _told(run(_propose(system, audience, person)))
    show(told, say(Bilingual(f"已提出第 {told['number']} 版。", f"Proposed as {told['number']}.")))


async def _propose(system: str, audience: Audience, person: str | None) -> Disclosed:
    from suwen.control.governance.disclosure.sheet import Readers

    async with platform() as opened:
        who = await acting(opened, person)
        desk = opened.accountability.disclosures
        return await desk.propose(system, Readers(audience.value), who)


@disclosures.command("list")
def list_disclosures(person: AsPerson = None) -> None:
    """List every version of every sheet."""
    columns = {
        "system": Bilingual("系统", "System"),
        "audience": Bilingual("对象", "For"),
        "number": Bilingual("版次", "Version"),
        "state": Bilingual("状态", "State"),
        "proposed_by": Bilingual("提出", "Proposed"),
        "decided_by": Bilingual("决定", "Decided"),
    }
    rows = [_told(one) for one in run(_list(person))]
    show_rows(rows, columns, Bilingual("没有说明书。", "There are no sheets."))


async def _list(person: str | None) -> list[Disclosed]:
    async with platform() as opened:
        who = await acting(opened, person)
        return list(await opened.accountability.disclosures.versions(who))


@disclosures.command("publish")
def publish(system: System, audience: For, number: Number, person: AsPerson = None) -> None:
    """Publish a proposed sheet: signed text, and signed PDF in both languages."""
    run(_decide(system, audience, number, person, publish=True))
    show({"published": system, "number": number}, say(Bilingual("已发布。", "Published.")))


@disclosures.command("turn-down")
def turn_down(system: System, audience: For, number: Number, person: AsPerson = None) -> None:
    """Turn a proposed sheet down."""
    run(_decide(system, audience, number, person, publish=False))
    show({"turned_down": system, "number": number}, say(Bilingual("已退回。", "Turned down.")))


async def _decide(
    system: str, audience: Audience, number: int, person: str | None, *, publish: bool
) -> None:
    async with platform() as opened:
        who = await acting(opened, person)
        desk = opened.accountability.disclosures
        found = await desk.open(system, audience.value, number, who)
        await desk.decide(found.disclosed, who, publish=publish)


@disclosures.command("withdraw")
def withdraw(system: System, audience: For, number: Number, person: AsPerson = None) -> None:
    """Take a published sheet away."""
    run(_withdraw(system, audience, number, person))
    show({"withdrawn": system, "number": number}, say(Bilingual("已撤下。", "Withdrawn.")))


async def _withdraw(system: str, audience: Audience, number: int, person: str | None) -> None:
    async with platform() as opened:
        who = await acting(opened, person)
        desk = opened.accountability.disclosures
        found = await desk.open(system, audience.value, number, who)
        await desk.withdraw(found.disclosed, who)


@disclosures.command("export")
def export(
    system: System,
    audience: For,
    number: Number,
    form: Annotated[SheetForm, typer.Option("--format", help="json or pdf")],
    output: Output = Path("-"),
    person: AsPerson = None,
) -> None:
    """Write a sheet as its signed JSON text or as signed PDF."""
    content = run(_export(system, audience, number, form, person))
    if str(output) == "-":
        sys.stdout.buffer.write(content)
        return
    with open_private(output) as file:
        file.write(content)
    told = Bilingual(f"已写入 {output}。", f"Written to {output}.")
    show({"file": str(output), "bytes": len(content)}, say(told))


async def _export(
    system: str, audience: Audience, number: int, form: SheetForm, person: str | None
) -> bytes:
    async with platform() as opened:
        who = await acting(opened, person)
        desk = opened.accountability.disclosures
        found = await desk.open(system, audience.value, number, who)
        if form is SheetForm.JSON:
            return found.text.encode()
        return await desk.pdf(found.disclosed, Language(STYLE.language))


@disclosures.command("certificate")
def certificate(person: AsPerson = None) -> None:
    """Show the certificate that signs published sheets."""
    _show_certificate(run(_certificate(person)))


async def _certificate(person: str | None) -> CertificateFacts:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.accountability.disclosures.certificate(who)


@disclosures.command("take-certificate")
def take_certificate(
    certificate_file: Annotated[Path, typer.Argument(help="PEM, with its chain behind it.")],
    key_file: Annotated[Path, typer.Argument(help="Private key, PEM.")],
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File with the key's passphrase, where it has one.")
    ] = None,
    person: AsPerson = None,
) -> None:
    """Take the hospital's own certificate and key into use."""
    sealed = passphrase_file.read_bytes().strip() if passphrase_file is not None else None
    files = certificate_file.read_bytes(), key_file.read_bytes(), sealed
    _show_certificate(run(_take(files, person)))


async def _take(files: tuple[bytes, bytes, bytes | None], person: str | None) -> CertificateFacts:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.accountability.disclosures.take_certificate(*files, who)


def _show_certificate(facts: CertificateFacts) -> None:
    told = {
        "subject": facts.subject,
        "issuer": facts.issuer,
        "sha256": facts.fingerprint,
        "from": facts.from_day.isoformat(),
        "until": facts.until.isoformat(),
        "made_here": facts.made_here,
    }
    show(told, "\n".join(f"{name}: {value}" for name, value in told.items()))


def _told(one: Disclosed) -> dict[str, Any]:
    state = "proposed" if one.published is None else "published" if one.published else "turned down"
    return {
        "system": one.app,
        "audience": one.audience,
        "number": one.number,
        "state": "withdrawn" if one.withdrawn_at is not None else state,
        "sha256": one.sheet_hash,
        "proposed_by": one.proposed_by,
        "proposed_at": one.proposed_at.isoformat(),
        "decided_by": one.decided_by,
        "key_id": one.key_id,
        "signature": one.signature,
    }
