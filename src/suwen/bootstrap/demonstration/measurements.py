"""Laboratory values and vital signs: scatter, derived quantities, flags, reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from suwen.bootstrap.demonstration.analytes import ANALYTES, Analyte
from suwen.bootstrap.demonstration.chart import Chart, Finding
from suwen.bootstrap.demonstration.fhir_values import (
    LOCAL_TEST_SYSTEM,
    LOINC,
    TERMINOLOGY,
    Resource,
    coding,
    concept,
    hl7_concept,
    instant,
    quantity,
    reference,
)
from suwen.bootstrap.demonstration.panels import PANELS, Panel
from suwen.bootstrap.demonstration.plans import Culture, DayTime, Draw, Setting
from suwen.bootstrap.demonstration.staff_list import DEPARTMENT_BY_CODE

_REPORTED_AFTER = timedelta(minutes=55)
_CULTURE_TAKES = timedelta(hours=52)
_DRAWN_AFTER_ADMISSION = timedelta(minutes=35)
_DRAWN_IN_EMERGENCY = timedelta(minutes=10)
_MORNING_ROUND = (6, 20)
_FLAGS = {
    "N": "Normal",
    "L": "Low",
    "H": "High",
    "LL": "Critical low",
    "HH": "Critical high",
    "A": "Abnormal",
}
#: Where the usual values of an analyte without an interval, or with an open one, are centred.
_USUAL: Mapping[str, tuple[float, float]] = {
    "CRP": (1.5, 4.5),
    "PCT": (0.02, 0.04),
    "TBIL": (8, 16),
    "TC": (3.9, 4.9),
    "TG": (0.9, 1.5),
    "HDL": (1.15, 1.45),
    "TNI": (3, 9),
    "CKMB": (1, 2.6),
    "NTPROBNP": (40, 95),
    "DDIMER": (0.18, 0.42),
    "UACR": (6, 18),
    "CEA": (1.2, 3.4),
    "CA199": (6, 20),
    "GLUR": (5.4, 7.4),
    "BHB": (0.05, 0.2),
    "UPROT24": (0.05, 0.11),
    "INR": (0.94, 1.06),
    "HGB": (128, 138),
    "MCV": (87, 94),
    "PLT": (180, 260),
}


def egfr(creatinine: float, age: int, female: bool) -> float:
    """Estimated glomerular filtration rate by CKD-EPI 2021, mL/min/1.73 m².

    Args:
        creatinine: serum creatinine, μmol/L.
        age: years.

    Source:
        Inker et al., CKD-EPI creatinine equation without race, 2021.
    """
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = creatinine / 88.4 / kappa
    value = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938**age
    return float(value * 1.012 if female else value)


def add_draw(chart: Chart, draw: Draw) -> None:
    """Adds one draw's observations and their reports, if they have been reported by now."""
    moment = _drawn_at(chart, draw.when)
    reported = moment + _REPORTED_AFTER
    if not chart.timeline.happened(reported):
        return
    panels = [PANELS[key] for key in draw.panels.split()]
    measured = _values_of(chart, draw, panels)
    for panel in panels:
        results = [
            reference(
                _add_value(chart, ANALYTES[key], measured[key], (moment, reported)),
                _name(chart, ANALYTES[key]),
            )
            for key in panel.analytes
            if key in measured
        ]
        _add_report(chart, panel, results, (moment, reported))
    chart.reported.append(reported)
    _remember(chart, draw.when, measured)


def add_culture(chart: Chart, culture: Culture) -> None:
    """Adds a result in words, if it is out by now."""
    moment = _drawn_at(chart, culture.when)
    quick = culture.loinc == "20454-5"
    reported = moment + (_REPORTED_AFTER if quick else _CULTURE_TAKES)
    if not chart.timeline.happened(reported):
        return
    flag = "A" if culture.abnormal else "N"
    if culture.abnormal:
        chart.abnormal.append(Finding(reported, culture.name, culture.result))
    body = _observation(chart, (moment, reported))
    body |= {
        "code": concept(culture.name, coding(LOINC, culture.loinc, culture.name)),
        "valueString": culture.result,
        "interpretation": [_flag(flag)],
        "referenceRange": [{"text": culture.normal}],
    }
    chart.add("Observation", body)


def _drawn_at(chart: Chart, when: DayTime) -> datetime:
    emergency = chart.plan.course.setting is Setting.EMERGENCY
    after = _DRAWN_IN_EMERGENCY if emergency else _DRAWN_AFTER_ADMISSION
    return chart.timeline.resolve(when, after, _MORNING_ROUND)


def flag_of(analyte: Analyte, value: float, sex: str, age: int) -> str | None:
    """The flag the laboratory prints; ``None`` when there is nothing to compare with."""
    low, high = analyte.critical
    if low is not None and value <= low:
        return "LL"
    if high is not None and value >= high:
        return "HH"
    interval = analyte.interval(sex, age)
    if interval is None:
        return None
    if interval.low is not None and value < interval.low:
        return "L"
    if interval.high is not None and value > interval.high:
        return "H"
    return "N"


def _values_of(chart: Chart, draw: Draw, panels: list[Panel]) -> dict[str, float]:
    """Values for every analyte of the panels, rounded as printed."""
    wanted = {key for panel in panels for key in panel.analytes}
    raw: dict[str, float] = {}
    for key in sorted(wanted | set(draw.values)):
        if key in draw.exact:
            raw[key] = draw.values[key]
        elif key in draw.values:
            raw[key] = _scattered(chart, key, draw.values[key], draw.when)
        else:
            usual = _usual_value(chart, key)
            if usual is not None:
                raw[key] = _scattered(chart, key, usual, draw.when)
    _derive(chart, raw, draw.values)
    return {key: _rounded(ANALYTES[key], raw[key]) for key in sorted(wanted) if key in raw}


def _scattered(chart: Chart, key: str, value: float, when: DayTime) -> float:
    """The patient's own shift, the same on all days, and a small error of each measurement."""
    spread = ANALYTES[key].spread
    shift = chart.noise(f"shift/{key}").uniform(-spread, spread)
    error = chart.noise(f"error/{key}/{when}").uniform(-spread, spread) * 0.25
    return value * (1 + shift) * (1 + error)


def _usual_value(chart: Chart, key: str) -> float | None:
    """What this patient usually has: by plan, by course, or the middle of the interval."""
    for baseline in (chart.plan.baseline, chart.plan.course.baseline):
        if key in baseline:
            return baseline[key]
    chance = chart.noise(f"usual/{key}")
    if key in _USUAL:
        low, high = _USUAL[key]
        if key == "HGB" and chart.plan.sex == "M":
            low, high = low + 14, high + 14
        return chance.uniform(low, high)
    interval = ANALYTES[key].interval(chart.plan.sex, min(chart.plan.age, 79))
    if interval is None or interval.low is None or interval.high is None:
        return None
    third = (interval.high - interval.low) / 3
    return chance.uniform(interval.low + third, interval.high - third)


def _derive(chart: Chart, raw: dict[str, float], given: Mapping[str, float]) -> None:
    """Replaces values that follow from others, so that a report agrees with itself."""
    if "NEUTP" in raw:
        if "LYMPHP" not in given:
            raw["LYMPHP"] = max(2.5, 93.5 - raw["NEUTP"])
        raw["NEUT"] = raw["WBC"] * raw["NEUTP"] / 100
        raw["LYMPH"] = raw["WBC"] * raw["LYMPHP"] / 100
    if "HGB" in raw:
        raw["HCT"] = raw["HGB"] / 335
        raw["RBC"] = raw["HCT"] * 1000 / raw["MCV"]
    if "CREA" in raw:
        raw["EGFR"] = egfr(round(raw["CREA"]), chart.plan.age, chart.plan.sex == "F")
    if "INR" in raw:
        raw["PT"] = 12.2 * raw["INR"]
    if "TBIL" in raw and "DBIL" not in given:
        raw["DBIL"] = raw["TBIL"] * 0.28
    if "ALB" in raw:
        raw["TP"] = raw["ALB"] + chart.noise("globulin").uniform(26, 31)
    if "TC" in raw:
        raw["LDL"] = max(0.6, raw["TC"] - raw["HDL"] - raw["TG"] / 2.2)
    if "PH" in raw:
        raw["HCO3"] = 0.0307 * raw["PCO2"] * 10 ** (raw["PH"] - 6.1)


def _rounded(analyte: Analyte, value: float) -> float:
    return round(value) if analyte.decimals == 0 else round(value, analyte.decimals)


def _name(chart: Chart, analyte: Analyte) -> str:
    return chart.pick(analyte.zh, analyte.en)


def _flag(code: str) -> Resource:
    return hl7_concept("v3-ObservationInterpretation", code, _FLAGS[code])


def _observation(chart: Chart, times: tuple[datetime, datetime]) -> Resource:
    laboratory = DEPARTMENT_BY_CODE["laboratory"]
    return {
        "status": "final",
        "category": [hl7_concept("observation-category", "laboratory", "Laboratory")],
        "subject": chart.subject,
        "encounter": reference(chart.encounter),
        "effectiveDateTime": instant(times[0]),
        "issued": instant(times[1]),
        "performer": [
            reference(f"Organization/{laboratory.id}", chart.pick(laboratory.zh, laboratory.en))
        ],
    }


def _add_value(
    chart: Chart, analyte: Analyte, value: float, times: tuple[datetime, datetime]
) -> str:
    name = _name(chart, analyte)
    body = _observation(chart, times)
    body["code"] = concept(name, coding(LOINC, analyte.loinc, name))
    body["valueQuantity"] = quantity(value, analyte.unit, analyte.ucum)
    flag = flag_of(analyte, value, chart.plan.sex, chart.plan.age)
    if flag is not None:
        body["interpretation"] = [_flag(flag)]
    if flag != "N":
        arrow = {"L": "↓", "H": "↑"}.get((flag or " ")[0], "")
        chart.abnormal.append(Finding(times[1], name, f"{_printed(analyte, value)}{arrow}"))
    interval = analyte.interval(chart.plan.sex, chart.plan.age)
    if interval is not None:
        limits = {"low": interval.low, "high": interval.high}
        body["referenceRange"] = [
            {
                side: quantity(limit, analyte.unit, analyte.ucum)
                for side, limit in limits.items()
                if limit is not None
            }
        ]
    return chart.add("Observation", body)


def _add_report(
    chart: Chart, panel: Panel, results: list[Resource], times: tuple[datetime, datetime]
) -> None:
    name = chart.pick(panel.zh, panel.en)
    code = (
        coding(LOINC, panel.loinc, name)
        if panel.loinc
        else coding(LOCAL_TEST_SYSTEM, panel.key, name)
    )
    body = _observation(chart, times)
    body["category"] = [concept(None, coding(f"{TERMINOLOGY}/v2-0074", "LAB", "Laboratory"))]
    chart.add("DiagnosticReport", body | {"code": concept(name, code), "result": results})


def _remember(chart: Chart, when: DayTime, measured: Mapping[str, float]) -> None:
    day = when if isinstance(when, int) else when[0]
    for key, value in measured.items():
        chart.values.setdefault(f"{key}_{day}", _printed(ANALYTES[key], value))


def _printed(analyte: Analyte, value: float) -> str:
    """A value as a note writes it, with its unit."""
    if analyte.unit in ("INR", "pH"):
        return f"{value}"
    return f"{value}%" if analyte.unit == "%" else f"{value} {analyte.unit}"
