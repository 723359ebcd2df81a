"""Units of measurement: how they are written, what they are in UCUM, how they convert."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from suwen.language.width import fold


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the table.

    Attributes:
        code: UCUM code.
        dimension: what it measures; units of one dimension convert into one another.
        factor: how many base units of the dimension one of this unit is.
        offset: what is taken off before the factor (only degrees Fahrenheit have one).
        written: how it is written besides the code, folded.
    """

    code: str
    dimension: str
    factor: Decimal
    offset: Decimal
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitMention:
    """A unit where it stands in a text."""

    start: int
    end: int
    unit: Unit


# UCUM codes that are ordinary words or digits in a text.
_NOT_IN_TEXT = frozenset({"1", "a"})


@cache
def units() -> dict[str, Unit]:
    """All units by UCUM code.

    Source: UCUM 2.1; written forms as met in Chinese and English records.
    """
    raw = json.loads(files("suwen.language").joinpath("data/units.json").read_text("utf-8"))
    return {
        row["code"]: Unit(
            code=row["code"],
            dimension=row["dimension"],
            factor=Decimal(row["factor"]),
            offset=Decimal(row.get("offset", "0")),
            written=tuple(fold(w) for w in row["written"]),
        )
        for row in raw["units"]
    }


@cache
def _by_written_form() -> dict[str, Unit]:
    forms: dict[str, Unit] = {}
    for unit in units().values():
        for form in (fold(unit.code), *unit.written):
            if form not in _NOT_IN_TEXT:
                forms.setdefault(form, unit)
    return forms


@cache
def _pattern() -> re.Pattern[str]:
    forms = sorted(_by_written_form(), key=len, reverse=True)
    parts = []
    for form in forms:
        tail = r"(?![a-z])" if form[-1].isascii() and form[-1].isalpha() else ""
        parts.append(re.escape(form).replace(r"\ ", r"\s+") + tail)
    return re.compile(r"[ \-]{0,2}(?:\(\s?)?(" + "|".join(parts) + ")")


def unit_after(folded: str, position: int) -> UnitMention | None:
    """The unit that stands right behind a number, ``None`` when there is none.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
        position: end of the number.
    """
    match = _pattern().match(folded, position)
    if match is None:
        return None
    written = re.sub(r"\s+", " ", match.group(1))
    return UnitMention(match.start(1), match.end(1), _by_written_form()[written])


def unit_named(written: str | None) -> Unit | None:
    """The unit behind a recorded unit string, ``None`` when the table does not know it."""
    if not written:
        return None
    found = units().get(written)
    return found or _by_written_form().get(fold(written).strip())


def in_base(value: Decimal, unit: Unit) -> Decimal:
    """The value in the base unit of the unit's dimension."""
    return (value - unit.offset) * unit.factor


def from_base(value: Decimal, unit: Unit) -> Decimal:
    """A base value expressed in a unit of its dimension."""
    return value / unit.factor + unit.offset


def convert(value: Decimal, source: Unit, target: Unit) -> Decimal | None:
    """The value in another unit, ``None`` when the two measure different things."""
    if source.code == target.code:
        return value
    if source.dimension != target.dimension:
        return None
    return from_base(in_base(value, source), target)
