"""The three lists of medicines: on admission, at discharge, current."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from suwen.apps.record_writer.moments import end_of
from suwen.apps.record_writer.parts.part import Entry, Part, told
from suwen.apps.record_writer.parts.problems import time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import (
    ORDER_STATUS,
    free_text,
    joined,
    label,
    listed,
    quantity_shown,
    recorded,
    term_evidence,
    term_of,
)
from suwen.core.finding import Evidence
from suwen.core.record import MedicationItem

_NEVER_TAKEN = frozenset({"entered-in-error", "cancelled", "draft", "not-taken", "unknown"})
_GOING_ON = frozenset({"active", "on-hold", "intended"})
_WISHES = frozenset({"proposal", "plan", "option"})
_INPATIENT = "inpatient"
_DISCHARGE = "discharge"
_AT_DISCHARGE = "medications_at_discharge"


def admission_medications(visit: Visit) -> list[MedicationItem]:
    """Medicines in use when the stay began: written before it, not of it, still going on or
    known to have ended only after it began; statements of a medication history taken in it."""
    return [
        m
        for m in _real(visit)
        if not visit.ended_before(m.when)
        and (
            (_is_statement(m) and visit.holds(m) and m.status != "completed")
            or (visit.is_before(m.when) and not visit.holds(m) and _lasts(m, visit))
        )
    ]


def discharge_medications(visit: Visit) -> list[MedicationItem]:
    """Medicines to go on with after the stay.

    Those that the stay orders for taking home (category ``discharge`` or ``community``, or no
    category); those written up to its end that still go on; and, only where the stay has no
    order for taking home, its inpatient orders that are not known to have ended, marked as such.
    """
    candidates = [
        m for m in _real(visit) if not visit.is_after(m.when) and not visit.ended_before(m.when)
    ]
    own = [m for m in candidates if visit.holds(m) and not _is_statement(m)]
    has_own = any(m.category != _INPATIENT for m in own)
    return [m for m in candidates if _goes_home(m, visit, has_own=has_own)]


def current_medications(visit: Visit) -> list[MedicationItem]:
    """Medicines written up to the visit that still go on, and all of the visit itself."""
    return [
        m
        for m in _real(visit)
        if not visit.is_after(m.when)
        and not visit.ended_before(m.when)
        and (visit.holds(m) or m.status in _GOING_ON)
    ]


def stay_medications(visit: Visit) -> list[MedicationItem]:
    """Orders carried out within the stay: of it, and of category ``inpatient``."""
    return [
        m
        for m in _real(visit)
        if visit.holds(m) and m.category == _INPATIENT and not _is_statement(m)
    ]


def _real(visit: Visit) -> list[MedicationItem]:
    return [
        m
        for m in visit.record.medications
        if m.medication is not None and m.status not in _NEVER_TAKEN and m.intent not in _WISHES
    ]


def _is_statement(item: MedicationItem) -> bool:
    return item.reference.startswith("MedicationStatement/")


def _lasts(item: MedicationItem, visit: Visit) -> bool:
    """Whether an earlier order still ran when the visit began, as far as the record tells."""
    if item.when is not None and item.when.end is not None:
        return not visit.ended_before(item.when)
    return item.status in _GOING_ON


def _goes_home(item: MedicationItem, visit: Visit, *, has_own: bool) -> bool:
    if not visit.holds(item):
        return item.status in _GOING_ON
    if item.category == _DISCHARGE:
        return True
    if _is_statement(item) or _ended_in(item, visit):
        return False
    return item.category != _INPATIENT or (
        not has_own and (visit.end is not None or item.status in _GOING_ON)
    )


def _ended_in(item: MedicationItem, visit: Visit) -> bool:
    """Whether an order is known to have ended by the end of the visit."""
    end, edge = end_of(item.when), visit.end
    return end is not None and edge is not None and not end.is_after(edge)


def medications_part(name: str, items: Iterable[MedicationItem], visit: Visit) -> Part:
    """One of the three lists of medicines, with the dosage as far as it is recorded."""
    entries = []
    for item in items:
        entry = _medication_entry(item, visit)
        if entry is not None:
            entries.append(
                _marked_inpatient(entry, item, visit) if name == _AT_DISCHARGE else entry
            )
    return told(name, entries, visit)


def _marked_inpatient(entry: Entry, item: MedicationItem, visit: Visit) -> Entry:
    """An order for treatment in the stay is not yet one for taking home."""
    if item.category != _INPATIENT or not visit.holds(item):
        return entry
    text = visit.say(f"住院医嘱：{entry.value}", f"Inpatient order: {entry.value}")
    kind = item.reference.split("/")[0]
    place = recorded(item.reference, f"{kind}.category.coding.code", _INPATIENT)
    return Entry(text, text, (*entry.evidence, place))


def medication_sentences(visit: Visit) -> list[tuple[str, tuple[Evidence, ...]]]:
    """What was given in the stay, one sentence an order."""
    entries = [_medication_entry(item, visit) for item in stay_medications(visit)]
    return [
        (visit.say(f"住院期间用药：{e.value}", f"Treatment in the stay: {e.value}"), e.evidence)
        for e in entries
        if e is not None
    ]


def _medication_entry(item: MedicationItem, visit: Visit) -> Entry | None:
    language = visit.language
    kind = item.reference.split("/")[0]
    term = term_of(_drug_concept(item), f"{kind}.medicationCodeableConcept", language)
    evidence: list[Evidence] = []
    if term is not None:
        name = term.shown(language)
        evidence.extend(term_evidence(item.reference, term)[:1])
    elif item.medication is not None:
        name = free_text(item.medication.text, language)
        evidence.extend(_referenced_drug(item, kind))
    else:
        return None
    dosage = _dosage(item, visit, evidence)
    moment = time_text(item.when, visit)
    written = visit.say(f"{moment}开立", f"ordered {moment}") if moment else None
    if _is_statement(item) and moment:
        written = visit.say(f"{moment}起", f"from {moment}")
    if item.when is not None:
        evidence.append(recorded(item.reference, _time_path(item, kind), item.when.text))
    status = None
    if item.status is not None and item.status != "active":
        status = visit.say("记录状态：", "recorded status: ") + str(
            label(ORDER_STATUS, item.status, language)
        )
        evidence.append(recorded(item.reference, f"{kind}.status", item.status))
    text = listed((name, dosage, written, status), language)
    return Entry(text, text, tuple(evidence))


def _drug_concept(item: MedicationItem) -> dict[str, Any] | None:
    concept = item.resource.get("medicationCodeableConcept")
    return dict(concept) if concept else None


def _referenced_drug(item: MedicationItem, kind: str) -> list[Evidence]:
    element = item.resource.get("medicationReference") or {}
    name = item.medication.text if item.medication else ""
    if element.get("display") == name:
        return [recorded(item.reference, f"{kind}.medicationReference.display", name)]
    return [
        recorded(item.reference, f"{kind}.medicationReference.reference", element.get("reference"))
    ]


def _time_path(item: MedicationItem, kind: str) -> str:
    for name in ("authoredOn", "effectivePeriod", "effectiveDateTime", "dateAsserted"):
        if name in item.resource:
            return f"{kind}.{name}" + (".start" if name == "effectivePeriod" else "")
    return f"{kind}.authoredOn"


def _dosage(item: MedicationItem, visit: Visit, evidence: list[Evidence]) -> str | None:
    """The dosage in the words of the record, else from its dose, route and timing."""
    kind = item.reference.split("/")[0]
    element = "dosage" if _is_statement(item) else "dosageInstruction"
    dosages = item.resource.get(element) or ()
    path = f"{kind}.{element}[0]"
    texts = [d["text"] for d in dosages if d.get("text")]
    if texts:
        for index, dosage in enumerate(dosages):
            if dosage.get("text"):
                place = f"{kind}.{element}[{index}].text"
                evidence.append(recorded(item.reference, place, dosage["text"]))
        return free_text(joined(texts, visit.language), visit.language)
    parts: list[str | None] = []
    if item.dose is not None:
        parts.append(visit.say("每次", "") + quantity_shown(item.dose, visit.language))
        evidence.append(_dose_evidence(item, dosages, path))
    if dosages and item.route is not None:
        route = term_of(dosages[0].get("route"), f"{path}.route", visit.language)
        if route is not None:
            parts.append(route.shown(visit.language))
            evidence.extend(term_evidence(item.reference, route)[:1])
    parts.append(_timing(item, visit, path, evidence))
    if item.as_needed:
        parts.append(visit.say("必要时", "as needed"))
        evidence.append(recorded(item.reference, f"{path}.asNeededBoolean", "true"))
    return listed(parts, visit.language) or None


def _dose_evidence(item: MedicationItem, dosages: Any, path: str) -> Evidence:
    value = item.dose.value if item.dose else None
    for index, rate in enumerate(dosages[0].get("doseAndRate") or ()):
        for name in ("doseQuantity", "rateQuantity"):
            found = (rate.get(name) or {}).get("value")
            if found is not None and value is not None and Decimal(str(found)) == value:
                place = f"{path}.doseAndRate[{index}].{name}.value"
                return recorded(item.reference, place, found)
    return recorded(item.reference, f"{path}.doseAndRate[0].doseQuantity.value", value)


_PERIOD_UNITS = {
    "s": ("秒", "second"),
    "min": ("分钟", "minute"),
    "h": ("小时", "hour"),
    "d": ("天", "day"),
    "wk": ("周", "week"),
    "mo": ("个月", "month"),
    "a": ("年", "year"),
}


def _timing(item: MedicationItem, visit: Visit, path: str, evidence: list[Evidence]) -> str | None:
    dosages = item.resource.get("dosage") or item.resource.get("dosageInstruction") or ()
    timing = (dosages[0].get("timing") if dosages else None) or {}
    named = term_of(timing.get("code"), f"{path}.timing.code", visit.language)
    if named is not None:
        evidence.extend(term_evidence(item.reference, named)[:1])
        return named.shown(visit.language)
    repeat = timing.get("repeat") or {}
    count, span, unit = (repeat.get(k) for k in ("frequency", "period", "periodUnit"))
    if count is None or span is None or unit not in _PERIOD_UNITS:
        return None
    for name, value in (("frequency", count), ("period", span), ("periodUnit", unit)):
        evidence.append(recorded(item.reference, f"{path}.timing.repeat.{name}", value))
    zh, en = _PERIOD_UNITS[unit]
    return visit.say(
        f"每{span}{zh}{count}次", f"{count} time(s) every {span} {en}{'' if span == 1 else 's'}"
    )
