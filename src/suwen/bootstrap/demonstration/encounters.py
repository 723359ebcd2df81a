"""Patient, encounters and diagnoses of one chart."""

from __future__ import annotations

from datetime import datetime, timedelta

from suwen.bootstrap.demonstration.chart import Chart
from suwen.bootstrap.demonstration.diagnoses import DIAGNOSES, OPERATIONS
from suwen.bootstrap.demonstration.fhir_values import (
    DEPARTMENT_SYSTEM,
    ICD9_PROCEDURES,
    ICD10,
    MRN_SYSTEM,
    TERMINOLOGY,
    VISIT_SYSTEM,
    Resource,
    coding,
    concept,
    hl7_concept,
    instant,
    meta,
    period,
    reference,
)
from suwen.bootstrap.demonstration.organization import bed_id, bed_name, ward_id
from suwen.bootstrap.demonstration.plans import Diagnosed, Setting
from suwen.bootstrap.demonstration.staff_list import (
    DEPARTMENT_BY_CODE,
    HOSPITAL_EN,
    HOSPITAL_ID,
    HOSPITAL_ZH,
    team_of,
)

_CLASSES = {
    Setting.INPATIENT: ("inpatient encounter", "住院", "Inpatient stay"),
    Setting.OUTPATIENT: ("ambulatory", "门诊", "Outpatient visit"),
    Setting.EMERGENCY: ("emergency", "急诊", "Emergency visit"),
}
_MARITAL = {"M": "Married", "W": "Widowed", "S": "Never Married"}
_SOURCES = {"emd": "From accident/emergency department", "outp": "From outpatient department"}


def add_patient(chart: Chart, name: Resource) -> None:
    """Adds the Patient: visibly a demonstration number, no identity number, no real address."""
    plan = chart.plan
    marital = "S" if plan.age < 27 else chart.noise("marital").choice("MMMMMW")
    if plan.age < 60 and marital == "W":
        marital = "M"
    english = chart.language == "en"
    chart.resources.append(
        {
            "resourceType": "Patient",
            "id": plan.id,
            "meta": meta(),
            "identifier": [
                {
                    "use": "usual",
                    "type": hl7_concept("v2-0203", "MR", "Medical record number"),
                    "system": MRN_SYSTEM,
                    "value": f"DEMO-{100000 + plan.number}",
                }
            ],
            "active": True,
            "name": [name],
            "telecom": [
                {"system": "phone", "value": f"000-0000-{plan.number:04d}", "use": "mobile"}
            ],
            "gender": "female" if plan.sex == "F" else "male",
            "birthDate": chart.birth_date,
            "address": [
                {
                    "use": "home",
                    "text": "Demonstration District, Example City (fictional)"
                    if english
                    else "示例市演示区(虚构)",
                }
            ],
            "maritalStatus": hl7_concept("v3-MaritalStatus", marital, _MARITAL[marital]),
            "communication": [
                {
                    "language": concept(
                        "English" if english else "中文",
                        coding("urn:ietf:bcp:47", "en" if english else "zh-CN"),
                    ),
                    "preferred": True,
                }
            ],
            "managingOrganization": reference(
                f"Organization/{HOSPITAL_ID}", chart.pick(HOSPITAL_ZH, HOSPITAL_EN)
            ),
        }
    )


def add_encounter(chart: Chart, bed: int | None) -> None:
    """Adds the present encounter and its diagnoses; later items belong to it.

    Args:
        bed: number of the bed; ``None`` where nobody lies.
    """
    course, timeline = chart.plan.course, chart.timeline
    body = _encounter(chart, course.setting, course.department, timeline.start)
    body["status"] = "in-progress" if timeline.end is None else "finished"
    body["period"] = period(timeline.start, timeline.end)
    body["reasonCode"] = [concept(course.reason)]
    body["participant"] = _participants(chart, course.department)
    if course.setting is Setting.INPATIENT:
        stay = {
            "admitSource": hl7_concept(
                "admit-source", course.admitted_by, _SOURCES[course.admitted_by]
            )
        }
        if timeline.end is not None:
            stay["dischargeDisposition"] = hl7_concept("discharge-disposition", "home", "Home")
        body["hospitalization"] = stay
    if bed is not None:
        body["location"] = _location(chart, course.department, bed)
    chart.encounter = chart.add("Encounter", body)
    encounter = chart.resources[-1]
    references = [_add_diagnosis(chart, item) for item in course.diagnoses]
    use = ("DD", "Discharge diagnosis") if timeline.end else ("AD", "Admission diagnosis")
    encounter["diagnosis"] = [
        {
            "condition": reference(target),
            "use": hl7_concept("diagnosis-role", *use),
            "rank": rank,
        }
        for rank, target in enumerate(references, start=1)
    ]


def diagnosis_text(chart: Chart, item: Diagnosed) -> str:
    """A diagnosis as the record words it."""
    text = chart.term(DIAGNOSES[item.key])
    if item.detail:
        text += chart.pick(f"({item.detail})", f" ({item.detail})")
    return text


def add_earlier_stays(chart: Chart) -> list[tuple[str, datetime, str]]:
    """Adds former admissions; returns encounter, time of discharge and summary for the notes."""
    summaries = []
    for index, stay in enumerate(chart.plan.earlier_stays):
        shift = chart.noise(f"stay/{index}").randint(-6, 6)
        end = chart.timeline.start - timedelta(days=stay.months * 30 + shift)
        end = end.replace(hour=10, minute=40)
        start = (end - timedelta(days=stay.days)).replace(hour=14, minute=5)
        term = DIAGNOSES[stay.diagnosis]
        body = _encounter(chart, Setting.INPATIENT, stay.department, start)
        body |= {
            "status": "finished",
            "period": period(start, end),
            "reasonCode": [concept(chart.term(term))],
            "participant": _participants(chart, stay.department),
            "hospitalization": {
                "dischargeDisposition": hl7_concept("discharge-disposition", "home", "Home")
            },
        }
        target = chart.add("Encounter", body)
        if stay.operation:
            operation = OPERATIONS[stay.operation]
            began = start + timedelta(hours=1)
            chart.add(
                "Procedure",
                {
                    "status": "completed",
                    "code": concept(
                        chart.term(operation),
                        coding(ICD9_PROCEDURES, operation.code, chart.term(operation)),
                    ),
                    "subject": chart.subject,
                    "encounter": reference(target),
                    "performedPeriod": period(began, began + timedelta(minutes=75)),
                    "performer": [
                        {"actor": chart.person(team_of(stay.department, "zh").attending)}
                    ],
                },
            )
        summaries.append((target, end - timedelta(minutes=25), stay.summary))
    return summaries


def add_earlier_visit(chart: Chart) -> tuple[str, datetime] | None:
    """Adds an outpatient visit before the present encounter, where the plan has one.

    Returns:
        The encounter and when it began.
    """
    weeks = chart.plan.earlier_visit_weeks
    if weeks is None:
        return None
    day = chart.timeline.start - timedelta(weeks=weeks)
    minute = chart.noise("visit").randint(0, 50)
    start = day.replace(hour=8, minute=minute)
    department = chart.plan.course.department
    body = _encounter(chart, Setting.OUTPATIENT, department, start)
    body |= {
        "status": "finished",
        "period": period(start, start + timedelta(minutes=200)),
        "reasonCode": [concept(chart.pick("慢性病复诊取药", "Review of long-term treatment"))],
        "participant": _participants(chart, department),
    }
    return chart.add("Encounter", body), start


def _encounter(chart: Chart, setting: Setting, department_code: str, start: datetime) -> Resource:
    english, zh, en = _CLASSES[setting]
    department = DEPARTMENT_BY_CODE[department_code]
    name = chart.pick(department.zh, department.en)
    return {
        "identifier": [
            {
                "system": VISIT_SYSTEM,
                "value": f"DEMO-V{start:%y%m%d}-{chart.plan.number:02d}",
            }
        ],
        "class": coding(f"{TERMINOLOGY}/v3-ActCode", setting.value, english),
        "type": [concept(chart.pick(zh, en))],
        "serviceType": concept(name, coding(DEPARTMENT_SYSTEM, department.code, name)),
        "subject": chart.subject,
        "serviceProvider": {
            "reference": f"Organization/{department.id}",
            "identifier": {"system": DEPARTMENT_SYSTEM, "value": department.code},
            "display": name,
        },
    }


def _participants(chart: Chart, department: str) -> list[Resource]:
    team = team_of(department, chart.language)
    return [
        {
            "type": [hl7_concept("v3-ParticipationType", code, display)],
            "individual": chart.person(member),
        }
        for code, display, member in (
            ("ATND", "attender", team.attending),
            ("PPRF", "primary performer", team.resident),
        )
    ]


def _location(chart: Chart, department_code: str, bed: int) -> list[Resource]:
    department = DEPARTMENT_BY_CODE[department_code]
    timeline = chart.timeline
    status = "active" if timeline.end is None else "completed"
    ward = chart.pick(f"{department.zh}病区", f"{department.en} ward")
    return [
        {
            "location": reference(
                f"Location/{bed_id(department_code, bed)}", bed_name(bed, chart.language)
            ),
            "status": status,
            "physicalType": hl7_concept("location-physical-type", "bd", "Bed"),
            "period": period(timeline.start, timeline.end),
        },
        {
            "location": reference(f"Location/{ward_id(department_code)}", ward),
            "status": status,
            "physicalType": hl7_concept("location-physical-type", "wa", "Ward"),
            "period": period(timeline.start, timeline.end),
        },
    ]


def _add_diagnosis(chart: Chart, item: Diagnosed) -> str:
    term = DIAGNOSES[item.key]
    timeline = chart.timeline
    cured = item.cured and timeline.end is not None
    past = next((entry for entry in chart.plan.history if entry.key == item.key), None)
    if past is not None:
        onset = instant(chart.years_ago(past.years, past.key))[:7]
    else:
        onset = instant(timeline.start - timedelta(days=chart.plan.course.onset_days))[:10]
    body: Resource = {
        "clinicalStatus": hl7_concept("condition-clinical", "resolved" if cured else "active"),
        "verificationStatus": hl7_concept(
            "condition-ver-status", "confirmed" if item.confirmed else "provisional"
        ),
        "category": [
            hl7_concept("condition-category", "encounter-diagnosis", "Encounter Diagnosis")
        ],
        "code": concept(diagnosis_text(chart, item), coding(ICD10, term.code, chart.term(term))),
        "subject": chart.subject,
        "encounter": reference(chart.encounter),
        "onsetDateTime": onset,
        "recordedDate": instant(timeline.start + timedelta(minutes=50)),
        "recorder": chart.person(chart.team.resident),
    }
    if cured and timeline.end is not None:
        body["abatementDateTime"] = instant(timeline.end)
    return chart.add("Condition", body)
