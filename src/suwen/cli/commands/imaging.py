"""Commands about images: imaging waiting, open, link, set-aside, find, worklist, fetch, send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.imaging_desk import Departure, ImagingDesk
    from suwen.integration.dicom.peer import Retrieved

imaging = typer.Typer(help="Images by DICOM and DICOMweb.", no_args_is_help=True)

Study = Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID.")]
Name = Annotated[str, typer.Argument(metavar="CONNECTION", help="Of `connection list`.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit.")]
Day = Annotated[str | None, typer.Option(metavar="DATE", help="Such as 2026-11-22.")]
Modality = Annotated[str | None, typer.Option(help="Such as CT.")]
STUDY_COLUMNS = {
    "study_uid": Bilingual("检查 UID", "Study UID"),
    "started": Bilingual("检查时间", "Started"),
    "modalities": Bilingual("设备类型", "Modalities"),
    "instances": Bilingual("图像数", "Objects"),
}


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(imaging, name="imaging")


@imaging.command("waiting")
def waiting(person: AsPerson = None) -> None:
    """List studies of which it is not known whose they are."""
    columns = {
        **STUDY_COLUMNS,
        "connection": Bilingual("连接", "Connection"),
        "reason": Bilingual("原因", "Reason"),
    }
    nothing = Bilingual("没有待确认的检查。", "No study waits.")
    show_rows(run(_waiting(person)), columns, nothing)


async def _waiting(person: str | None) -> list[dict[str, Any]]:
    async with _desk(person) as (desk, who):
        return [
            {
                "study_uid": study.study_uid,
                "started": study.started,
                "modalities": list(study.modalities),
                "instances": study.instances,
                "connection": study.connection,
                "reason": study.reason,
            }
            for study in await desk.waiting(who)
        ]


@imaging.command("open")
def open_study(study: Study, reason: Reason, person: AsPerson = None) -> None:
    """Show what the header of a waiting study says of the patient; audited."""
    found = run(_open(study, reason, person))
    show(found, "\n".join(f"{name}: {value or '—'}" for name, value in found.items()))


async def _open(study: str, reason: str, person: str | None) -> dict[str, Any]:
    async with _desk(person) as (desk, who):
        opened = await desk.open(who, study, reason)
    return {
        "study_uid": opened.study.study_uid,
        "reason": opened.study.reason,
        "patient_number": opened.patient_number,
        "patient_issuer": opened.patient_issuer,
        "patient_name": opened.patient_name,
        "birth_date": opened.birth_date,
        "sex": opened.sex,
        "accession_number": opened.accession_number,
        "description": opened.description,
    }


@imaging.command("link")
def link(
    study: Study,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="Id in the record store.")],
    person: AsPerson = None,
) -> None:
    """Say whose a study is."""
    run(_link(study, patient, person))
    said = Bilingual(zh=f"已关联到 {patient}。", en=f"Linked to {patient}.")
    show({"linked": study, "patient": patient}, say(said))


async def _link(study: str, patient: str, person: str | None) -> None:
    async with _desk(person) as (desk, who):
        await desk.link(who, study, patient)


@imaging.command("set-aside")
def set_aside(study: Study, reason: Reason, person: AsPerson = None) -> None:
    """Decide that a study is nobody's here; a record that it was in says so."""
    run(_set_aside(study, reason, person))
    show({"set_aside": study}, say(Bilingual(zh="已搁置。", en="Set aside.")))


async def _set_aside(study: str, reason: str, person: str | None) -> None:
    async with _desk(person) as (desk, who):
        await desk.set_aside(who, study, reason)


@imaging.command("find")
def find(  # noqa: PLR0913 - one option for each attribute that is asked for
    connection: Name,
    patient_number: Annotated[str | None, typer.Option(help="Patient ID (0010,0020).")] = None,
    accession: Annotated[str | None, typer.Option(help="Accession number.")] = None,
    modality: Modality = None,
    since: Day = None,
    until: Day = None,
    person: AsPerson = None,
) -> None:
    """Ask a PACS for studies (C-FIND, QIDO-RS); names are not shown."""
    asked = {
        "patient_number": patient_number,
        "accession_number": accession,
        "modality": modality,
        "since": since,
        "until": until,
    }
    rows = run(_find(connection, asked, person))
    show_rows(rows, STUDY_COLUMNS, Bilingual("没有找到检查。", "No study was found."))


async def _find(
    connection: str, asked: dict[str, str | None], person: str | None
) -> list[dict[str, Any]]:
    from suwen.bootstrap.imaging_desk import day_of
    from suwen.integration.dicom.queries import StudyQuery

    query = StudyQuery(
        patient_number=asked["patient_number"],
        accession_number=asked["accession_number"],
        modality=asked["modality"],
        since=day_of(asked["since"], "--since"),
        until=day_of(asked["until"], "--until"),
    )
    async with _desk(person) as (desk, who):
        return [
            {
                "study_uid": study.study_uid,
                "started": study.started,
                "modalities": list(study.modalities),
                "instances": study.instances,
            }
            for study in await desk.find(who, connection, query)
        ]


@imaging.command("worklist")
def worklist(
    connection: Name,
    day: Day = None,
    modality: Modality = None,
    station: Annotated[str | None, typer.Option(help="AE title of the station.")] = None,
    person: AsPerson = None,
) -> None:
    """Ask for scheduled examinations (modality worklist); names are not shown."""
    columns = {
        "starts": Bilingual("预约时间", "Starts"),
        "modality": Bilingual("设备类型", "Modality"),
        "station": Bilingual("设备", "Station"),
        "accession_number": Bilingual("检查号", "Accession"),
        "study_uid": Bilingual("检查 UID", "Study UID"),
    }
    rows = run(_worklist(connection, (day, modality, station), person))
    show_rows(rows, columns, Bilingual("没有预约的检查。", "Nothing is scheduled."))


async def _worklist(
    connection: str, asked: tuple[str | None, str | None, str | None], person: str | None
) -> list[dict[str, Any]]:
    from suwen.bootstrap.imaging_desk import day_of
    from suwen.integration.dicom.queries import WorklistQuery

    query = WorklistQuery(day=day_of(asked[0], "--day"), modality=asked[1], station=asked[2])
    async with _desk(person) as (desk, who):
        return [
            {
                "starts": step.starts,
                "modality": step.modality,
                "station": step.station,
                "accession_number": step.accession_number,
                "study_uid": step.study_uid,
            }
            for step in await desk.worklist(who, connection, query)
        ]


@imaging.command("fetch")
def fetch(connection: Name, study: Study, person: AsPerson = None) -> None:
    """Fetch a study and keep it (C-GET, C-MOVE or WADO-RS)."""
    got = run(_fetch(connection, study, person))
    said = Bilingual(
        zh=f"收到 {got.completed} 个对象，未收到 {got.failed} 个。",
        en=f"{got.completed} objects came, {got.failed} did not.",
    )
    data = {"completed": got.completed, "failed": got.failed, "refused": list(got.refused)}
    show(data, say(said))
    if got.failed:
        raise typer.Exit(4)


async def _fetch(connection: str, study: str, person: str | None) -> Retrieved:
    async with _desk(person) as (desk, who):
        return await desk.fetch(who, connection, study)


@imaging.command("send")
def send(
    connection: Name,
    study: Study,
    pixels_checked: Annotated[
        bool,
        typer.Option("--pixels-checked", help="Somebody saw that no image shows a name."),
    ] = False,
    person: AsPerson = None,
) -> None:
    """Send a study; outside the clinical side only without the patient's identity."""
    done = run(_send(connection, study, pixels_checked, person))
    taken = sum(one.taken for one in done.sent)
    said = Bilingual(
        zh=f"已送出 {taken} 个对象，未送出 {len(done.refused) + len(done.sent) - taken} 个。",
        en=f"{taken} objects were taken, {len(done.refused) + len(done.sent) - taken} were not.",
    )
    data = {
        "taken": taken,
        "not_taken": [f"{one.status:04X}" for one in done.sent if not one.taken],
        "refused": list(done.refused),
        "deidentified": done.deidentified,
    }
    show(data, say(said))
    if done.refused or taken < len(done.sent):
        raise typer.Exit(4)


async def _send(connection: str, study: str, pixels_checked: bool, person: str | None) -> Departure:
    from suwen.integration.dicom.confidentiality import Clearance

    async with _desk(person) as (desk, who):
        return await desk.send(who, connection, study, Clearance(pixels_checked))


@asynccontextmanager
async def _desk(person: str | None) -> AsyncIterator[tuple[ImagingDesk, Principal]]:
    from suwen.bootstrap.imaging_desk import ImagingDesk

    async with platform() as opened:
        yield ImagingDesk(opened), await acting(opened, person)
