"""A patient's record as an agent reads it: short, sourced; what is absent stays absent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from suwen.clinical.allergies import NO_ALLERGY
from suwen.core.record import (
    Coded,
    ObservationItem,
    PatientRecord,
    Quantity,
    RecordItem,
    When,
)
from suwen.storage.patient_summary import PatientSummary
from suwen.web.views.banner import standing_allergies

_MOST: Final = 30
_MOST_OBSERVATIONS: Final = 60
_NOT_TRUE: Final = frozenset({"entered-in-error", "refuted"})
_OVER: Final = frozenset({"resolved", "inactive", "remission"})
_NOT_TAKEN: Final = frozenset(
    {"entered-in-error", "cancelled", "completed", "stopped", "draft", "not-taken"}
)

ItemT = TypeVar("ItemT", bound=RecordItem)


def summary_of(summary: PatientSummary, record: PatientRecord) -> dict[str, Any]:
    """What matters of a record, each item with its reference; ``null`` is not known, and an empty
    list means that nothing is recorded, never that there is nothing."""
    return {
        "patient": _patient(summary, record),
        "allergies": _allergies(summary, record),
        "problems": [
            {**_base(one), "text": _text(one.code), "code": _code(one.code)}
            for one in _newest(record.conditions)
            if one.clinical_status not in _OVER and one.verification_status not in _NOT_TRUE
        ],
        "medications": [
            {
                **_base(one),
                "text": _text(one.medication),
                "ingredients": [
                    {"text": part.medication.text, "amount": _quantity(part.amount)}
                    for part in one.ingredients
                ],
                "dosage": one.dosage_text,
                "dose": _quantity(one.dose),
                "route": _text(one.route),
                "frequency": one.frequency,
            }
            for one in _newest(record.medications)
            if one.status not in _NOT_TAKEN
        ],
        "observations": [_observation(one) for one in _latest(record.observations)],
        "encounters": [
            {
                **_base(one),
                "class": one.encounter_class,
                "department": one.department,
                "ended": one.when.end_text if one.when else None,
                "reasons": [reason.text for reason in one.reasons],
            }
            for one in _newest(record.encounters)
        ],
        "reports": [
            {**_base(one), "text": _text(one.code), "conclusion": one.conclusion}
            for one in _newest(record.reports)
        ],
        "note": "Read from the hospital's record store; check it against the record before acting.",
    }


def _patient(summary: PatientSummary, record: PatientRecord) -> dict[str, Any]:
    patient = record.patient
    return {
        "reference": patient.reference,
        "name": patient.name,
        "sex": patient.sex,
        "birth_date": patient.birth_date_text,
        "identifier": patient.identifier,
        "deceased": patient.deceased,
        "department": summary.department,
        "bed": summary.bed,
        "admitted_at": summary.admitted_at.isoformat() if summary.admitted_at else None,
        "synthetic": summary.origin == "synthetic",
    }


def _allergies(summary: PatientSummary, record: PatientRecord) -> dict[str, Any]:
    standing = standing_allergies(record.allergies)
    state = "recorded"
    if not standing:
        state = "none_known" if summary.has_allergy is False else "not_recorded"
    return {
        "state": state,
        "items": [
            {
                **_base(one),
                "text": _text(one.code),
                "criticality": one.criticality,
                "reactions": list(one.reactions),
            }
            for one in standing
        ],
        "absences": [
            _text(one.code)
            for one in record.allergies
            if one.code is not None and one.code.code in NO_ALLERGY
        ],
    }


def _observation(item: ObservationItem) -> dict[str, Any]:
    interval = item.reference_range
    return {
        **_base(item),
        "text": _text(item.code),
        "category": item.category,
        "value": _value(item.value),
        "components": [
            {"text": part.code.text, "value": _value(part.value)} for part in item.components
        ],
        "interval": None
        if interval is None
        else interval.text or f"{_bound(interval.low)}–{_bound(interval.high)}",
        "interpretation": item.interpretation,
    }


def _latest(observations: Iterable[ObservationItem]) -> list[ObservationItem]:
    """The latest value of each kind, newest first."""
    found: dict[str, ObservationItem] = {}
    for one in observations:
        if one.code is not None and one.status not in _NOT_TRUE and one.status != "cancelled":
            found[f"{one.code.system}|{one.code.code}|{one.code.text}"] = one
    return _newest(found.values())[:_MOST_OBSERVATIONS]


def _newest(items: Iterable[ItemT]) -> list[ItemT]:
    def start(item: ItemT) -> float:
        return item.when.start.timestamp() if item.when is not None else float("-inf")

    true = [item for item in items if item.status not in _NOT_TRUE]
    return sorted(true, key=start, reverse=True)[:_MOST]


def _base(item: RecordItem) -> dict[str, Any]:
    return {"reference": item.reference, "status": item.status, "at": _when(item.when)}


def _when(when: When | None) -> str | None:
    return when.text if when is not None else None


def _text(coded: Coded | None) -> str | None:
    return coded.text if coded is not None else None


def _code(coded: Coded | None) -> dict[str, str | None] | None:
    return None if coded is None else {"system": coded.system, "code": coded.code}


def _quantity(quantity: Quantity | None) -> str | None:
    if quantity is None:
        return None
    unit = f" {quantity.unit}" if quantity.unit else ""
    return f"{quantity.comparator or ''}{quantity.value}{unit}"


def _value(value: Quantity | Coded | str | bool | None) -> str | bool | None:
    if isinstance(value, Quantity):
        return _quantity(value)
    return value.text if isinstance(value, Coded) else value


def _bound(value: object) -> str:
    return "" if value is None else str(value)
