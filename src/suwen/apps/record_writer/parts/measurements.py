"""Vital signs and laboratory values: the latest of each, with interval and flag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from suwen.apps.record_writer.labels import FIELD_LABELS
from suwen.apps.record_writer.moments import Moment, start_of
from suwen.apps.record_writer.parts.part import Entry, Part, together, told
from suwen.apps.record_writer.parts.problems import time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import (
    quantity_exact,
    quantity_shown,
    recorded,
)
from suwen.core.finding import Evidence
from suwen.core.record import ObservationItem, Quantity

_VOID = frozenset({"entered-in-error", "cancelled"})
LOINC = "http://loinc.org"

#: LOINC codes of each vital sign. Source: LOINC 2.7x and the R4 vital-signs profile.
VITAL_SIGNS: Mapping[str, frozenset[str]] = {
    "temperature": frozenset(
        {"8310-5", "8331-1", "8328-7", "8332-5", "8333-7", "8329-5", "75539-7", "61008-9"}
    ),
    "pulse": frozenset({"8867-4", "8889-8", "8893-0"}),
    "respiration": frozenset({"9279-1"}),
    "blood_pressure": frozenset({"85354-9", "55284-4", "35094-2"}),
    "oxygen_saturation": frozenset({"59408-5", "2708-6"}),
    "height": frozenset({"8302-2", "8306-3", "8301-4", "3137-7"}),
    "weight": frozenset({"29463-7", "3141-9"}),
    "body_mass_index": frozenset({"39156-5"}),
}
SYSTOLIC, DIASTOLIC = frozenset({"8480-6"}), frozenset({"8462-4"})
#: Names under which wards without LOINC record them; compared whole.
_NAMES = {
    "体温": "temperature",
    "脉搏": "pulse",
    "心率": "pulse",
    "呼吸": "respiration",
    "呼吸频率": "respiration",
    "血压": "blood_pressure",
    "血氧饱和度": "oxygen_saturation",
    "身高": "height",
    "体重": "weight",
    "体重指数": "body_mass_index",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of an observation and where it stands."""

    item: ObservationItem
    quantity: Quantity
    path: str

    @property
    def evidence(self) -> Evidence:
        """The number in the record."""
        return recorded(self.item.reference, f"{self.path}.value", self.quantity.value)


def vital_signs_part(visit: Visit) -> Part:
    """Each vital sign's latest value within the encounter."""
    items = [o for o in visit.record.observations if o.status not in _VOID and visit.holds(o)]
    return together(*(_vital_sign(name, items, visit) for name in VITAL_SIGNS))


def _vital_sign(name: str, items: Iterable[ObservationItem], visit: Visit) -> Part:
    if name == "blood_pressure":
        return told(name, _blood_pressure(items, visit), visit)
    readings = [r for o in items if _is_vital(o, name) and (r := reading(o)) is not None]
    latest = latest_of(readings)
    return told(name, [_vital_entry(name, [latest], visit)] if latest else [], visit)


def _is_vital(item: ObservationItem, name: str) -> bool:
    if codes_of(item.resource.get("code")) & VITAL_SIGNS[name]:
        return True
    return item.code is not None and _NAMES.get(item.code.text) == name


def codes_of(concept: Mapping[str, Any] | None) -> frozenset[str]:
    """The LOINC codes of a concept; a coding without a system counts, another system does not."""
    return frozenset(
        str(coding["code"])
        for coding in (concept or {}).get("coding") or ()
        if coding.get("code") and coding.get("system") in (LOINC, None)
    )


def reading(item: ObservationItem) -> Reading | None:
    """The observation's own number; ``None`` where it has none."""
    if not isinstance(item.value, Quantity):
        return None
    return Reading(item, item.value, "Observation.valueQuantity")


def latest_of(readings: Iterable[Reading]) -> Reading | None:
    """The reading that was taken last; the record's order decides between equal times."""
    best: Reading | None = None
    for candidate in readings:
        if best is None or not _earlier(candidate, best):
            best = candidate
    return best


def _earlier(first: Reading, second: Reading) -> bool:
    one, two = start_of(first.item.when), start_of(second.item.when)
    if one is None or two is None:
        return one is None and two is not None
    return one.is_before(two)


def component_reading(item: ObservationItem, codes: frozenset[str]) -> Reading | None:
    """The number of the component with one of the codes."""
    for index, element in enumerate(item.resource.get("component") or ()):
        if codes_of(element.get("code")) & codes:
            value = element.get("valueQuantity") or {}
            for component in item.components:
                if (
                    isinstance(component.value, Quantity)
                    and component.code.code in codes | codes_of(element.get("code"))
                    and value.get("value") is not None
                ):
                    path = f"Observation.component[{index}].valueQuantity"
                    return Reading(item, component.value, path)
    return None


def _blood_pressure(items: Iterable[ObservationItem], visit: Visit) -> list[Entry]:
    """The latest panel, or the latest pair of single observations if that is later."""
    listed_items = list(items)
    panels = []
    for item in listed_items:
        if _is_vital(item, "blood_pressure"):
            pair = [
                r
                for r in (component_reading(item, SYSTOLIC), component_reading(item, DIASTOLIC))
                if r is not None
            ]
            if pair:
                panels.append(pair)
    singles = [
        r
        for codes in (SYSTOLIC, DIASTOLIC)
        if (r := latest_of(s for s in _singles(listed_items, codes))) is not None
    ]
    if len(singles) == 2 and _moment(singles[0]) != _moment(singles[1]):
        singles = singles[:1] if _earlier(singles[1], singles[0]) else singles[1:]
    choices = panels + ([singles] if singles else [])
    best: list[Reading] | None = None
    for choice in choices:
        if best is None or not _earlier(choice[0], best[0]):
            best = choice
    return [_vital_entry("blood_pressure", best, visit)] if best else []


def _singles(items: Iterable[ObservationItem], codes: frozenset[str]) -> list[Reading]:
    return [
        r
        for o in items
        if codes_of(o.resource.get("code")) & codes and (r := reading(o)) is not None
    ]


def _moment(item: Reading) -> Moment | None:
    return start_of(item.item.when)


def _vital_entry(name: str, readings: list[Reading], visit: Visit) -> Entry:
    language = visit.language
    if name == "blood_pressure" and len(readings) == 2:
        first, second = readings
        value = f"{quantity_exact(first.quantity).split(' ')[0]}/{quantity_exact(second.quantity)}"
        words = f"{_bare(first, visit)}/{quantity_shown(second.quantity, language)}"
    elif name == "blood_pressure":
        systolic = bool(_is_systolic(readings[0]))
        kind = visit.say("收缩压", "systolic ") if systolic else visit.say("舒张压", "diastolic ")
        value = f"{kind}{quantity_exact(readings[0].quantity)}"
        words = f"{kind}{quantity_shown(readings[0].quantity, language)}"
    else:
        value = quantity_exact(readings[0].quantity)
        words = quantity_shown(readings[0].quantity, language)
    item = readings[0].item
    evidence = [r.evidence for r in readings]
    moment = time_text(item.when, visit)
    when = None
    if moment:
        evidence.append(
            recorded(item.reference, time_path(item), item.when.text if item.when else "")
        )
        when = visit.say(f"（{moment}）", f" ({moment})")
    title = FIELD_LABELS[name].in_language(language)
    space = visit.say("", " ")
    return Entry(value, f"{title}{space}{words}{when or ''}", tuple(evidence))


def _bare(item: Reading, visit: Visit) -> str:
    return quantity_shown(
        Quantity(item.quantity.value, None, None, item.quantity.comparator), visit.language
    )


def _is_systolic(item: Reading) -> bool:
    if "component" not in item.path:
        return bool(codes_of(item.item.resource.get("code")) & SYSTOLIC)
    index = int(item.path.split("[")[1].split("]")[0])
    return bool(codes_of(item.item.resource["component"][index].get("code")) & SYSTOLIC)


def time_path(item: ObservationItem) -> str:
    """FHIRPath of the time that an observation was read at."""
    for name in ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"):
        if name in item.resource:
            return f"Observation.{name}" + (".start" if name == "effectivePeriod" else "")
    return "Observation.effectiveDateTime"
