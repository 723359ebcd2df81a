"""Commands about access: access readers, access explain, access emergencies, access review."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.readers_file import readers_csv
from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import open_private
from suwen.cli.output import say, show, show_rows
from suwen.control.access.decision import Action
from suwen.control.gateway.emergency import ReviewOutcome
from suwen.control.gateway.explaining import Explanation, Question
from suwen.control.gateway.readers import Asked, ReadersReport
from suwen.core.errors import InputError
from suwen.core.identity import Purpose
from suwen.core.language import Bilingual

access = typer.Typer(help="Who may do what, and who did.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(access, name="access")


@access.command("readers")
def readers(
    patient: Annotated[str, typer.Argument(help="Id or record number of the patient.")],
    since: Annotated[str | None, typer.Option(help="First day, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD.")] = None,
    export: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    as_person: AsPerson = None,
) -> None:
    """Who read a patient's record, for the patient office and the compliance office."""
    days = (_day(since, "since"), _day(until, "until"))
    report = run(_readers(patient, days, export, as_person))
    rows: list[dict[str, Any]] = [
        {
            "at": row.at.isoformat(timespec="seconds"),
            "account": row.account,
            "name": row.name,
            "departments": ", ".join(row.departments),
            "action": row.action,
            "purpose": row.purpose,
            "channel": row.channel,
            "done": row.done,
            "break_glass": row.break_glass,
            "sequence": row.sequence,
        }
        for row in report.rows
    ]
    if export is not None:
        told = Bilingual(f"已写入 {len(rows)} 行。", f"Wrote {len(rows)} rows.")
        show({"file": str(export), "rows": len(rows), "cut": report.cut}, say(told))
        return
    columns = {
        "at": Bilingual("时间", "Time"),
        "account": Bilingual("账户", "Account"),
        "name": Bilingual("姓名", "Name"),
        "action": Bilingual("操作", "Act"),
        "purpose": Bilingual("用途", "Purpose"),
        "channel": Bilingual("渠道", "Channel"),
        "done": Bilingual("已完成", "Done"),
        "break_glass": Bilingual("紧急访问", "Emergency"),
    }
    show_rows(rows, columns, Bilingual("没有记录。", "Nothing is recorded."))


async def _readers(
    patient: str, days: tuple[date | None, date | None], export: Path | None, person: str | None
) -> ReadersReport:
    async with platform() as opened:
        who, zone = await acting(opened, person), opened.settings.zone
        first, last = (
            datetime.combine(day, time(), zone) if day is not None else None for day in days
        )
        until = None if last is None else last + timedelta(days=1)
        asked = Asked(patient, first, until)
        report = await opened.readers.report(who, asked, exported=export is not None)
        if export is not None:
            await asyncio.to_thread(_write, export, readers_csv(report, zone))
        return report


def _write(path: Path, data: bytes) -> None:
    with open_private(path) as file:
        file.write(data)


def _day(text: str | None, field: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "date_wrong",
            Bilingual(zh="日期须为 YYYY-MM-DD。", en="A date is written YYYY-MM-DD."),
            field=field,
        ) from None


@access.command("explain")
def explain(
    person: Annotated[str, typer.Argument(help="Account name of whoever would act.")],
    action: Annotated[Action, typer.Argument(help="What they would do.")],
    target: Annotated[
        str, typer.Argument(help="Id of the patient, draft or application; else left out.")
    ] = "",
    purpose: Annotated[Purpose | None, typer.Option(help="For which purpose.")] = None,
    as_person: AsPerson = None,
) -> None:
    """May somebody do something, and why; nothing is done. For security and compliance officers."""
    found = run(_explain(Question(person, action, target, purpose), as_person))
    policies = found.decided or found.considered
    data = {
        "person": person,
        "action": action.value,
        "target": target,
        "allowed": found.allowed,
        "code": found.code,
        "decided": [policy.id for policy in found.decided],
        "considered": [policy.id for policy in found.considered],
        "policies": {policy.id: policy.text for policy in policies},
        "facts": dict(found.facts),
    }
    show(data, _told(found))
    if not found.allowed:
        raise typer.Exit(3)


def _told(found: Explanation) -> str:
    yes = Bilingual("允许", "Allowed")
    no = Bilingual(f"不允许（{found.code}）", f"Not allowed ({found.code})")
    lines = [say(yes if found.allowed else no)]
    lines += [f"  {name}: {value}" for name, value in found.facts]
    none = Bilingual("没有策略允许；相关策略：", "No policy permits it; those that speak of it:")
    decided = Bilingual("起决定作用的策略：", "Decided by:")
    lines.append(say(decided if found.decided else none))
    lines += [policy.text for policy in found.decided or found.considered]
    return "\n".join(lines)


async def _explain(question: Question, person: str | None) -> Explanation:
    async with platform() as opened:
        return await opened.explaining.explain(await acting(opened, person), question)


@access.command("emergencies")
def emergencies(
    waiting: Annotated[bool, typer.Option(help="Only those that wait for a review.")] = False,
    as_person: AsPerson = None,
) -> None:
    """Emergency access that was declared, for the compliance office and heads of department."""
    rows = run(_emergencies(waiting, as_person))
    columns = {
        "id": Bilingual("编号", "Id"),
        "opened_at": Bilingual("时间", "Time"),
        "person": Bilingual("人员", "Person"),
        "patient": Bilingual("患者", "Patient"),
        "reason": Bilingual("原因", "Reason"),
        "active": Bilingual("进行中", "Open"),
        "outcome": Bilingual("审核", "Review"),
    }
    show_rows(rows, columns, Bilingual("没有紧急访问。", "There is no emergency access."))


async def _emergencies(waiting: bool, person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        listed = await opened.emergencies.list(who, unreviewed=waiting)
    return [
        {
            "id": row.access.id,
            "opened_at": row.access.opened_at.isoformat(timespec="seconds"),
            "until": row.access.expires_at.isoformat(timespec="seconds"),
            "person": row.access.person,
            "patient": row.access.patient,
            "reason": row.access.reason,
            "comment": row.access.comment,
            "active": row.active,
            "outcome": row.access.review.outcome if row.access.review is not None else "",
        }
        for row in listed
    ]


@access.command("review")
def review(
    emergency: Annotated[str, typer.Argument(help="Id, of `access emergencies`.")],
    outcome: Annotated[ReviewOutcome, typer.Argument(help="What the review came to.")],
    comment: Annotated[str, typer.Option(help="Why, in own words.")],
    as_person: AsPerson = None,
) -> None:
    """Review an emergency access that somebody else declared; not justified ends it at once."""
    run(_review(emergency, outcome, comment, as_person))
    told = Bilingual(zh="已记录审核结果。", en="The review is on record.")
    show({"reviewed": emergency, "outcome": outcome.value}, say(told))


async def _review(emergency: str, outcome: ReviewOutcome, comment: str, person: str | None) -> None:
    async with platform() as opened:
        who = await acting(opened, person)
        await opened.emergencies.review(who, emergency, outcome, comment)
