"""What is reviewed: a prescription as it is written, and what is known of the patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of a prescription, as written; ``None`` means that it does not say.

    Attributes:
        dose: amount at one time, in ``unit``.
        frequency: Latin shorthand, words, or the ``repeat`` of a FHIR Timing.
        days: for how many days.
        reference: ``orders[0]``, ``current_medications[1]`` or ``Type/id``.
    """

    drug: str
    reference: str
    dose: float | None = None
    unit: str | None = None
    route: str | None = None
    frequency: str | Mapping[str, Any] | None = None
    days: float | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis, by its words and its ICD-10 code where there is one."""

    text: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What is known of the patient; ``None`` is "not known", never a default.

    Attributes:
        age_y: age in years, with a fraction for the young.
        age_in: the unit that the age was given in, ``years``, ``months`` or ``days``.
        egfr: mL/min/1.73 m2.
        child_pugh: ``A``, ``B`` or ``C``.
    """

    sex: str
    age_y: float | None = None
    age_in: str | None = None
    weight_kg: float | None = None
    height_cm: float | None = None
    pregnant: bool | None = None
    lactating: bool | None = None
    egfr: float | None = None
    creatinine_umol_l: float | None = None
    child_pugh: str | None = None


@dataclass(frozen=True, slots=True)
class Prescription:
    """A prescription or an order set with what it is checked against.

    Attributes:
        allergies: as recorded; empty is "none recorded", ``None`` is "not known".
        current: what the patient takes besides.
        setting: ``outpatient``, ``emergency`` or ``inpatient``.
        antibacterial_level: the prescriber's rights, 1 to 3.
    """

    patient: PatientFacts
    orders: tuple[OrderLine, ...]
    setting: str
    allergies: tuple[str, ...] | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    current: tuple[OrderLine, ...] = ()
    antibacterial_level: int | None = None
    at: datetime | None = None
