"""Commands about erasures: erasure list, request, approve, refuse."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.core.language import Bilingual
from suwen.storage.erasures import Basis, Erasure

erasures = typer.Typer(
    help="Erasing a patient's data by destroying the patient's key.", no_args_is_help=True
)

Wanted = Annotated[str, typer.Argument(help="Id of the erasure.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(erasures, name="erasure")


@erasures.command("list")
def list_erasures(as_person: AsPerson = None) -> None:
    """Erasures, those not decided first."""
    rows = [_row(one) for one in run(_list(as_person))]
    columns = {
        "id": Bilingual("编号", "Id"),
        "patient": Bilingual("患者", "Patient"),
        "basis": Bilingual("依据", "Basis"),
        "requested_by": Bilingual("申请人", "Requested by"),
        "decided_by": Bilingual("决定人", "Decided by"),
        "approved": Bilingual("批准", "Approved"),
        "done_at": Bilingual("完成时间", "Done"),
    }
    show_rows(rows, columns, Bilingual("没有删除申请。", "There are no erasures."))


@erasures.command("request")
def request(
    patient: Annotated[str, typer.Argument(help="Id of the patient.")],
    basis: Annotated[Basis, typer.Option(help="On which legal ground.")],
    reason: Annotated[str, typer.Option(help="Why, without anything clinical.")],
    as_person: AsPerson = None,
) -> None:
    """Ask for an erasure; another person decides."""
    wanted = run(_request(patient, basis, reason, as_person))
    text = Bilingual(
        f"已申请，编号 {wanted.id}，须由另一人批准。",
        f"Requested as {wanted.id}; another person decides.",
    )
    show(_row(wanted), say(text))


@erasures.command("approve")
def approve(wanted: Wanted, as_person: AsPerson = None) -> None:
    """Approve what another person asked for: the patient's keys are destroyed at once."""
    done = run(_decide(wanted, as_person, approved=True))
    show(_row(done), say(Bilingual("已删除，密钥已销毁。", "Erased; the keys are destroyed.")))


@erasures.command("refuse")
def refuse(wanted: Wanted, as_person: AsPerson = None) -> None:
    """Refuse what another person asked for."""
    done = run(_decide(wanted, as_person, approved=False))
    show(_row(done), say(Bilingual("已拒绝。", "Refused.")))


def _row(one: Erasure) -> dict[str, Any]:
    times = {
        name: value.isoformat(timespec="seconds")
        for name in ("requested_at", "decided_at", "done_at")
        if (value := getattr(one, name)) is not None
    }
    return asdict(one) | times


async def _list(person: str | None) -> list[Erasure]:
    async with platform() as opened:
        return await opened.keeping.erasures(await acting(opened, person))


async def _request(patient: str, basis: Basis, reason: str, person: str | None) -> Erasure:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.keeping.request_erasure(who, patient, basis, reason)


async def _decide(wanted: str, person: str | None, *, approved: bool) -> Erasure:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.keeping.decide_erasure(who, wanted, approved=approved)
