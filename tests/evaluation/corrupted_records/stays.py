"""Writes sound stays: the schedule of documents around admission and the events asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.evaluation.corrupted_records import event_papers, papers, surgery_papers
from tests.evaluation.corrupted_records.case import Case
from tests.evaluation.corrupted_records.frames import Frame
from tests.evaluation.corrupted_records.model import Encounter, later
from tests.evaluation.corrupted_records.writer import Desk, Values

#: Day of the stay and clock time at which an event happens unless it is placed elsewhere.
USUAL: dict[str, tuple[int, int, int]] = {
    "surgery_end": (2, 11, 30),
    "rescue_end": (2, 14, 0),
    "transfer_in": (3, 10, 0),
    "takeover": (3, 8, 0),
    "consult_request": (2, 10, 0),
    "critical_value_received": (2, 6, 30),
    "transfusion_end": (2, 15, 0),
    "death": (3, 4, 10),
    "discharge": (6, 10, 30),
}
_PAPERS: dict[str, Callable[[Desk], None]] = {
    "rescue_end": event_papers.rescue,
    "transfer_in": event_papers.transfer,
    "takeover": event_papers.takeover,
    "consult_request": event_papers.consultation,
    "critical_value_received": event_papers.critical_value,
    "transfusion_end": event_papers.transfusion,
}


@dataclass(frozen=True)
class Wish:
    """What stay is wanted.

    Attributes:
        extra: events besides admission, surgery and the end.
        end: ``discharge`` or ``death``.
        short: whether the stay ends within 24 hours.
        days: length of a stay that ends in discharge.
        anchor: an event and the moment at which it must happen, on the clock of its zone.
        values: laboratory values other than the usual ones.
    """

    case: Case
    frame: Frame
    half: str
    extra: tuple[str, ...] = ()
    end: str = "discharge"
    short: bool = False
    days: int = 6
    anchor: tuple[str, datetime] | None = None
    values: Values | None = None
    day: datetime = datetime(2026, 5, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


def write_stay(
    wish: Wish, identity: str, *, use_codes: bool = False, by_age: bool = False
) -> Encounter:
    """A sound encounter, its documents in the order in which they were written."""
    times = _times(wish)
    admission = times["admission"]
    frame = wish.frame
    patient: dict[str, Any] = {"name": frame.name, "sex": frame.sex}
    encounter = Encounter(
        id=identity,
        language=frame.language,
        style="colon" if wish.half == "first" else "bracket",
        use_codes=use_codes,
        patient=patient,
        events=[],
        drafts=[],
    )
    values, diagnosis = wish.values or Values(), wish.case.diagnosis
    if "transfusion_end" in times:
        values.haemoglobin, diagnosis = 56, f"{diagnosis}，重度贫血"
    desk = Desk(wish.case, frame, wish.half, admission, encounter, diagnosis, values, times)
    if by_age:
        patient["age_y"] = desk.age
    else:
        patient["birth_date"] = frame.birth_date.isoformat()
    _write(desk, wish)
    encounter.drafts.sort(key=lambda draft: (draft.written_at.timestamp(), draft.key))
    encounter.events = sorted(times.items(), key=lambda event: event[1].timestamp())
    encounter.observations = _observations(desk)
    return encounter


def _times(wish: Wish) -> dict[str, datetime]:
    frame = wish.frame
    usual = {**USUAL, "discharge": (wish.days, 10, 30)}
    wanted = [*wish.extra, wish.end]
    if wish.case.surgery and not wish.short:
        wanted.append("surgery_end")
    if wish.end == "death":
        wanted.append("rescue_end")
    name, moment = wish.anchor or ("admission", None)
    zone = moment.tzinfo if moment else wish.day.tzinfo
    if wish.short:
        hours = timedelta(hours=20 if wish.end == "discharge" else 15)
        end = moment or datetime.combine(wish.day.date(), time(16, 20), zone)
        times = {"admission": later(end, -hours), wish.end: end}
    else:
        day = moment.date() if moment else wish.day.date()
        first = day - timedelta(days=0 if name == "admission" else usual[name][0])
        arrival = datetime.combine(first, time(frame.hour, frame.minute), zone)
        times = {"admission": arrival}
        for event in wanted:
            late, hour, minute = usual[event]
            times[event] = datetime.combine(first + timedelta(days=late), time(hour, minute), zone)
        if moment:
            times[name] = moment
    if wish.end == "death":
        times["rescue_end"] = times["death"]
    return times


def _write(desk: Desk, wish: Wish) -> None:
    papers.first_course_note(desk)
    if wish.short:
        if wish.end == "death":
            event_papers.rescue(desk)
            event_papers.death(desk, within_a_day=True)
        else:
            event_papers.short_stay(desk)
        papers.front_page(desk)
        return
    papers.admission_record(desk)
    papers.attending_round(desk, desk.at(1, 9, 20))
    for event in (*wish.extra, *(("rescue_end",) if wish.end == "death" else ())):
        _PAPERS[event](desk)
    if wish.end == "death":
        papers.daily_note(desk, 0, desk.at(2, 9, 20))
        event_papers.death(desk, within_a_day=False)
    elif wish.case.surgery:
        surgery_papers.before_surgery(desk, wish.case.surgery)
        surgery_papers.after_surgery(desk, wish.case.surgery)
        for number in range(3):
            papers.daily_note(desk, number, desk.at(3 + number, 9, 20))
        papers.chief_round(desk, desk.at(4, 15, 0))
        papers.discharge_record(desk)
    else:
        days = (2, 4, 5) if wish.days == 6 else (2, 4, 6, 8, 10)
        for number, day in enumerate(days):
            papers.daily_note(desk, number, desk.at(day, 9, 20))
        papers.chief_round(desk, desk.at(3, 15, 0))
        papers.discharge_record(desk)
    papers.front_page(desk)


def _observations(desk: Desk) -> list[dict[str, Any]]:
    values = desk.values
    drawn = later(desk.admission, timedelta(minutes=70))
    found = [
        observation("potassium", values.potassium, drawn),
        observation("haemoglobin", values.haemoglobin, drawn),
        observation("creatinine", values.creatinine, drawn),
    ]
    told = desk.events.get("critical_value_received")
    if told:
        found.append(observation("potassium", 2.6, later(told, timedelta(minutes=-20))))
        found.append(observation("potassium", 3.9, later(told, timedelta(minutes=150))))
    for number, resource in enumerate(found, start=1):
        resource["id"] = f"{desk.encounter.id}-observation-{number}"
    return found


_ANALYTES = {
    "potassium": ("2823-3", "血钾", "mmol/L", 3.5, 5.3),
    "haemoglobin": ("718-7", "血红蛋白", "g/L", 115, 175),
    "creatinine": ("14682-9", "肌酐", "umol/L", 41, 111),
}


def observation(analyte: str, value: float, at: datetime) -> dict[str, Any]:
    """A laboratory Observation of FHIR R4, without an id."""
    loinc, name, unit, low, high = _ANALYTES[analyte]
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}], "text": name},
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": {"value": value, "unit": unit},
        "referenceRange": [{"low": {"value": low}, "high": {"value": high}}],
    }
