"""What is asked of a PACS or RIS, and what it answers, as values.

Source: DICOM PS3.4 annexes C (query/retrieve) and K (modality worklist).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from pydicom.dataset import Dataset

UTF8: Final = "ISO_IR 192"


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """Which studies are wanted; what is ``None`` is not asked for.

    Attributes:
        patient_number: exact (0010,0020).
        since: first day of the study; ``until`` the last.
    """

    patient_number: str | None = field(default=None, repr=False)
    accession_number: str | None = field(default=None, repr=False)
    study_uid: str | None = None
    modality: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study that the other system has; ``None`` where it does not say."""

    study_uid: str
    patient_number: str | None = field(repr=False)
    patient_name: str | None = field(repr=False)
    started: str | None
    modalities: tuple[str, ...]
    description: str | None = field(repr=False)
    accession_number: str | None = field(repr=False)
    instances: int | None


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """Which scheduled examinations are wanted."""

    day: date | None = None
    modality: str | None = None
    station: str | None = None
    patient_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ScheduledStep:
    """One scheduled examination; ``None`` where the worklist does not say."""

    patient_number: str | None = field(repr=False)
    patient_name: str | None = field(repr=False)
    accession_number: str | None = field(repr=False)
    study_uid: str | None
    requested_procedure: str | None = field(repr=False)
    step: str | None = field(repr=False)
    modality: str | None
    station: str | None
    starts: str | None


def study_identifier(query: StudyQuery) -> Dataset:
    """The C-FIND identifier of a query at study level."""
    asked = Dataset()
    asked.SpecificCharacterSet = UTF8
    asked.QueryRetrieveLevel = "STUDY"
    asked.PatientID = query.patient_number or ""
    asked.PatientName = ""
    asked.AccessionNumber = query.accession_number or ""
    asked.StudyInstanceUID = query.study_uid or ""
    asked.StudyDate = _days(query.since, query.until)
    asked.StudyTime = ""
    asked.StudyDescription = ""
    asked.ModalitiesInStudy = query.modality or ""
    asked.NumberOfStudyRelatedInstances = ""
    return asked


def found_study(answer: Dataset) -> FoundStudy | None:
    """A study out of a C-FIND answer; ``None`` when it names none."""
    uid = _text(answer, "StudyInstanceUID")
    if uid is None:
        return None
    number = _text(answer, "NumberOfStudyRelatedInstances")
    return FoundStudy(
        study_uid=uid,
        patient_number=_text(answer, "PatientID"),
        patient_name=_text(answer, "PatientName"),
        started=_moment(_text(answer, "StudyDate"), _text(answer, "StudyTime")),
        modalities=_many(answer, "ModalitiesInStudy"),
        description=_text(answer, "StudyDescription"),
        accession_number=_text(answer, "AccessionNumber"),
        instances=int(number) if number and number.isdigit() else None,
    )


def worklist_identifier(query: WorklistQuery) -> Dataset:
    """The C-FIND identifier of a modality worklist query."""
    asked = Dataset()
    asked.SpecificCharacterSet = UTF8
    asked.PatientID = query.patient_number or ""
    asked.PatientName = ""
    asked.PatientBirthDate = ""
    asked.PatientSex = ""
    asked.AccessionNumber = ""
    asked.StudyInstanceUID = ""
    asked.RequestedProcedureID = ""
    asked.RequestedProcedureDescription = ""
    step = Dataset()
    step.Modality = query.modality or ""
    step.ScheduledStationAETitle = query.station or ""
    step.ScheduledProcedureStepStartDate = _days(query.day, query.day)
    step.ScheduledProcedureStepStartTime = ""
    step.ScheduledProcedureStepDescription = ""
    step.ScheduledProcedureStepID = ""
    step.ScheduledStationName = ""
    asked.ScheduledProcedureStepSequence = [step]
    return asked


def scheduled_step(answer: Dataset) -> ScheduledStep:
    """A scheduled examination out of a worklist answer."""
    steps: Any = answer.get("ScheduledProcedureStepSequence") or [Dataset()]
    step = steps[0]
    return ScheduledStep(
        patient_number=_text(answer, "PatientID"),
        patient_name=_text(answer, "PatientName"),
        accession_number=_text(answer, "AccessionNumber"),
        study_uid=_text(answer, "StudyInstanceUID"),
        requested_procedure=_text(answer, "RequestedProcedureDescription"),
        step=_text(step, "ScheduledProcedureStepDescription"),
        modality=_text(step, "Modality"),
        station=_text(step, "ScheduledStationAETitle"),
        starts=_moment(
            _text(step, "ScheduledProcedureStepStartDate"),
            _text(step, "ScheduledProcedureStepStartTime"),
        ),
    )


def _days(since: date | None, until: date | None) -> str:
    if since is None and until is None:
        return ""
    first = f"{since:%Y%m%d}" if since else ""
    last = f"{until:%Y%m%d}" if until else ""
    return first if first == last else f"{first}-{last}"


def _text(answer: Dataset, keyword: str) -> str | None:
    value = answer.get(keyword)
    text = str(value).strip() if value is not None else ""
    return text or None


def _many(answer: Dataset, keyword: str) -> tuple[str, ...]:
    value = answer.get(keyword)
    if value is None or value == "":
        return ()
    values = [value] if isinstance(value, str) else list(value)
    return tuple(str(one) for one in values if str(one))


def _moment(day: str | None, time: str | None) -> str | None:
    """Date, and time of day where it is stated, as ISO 8601; as received where it is neither."""
    if day is None or len(day) != 8 or not day.isdigit():
        return day
    text = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    if time is None or len(time) < 4 or not time[:4].isdigit():
        return text
    seconds = time[4:6] if len(time) >= 6 and time[4:6].isdigit() else "00"
    return f"{text}T{time[:2]}:{time[2:4]}:{seconds}"
