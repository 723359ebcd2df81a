"""Commands about retention: retention periods, holds, due, hold, release."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.control.gateway.due_records import DueRecords
from suwen.control.privacy.retention import PERIODS
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.storage.holds import Hold

retention = typer.Typer(help="How long records are kept, and what is held.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(retention, name="retention")


@retention.command("periods")
def periods() -> None:
    """The shortest time that each kind of record is kept, with its source."""
    rows: list[dict[str, Any]] = [
        {**asdict(period), "record": period.record.value} for period in PERIODS.values()
    ]
    columns = {
        "record": Bilingual("记录", "Record"),
        "days": Bilingual("天数", "Days"),
        "since": Bilingual("起算", "Since"),
        "source": Bilingual("依据", "Source"),
        "confidence": Bilingual("可信度", "Confidence"),
    }
    show_rows(rows, columns, Bilingual("没有期限。", "There are no periods."))


@retention.command("holds")
def holds(as_person: AsPerson = None) -> None:
    """Legal holds, those that stand first."""
    rows = [_row(hold) for hold in run(_holds(as_person))]
    columns = {
        "number": Bilingual("编号", "Number"),
        "patient": Bilingual("患者", "Patient"),
        "reason": Bilingual("理由", "Reason"),
        "placed_by": Bilingual("设置人", "Placed by"),
        "placed_at": Bilingual("设置时间", "Placed"),
        "released_by": Bilingual("解除人", "Released by"),
        "released_at": Bilingual("解除时间", "Released"),
    }
    show_rows(rows, columns, Bilingual("没有保全。", "There are no holds."))


@retention.command("due")
def due(
    after: Annotated[str, typer.Option(help="Last patient of the former list.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most records.")] = 100,
    as_person: AsPerson = None,
) -> None:
    """Records that have been kept for as long as the law asks; nothing is erased."""
    found = run(_due(after, limit, as_person))
    rows = [
        {**asdict(one), "kept_until": one.kept_until.date().isoformat()} for one in found.records
    ]
    columns = {
        "patient": Bilingual("患者", "Patient"),
        "kept_until": Bilingual("至少保存至", "Kept until"),
        "held": Bilingual("保全", "Held"),
        "asked_for": Bilingual("已申请删除", "Erasure asked for"),
        "origin": Bilingual("来源", "Origin"),
    }
    show_rows(rows, columns, Bilingual("没有保存期已满的病历。", "No record's time is over."))


@retention.command("hold")
def hold(
    reason: Annotated[str, typer.Option(help="Why, for example a case's number.")],
    patient: Annotated[str | None, typer.Argument(help="Id of the patient.")] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Hold the records of all patients.")
    ] = False,
    as_person: AsPerson = None,
) -> None:
    """Hold a patient's records: nobody and no job destroys them until it is released."""
    if (patient is None) != everybody:
        raise InputError(
            "patient_missing",
            Bilingual(
                "请给出患者编号，或使用 --everybody。", "Name the patient, or say --everybody."
            ),
            field="patient",
        )
    placed = run(_place(patient, reason, as_person))
    text = Bilingual(f"已保全，编号 {placed.number}。", f"Held: number {placed.number}.")
    show(_row(placed), say(text))


@retention.command("release")
def release(
    number: Annotated[int, typer.Argument(help="Number of the hold.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    as_person: AsPerson = None,
) -> None:
    """Release a hold that another person placed."""
    released = run(_release(number, reason, as_person))
    show(_row(released), say(Bilingual("已解除。", "Released.")))


def _row(hold: Hold) -> dict[str, Any]:
    times = {
        name: value.isoformat(timespec="seconds")
        for name in ("placed_at", "released_at")
        if (value := getattr(hold, name)) is not None
    }
    return asdict(hold) | times


async def _holds(person: str | None) -> list[Hold]:
    async with platform() as opened:
        return await opened.keeping.holds(await acting(opened, person))


async def _due(after: str, limit: int, person: str | None) -> DueRecords:
    async with platform() as opened:
        return await opened.keeping.due.find(await acting(opened, person), after, limit)


async def _place(patient: str | None, reason: str, person: str | None) -> Hold:
    async with platform() as opened:
        return await opened.keeping.place_hold(await acting(opened, person), patient, reason)


async def _release(number: int, reason: str, person: str | None) -> Hold:
    async with platform() as opened:
        return await opened.keeping.release_hold(await acting(opened, person), number, reason)
