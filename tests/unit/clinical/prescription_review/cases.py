"""Short prescriptions for tests."""

from __future__ import annotations

from typing import Any

from suwen.clinical.prescription_review import Review, RuleBook, read_prescription, review

ADULT = {
    "age_y": 46, "sex": "male", "weight_kg": 68.0, "height_cm": 171.0, "creatinine_umol_l": 75,
    "egfr": 105,
}  # fmt: skip
WOMAN = {**ADULT, "age_y": 29, "sex": "female", "pregnant": False, "lactating": False}


def order(drug: str, dose: str = "", often: str | None = None, **more: Any) -> dict[str, Any]:
    """``order("氨氯地平", "5 mg", "qd")``; by mouth for three days where nothing else is said."""
    found: dict[str, Any] = {"drug": drug, "route": "po", "days": 3}
    if dose:
        number, unit = dose.split(" ")
        found |= {"dose": float(number), "unit": unit}
    if often is not None:
        found["frequency"] = often
    return found | more


def request(*orders: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A request with an adult, a diagnosis and rights to every antibacterial."""
    return {
        "patient": ADULT,
        "allergies": [],
        "diagnoses": [{"text": "社区获得性肺炎"}, {"text": "高血压"}],
        "orders": list(orders),
        "setting": "outpatient",
        "prescriber": {"antibacterial_level": 3},
    } | more


def reviewed(*orders: dict[str, Any], book: RuleBook | None = None, **more: Any) -> Review:
    """What the review says of such a request."""
    return review(read_prescription(request(*orders, **more)), book)


def rules(result: Review) -> set[str]:
    """The rules that found something."""
    return {finding.rule for finding in result.findings}
