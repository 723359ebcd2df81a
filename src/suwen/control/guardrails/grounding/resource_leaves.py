"""The leaves of one FHIR resource, sorted in one pass by what evidence needs of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from suwen.control.guardrails.grounding.facts import FactDay

_DATE_ROLES = {
    "birthDate": "birth",
    "deceasedDateTime": "death",
    "onsetDateTime": "onset",
    "abatementDateTime": "abatement",
}
_NOT_WORDS = frozenset(
    {"system", "reference", "url", "fullUrl", "profile", "lastUpdated", "use", "div", "data", "id"}
    | {"resourceType", "status", "intent", "unit", "code"}
)
_CODED = frozenset({"code", "status", "criticality", "severity", "gender", "intent"})
_QUANTITY_PARTS = frozenset({"unit", "code", "comparator"})
_DAY, _MONTH = 10, 7


@dataclass(slots=True)
class Leaves:
    """What one resource holds.

    Attributes:
        texts: readable wordings with their FHIRPath, the shown text before codes' displays.
        numbers: numbers that are no quantity's value, with their FHIRPath.
        quantities: value, unit, code and comparator of each Quantity, by its FHIRPath.
        days: calendar days with their FHIRPath and role.
        codes: values of code-like elements.
        everything: all values as text.
    """

    texts: list[tuple[str, str]] = field(default_factory=list)
    numbers: list[tuple[str, Decimal]] = field(default_factory=list)
    quantities: dict[str, dict[str, Any]] = field(default_factory=dict)
    days: list[FactDay] = field(default_factory=list)
    times: set[tuple[int, int]] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    everything: list[str] = field(default_factory=list)


def read_leaves(resource: Any, category: str) -> Leaves:
    """Sorts all leaves of a resource; nothing is left out of ``everything``."""
    leaves = Leaves()
    _walk(resource, str(resource.get("resourceType", "")), category, leaves)
    leaves.texts.sort(key=_shown_first)
    return leaves


def _shown_first(found: tuple[str, str]) -> int:
    if found[0].endswith(".text"):
        return 0
    return 1 if found[0].endswith("display") else 2


def _walk(node: Any, path: str, category: str, leaves: Leaves) -> None:
    for name, child in node.items():
        where = f"{path}.{name}"
        if type(child) is str:
            _take_text(where, name, child, category, leaves)
        elif isinstance(child, dict):
            _walk(child, where, category, leaves)
        elif isinstance(child, list | tuple):
            for index, element in enumerate(child):
                spot = f"{where}[{index}]"
                if isinstance(element, dict):
                    _walk(element, spot, category, leaves)
                elif isinstance(element, str):
                    _take_text(spot, name, element, category, leaves)
                else:
                    _take_number(spot, name, element, node, leaves)
        else:
            _take_number(where, name, child, node, leaves)


def _take_number(path: str, name: str, value: Any, node: Any, leaves: Leaves) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return
    leaves.everything.append(str(value))
    number = Decimal(str(value))
    if name == "value":
        parts = {part: node[part] for part in _QUANTITY_PARTS if part in node}
        leaves.quantities[path] = {"value": number, "written": str(value), **parts}
    else:
        leaves.numbers.append((path, number))


def _take_text(path: str, name: str, value: str, category: str, leaves: Leaves) -> None:
    leaves.everything.append(value)
    if name in _CODED:
        leaves.codes.add(value)
    if value[:4].isdigit() and _take_day(path, name, value, category, leaves):
        return
    if name not in _NOT_WORDS and (name == "valueString" or any(map(str.isalpha, value))):
        leaves.texts.append((path, value))


def _take_day(path: str, name: str, value: str, category: str, leaves: Leaves) -> bool:
    """Takes a FHIR date or instant; answers whether the value is one."""
    if len(value) == 4:
        if "ate" in name:
            day = FactDay(date(int(value), 1, 1), "year", _role(path, name, category), path, value)
            leaves.days.append(day)
        return True
    if len(value) < _MONTH or value[4] != "-" or not value[5:7].isdigit():
        return False
    numbers = [int(p) for p in value[:_DAY].split("-") if p.isdigit()]
    try:
        day_of = date(numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 1)
    except (ValueError, IndexError):
        return False
    if name not in ("lastUpdated", "id"):
        precision = "day" if len(numbers) > 2 else "month"
        leaves.days.append(FactDay(day_of, precision, _role(path, name, category), path, value))
        if len(value) >= 16 and value[_DAY] == "T":
            leaves.times.add((int(value[11:13]), int(value[14:16])))
    return True


def _role(path: str, name: str, category: str) -> str:
    if category == "encounter" and path.endswith("Encounter.period.start"):
        return "admission"
    if category == "encounter" and path.endswith("Encounter.period.end"):
        return "discharge"
    return _DATE_ROLES.get(name, "other")
