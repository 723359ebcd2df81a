"""Builds the whole demonstration hospital out of plans, a seed and the present moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from suwen.bootstrap.demonstration.chart import Chart, Values
from suwen.bootstrap.demonstration.documents import (
    add_earlier_summary,
    add_notes,
    add_visit_note,
)
from suwen.bootstrap.demonstration.encounters import (
    add_earlier_stays,
    add_earlier_visit,
    add_encounter,
    add_patient,
)
from suwen.bootstrap.demonstration.examinations import add_after_care, add_imaging, add_operations
from suwen.bootstrap.demonstration.fhir_values import Resource, bundle
from suwen.bootstrap.demonstration.history import add_history
from suwen.bootstrap.demonstration.measurements import add_culture, add_draw
from suwen.bootstrap.demonstration.model import DemonstrationHospital
from suwen.bootstrap.demonstration.names import names_of
from suwen.bootstrap.demonstration.orders import add_community_orders, add_orders
from suwen.bootstrap.demonstration.organization import hospital_bundle
from suwen.bootstrap.demonstration.patients import PATIENTS
from suwen.bootstrap.demonstration.plans import Draw, PatientPlan, Setting
from suwen.bootstrap.demonstration.show_cases import SHOW_CASES
from suwen.bootstrap.demonstration.staff_list import STAFF
from suwen.bootstrap.demonstration.timeline import Timeline, timeline_of
from suwen.bootstrap.demonstration.vital_signs import add_blood_pressure, add_vital_signs

_DIABETES = {"type2-diabetes", "type2-diabetes-poor", "diabetic-nephropathy", "type1-diabetes"}


def build_demonstration_hospital(seed: int, now: datetime) -> DemonstrationHospital:
    """The synthetic hospital for a seed, as it stands at ``now``.

    The same arguments give the same result, byte for byte. Nothing lies after ``now`` except
    what is arranged for later (appointments and requested tests).

    Args:
        seed: any integer; decides names, values and times, not who has which disease.
        now: aware datetime.

    Raises:
        ValueError: when ``now`` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now must have a time zone")
    names = names_of(PATIENTS, seed)
    beds = _beds()
    bundles = [hospital_bundle(now)]
    for plan in PATIENTS:
        chart = _chart(plan, seed, now, names[plan.number])
        _fill(chart, names[plan.number], beds.get(plan.number))
        bundles.append(bundle(f"demo-bundle-p{plan.number:02d}", now, chart.resources))
    return DemonstrationHospital(tuple(bundles), STAFF, SHOW_CASES)


def _beds() -> dict[int, int]:
    """A bed of the ward for everyone who lay or lies in one, numbered by ward."""
    taken: dict[str, int] = {}
    beds: dict[int, int] = {}
    for plan in PATIENTS:
        if plan.course.setting is not Setting.OUTPATIENT:
            ward = plan.course.department
            taken[ward] = taken.get(ward, 0) + 1
            beds[plan.number] = taken[ward]
    return beds


def _chart(plan: PatientPlan, seed: int, now: datetime, name: Resource) -> Chart:
    chart = Chart(
        plan=plan,
        seed=seed,
        now=now,
        name=str(name["text"]),
        birth_date="",
        timeline=Timeline(now, None, now),
    )
    chart.timeline = timeline_of(plan, now, chart.noise("arrival").randint(0, 50))
    days = int(plan.age * 365.25) + chart.noise("birth").randint(25, 335)
    chart.birth_date = (chart.timeline.start - timedelta(days=days)).date().isoformat()
    return chart


def _fill(chart: Chart, name: Resource, bed: int | None) -> None:
    """Adds everything of one patient, what lies furthest back first where order matters."""
    add_patient(chart, name)
    add_encounter(chart, bed)
    for encounter, moment, summary in add_earlier_stays(chart):
        add_earlier_summary(chart, encounter, moment, summary)
    _fill_earlier_visit(chart)
    add_history(chart)
    add_vital_signs(chart)
    for draw in chart.plan.course.draws:
        add_draw(chart, draw)
    for culture in chart.plan.course.cultures:
        add_culture(chart, culture)
    add_imaging(chart)
    add_operations(chart)
    add_orders(chart)
    add_notes(chart)
    add_after_care(chart)


def _fill_earlier_visit(chart: Chart) -> None:
    """Fills the earlier visit, whose values must not be quoted by the present notes."""
    visit = add_earlier_visit(chart)
    if visit is None:
        return
    encounter, start = visit
    present = (chart.encounter, chart.timeline)
    chart.encounter = encounter
    chart.timeline = Timeline(start, start + timedelta(minutes=200), chart.now)
    add_blood_pressure(chart, start + timedelta(minutes=15))
    panels = "renal lytes"
    if any(past.key in _DIABETES for past in chart.plan.history):
        panels += " glu hba1c"
    if any(past.key in ("hyperlipidaemia", "coronary-disease") for past in chart.plan.history):
        panels += " lipids"
    add_draw(chart, Draw(0, panels))
    add_community_orders(chart, encounter, start + timedelta(minutes=170))
    add_visit_note(chart, start + timedelta(minutes=175))
    chart.encounter, chart.timeline = present
    chart.values = Values()
    chart.abnormal.clear()
    chart.reported.clear()
    chart.images.clear()
