"""Weight, height and renal function out of a record: the latest of each, with its date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from suwen.appkit import Bilingual
from suwen.apps.prescription_review.wording import value_not_taken, value_taken
from suwen.clinical.analytes import analyte_of_loinc
from suwen.core.record import Coded, ObservationItem, Quantity

_FIELDS: Final = {
    "WEIGHT": "weight_kg",
    "HEIGHT": "height_cm",
    "CREA": "creatinine_umol_l",
    "EGFR": "egfr",
}
# LOINC 82810-3 "Pregnancy status" with its answers in SNOMED CT and LOINC, from memory.
_PREGNANCY_STATUS: Final = "82810-3"
_PREGNANT: Final = frozenset({"77386006", "LA15173-0"})
# A status that was recorded longer ago than a pregnancy lasts says nothing of today.
_PREGNANCY_LASTS: Final = timedelta(days=294)
_VOID: Final = frozenset({"entered-in-error", "cancelled", "registered"})
# Creatinine: 113.12 g/mol, so 1 mg/dL is 88.4 umol/L.
_FACTORS: Final = {
    "weight_kg": {"kg": 1.0, "g": 0.001, "千克": 1.0, "公斤": 1.0},
    "height_cm": {"cm": 1.0, "m": 100.0, "厘米": 1.0},
    "creatinine_umol_l": {"umol/l": 1.0, "µmol/l": 1.0, "μmol/l": 1.0, "mg/dl": 88.4},
    "egfr": {"ml/min/{1.73_m2}": 1.0, "ml/min/1.73m2": 1.0, "ml/min/1.73 m2": 1.0,
             "ml/min/1.73m²": 1.0, "ml/min/1.73 m²": 1.0, "ml/min/{1.73m2}": 1.0},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was measured of the patient.

    Attributes:
        known: fields of the contract's patient with their values in its units.
        limits: which value is from when, and which could not be read.
    """

    known: dict[str, float | bool] = field(default_factory=dict)
    limits: tuple[Bilingual, ...] = ()


def measurements_of(items: Sequence[ObservationItem], at: datetime) -> Measurements:
    """The latest value of each kind that was measured by then."""
    latest: dict[str, ObservationItem] = {}
    times: dict[str, datetime] = {}
    for item in items:
        name = _kind(item)
        if name is None or item.when is None or item.status in _VOID or item.when.start > at:
            continue
        if name not in times or item.when.start > times[name]:
            latest[name], times[name] = item, item.when.start
    known: dict[str, float | bool] = {}
    limits = []
    for name, item in sorted(latest.items()):
        if name == "pregnant":
            if _says_pregnant(item) and at - times[name] <= _PREGNANCY_LASTS:
                known[name] = True
            continue
        value = _value(name, item)
        if value is None:
            limits.append(value_not_taken(name))
        else:
            known[name] = value
            limits.append(value_taken(name, value, times[name].date()))
    return Measurements(known, tuple(limits))


def _kind(item: ObservationItem) -> str | None:
    code = item.code.code if item.code is not None else None
    if code == _PREGNANCY_STATUS:
        return "pregnant"
    analyte = analyte_of_loinc(code)
    return _FIELDS.get(analyte.code) if analyte is not None else None


def _says_pregnant(item: ObservationItem) -> bool:
    return isinstance(item.value, Coded) and item.value.code in _PREGNANT


def _value(name: str, item: ObservationItem) -> float | None:
    value = item.value
    if not isinstance(value, Quantity) or value.comparator:
        return None
    for unit in (value.code, value.unit):
        factor = _FACTORS[name].get((unit or "").strip().lower())
        if factor is not None:
            return round(float(value.value) * factor, 3)
    return None
