"""The form of a clinical case: its own words for every document of a stay."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Surgery:
    """An operation in words; ``pathology`` is what was found in what was taken out."""

    name: str
    diagnosis: str
    anaesthesia: str
    risks: str
    steps: str
    findings: str
    postoperative: str
    pathology: str | None = None


@dataclass(frozen=True)
class Case:
    """One disease's stay, told without names, dates, sex or age.

    Attributes:
        symptom: the sentence of ``illness`` that states the leading symptom, as it stands there.
        denial: the sentence that denies it.
        right_side: phrase with the true side, or ``None`` where the disease has none.
        wrong_side: the same phrase with the other side.
        notes: daily notes from the second day on, each another day's.
    """

    key: str
    language: str
    department: str
    complaint: str
    illness: str
    symptom: str
    denial: str
    examination: str
    local: str
    imaging: str
    diagnosis: str
    features: str
    basis: str
    differential: str
    plan: str
    attending: str
    chief: str
    notes: tuple[str, ...]
    course: str
    outcome: str
    orders: str
    right_side: str | None = None
    wrong_side: str | None = None
    surgery: Surgery | None = None
