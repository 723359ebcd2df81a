"""Medication orders: parsing ``"furosemide 20 mg iv bid"``, dosage, status over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from suwen.bootstrap.demonstration.chart import Chart
from suwen.bootstrap.demonstration.diagnoses import DIAGNOSES
from suwen.bootstrap.demonstration.fhir_values import (
    ATC,
    TERMINOLOGY,
    Resource,
    coding,
    concept,
    hl7_concept,
    instant,
    period,
    quantity,
    reference,
)
from suwen.bootstrap.demonstration.medicines import (
    DOSE_UNITS,
    FREQUENCIES,
    MEDICINES,
    ROUTES,
    Frequency,
)
from suwen.bootstrap.demonstration.plans import Order, Setting

_ORDERED_AFTER_ADMISSION = timedelta(minutes=55)
_ORDERED_IN_EMERGENCY = timedelta(minutes=16)
_ORDER_ROUND = (9, 40)
_STOP_ROUND = (10, 5)
_SUPPLY_DAYS = 14
_CATEGORIES = {
    "inpatient": "Inpatient",
    "outpatient": "Outpatient",
    "community": "Community",
    "discharge": "Discharge",
}


@dataclass(frozen=True)
class Parsed:
    """An order's words, split."""

    medicine: str
    dose: float
    unit: str
    route: str
    frequency: str


def parse(what: str) -> Parsed:
    """Splits ``"medicine dose unit route frequency"``.

    Raises:
        ValueError: when a part is missing or unknown to the pharmacy.
    """
    medicine, dose, unit, route, frequency = what.split()
    if (
        medicine not in MEDICINES
        or unit not in DOSE_UNITS
        or route not in ROUTES
        or frequency not in FREQUENCIES
    ):
        raise ValueError(f"the pharmacy does not know {what!r}")
    number = float(dose)
    return Parsed(medicine, int(number) if number.is_integer() else number, unit, route, frequency)


def medication_of(chart: Chart, what: str) -> Resource:
    """The medicine of an order as a CodeableConcept."""
    medicine = MEDICINES[parse(what).medicine]
    name = chart.pick(medicine.zh, medicine.en)
    return concept(name, coding(ATC, medicine.atc, name))


def dosage_of(
    chart: Chart, what: str, bounds: Resource | None = None, note: str | None = None
) -> Resource:
    """The dosage of an order: text, timing, route and dose."""
    parsed = parse(what)
    frequency = FREQUENCIES[parsed.frequency]
    route = ROUTES[parsed.route]
    unit = chart.pick(parsed.unit, "puffs" if parsed.unit == "吸" else parsed.unit)
    dose = f"{parsed.dose} {unit}"
    text = " ".join((dose, chart.pick(route.zh, route.en), chart.pick(frequency.zh, frequency.en)))
    if note:
        text += chart.pick(f"，{note}", f", {note}")
    body: Resource = {
        "text": text,
        "route": concept(
            chart.pick(route.zh, route.en),
            coding(f"{TERMINOLOGY}/v2-0162", route.code, chart.pick(route.zh, route.en)),
        ),
    }
    amount = quantity(parsed.dose, unit, DOSE_UNITS[parsed.unit])
    if "/" in parsed.unit:
        body["doseAndRate"] = [{"rateQuantity": amount}]
    else:
        body["doseAndRate"] = [{"doseQuantity": amount}]
    if parsed.frequency == "prn":
        body["asNeededBoolean"] = True
    timing = _timing(chart, frequency, parsed.frequency, bounds)
    if timing:
        body["timing"] = timing
    return body


def add_orders(chart: Chart) -> None:
    """Adds the orders of the encounter that have been written by now, and those at discharge."""
    course, timeline = chart.plan.course, chart.timeline
    emergency = course.setting is Setting.EMERGENCY
    after = _ORDERED_IN_EMERGENCY if emergency else _ORDERED_AFTER_ADMISSION
    for order in course.orders:
        start = timeline.resolve(order.start, after, _ORDER_ROUND)
        if timeline.happened(start):
            _add_order(chart, order, start)
    if timeline.end is None:
        return
    written = timeline.end - timedelta(minutes=45)
    for order in course.discharge_orders:
        category = "discharge" if course.setting is Setting.INPATIENT else "community"
        _add_supply(chart, order.what, category, written, chart.encounter, order.note)


def add_community_orders(chart: Chart, encounter: str, written: datetime) -> None:
    """Adds prescriptions of the home medicines at an earlier visit."""
    for past in chart.plan.history:
        for what in past.medicines:
            _add_supply(chart, what, "community", written, encounter, None)


def _add_order(chart: Chart, order: Order, start: datetime) -> None:
    timeline = chart.timeline
    setting = chart.plan.course.setting
    stay_ends = timeline.end
    end: datetime | None = stay_ends
    if order.end is not None:
        end = timeline.resolve(order.end, timedelta(hours=6), _STOP_ROUND)
        if stay_ends is not None:
            end = min(end, stay_ends)
    once = order.what.endswith(" st")
    if once:
        end = start
    ended = end is not None and end <= timeline.now
    body = _request(chart, order.what, start)
    body["status"] = "active"
    if ended:
        body["status"] = "stopped" if order.stopped else "completed"
    if ended and order.stopped:
        body["statusReason"] = concept(order.stopped)
    category = "inpatient" if setting is Setting.INPATIENT else "outpatient"
    body["category"] = [_category(category)]
    body["encounter"] = reference(chart.encounter)
    body["dosageInstruction"] = [
        dosage_of(chart, order.what, period(start, end if ended else None), order.note)
    ]
    if order.reason:
        body["reasonCode"] = [concept(chart.term(DIAGNOSES[order.reason]))]
    chart.add("MedicationRequest", body)


def _add_supply(
    chart: Chart, what: str, category: str, written: datetime, encounter: str, note: str | None
) -> None:
    """A prescription to take home, enough for two weeks from discharge or four otherwise."""
    days = _SUPPLY_DAYS if category == "discharge" else 2 * _SUPPLY_DAYS
    until = written + timedelta(days=days)
    over = until < chart.now
    body = _request(chart, what, written)
    body |= {
        "status": "completed" if over else "active",
        "category": [_category(category)],
        "encounter": reference(encounter),
        "dosageInstruction": [dosage_of(chart, what, None, note)],
        "dispenseRequest": {
            "validityPeriod": period(written, until),
            "expectedSupplyDuration": quantity(days, chart.pick("天", "days"), "d"),
        },
    }
    chart.add("MedicationRequest", body)


def _request(chart: Chart, what: str, written: datetime) -> Resource:
    return {
        "intent": "order",
        "medicationCodeableConcept": medication_of(chart, what),
        "subject": chart.subject,
        "authoredOn": instant(written),
        "requester": chart.person(chart.team.resident),
    }


def _category(code: str) -> Resource:
    return hl7_concept("medicationrequest-category", code, _CATEGORIES[code])


def _timing(chart: Chart, frequency: Frequency, key: str, bounds: Resource | None) -> Resource:
    body: Resource = {}
    repeat: Resource = {}
    if bounds is not None:
        repeat["boundsPeriod"] = bounds
    if key == "st":
        repeat["count"] = 1
    elif frequency.times:
        repeat |= {
            "frequency": frequency.times,
            "period": frequency.span,
            "periodUnit": frequency.unit,
        }
    if repeat:
        body["repeat"] = repeat
    codings = []
    if frequency.timing_code:
        codings.append(coding(f"{TERMINOLOGY}/v3-GTSAbbreviation", frequency.timing_code))
    if key != "prn":
        body["code"] = concept(chart.pick(frequency.zh, frequency.en), *codings)
    return body
