"""Small calculations that documents state, each with its formula."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from suwen.core.finding import Source

BODY_MASS_INDEX = Source("WHO Technical Report Series 894 (obesity)", "2000", "2.2")
LENGTH_OF_STAY = Source(
    "National hospital statistics survey system (China), front page of the inpatient record",
    "recalled",
    "实际住院天数: discharge day minus admission day, the same day counts as one",
)
AGE = Source("Completed years at a day, by the calendar", "convention")


@dataclass(frozen=True, slots=True)
class Derived:
    """A calculated value with the name of its formula."""

    formula: str
    value: Decimal
    unit: str
    source: Source


def body_mass_index(weight_kg: Decimal, height_cm: Decimal) -> Derived:
    """Body mass index in kg/m2, one decimal.

    Args:
        weight_kg: above 0.
        height_cm: above 0.

    Raises:
        ValueError: a value is not above 0.

    Source: WHO Technical Report Series 894, 2000: weight in kg divided by height in m squared.
    """
    if weight_kg <= 0 or height_cm <= 0:
        raise ValueError("weight and height must be above 0")
    metres = height_cm / 100
    value = (weight_kg / (metres * metres)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return Derived("body_mass_index", value, "kg/m2", BODY_MASS_INDEX)


def length_of_stay(admitted: date, discharged: date) -> Derived:
    """Days of a stay: discharge day minus admission day, at least one.

    Raises:
        ValueError: the discharge lies before the admission.

    Source: Chinese front page of the inpatient record, actual days of stay.
    """
    if discharged < admitted:
        raise ValueError("discharge before admission")
    days = max(1, (discharged - admitted).days)
    return Derived("length_of_stay", Decimal(days), "d", LENGTH_OF_STAY)


def age_in_years(birth: date, at: date) -> Derived:
    """Completed years at a day.

    Raises:
        ValueError: the day lies before the birth.

    Source: calendar convention; a birthday on 29 February is reached on 1 March in other years.
    """
    if at < birth:
        raise ValueError("day before birth")
    years = at.year - birth.year - ((at.month, at.day) < (birth.month, birth.day))
    return Derived("age_in_years", Decimal(years), "a", AGE)
