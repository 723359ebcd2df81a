"""The patient page: timeline, measurements, medicines, problems, documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from suwen.bootstrap.platform import Platform
from suwen.core.draft import DraftRecord
from suwen.core.identity import PatientId
from suwen.core.record import (
    CodedItem,
    EncounterItem,
    Ingredient,
    MedicationItem,
    NoteItem,
    PatientRecord,
    RecordItem,
    When,
)
from suwen.web import formats
from suwen.web.guard import Visitor
from suwen.web.texts import Texts
from suwen.web.views.banner import PatientBanner, make_banner
from suwen.web.views.series import Series, make_series

INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
_CURRENT = frozenset({"active", "on-hold", "intended"})
_EARLIEST = datetime.min.replace(tzinfo=UTC)

ItemT = TypeVar("ItemT", bound=RecordItem)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened, with the kind that chooses its glyph and word.

    Attributes:
        anchor: names its place on the page.
    """

    at: str
    kind: str
    title: str
    detail: str
    anchor: str


@dataclass(frozen=True, slots=True)
class MedicationRow:
    """A line of the medication list.

    Attributes:
        ingredients: of a compounded medicine, each with its amount where that is recorded.
    """

    reference: str
    name: str
    ingredients: tuple[str, ...]
    dosage: str
    kind: str
    status: str
    period: str
    current: bool


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A line of the problem list."""

    reference: str
    text: str
    code: str
    status: str | None
    onset: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A narrative document of the record; ``signed`` is ``None`` when it does not say."""

    reference: str
    at: str
    title: str
    authors: str
    signed: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft or signed document about the patient."""

    id: str
    document_type: str
    language: str
    status: str
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PatientPage:
    """Everything on the patient page."""

    banner: PatientBanner
    timeline: tuple[TimelineEntry, ...]
    laboratory: tuple[Series, ...]
    vital_signs: tuple[Series, ...]
    medications: tuple[MedicationRow, ...]
    problems: tuple[ProblemRow, ...]
    notes: tuple[NoteRow, ...]
    drafts: tuple[DraftRow, ...]
    documents: tuple[str, ...]
    suspended: bool


async def read_patient_page(
    platform: Platform, visitor: Visitor, patient: str, texts: Texts
) -> PatientPage:
    """The page of one patient; raises as ``ChartDesk.open_chart``."""
    record = await platform.charts.open_chart(visitor.principal, patient)
    summary = await platform.records.read_summary(patient)
    if summary is None:
        raise AssertionError("a record that was opened has a summary")
    drafts = await platform.sign_off.list(visitor.principal, patient=PatientId(summary.id))
    zone = platform.settings.zone
    suspended = {s.app for s in await platform.releases.suspensions()}
    return PatientPage(
        banner=await make_banner(platform, texts, summary, record),
        timeline=tuple(_timeline(record, texts, zone)),
        laboratory=make_series(
            (o for o in record.observations if o.category == "laboratory"), zone
        ),
        vital_signs=make_series(
            (o for o in record.observations if o.category == "vital-signs"), zone
        ),
        medications=tuple(_medication(m, texts, zone) for m in _newest_first(record.medications)),
        problems=_problems(record, zone),
        notes=tuple(_note(n, zone) for n in _newest_first(record.notes)),
        drafts=tuple(draft_row(d) for d in drafts),
        documents=offered_documents(record.encounters),
        suspended="record_writer" in suspended,
    )


def offered_documents(encounters: Iterable[EncounterItem]) -> tuple[str, ...]:
    """Documents that can be asked for, the likeliest first."""
    stays = [e for e in encounters if e.encounter_class in INPATIENT]
    if not stays:
        return ("outpatient_note",)
    latest = max(stays, key=lambda e: e.when.start if e.when else _EARLIEST)
    discharged = latest.when is not None and latest.when.end is not None
    inpatient = ("discharge_summary", "admission_record")
    return (*(inpatient if discharged else inpatient[::-1]), "outpatient_note")


def draft_row(draft: DraftRecord) -> DraftRow:
    """A draft as a line of a list."""
    document = draft.content["result"].get("document") or {}
    return DraftRow(
        id=draft.id,
        document_type=document.get("document_type", draft.app),
        language=document.get("language", ""),
        status=draft.status.value,
        version=draft.version,
        updated_at=draft.updated_at,
    )


def _newest_first(items: Iterable[ItemT]) -> list[ItemT]:
    return sorted(items, key=lambda i: i.when.start if i.when else _EARLIEST, reverse=True)


def _medication(item: MedicationItem, texts: Texts, zone: tzinfo) -> MedicationRow:
    return MedicationRow(
        reference=item.reference,
        name=item.medication.text if item.medication else texts("patient.drug_unnamed"),
        ingredients=tuple(_ingredient(one) for one in item.ingredients),
        dosage=item.dosage_text or _dosage(item),
        kind=texts.coded("medication", item.category or item.reference.partition("/")[0]),
        status=item.status or "",
        period=formats.recorded_period(item.when, zone),
        current=item.status in _CURRENT,
    )


def _ingredient(one: Ingredient) -> str:
    amount = formats.quantity(one.amount) if one.amount else ""
    return f"{one.medication.text} {amount}".strip()


def _dosage(item: MedicationItem) -> str:
    parts = (
        formats.quantity(item.dose) if item.dose else "",
        item.route.text if item.route else "",
        item.frequency or "",
    )
    return " ".join(part for part in parts if part)


def _problems(record: PatientRecord, zone: tzinfo) -> tuple[ProblemRow, ...]:
    standing = [c for c in record.conditions if c.verification_status != "entered-in-error"]
    standing.sort(key=lambda c: c.clinical_status not in ("active", "recurrence", "relapse"))
    return tuple(
        ProblemRow(
            reference=c.reference,
            text=c.code.text if c.code else "",
            code=(c.code.code or "") if c.code else "",
            status=c.clinical_status,
            onset=formats.recorded(c.when, zone),
        )
        for c in standing
    )


def _note(item: NoteItem, zone: tzinfo) -> NoteRow:
    return NoteRow(
        reference=item.reference,
        at=formats.recorded(item.when, zone),
        title=item.note_type.text if item.note_type else "",
        authors="、".join(item.authors),
        signed=item.signed,
        text=item.text,
    )


def _anchor(item: RecordItem) -> str:
    return item.reference.replace("/", "-")


def _timeline(record: PatientRecord, texts: Texts, zone: tzinfo) -> Iterator[TimelineEntry]:
    """Everything with a time except the single measurements, newest first."""
    found: list[tuple[When, TimelineEntry]] = []

    def add(item: RecordItem, kind: str, title: str, detail: str = "") -> None:
        if item.when is not None:
            at = formats.recorded(item.when, zone)
            found.append((item.when, TimelineEntry(at, kind, title, detail, _anchor(item))))

    for stay in record.encounters:
        place = " ".join(part for part in (stay.department, stay.bed) if part)
        reasons = "；".join(reason.text for reason in stay.reasons)
        add(stay, "encounter", f"{texts.coded('class', stay.encounter_class)} {place}", reasons)
        if stay.when is not None and stay.when.end is not None:
            end = When(stay.when.end, stay.when.precision, stay.when.end_text or "")
            title = texts("timeline.encounter_end", name=place)
            entry = TimelineEntry(
                formats.recorded(end, zone), "encounter", title, "", f"{_anchor(stay)}-end"
            )
            found.append((end, entry))
    for procedure in record.procedures:
        add(procedure, "procedure", procedure.code.text if procedure.code else "")
    for report in record.reports:
        add(report, "report", report.code.text if report.code else "", report.conclusion or "")
    for study in record.imaging:
        add(study, "imaging", study.description or " ".join(study.modalities))
    for note in record.notes:
        add(note, "note", note.note_type.text if note.note_type else "", "、".join(note.authors))
    for coded in (*record.immunizations, *record.appointments):
        add(coded, "event", _named(coded), coded.description or "")
    found.sort(key=lambda pair: pair[0].start, reverse=True)
    return (entry for _when, entry in found)


def _named(item: CodedItem) -> str:
    return item.code.text if item.code else item.reference.partition("/")[0]
