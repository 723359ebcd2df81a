"""Commands about claim files: claim export, verify."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import open_private
from suwen.cli.output import say, show
from suwen.core.identity import DraftId
from suwen.core.language import Bilingual

claims = typer.Typer(help="One decision with all its evidence.", no_args_is_help=True)


class Ground(StrEnum):
    """For what a claim file is made."""

    PATIENT_CLAIM = "patient_claim"
    COURT_ORDER = "court_order"
    REGULATOR = "regulator"
    INSURER = "insurer"
    INTERNAL_REVIEW = "internal_review"


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(claims, name="claim")


@claims.command("export")
def export(
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="Draft's id.")],
    output: Annotated[Path, typer.Option(help="Zip file to write, for your account alone.")],
    ground: Annotated[Ground, typer.Option(help="For what it is made.")],
    case: Annotated[str, typer.Option(help="Number of the case or matter.")],
    person: AsPerson = None,
) -> None:
    """Write one decision with all its evidence as a signed archive; it holds clinical data."""
    content = run(_export(draft, ground, case, person))
    with open_private(output) as file:
        file.write(content)
    told = Bilingual(
        f"已写入 {output}。内含病历内容：未经加密不得传送，用完销毁。",
        f"Written to {output}. It holds clinical data: never send it unsealed, destroy it after.",
    )
    show({"file": str(output), "bytes": len(content)}, say(told))


async def _export(draft: str, ground: Ground, case: str, person: str | None) -> bytes:
    from suwen.bootstrap.accountability.claims import WantedClaim
    from suwen.control.governance.claim_file import ClaimGround

    async with platform() as opened:
        who = await acting(opened, person)
        wanted = WantedClaim(DraftId(draft), ClaimGround(ground.value), case)
        return await opened.accountability.claims.export(wanted, who)


@claims.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="Claim file.")],
    key: Annotated[
        str | None, typer.Option(help="Id of the hospital's signing key, learnt elsewhere.")
    ] = None,
    audit: Annotated[
        Path | None, typer.Option(help="Export of the whole audit chain, to look its events up.")
    ] = None,
) -> None:
    """Check a claim file; exit status 1 when anything is not as it was signed."""
    # Loaded here: it needs no platform, and no command waits for it.
    from suwen.bootstrap.accountability.claims import verify_claim

    found = verify_claim(file, key, audit)
    told: dict[str, Any] = {
        "ok": found.ok,
        "files": found.report.files,
        "key_id": found.report.key_id,
        "key_known": found.key_known,
        "fault": found.report.fault,
        "file": found.report.file,
        "bad_event": found.bad_event,
        "not_in_audit": found.not_in_audit,
        "audit_ok": found.audit_ok,
    }
    show(told, say(_words(told)))
    if not found.ok:
        raise typer.Exit(1)


def _words(told: dict[str, Any]) -> Bilingual:
    if told["ok"]:
        key = told["key_id"]
        own = Bilingual("", "")
        if not told["key_known"]:
            own = Bilingual(
                f"请以另一途径核对密钥编号 {key}。", f" Compare the key's id {key} on another way."
            )
        return Bilingual(
            f"完整：{told['files']} 个文件与签名一致。{own.zh}",
            f"Whole: {told['files']} files are as they were signed.{own.en}",
        )
    if told["fault"] is not None:
        return Bilingual(
            f"不可信：{told['file']}（{told['fault']}）。",
            f"Not to be trusted: {told['file']} ({told['fault']}).",
        )
    number = told["bad_event"] or told["not_in_audit"]
    return Bilingual(
        f"不可信：审计事件 {number} 与审计链不符。",
        f"Not to be trusted: audit event {number} is not as in the chain.",
    )
