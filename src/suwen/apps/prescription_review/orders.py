"""Orders and statements of medicines as lines of a prescription."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from suwen.clinical.medicines import shipped_names
from suwen.clinical.prescription_review.usage import unit_of
from suwen.core.record import MedicationItem, Quantity

_ORDERS: Final = frozenset(
    {None, "order", "original-order", "reflex-order", "filler-order", "instance-order"}
)
_TAKEN: Final = frozenset({"active", "on-hold", "intended"})
VOID_ORDERS: Final = frozenset({"draft", "cancelled", "entered-in-error"})
_NEVER_RAN: Final = VOID_ORDERS | {"not-taken"}
_DAYS_OF: Final = {"h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.0, "a": 365.0}
_REPEAT: Final = ("frequency", "period", "periodUnit", "count", "when")


def is_order(item: MedicationItem, status: str) -> bool:
    """Whether it is a request of that status that is meant to be carried out."""
    request = item.reference.startswith("MedicationRequest/")
    # A draft may still call itself a proposal or a plan.
    return request and item.status == status and (status == "draft" or item.intent in _ORDERS)


def is_taken(item: MedicationItem) -> bool:
    """Whether the patient takes it, or will go on with it."""
    statement = item.reference.startswith("MedicationStatement/")
    return item.status in _TAKEN and (statement or item.intent in _ORDERS)


def runs_at(item: MedicationItem, past: datetime | None) -> bool:
    """Whether the patient takes it now; at a past moment, whether it ran then by its own times."""
    if past is None:
        return is_taken(item)
    if item.status in _NEVER_RAN or item.when is None or item.when.start > past:
        return False
    ended = item.when.end
    return is_taken(item) if ended is None else ended >= past


def order_time(item: MedicationItem) -> datetime | None:
    """When it was written; ``None`` where the record does not say."""
    return item.when.start if item.when is not None else None


def line_of(item: MedicationItem) -> tuple[list[dict[str, Any]], bool]:
    """The lines of one order: one, or one for each component of a compound without a known name.

    Returns:
        The lines, and whether its dosage has several parts, of which none is the whole dose.
    """
    dosages = item.resource.get(
        "dosage" if item.reference.startswith("MedicationStatement/") else "dosageInstruction"
    )
    parts = isinstance(dosages, list) and len(dosages) > 1
    name = item.medication.text if item.medication is not None else ""
    if item.ingredients and (not name or shipped_names().identify(name) is None):
        return [
            {"drug": part.medication.text or "？", "reference": item.reference}
            for part in item.ingredients
        ], parts
    line: dict[str, Any] = {
        # A medicine without a name is not identified, and is said to be.
        "drug": name.strip() or "？",
        "reference": item.reference,
        "route": item.route.text if item.route is not None else None,
        "days": _days(item),
    }
    ranged = item.dose is None and _is_range(dosages)
    if not parts:
        line |= _dose(item.dose)
        line["frequency"] = _frequency(item, dosages)
    return [line], parts or ranged


def _dose(dose: Quantity | None) -> dict[str, Any]:
    if dose is None or dose.comparator:
        return {}
    unit = dose.code if dose.code and unit_of(dose.code) is not None else dose.unit or dose.code
    return {"dose": float(dose.value), "unit": unit}


def _first(value: object) -> Mapping[str, Any]:
    first = value[0] if isinstance(value, list) and value else None
    return first if isinstance(first, Mapping) else {}


def _is_range(dosages: object) -> bool:
    return "doseRange" in _first(_first(dosages).get("doseAndRate"))


def _frequency(item: MedicationItem, dosages: object) -> str | dict[str, Any] | None:
    timing = _first(dosages).get("timing")
    repeat = timing.get("repeat") if isinstance(timing, Mapping) else None
    if isinstance(repeat, Mapping) and repeat.get("frequency") and repeat.get("period"):
        return {"repeat": {k: _plain(repeat[k]) for k in _REPEAT if k in repeat}}
    if item.frequency is None and item.as_needed:
        return "prn"
    return item.frequency


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | list | bool) else float(value)


def _days(item: MedicationItem) -> float | None:
    """For how long it is given, as the order says; ``None`` where it does not."""
    dispensed = item.resource.get("dispenseRequest")
    supply = dispensed.get("expectedSupplyDuration") if isinstance(dispensed, Mapping) else None
    timing = _first(item.resource.get("dosageInstruction")).get("timing")
    repeat = timing.get("repeat") if isinstance(timing, Mapping) else None
    bounds = repeat.get("boundsDuration") if isinstance(repeat, Mapping) else None
    for duration in (supply, bounds):
        if not isinstance(duration, Mapping) or duration.get("comparator"):
            continue
        per = _DAYS_OF.get(str(duration.get("code") or duration.get("unit")))
        value = duration.get("value")
        if per is not None and value is not None:
            return float(value) * per
    return None
