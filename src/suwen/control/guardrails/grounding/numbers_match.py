"""Whether a stated number is the recorded one: rounding, conversion, comparators."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from suwen.clinical.analytes import analytes
from suwen.control.guardrails.grounding.facts import FactValue
from suwen.language.quantities import Number
from suwen.language.units import Unit, convert, from_base, in_base

_MASS, _SUBSTANCE = "mass concentration", "substance concentration"
_HALF = Decimal("0.5")
# Conversion factors are themselves rounded to three or four digits.
_FACTOR_SLACK = Decimal("0.004")


class Agreement(StrEnum):
    """How a stated number relates to a recorded one."""

    EQUAL = "equal"
    OTHER_UNIT = "other unit"
    DIFFERENT = "different"


def agreement(
    stated: Number, unit: Unit | None, held: FactValue, comparator: str | None = None
) -> Agreement:
    """Whether the stated number says what the evidence holds.

    A number agrees when it is equal after the rounding that its own digits imply, as recorded
    or converted into the stated unit.
    """
    result = Agreement.DIFFERENT
    for said in stated.values[:2]:
        for value in held.values:
            if _says(said, stated.places, unit, value, held, comparator):
                return Agreement.EQUAL
            if said == value and unit is not None and held.unit is not None:
                result = Agreement.OTHER_UNIT
    return result


def _says(
    said: Decimal,
    places: int,
    unit: Unit | None,
    value: Decimal,
    held: FactValue,
    comparator: str | None,
) -> bool:
    if unit is None or held.unit is None or unit.code == held.unit.code:
        return _rounds_to(value, said, places) or _compares(value, said, comparator, held)
    converted = convert(value, held.unit, unit)
    if converted is not None:
        exact = unit.factor == held.unit.factor
        slack = Decimal(0) if exact else abs(said) * _FACTOR_SLACK / 4
        return abs(converted - said) <= _tolerance(converted, places) + slack or _compares(
            converted, said, comparator, held
        )
    converted = _by_molar_mass(value, held.unit, unit, held.owner)
    if converted is None:
        return False
    return abs(converted - said) <= _tolerance(converted, places) + abs(said) * _FACTOR_SLACK


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _tolerance(value: Decimal, places: int) -> Decimal:
    """Half of the last stated digit, where the recorded value shows more digits."""
    return _HALF.scaleb(-places) if _places(value) > places else Decimal(0)


def _rounds_to(value: Decimal, said: Decimal, places: int) -> bool:
    return value == said or abs(value - said) <= _tolerance(value, places)


def _compares(value: Decimal, said: Decimal, comparator: str | None, held: FactValue) -> bool:
    """Whether "above 140" or "at least 3" holds for a recorded value."""
    if comparator is None or held.comparator is not None:
        return False
    if said and not Decimal("0.5") <= abs(value / said) <= 2:
        return False
    return {
        "<": value < said,
        "<=": value <= said,
        ">": value > said,
        ">=": value >= said,
    }[comparator]


def _by_molar_mass(value: Decimal, source: Unit, target: Unit, owner: str | None) -> Decimal | None:
    """Mass concentration to substance concentration or back, by the analyte's molar mass."""
    analyte = analytes().get(owner or "")
    molar = analyte.molar_mass_g_per_mol if analyte else None
    if molar is None:
        return None
    base = in_base(value, source)
    if (source.dimension, target.dimension) == (_MASS, _SUBSTANCE):
        return from_base(base / molar, target)
    if (source.dimension, target.dimension) == (_SUBSTANCE, _MASS):
        return from_base(base * molar, target)
    return None
