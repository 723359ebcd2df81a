"""Commands about drafts: draft list, show, export, sign, reject, purge."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.bootstrap.describe import draft_as_json
from suwen.bootstrap.exports import ExportForm, export_draft
from suwen.cli.acting import AsPerson, acting, platform, run, token_of
from suwen.cli.files import open_private
from suwen.cli.output import say, show, show_rows
from suwen.control.access.authentication import Proof
from suwen.control.gateway.sign_off_types import SignRequest
from suwen.core.draft import DraftStatus, RejectReason
from suwen.core.identity import DraftId
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.storage.drafts import UntouchedDraft

drafts = typer.Typer(help="Drafts and what was signed.", no_args_is_help=True)

DraftName = Annotated[str, typer.Argument(metavar="ID", help="Draft's id.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(drafts, name="draft")


@drafts.command("list")
def list_drafts(
    status: Annotated[DraftStatus | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    person: AsPerson = None,
) -> None:
    """List the drafts that this person may see, newest first."""
    columns = {
        "id": Bilingual("草稿", "Draft"),
        "app": Bilingual("应用", "Application"),
        "title": Bilingual("文书", "Document"),
        "patient": Bilingual("患者", "Patient"),
        "status": Bilingual("状态", "Status"),
        "version": Bilingual("版次", "Version"),
        "updated_at": Bilingual("更新", "Updated"),
    }
    rows = run(_list(status, limit, person))
    show_rows(rows, columns, Bilingual("没有草稿。", "There are no drafts."))


async def _list(status: DraftStatus | None, limit: int, person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.sign_off.list(who, status=status, limit=limit)
        return [draft_as_json(draft, whole=False) for draft in found]


@drafts.command("show")
def show_draft(draft: DraftName, person: AsPerson = None) -> None:
    """Show a draft with its text and what it rests on."""
    body = run(_show(draft, person))
    show(body, str(body["text"]))


async def _show(draft: str, person: str | None) -> dict[str, Any]:
    async with platform() as opened:
        who = await acting(opened, person)
        return draft_as_json(await opened.sign_off.open_draft(who, DraftId(draft)), whole=True)


@drafts.command("export")
def export(
    draft: DraftName,
    form: Annotated[ExportForm, typer.Option("--format", help="json, fhir or pdf")],
    output: Annotated[Path, typer.Option(help="File; - is standard output.")] = Path("-"),
    person: AsPerson = None,
) -> None:
    """Write a draft as JSON or PDF, or what was signed as FHIR."""
    data = run(_export(draft, form, person))
    if str(output) == "-":
        sys.stdout.buffer.write(data)
        return
    with open_private(output) as file:
        file.write(data)
    text = Bilingual(zh=f"已写入 {output}。", en=f"Written to {output}.")
    show({"file": str(output), "bytes": len(data)}, say(text))


async def _export(draft: str, form: ExportForm, person: str | None) -> bytes:
    async with platform() as opened:
        who = await acting(opened, person)
        return await export_draft(opened, who, DraftId(draft), form)


@drafts.command("sign")
def sign(
    draft: DraftName,
    person: AsPerson = None,
    acknowledge: Annotated[
        list[str] | None, typer.Option(help="Statement or finding that was looked at.")
    ] = None,
) -> None:
    """Sign one draft as shown now; needs the signer's own token."""
    signed = run(_sign(draft, person, tuple(acknowledge or ())))
    show(signed, say(Bilingual(zh="已签署。", en="Signed.")))


async def _sign(draft: str, person: str | None, seen: tuple[str, ...]) -> dict[str, Any]:
    async with platform() as opened:
        who = await acting(opened, person)
        shown = await opened.sign_off.open_draft(who, DraftId(draft))
        proof = Proof(token=token_of(opened, person))
        signature = await opened.sign_off.sign(
            who,
            SignRequest(shown.id, shown.version, shown.content_hash, proof, frozenset(seen)),
        )
        record = signature.record
        return {
            "draft": draft,
            "status": signature.draft.status.value,
            "signed_record": record.id if record else None,
            "content_hash": shown.content_hash,
        }


@drafts.command("reject")
def reject(
    draft: DraftName,
    reason: Annotated[RejectReason, typer.Option(help="Coded reason.")],
    comment: Annotated[str | None, typer.Option(help="In own words.")] = None,
    person: AsPerson = None,
) -> None:
    """Reject one draft with a coded reason."""
    run(_reject(draft, reason, comment, person))
    show({"rejected": draft, "reason": reason.value}, say(Bilingual("已退回。", "Rejected.")))


async def _reject(
    draft: str, reason: RejectReason, comment: str | None, person: str | None
) -> None:
    async with platform() as opened:
        who = await acting(opened, person)
        shown = await opened.sign_off.open_draft(who, DraftId(draft))
        await opened.sign_off.reject(who, shown.id, shown.version, reason, comment)


@drafts.command("purge")
def purge(
    older_than: Annotated[int, typer.Option(min=1, help="Days that nobody touched them.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which would go.")] = False,
) -> None:
    """Remove unsigned drafts for good; never one that was ever signed. Each is audited."""
    gone = run(_purge(older_than, dry_run))
    rows = [
        {
            "id": draft.id,
            "app": draft.app,
            "status": draft.status.value,
            "updated_at": draft.updated_at.isoformat(timespec="seconds"),
        }
        for draft in gone
    ]
    lines = [f"{row['id']}  {row['app']}  {row['status']}  {row['updated_at']}" for row in rows]
    verb = say(Bilingual("将删除", "To be removed") if dry_run else Bilingual("已删除", "Removed"))
    lines.append(say(Bilingual(f"{verb} {len(rows)} 份草稿。", f"{verb}: {len(rows)} drafts.")))
    show({"removed": not dry_run, "drafts": rows}, "\n".join(lines))


async def _purge(days: int, dry_run: bool) -> list[UntouchedDraft]:
    from suwen.bootstrap.retention import purge_drafts

    async with platform() as opened:
        who = await acting(opened, None)
        return await purge_drafts(opened, who, days=days, dry_run=dry_run)
