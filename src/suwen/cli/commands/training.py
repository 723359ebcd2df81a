"""Commands about training and competence: training list, standing, record, revoke."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.core.errors import InputError
from suwen.core.language import Bilingual

training = typer.Typer(help="Who was trained on what.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(training, name="training")


@training.command("list")
def list_records(person: AsPerson = None) -> None:
    """List the training records that this person may see, latest first."""
    columns = {
        "id": Bilingual("编号", "Id"),
        "person": Bilingual("人员", "Person"),
        "app": Bilingual("应用", "Application"),
        "trained_on": Bilingual("日期", "Trained"),
        "expires_on": Bilingual("有效至", "Until"),
        "competent": Bilingual("合格", "Passed"),
        "trainer": Bilingual("带教", "Trainer"),
        "revoked_by": Bilingual("撤销", "Revoked"),
    }
    rows = run(_list(person))
    show_rows(rows, columns, Bilingual("没有培训记录。", "There are no training records."))


async def _list(person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.accountability.training.records(who)
        return [
            {
                "id": one.id,
                "person": one.person,
                "app": one.app,
                "subject": one.subject,
                "trained_on": one.trained_on.isoformat(),
                "expires_on": one.expires_on.isoformat(),
                "competent": one.competent,
                "trainer": one.trainer,
                "revoked_by": one.revoked_by,
            }
            for one in found
        ]


@training.command("standing")
def standing(person: AsPerson = None) -> None:
    """Where people stand with each application that the register asks training for."""
    columns = {
        "app": Bilingual("应用", "Application"),
        "person": Bilingual("人员", "Person"),
        "standing": Bilingual("状态", "Standing"),
        "expires_on": Bilingual("有效至", "Until"),
    }
    rows = run(_standing(person))
    show_rows(rows, columns, Bilingual("没有应用要求培训。", "No application asks for training."))


async def _standing(person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.accountability.training.standings(who)
        return [
            {
                "app": one.app,
                "person": one.person,
                "standing": one.standing.value,
                "expires_on": one.expires_on.isoformat() if one.expires_on else None,
            }
            for one in found
        ]


@training.command("record")
def record(  # noqa: PLR0913 - who, on what, by whom, when, with what result
    trained: Annotated[str, typer.Argument(metavar="PERSON", help="Account of who was trained.")],
    app: Annotated[str, typer.Argument(help="Application's id.")],
    trainer: Annotated[str, typer.Option(help="Account of whoever trained.")],
    subject: Annotated[str, typer.Option(help="What the training was about.")],
    on: Annotated[str, typer.Option(help="Day, YYYY-MM-DD.")],
    failed: Annotated[bool, typer.Option("--failed", help="Not found fit.")] = False,
    person: AsPerson = None,
) -> None:
    """Record a training; the trainer and whoever records it are other people."""
    told = run(_record((trained, app, trainer, subject), _day(on), not failed, person))
    show(told, say(Bilingual(f"已登记，{told['expires_on']} 前有效。", "Recorded.")))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "date_wrong",
            Bilingual(zh="日期须为 YYYY-MM-DD。", en="A date is written YYYY-MM-DD."),
            field="--on",
        ) from None


async def _record(
    said: tuple[str, str, str, str], on: date, competent: bool, person: str | None
) -> dict[str, Any]:
    from suwen.bootstrap.accountability.trainings import WantedTraining

    trained, app, trainer, subject = said
    async with platform() as opened:
        who = await acting(opened, person)
        wanted = WantedTraining(trained, app, trainer, subject, on, competent)
        kept = await opened.accountability.training.record(wanted, who)
        return {"id": kept.id, "expires_on": kept.expires_on.isoformat()}


@training.command("revoke")
def revoke(
    record_id: Annotated[str, typer.Argument(metavar="ID", help="Record's id.")],
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    person: AsPerson = None,
) -> None:
    """Take a training record back; the person may not use the application from now on."""
    run(_revoke(record_id, reason, person))
    show({"revoked": record_id}, say(Bilingual("已撤销。", "Taken back.")))


async def _revoke(record_id: str, reason: str, person: str | None) -> None:
    async with platform() as opened:
        who = await acting(opened, person)
        await opened.accountability.training.revoke(record_id, reason, who)
