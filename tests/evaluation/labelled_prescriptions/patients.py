"""Patients in short hand; what is not said is filled in as that of a healthy person."""

from __future__ import annotations

import re
from typing import Any

AGE = re.compile(r"^([MFU])(\d+(?:\.\d+)?)(mo|d)?$")
ADULT = {"M": (68.0, 171.0, 75), "F": (57.0, 160.0, 60), "U": (62.0, 165.0, 68)}
CHILD_WEIGHTS = ((0.1, 3.5), (0.5, 6.0), (1, 9.0), (2, 12.0), (4, 16.0), (6, 20.0), (9, 28.0),
                 (12, 40.0), (15, 50.0), (18, 56.0))  # fmt: skip
SEXES = {"M": "male", "F": "female", "U": "unknown"}


def ckd_epi(creatinine_umol_l: float, age_y: float, sex: str) -> int:
    """Estimated filtration by CKD-EPI 2021 in mL/min/1.73 m², for adults."""
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    ratio = creatinine_umol_l / 88.4 / kappa
    value = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.2 * 0.9938**age_y * factor
    return round(value)


def creatinine_for_clearance(clearance: float, age_y: float, weight_kg: float, sex: str) -> int:
    """Creatinine in µmol/L at which Cockcroft-Gault gives this clearance in mL/min."""
    factor = 1.04 if sex == "female" else 1.23
    return round((140 - age_y) * weight_kg * factor / clearance)


def patient_of(text: str) -> dict[str, Any]:
    """The patient of the contract.

    ``M56``, ``F8mo`` or ``M10d`` first; then ``70kg``, ``165cm``, ``egfr=``, ``cr=`` (µmol/L),
    ``crcl=`` (a creatinine that gives this clearance), ``cp=A|B|C``, ``preg``, ``lact``, and
    ``-field`` for what is to be absent.
    """
    first, *rest = text.split()
    match = AGE.fullmatch(first)
    if match is None:
        raise ValueError(f"{text!r} does not begin with sex and age")
    sex, value, unit = SEXES[match[1]], float(match[2]), match[3]
    years = value / {"mo": 12, "d": 365}.get(unit or "", 1)
    age_field = {"mo": "age_months", "d": "age_days"}.get(unit or "", "age_y")
    patient: dict[str, Any] = {age_field: int(value) if value == int(value) else value, "sex": sex}
    if years >= 18:
        patient["weight_kg"], patient["height_cm"], creatinine = ADULT[match[1]]
        patient["creatinine_umol_l"] = creatinine
    else:
        patient["weight_kg"] = next(weight for limit, weight in CHILD_WEIGHTS if years <= limit)
        patient["egfr"] = 110
    if sex != "male" and years >= 12:
        patient |= {"pregnant": False, "lactating": False}
    absent = _read(rest, patient, years, sex)
    if years >= 18 and "egfr" not in patient and "creatinine_umol_l" in patient:
        patient["egfr"] = ckd_epi(patient["creatinine_umol_l"], years, sex)
    for field in absent:
        del patient[field]
    return patient


def _read(tokens: list[str], patient: dict[str, Any], years: float, sex: str) -> list[str]:
    """Puts what is said into the patient; answers the fields that are to be absent."""
    absent = []
    for token in tokens:
        name, _, value = token.partition("=")
        if token.startswith("-"):
            absent.append(token[1:])
        elif token.endswith("kg"):
            patient["weight_kg"] = float(token[:-2])
        elif token.endswith("cm"):
            patient["height_cm"] = float(token[:-2])
        elif name == "egfr":
            patient["egfr"] = float(value)
            patient.pop("creatinine_umol_l", None)
        elif name == "cr":
            patient["creatinine_umol_l"] = float(value)
        elif name == "crcl":
            patient["creatinine_umol_l"] = creatinine_for_clearance(
                float(value), years, patient["weight_kg"], sex
            )
        elif name == "cp":
            patient["child_pugh"] = value
        elif token == "preg":
            patient["pregnant"] = True
        elif token == "lact":
            patient["lactating"] = True
        else:
            raise ValueError(f"{token!r} says nothing about a patient")
    return absent
