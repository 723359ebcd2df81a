"""Operations, images and their reports, and what is arranged for after discharge."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from suwen.bootstrap.demonstration.chart import Chart, Finding
from suwen.bootstrap.demonstration.diagnoses import OPERATIONS
from suwen.bootstrap.demonstration.fhir_values import (
    DICOM,
    ICD9_PROCEDURES,
    LOCAL_TEST_SYSTEM,
    TERMINOLOGY,
    Resource,
    coding,
    concept,
    instant,
    period,
    reference,
)
from suwen.bootstrap.demonstration.plans import Imaging, Operation, Setting
from suwen.bootstrap.demonstration.staff_list import (
    DEPARTMENT_BY_CODE,
    RADIOLOGIST,
)

_IMAGED_AFTER_ARRIVAL = timedelta(minutes=40)
_REPORT_TAKES = timedelta(minutes=45)
_TRACED_AFTER_ARRIVAL = timedelta(minutes=8)
_TRACE_READ_IN = timedelta(minutes=5)
_IMAGING_HOUR = (8, 35)
_WRITTEN_BEFORE_END = timedelta(minutes=30)
#: Images per examination, so that a study does not look empty.
_IMAGES = {"CT": (2, 240), "DX": (1, 2), "US": (1, 24), "MR": (4, 160), "XA": (6, 180)}


def add_operations(chart: Chart) -> None:
    """Adds the procedures that are over by now."""
    for operation in chart.plan.course.operations:
        _add_operation(chart, operation)


def _add_operation(chart: Chart, operation: Operation) -> None:
    start = chart.timeline.at(*operation.start)
    end = start + timedelta(minutes=operation.minutes)
    if not (chart.timeline.happened(start) and chart.timeline.happened(end)):
        return
    term = OPERATIONS[operation.key]
    name = chart.term(term)
    body: Resource = {
        "status": "completed",
        "code": concept(name, coding(ICD9_PROCEDURES, term.code, name)),
        "subject": chart.subject,
        "encounter": reference(chart.encounter),
        "performedPeriod": period(start, end),
        "performer": [
            {"actor": chart.person(chart.team.attending)},
            {"actor": chart.person(chart.team.resident)},
        ],
    }
    if operation.site:
        body["bodySite"] = [concept(operation.site)]
    if operation.outcome:
        body["outcome"] = concept(operation.outcome)
    chart.add("Procedure", body)


def add_imaging(chart: Chart) -> None:
    """Adds the examinations whose reports are out by now."""
    for examination in chart.plan.course.imaging:
        _add_examination(chart, examination)


def _add_examination(chart: Chart, item: Imaging) -> None:
    trace = item.modality == "ECG"
    after = _TRACED_AFTER_ARRIVAL if trace else _IMAGED_AFTER_ARRIVAL
    moment = chart.timeline.resolve(item.when, after, _IMAGING_HOUR)
    reported = moment + (_TRACE_READ_IN if trace else _REPORT_TAKES)
    if not chart.timeline.happened(reported):
        return
    conclusion = item.conclusion.format_map(chart.values)
    radiology = DEPARTMENT_BY_CODE["radiology"]
    body: Resource = {
        "status": "final",
        "category": [_category(item.modality)],
        "code": concept(item.name, coding(LOCAL_TEST_SYSTEM, _slug(item), item.name)),
        "subject": chart.subject,
        "encounter": reference(chart.encounter),
        "effectiveDateTime": instant(moment),
        "issued": instant(reported),
        "conclusion": conclusion,
    }
    if item.modality in _IMAGES:
        body["performer"] = [
            reference(f"Organization/{radiology.id}", chart.pick(radiology.zh, radiology.en))
        ]
        body["resultsInterpreter"] = [chart.person(RADIOLOGIST)]
        body["imagingStudy"] = [reference(_add_study(chart, item, instant(moment)))]
    else:
        body["resultsInterpreter"] = [chart.person(chart.team.attending)]
    chart.add("DiagnosticReport", body)
    chart.images.append(Finding(reported, item.name, conclusion))


def _slug(item: Imaging) -> str:
    digest = hashlib.sha256(f"{item.modality}/{item.name}".encode()).hexdigest()
    return f"{item.modality.lower()}-{digest[:8]}"


def _category(modality: str) -> Resource:
    code, display = {
        "CT": ("CT", "CAT Scan"),
        "DX": ("RX", "Radiograph"),
        "US": ("RUS", "Radiology Ultrasound"),
        "MR": ("NMR", "Nuclear Magnetic Resonance"),
        "ECG": ("EC", "Electrocardiac (e.g., EKG, EEC, Holter)"),
        "ES": ("OTH", "Other"),
        "SM": ("SP", "Surgical Pathology"),
    }[modality]
    return concept(None, coding(f"{TERMINOLOGY}/v2-0074", code, display))


def _uid(*parts: str) -> str:
    """A DICOM UID below 2.25, which anyone may make out of a UUID-sized number."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()[:15]
    return f"2.25.{int.from_bytes(digest, 'big')}"


def _add_study(chart: Chart, item: Imaging, started: str) -> str:
    series, images = _IMAGES[item.modality]
    uid = _uid(str(chart.seed), chart.plan.id, item.name, started)
    body: Resource = {
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        "status": "available",
        "modality": [coding(DICOM, item.modality)],
        "subject": chart.subject,
        "encounter": reference(chart.encounter),
        "started": started,
        "numberOfSeries": series,
        "numberOfInstances": images,
        "procedureCode": [concept(item.name)],
        "description": item.name,
        "series": [
            {
                "uid": _uid(uid, str(number)),
                "number": number,
                "modality": coding(DICOM, item.modality),
                "bodySite": {"display": item.site},
            }
            for number in range(1, series + 1)
        ],
    }
    return chart.add("ImagingStudy", body)


def add_after_care(chart: Chart) -> None:
    """Adds the care plan and the follow-up, once the encounter is over."""
    course, end = chart.plan.course, chart.timeline.end
    if end is None:
        return
    written = end - _WRITTEN_BEFORE_END
    if course.care_plan:
        titles = chart.pick("出院后照护计划", "Care plan after discharge")
        if course.setting is not Setting.INPATIENT:
            titles = chart.pick("随访照护计划", "Care plan")
        chart.add(
            "CarePlan",
            {
                "status": "active",
                "intent": "plan",
                "title": titles,
                "subject": chart.subject,
                "encounter": reference(chart.encounter),
                "period": {"start": instant(end)[:10]},
                "created": instant(written),
                "author": chart.person(chart.team.resident),
                "activity": [
                    {"detail": {"status": "scheduled", "description": text}}
                    for text in course.care_plan
                ],
            },
        )
    _add_follow_up(chart)


def _add_follow_up(chart: Chart) -> None:
    follow_up, end = chart.plan.course.follow_up, chart.timeline.end
    if follow_up is None or end is None:
        return
    written = end - _WRITTEN_BEFORE_END
    visit = (end + timedelta(days=follow_up.days)).replace(hour=9, minute=0)
    chart.add(
        "Appointment",
        {
            "status": "booked",
            "description": follow_up.visit,
            "start": instant(visit),
            "end": instant(visit + timedelta(minutes=15)),
            "created": instant(written),
            "participant": [
                {"actor": chart.subject, "status": "accepted"},
                {"actor": chart.person(chart.team.attending), "status": "accepted"},
            ],
        },
    )
    for test in follow_up.tests:
        chart.add(
            "ServiceRequest",
            {
                "status": "active",
                "intent": "order",
                "code": concept(test),
                "subject": chart.subject,
                "encounter": reference(chart.encounter),
                "authoredOn": instant(written),
                "occurrenceDateTime": instant(visit)[:10],
                "requester": chart.person(chart.team.resident),
            },
        )
