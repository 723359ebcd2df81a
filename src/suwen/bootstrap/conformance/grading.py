"""Properties of a site, their grades, and the grade of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from suwen.core.language import Bilingual


class Property(StrEnum):
    """What a hospital may rely on."""

    SIGNED_OUTPUT = "signed_output"
    AUDIT = "audit"
    PARTITION = "partition"
    MASKS = "masks"
    CEILINGS = "ceilings"
    RIGHTS = "rights"
    INJECTION = "injection"
    EGRESS = "egress"
    BACKUPS = "backups"
    CLOCKS = "clocks"


class Grade(StrEnum):
    """How well a property holds, best first.

    ``A``: it held in everything that was tried. ``B``: nothing broke it, and less could be tried
    than would prove it; what is missing is said. ``C``: nothing could be tried at all, or the
    trial itself failed. ``F``: it was broken.
    """

    A = "A"
    B = "B"
    C = "C"
    F = "F"

    def is_below(self, least: Grade) -> bool:
        """Whether this grade is worse than the least that is wanted."""
        order = list(Grade)
        return order.index(self) > order.index(least)


@dataclass(frozen=True, slots=True)
class Graded:
    """One property as it was found.

    Attributes:
        grade: ``None`` where the property does not apply to this site.
        found: what was found, and what is missing for a better grade.
        facts: counts and codes without patient text.
    """

    property: Property
    grade: Grade | None
    found: Bilingual
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conformance:
    """All properties of a site at one moment."""

    at: datetime
    graded: tuple[Graded, ...]

    @property
    def grade(self) -> Grade:
        """The worst grade of all that apply: a chain holds as its weakest link does."""
        given = [one.grade for one in self.graded if one.grade is not None]
        return max(given, key=list(Grade).index, default=Grade.C)

    def passes(self, least: Grade) -> bool:
        """Whether every property that applies has at least this grade."""
        return not self.grade.is_below(least)


def conformance_as_json(found: Conformance) -> dict[str, Any]:
    """The report for programs."""
    return {
        "at": found.at.isoformat(),
        "grade": found.grade.value,
        "properties": [
            {
                "property": one.property.value,
                "grade": one.grade.value if one.grade else "not applicable",
                "found": {"zh": one.found.zh, "en": one.found.en},
                "facts": dict(one.facts),
            }
            for one in found.graded
        ],
    }


def broken(property_: Property, what: Bilingual, **facts: Any) -> Graded:
    """The property does not hold."""
    return Graded(property_, Grade.F, what, facts)


def held(property_: Property, what: Bilingual, **facts: Any) -> Graded:
    """The property held in everything that proves it."""
    return Graded(property_, Grade.A, what, facts)


def partly(property_: Property, what: Bilingual, **facts: Any) -> Graded:
    """Nothing broke it, and less was tried than would prove it."""
    return Graded(property_, Grade.B, what, facts)
