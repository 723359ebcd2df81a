"""Limits of dose, read from rows into numbers."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.usage import INJECTED

_TO_MG = {"mg": 1.0, "g": 1e3, "ug": 1e-3}


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of ``dose_limits`` as numbers; amounts in mg, or in IU where ``unit`` says so.

    Attributes:
        per_kg: whether ``single`` and ``daily`` are per kg of body weight.
        absolute_single, absolute_daily: the most at any weight.
    """

    row: RuleRow
    route: str
    form: str
    min_age: float | None
    max_age: float | None
    min_kg: float | None
    max_kg: float | None
    per_kg: bool
    unit: str
    single: float | None
    daily: float | None
    absolute_single: float | None
    absolute_daily: float | None
    weekly: float | None
    days: float | None

    @property
    def specific(self) -> bool:
        """Whether it is about an age or a weight, not about everybody."""
        bounds = (self.min_age, self.max_age, self.min_kg, self.max_kg)
        return self.per_kg or any(bound is not None for bound in bounds)

    def for_age(self, age: float | None) -> bool:
        """Whether it is about this age; an unknown age meets limits without an age only."""
        if self.min_age is None and self.max_age is None:
            return True
        if age is None:
            return False
        return (self.min_age is None or age >= self.min_age) and (
            self.max_age is None or age < self.max_age
        )


def limit_of(row: RuleRow) -> Limit:
    """A row's limit."""
    unit = row.text("unit") or "mg"
    factor = _TO_MG.get(unit, 1.0)

    def amount(column: str) -> float | None:
        number = row.number(column)
        return None if number is None else number * factor

    return Limit(
        row=row,
        route=row.text("route") or "any",
        form=row.text("form"),
        min_age=row.number("min_age_y"),
        max_age=row.number("max_age_y"),
        min_kg=row.number("min_kg"),
        max_kg=row.number("max_kg"),
        per_kg=row.text("per") == "kg",
        unit="IU" if unit == "IU" else "mg",
        single=amount("max_single"),
        daily=amount("max_daily"),
        absolute_single=amount("absolute_single"),
        absolute_daily=amount("absolute_daily"),
        weekly=amount("max_weekly"),
        days=row.number("max_days"),
    )


def route_group(route: str | None) -> str:
    """``enteral``, ``injected``, ``inhaled``, ``local`` or, where unknown, ``unknown``."""
    if route in ("po", "chewed", "sl", "tube", "rectal"):
        return "enteral"
    if route in INJECTED:
        return "injected"
    if route == "inh":
        return "inhaled"
    if route is None:
        return "unknown"
    return "systemic" if route == "transdermal" else "local"


def route_fits(wanted: str, group: str) -> bool:
    """Whether a row for a group of routes speaks of a line; an unknown route meets any row."""
    if wanted in ("", "any") or group == "unknown":
        return True
    if wanted == "systemic":
        return group not in ("local", "inhaled")
    return wanted == group
