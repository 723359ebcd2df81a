"""The worklist: what is critical, what is owed, what waits for a signature."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from suwen.bootstrap.departments import DepartmentName
from suwen.bootstrap.platform import Platform
from suwen.clinical.document_duties import due_documents
from suwen.control.cards.critical_results import age_on, limit_reached
from suwen.core.draft import DraftRecord, DraftStatus
from suwen.core.identity import PatientId
from suwen.core.record import PatientRecord, Resource
from suwen.integration.fhir.record import read_record
from suwen.storage.patient_summary import OPEN_STATUSES, PatientSummary
from suwen.web import formats
from suwen.web.guard import Visitor
from suwen.web.texts import Texts
from suwen.web.views.patient import INPATIENT, DraftRow, draft_row
from suwen.web.views.series import CRITICAL

GROUPS = ("critical", "overdue", "due", "unsigned", "here", "left")
"""Groups of the list, gravest first."""

FILTERS = ("all", "critical", "due", "unsigned")
PAGE = 100
MOST_OPEN = 200
"""Open drafts that the list looks at, latest change first."""

_PLACE = ("Patient", "Encounter")
_WRITTEN = ("DocumentReference", "Composition")
_MEASURED = ("Observation",)
_OPEN = frozenset({DraftStatus.DRAFT, DraftStatus.AWAITING_COSIGN, DraftStatus.ESCALATED})


@dataclass(frozen=True, slots=True)
class CriticalValue:
    """A critical result that no newer one has replaced."""

    name: str
    value: str
    at: str


@dataclass(frozen=True, slots=True)
class DueRow:
    """An owed document: the target, and how far it is overdue or how long is left."""

    document_type: str
    deadline: datetime
    overdue: bool
    span: str


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One patient of the list; an empty text means "not recorded"."""

    patient: str
    name: str
    sex: str
    age: str
    identifier: str
    department: str
    department_name: str
    bed: str
    here: bool
    inpatient: bool
    admitted_at: datetime | None
    discharged_at: datetime | None
    has_allergy: bool | None
    critical: tuple[CriticalValue, ...]
    due: tuple[DueRow, ...]
    drafts: tuple[DraftRow, ...]
    group: str
    address: str

    def shows(self, wanted: str) -> bool:
        """Whether the row belongs under a filter; it may belong under several."""
        reasons = {"critical": self.critical, "due": self.due, "unsigned": self.drafts}
        return wanted == "all" or bool(reasons[wanted])


@dataclass(frozen=True, slots=True)
class Group:
    """A group of rows under a heading with its count."""

    name: str
    rows: tuple[WorkRow, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants to see; ``offset`` is how many patients come before the page."""

    query: str = ""
    department: str = ""
    show: str = "all"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Worklist:
    """The list, grouped, with counts over everything before the group filter."""

    wish: Wish
    groups: tuple[Group, ...]
    counts: Mapping[str, int]
    departments: tuple[tuple[str, str], ...]
    total: int
    more: bool

    @property
    def before(self) -> int:
        """Where the page before begins."""
        return max(0, self.wish.offset - PAGE)

    @property
    def after(self) -> int:
        """Where the page after begins."""
        return self.wish.offset + PAGE


async def read_worklist(platform: Platform, visitor: Visitor, wish: Wish, texts: Texts) -> Worklist:
    """The worklist of a person; raises as ``ChartDesk.list_patients``."""
    await platform.parts.renew()
    found = await platform.charts.list_patients(
        visitor.principal, query=wish.query or None, limit=PAGE + 1, offset=wish.offset
    )
    drafts = await platform.sign_off.list(visitor.principal, status=_OPEN, limit=MOST_OPEN)
    by_patient: dict[str, list[DraftRecord]] = {}
    for draft in drafts:
        if draft.patient is not None:
            by_patient.setdefault(draft.patient, []).append(draft)
    facts = await _facts(platform, found[:PAGE])
    places = (summary.department for summary in found[:PAGE])
    name = await platform.departments.naming(places, texts.language)
    rows = [
        await _row(
            platform,
            visitor,
            (summary, facts[summary.id]),
            by_patient.get(summary.id, []),
            texts,
            name,
        )
        for summary in found[:PAGE]
    ]
    departments = sorted({(r.department, r.department_name) for r in rows if r.department})
    if wish.department:
        rows = [row for row in rows if row.department == wish.department]
    shown = [row for row in rows if row.shows(wish.show)]
    return Worklist(
        wish=wish,
        groups=tuple(
            Group(name, grouped)
            for name in GROUPS
            if (grouped := tuple(_in_order(r for r in shown if r.group == name)))
        ),
        counts={name: sum(row.shows(name) for row in rows) for name in FILTERS},
        departments=tuple(departments),
        total=len(rows),
        more=len(found) > PAGE,
    )


async def _facts(
    platform: Platform, patients: Sequence[PatientSummary]
) -> dict[str, PatientRecord]:
    """What the list needs of each record; only of patients whom the desk has just admitted."""
    by_types: dict[tuple[str, ...], list[str]] = {}
    for summary in patients:
        types: tuple[str, ...] = _PLACE
        if summary.encounter_class in INPATIENT:
            types = (*_PLACE, *_WRITTEN, *(_MEASURED if _is_here(summary) else ()))
        by_types.setdefault(types, []).append(summary.id)
    found: dict[str, PatientRecord] = {}
    for types, names in by_types.items():
        several = await platform.records.read_several(names, types)
        found.update(await asyncio.to_thread(_records, several))
    return found


def _records(several: Mapping[str, list[Resource]]) -> dict[str, PatientRecord]:
    return {name: read_record(resources) for name, resources in several.items()}


def _is_here(summary: PatientSummary) -> bool:
    return summary.encounter_status in OPEN_STATUSES and summary.discharged_at is None


async def _row(
    platform: Platform,
    visitor: Visitor,
    patient: tuple[PatientSummary, PatientRecord],
    waiting: list[DraftRecord],
    texts: Texts,
    name: DepartmentName,
) -> WorkRow:
    summary, record = patient
    now, zone = platform.clock.now(), platform.settings.zone
    here = _is_here(summary)
    inpatient = summary.encounter_class in INPATIENT
    due = await _due(platform, visitor, summary, record, texts) if inpatient else ()
    critical = _critical(platform, summary, record) if here else ()
    drafts = tuple(draft_row(draft) for draft in waiting)
    return WorkRow(
        patient=summary.id,
        name=summary.name or texts("banner.name_unknown"),
        sex=texts.coded("sex", summary.sex) if summary.sex else "",
        age=formats.age(summary.birth_date, now.astimezone(zone).date(), texts.language),
        identifier=summary.identifier or "",
        department=summary.department or "",
        department_name=name(summary.department),
        bed=summary.bed or "",
        here=here,
        inpatient=inpatient,
        admitted_at=summary.admitted_at,
        discharged_at=summary.discharged_at,
        has_allergy=summary.has_allergy,
        critical=critical,
        due=due,
        drafts=drafts,
        group=_group(critical, due, drafts, here=here),
        address=f"/drafts/{drafts[0].id}" if drafts else f"/patients/{summary.id}",
    )


async def _due(
    platform: Platform,
    visitor: Visitor,
    summary: PatientSummary,
    record: PatientRecord,
    texts: Texts,
) -> tuple[DueRow, ...]:
    """What the stay owes that neither the record nor a document signed here has given."""
    now = platform.clock.now()
    admitted, discharged = summary.admitted_at, summary.discharged_at
    owed = due_documents(admitted, discharged, record.notes, now)
    if owed:
        signed = await platform.sign_off.list(
            visitor.principal, status=DraftStatus.SIGNED, patient=PatientId(summary.id)
        )
        given = {
            draft_row(draft).document_type
            for draft in signed
            if admitted is not None and draft.created_at >= admitted
        }
        owed = tuple(document for document in owed if document.document_type not in given)
    return tuple(
        DueRow(
            document.document_type,
            document.deadline,
            document.overdue,
            formats.duration(document.deadline - now, texts.language),
        )
        for document in owed
    )


def _critical(
    platform: Platform, summary: PatientSummary, record: PatientRecord
) -> tuple[CriticalValue, ...]:
    """Critical results that are the newest of their analyte: flagged so by the laboratory, or
    beyond a limit of the hospital's table."""
    latest = {item.code.text: item for item in record.observations if item.code is not None}
    zone, book = platform.settings.zone, platform.parts.laboratory()
    age = age_on(summary.birth_date, platform.clock.now().astimezone(zone).date())
    return tuple(
        CriticalValue(name, formats.observed(item.value), formats.recorded(item.when, zone))
        for name, item in latest.items()
        if item.status not in ("entered-in-error", "cancelled")
        and (item.interpretation in CRITICAL or limit_reached(item, age, book) is not None)
    )


def _group(
    critical: tuple[CriticalValue, ...],
    due: tuple[DueRow, ...],
    waiting: tuple[DraftRow, ...],
    *,
    here: bool,
) -> str:
    if critical:
        return "critical"
    if any(document.overdue for document in due):
        return "overdue"
    if due:
        return "due"
    if waiting:
        return "unsigned"
    return "here" if here else "left"


def _in_order(rows: Iterable[WorkRow]) -> list[WorkRow]:
    """By deadline where there is one, then by bed."""
    return sorted(
        rows,
        key=lambda r: (
            r.due[0].deadline.timestamp() if r.due else float("inf"),
            r.department,
            r.bed,
            r.patient,
        ),
    )
