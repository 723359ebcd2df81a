"""What a reader of a result wants besides: what was reviewed, and what could be given instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from suwen.clinical.prescription_review import (
    Action,
    OrderLine,
    PatientFacts,
    Prescription,
    Review,
    RuleBook,
    alternatives_for,
)
from suwen.clinical.prescription_review.reading import SETTINGS, SEXES

_AGE_FIELDS: Final = {"years": ("age_y", 1.0), "months": ("age_months", 12.0),
                      "days": ("age_days", 365.25)}  # fmt: skip
_FACTS: Final = ("weight_kg", "height_cm", "pregnant", "lactating", "egfr", "creatinine_umol_l",
                 "child_pugh")  # fmt: skip


def detail_of(prescription: Prescription, found: Review, book: RuleBook) -> dict[str, Any]:
    """What was reviewed in the form of a request, and alternatives by finding."""
    return {
        "reviewed": reviewed_as_json(prescription),
        "alternatives": {
            finding.key: [{"zh": one.zh, "en": one.en} for one in instead]
            for finding in found.findings
            if finding.action is not Action.PASS
            and (instead := alternatives_for(finding, prescription, book))
        },
    }


def reviewed_as_json(prescription: Prescription) -> dict[str, Any]:
    """A prescription in the form of the contract's request; what is not known is absent."""
    body: dict[str, Any] = {
        "patient": _patient(prescription.patient),
        "diagnoses": [
            _known({"text": one.text, "code": one.code}) for one in prescription.diagnoses
        ],
        "current_medications": [_line(order) for order in prescription.current],
        "orders": [_line(order) for order in prescription.orders],
        "setting": prescription.setting,
    }
    if prescription.allergies is not None:
        body["allergies"] = list(prescription.allergies)
    if prescription.antibacterial_level is not None:
        body["prescriber"] = {"antibacterial_level": prescription.antibacterial_level}
    if prescription.at is not None:
        body["at"] = prescription.at.isoformat()
    return body


def _patient(facts: PatientFacts) -> dict[str, Any]:
    person: dict[str, Any] = {"sex": facts.sex}
    if facts.age_y is not None:
        name, factor = _AGE_FIELDS[facts.age_in or "years"]
        person[name] = round(facts.age_y * factor, 3)
    return {**person, **_known({name: getattr(facts, name) for name in _FACTS})}


def _line(order: OrderLine) -> dict[str, Any]:
    frequency = order.frequency
    return _known(
        {
            "drug": order.drug,
            "reference": order.reference,
            "dose": order.dose,
            "unit": order.unit,
            "route": order.route,
            "frequency": dict(frequency) if isinstance(frequency, Mapping) else frequency,
            "days": order.days,
            "form": order.form,
        }
    )


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_ORDER: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["drug"],
    "properties": {
        "drug": {"type": "string", "minLength": 1, "maxLength": 500,
                 "description": "Generic name (Chinese or English) or brand."},
        "dose": {"type": "number", "exclusiveMinimum": 0},
        "unit": {"type": "string"},
        "route": {"type": "string"},
        "frequency": {"description": "qd, bid, q8h, qn, prn, qw, Chinese words, or FHIR Timing."},
        "days": {"type": "number", "exclusiveMinimum": 0},
        "form": {"type": "string"},
    },
}  # fmt: skip

REQUEST_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "A prescription with what is known of the patient; what is not known is left "
    "out, and what cannot be checked for lack of it is said.",
    "required": ["patient", "orders", "setting"],
    "properties": {
        "patient": {
            "type": "object",
            "additionalProperties": False,
            "required": ["sex"],
            "properties": {
                "age_y": {"type": "number"},
                "age_months": {"type": "number"},
                "age_days": {"type": "number"},
                "sex": {"enum": list(SEXES)},
                "weight_kg": {"type": "number"},
                "height_cm": {"type": "number"},
                "pregnant": {"type": "boolean"},
                "lactating": {"type": "boolean"},
                "egfr": {"type": "number", "description": "mL/min/1.73 m²"},
                "creatinine_umol_l": {"type": "number"},
                "child_pugh": {"enum": ["A", "B", "C"]},
            },
        },
        "allergies": {"type": "array", "items": {"type": "string"},
                      "description": "Empty: none; absent: not known."},
        "diagnoses": {
            "type": "array",
            "items": {"type": "object",
                      "properties": {"text": {"type": "string"}, "code": {"type": "string"}}},
        },
        "current_medications": {"type": "array", "items": _ORDER},
        "orders": {"type": "array", "minItems": 1, "maxItems": 200, "items": _ORDER},
        "setting": {"enum": list(SETTINGS)},
        "prescriber": {
            "type": "object",
            "properties": {"antibacterial_level": {"enum": [1, 2, 3]}},
        },
        "at": {"type": "string", "description": "RFC 3339 with zone."},
        "language": {"enum": ["zh", "en"]},
        "detail": {"type": "boolean"},
    },
}  # fmt: skip
"""What agents are shown as the input of the tool; records are for the batch form and the API."""
