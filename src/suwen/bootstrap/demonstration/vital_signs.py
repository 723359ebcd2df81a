"""Vital signs twice a day, interpolated between the days that the course names."""

from __future__ import annotations

from datetime import datetime, timedelta

from suwen.bootstrap.demonstration.chart import Chart
from suwen.bootstrap.demonstration.fhir_values import (
    LOINC,
    Resource,
    coding,
    concept,
    hl7_concept,
    instant,
    quantity,
    reference,
)
from suwen.bootstrap.demonstration.plans import Setting, Vitals

_MEASURED_AFTER_ARRIVAL = timedelta(minutes=12)
_MEASURED_IN_EMERGENCY = timedelta(minutes=4)
_ROUNDS = ((6, 5), (14, 10))
#: Above this a temperature counts as fever and rises towards the afternoon, °C.
_FEVER = 37.3


def add_vital_signs(chart: Chart) -> None:
    """Adds all rounds of vital signs that lie within the encounter and are past."""
    if not chart.plan.course.vitals:
        return
    arrival = _arrival(chart)
    if chart.timeline.happened(arrival):
        _add_round(chart, 0, arrival, afternoon=False)
    if chart.plan.course.setting is Setting.INPATIENT:
        for day in chart.timeline.days():
            for hour, minute in _ROUNDS:
                moment = chart.timeline.at(day, hour, minute)
                if moment > arrival + timedelta(hours=2) and chart.timeline.happened(moment):
                    _add_round(chart, day, moment, afternoon=hour > 12)
    _add_body_measures(chart)


def _arrival(chart: Chart) -> datetime:
    """When the first round is measured; in an emergency before anything else."""
    emergency = chart.plan.course.setting is Setting.EMERGENCY
    after = _MEASURED_IN_EMERGENCY if emergency else _MEASURED_AFTER_ARRIVAL
    return chart.timeline.start + after


def add_blood_pressure(chart: Chart, moment: datetime) -> None:
    """Adds a single usual blood pressure, as taken at a visit."""
    chance = chart.noise(f"visit-pressure/{moment:%j}")
    systolic, diastolic = chance.randint(126, 144), chance.randint(72, 86)
    _add_blood_pressure(chart, moment, systolic, diastolic)
    chart.values["BP_0"] = f"{systolic}/{diastolic} mmHg"


def _interpolated(chart: Chart, day: float) -> Vitals:
    named = chart.plan.course.vitals
    days = sorted(named)
    if day <= days[0]:
        return named[days[0]]
    if day >= days[-1]:
        return named[days[-1]]
    before = max(item for item in days if item <= day)
    after = min(item for item in days if item >= day)
    if before == after:
        return named[before]
    share = (day - before) / (after - before)
    first, second = named[before], named[after]

    def between(name: str) -> float:
        start: float = getattr(first, name)
        stop: float = getattr(second, name)
        return start + (stop - start) * share

    return Vitals(
        temperature=between("temperature"),
        pulse=between("pulse"),
        respiration=between("respiration"),
        systolic=between("systolic"),
        diastolic=between("diastolic"),
        saturation=between("saturation"),
    )


def _add_round(chart: Chart, day: int, moment: datetime, *, afternoon: bool) -> None:
    usual = _interpolated(chart, day + 0.35 if afternoon else day)
    chance = chart.noise(f"vitals/{day}/{afternoon}")
    rise = 0.5 if usual.temperature > _FEVER else 0.2
    temperature = usual.temperature + (rise if afternoon else 0) + chance.uniform(-0.1, 0.1)
    pulse = round(usual.pulse + chance.uniform(-3, 3))
    respiration = round(usual.respiration + chance.uniform(-0.8, 0.8))
    systolic = round(usual.systolic + chance.uniform(-4, 4))
    diastolic = round(usual.diastolic + chance.uniform(-3, 3))
    saturation = min(99, round(usual.saturation + chance.uniform(-0.6, 0.6)))
    temperature = round(temperature, 1)
    _add(chart, moment, ("8310-5", "体温", "Body temperature"), (temperature, "℃", "Cel"))
    _add(
        chart,
        moment,
        ("8867-4", "脉搏", "Heart rate"),
        (pulse, chart.pick("次/分", "/min"), "/min"),
    )
    _add(
        chart,
        moment,
        ("9279-1", "呼吸", "Respiratory rate"),
        (respiration, chart.pick("次/分", "/min"), "/min"),
    )
    _add_blood_pressure(chart, moment, systolic, diastolic)
    _add(chart, moment, ("2708-6", "血氧饱和度", "Oxygen saturation"), (saturation, "%", "%"))
    if not afternoon:
        chart.values.setdefault(f"T_{day}", f"{temperature}{chart.pick('℃', ' °C')}")
        chart.values.setdefault(f"P_{day}", f"{pulse}{chart.pick('次/分', '/min')}")
        chart.values.setdefault(f"R_{day}", f"{respiration}{chart.pick('次/分', '/min')}")
        chart.values.setdefault(f"BP_{day}", f"{systolic}/{diastolic} mmHg")
        chart.values.setdefault(f"SPO2_{day}", f"{saturation}%")


def _base(chart: Chart, moment: datetime) -> Resource:
    return {
        "status": "final",
        "category": [hl7_concept("observation-category", "vital-signs", "Vital Signs")],
        "subject": chart.subject,
        "encounter": reference(chart.encounter),
        "effectiveDateTime": instant(moment),
        "performer": [chart.person(chart.team.nurse)],
    }


def _code(chart: Chart, code: tuple[str, str, str]) -> Resource:
    name = chart.pick(code[1], code[2])
    codings = [coding(LOINC, code[0], name)]
    if code[0] == "2708-6":
        codings.append(coding(LOINC, "59408-5", name))
    return concept(name, *codings)


def _add(
    chart: Chart,
    moment: datetime,
    code: tuple[str, str, str],
    value: tuple[float, str, str],
) -> None:
    body = _base(chart, moment)
    body |= {"code": _code(chart, code), "valueQuantity": quantity(*value)}
    chart.add("Observation", body)


def _add_blood_pressure(chart: Chart, moment: datetime, systolic: int, diastolic: int) -> None:
    parts = (
        (("8480-6", "收缩压", "Systolic blood pressure"), systolic),
        (("8462-4", "舒张压", "Diastolic blood pressure"), diastolic),
    )
    body = _base(chart, moment)
    body |= {
        "code": _code(chart, ("85354-9", "血压", "Blood pressure")),
        "component": [
            {"code": _code(chart, code), "valueQuantity": quantity(value, "mmHg", "mm[Hg]")}
            for code, value in parts
        ],
    }
    chart.add("Observation", body)


def _add_body_measures(chart: Chart) -> None:
    """Height once, weight and body mass index on the days the ward weighed."""
    height, weight = chart.plan.height_cm, chart.plan.weight_kg
    arrival = _arrival(chart)
    if not chart.timeline.happened(arrival):
        return
    if height is not None:
        _add(chart, arrival, ("8302-2", "身高", "Body height"), (height, "cm", "cm"))
        chart.values["HT"] = f"{height} cm"
    if weight is None:
        return
    for day, change in (chart.plan.course.weight_change or {0: 0.0}).items():
        moment = arrival if day == 0 else chart.timeline.at(day, 6, 15)
        if not chart.timeline.happened(moment):
            continue
        measured = round(weight + change, 1)
        _add(chart, moment, ("29463-7", "体重", "Body weight"), (measured, "kg", "kg"))
        chart.values[f"WT_{day}"] = f"{measured} kg"
        if height is not None:
            index = round(measured / (height / 100) ** 2, 1)
            _add(
                chart, moment, ("39156-5", "体重指数", "Body mass index"), (index, "kg/m²", "kg/m2")
            )
