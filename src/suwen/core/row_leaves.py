"""The leaves of a mapping: one element out of the cells of a row, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from suwen.core.resource_elements import BINDINGS, BOUND_SYSTEMS
from suwen.core.row_mapping import (
    CodeMap,
    ElementRule,
    FromColumns,
    IntervalText,
    ReferenceTo,
    Result,
)
from suwen.core.row_problems import CellRefusedError, RowProblem
from suwen.core.row_values import (
    Row,
    compared_number,
    decimal_of,
    interval,
    number_text,
    plain,
    primitive_reader,
    text_of,
)
from suwen.core.source_identity import derived_id

_UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value that a codes table does not list."""

    codes: str
    column: str
    value: str = field(repr=False)


@dataclass
class Findings:
    """What was found while one row was mapped."""

    problems: list[RowProblem] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)


Node = Callable[[Row, Findings], Any]
"""Gives an element of one row, ``None`` where the row does not have it."""


def leaf_of(element: ElementRule, namespace: str) -> Node:
    """What fills one element."""
    rule = element.rule
    if isinstance(rule, ReferenceTo):
        return _reference(rule, namespace)
    if isinstance(rule, Result):
        return _result(rule)
    if isinstance(rule, IntervalText):
        return _interval(rule)
    if isinstance(rule, FromColumns):
        return _from_columns(element, rule)
    raise TypeError(type(rule).__name__)


def told_columns(element: ElementRule) -> str:
    """The columns of a rule as they are told to a person."""
    rule = element.rule
    if isinstance(rule, FromColumns):
        return " + ".join(rule.columns)
    if isinstance(rule, ReferenceTo):
        return " + ".join(rule.key)
    return rule.column if isinstance(rule, Result | IntervalText) else ""


def _reference(rule: ReferenceTo, namespace: str) -> Node:
    def build(row: Row, findings: Findings) -> str | None:
        cells = [row[column] for column in rule.key]
        if any(cell is None for cell in cells):
            return None
        parts = [number_text(cell) for cell in cells]
        identity = derived_id(namespace, rule.resource, (rule.part or "", *parts))
        return f"{rule.resource}/{identity}"

    return build


def _from_columns(element: ElementRule, rule: FromColumns) -> Node:
    read = _reader(element, rule)
    if len(rule.columns) == 1:
        (column,) = rule.columns
        absent = rule.absent

        def build(row: Row, findings: Findings) -> Any:
            cell = row[column]
            if absent:
                cell = plain(cell, absent)
            return None if cell is None else read(cell, findings)

        return build

    def build_joined(row: Row, findings: Findings) -> Any:
        cells = [plain(row[column], rule.absent) for column in rule.columns]
        if cells[0] is None:
            return None
        # A date without its time is still a date; a time without its date is nothing.
        given = cells[: cells.index(None)] if None in cells else cells
        return read(rule.separator.join(_joinable(cell) for cell in given), findings)

    return build_joined


def _joinable(cell: object) -> str:
    return cell.isoformat() if hasattr(cell, "isoformat") else text_of(cell)


def _reader(element: ElementRule, rule: FromColumns) -> Callable[[Any, Findings], Any]:
    type_ = element.type
    column = told_columns(element)
    if rule.codes is not None:
        return _coded(element, rule.codes, column)
    if type_.binding is not None:
        allowed = BINDINGS[type_.binding]

        def bound(cell: Any, findings: Findings) -> str:
            text = text_of(cell)
            if text not in allowed:
                raise CellRefusedError("code_not_allowed")
            return text

        return bound
    if [name for name, _ in element.path[-2:]] == ["identifier", "value"]:
        return lambda cell, findings: number_text(cell)
    convert = primitive_reader(type_.name, rule.times)
    return lambda cell, findings: convert(cell)


def _coded(element: ElementRule, codes: CodeMap, column: str) -> Callable[[Any, Findings], Any]:
    """Looks the cell up in a codes table."""
    type_ = element.type
    bound = BOUND_SYSTEMS.get(type_.binding or "") or codes.system

    def look_up(cell: Any, findings: Findings) -> Any:
        text = ("true" if cell else "false") if isinstance(cell, bool) else text_of(cell)
        found = codes.values.get(text)
        if found is None:
            findings.unmapped.append(Unmapped(codes.name, column, text))
            if codes.refuse:
                raise CellRefusedError("code_unmapped")
            return None
        if type_.name == "boolean":
            return found.code == "true"
        if type_.is_primitive:
            return found.code
        coding = {"system": bound, "code": found.code}
        if found.display is not None:
            coding["display"] = found.display
        return coding if type_.name == "Coding" else {"coding": [coding]}

    return look_up


def _result(rule: Result) -> Node:
    """A number as a quantity with the unit beside it, anything else as text."""

    def build(row: Row, findings: Findings) -> dict[str, Any] | None:
        cell = row[rule.column]
        if cell is None:
            return None
        quantity: dict[str, Any] = {}
        if isinstance(cell, str):
            found = compared_number(cell)
            if found is None:
                return {"valueString": text_of(cell)}
            if found[0] is not None:
                quantity["comparator"] = found[0]
            quantity["value"] = found[1]
        else:
            quantity["value"] = decimal_of(cell)
        quantity.update(_unit(rule.unit, rule.units, row, findings))
        return {"valueQuantity": quantity}

    return build


def _unit(
    column: str | None, units: CodeMap | None, row: Row, findings: Findings
) -> Mapping[str, str]:
    cell = row[column] if column is not None else None
    if cell is None:
        return {}
    text = text_of(cell)
    found = units.values.get(text) if units is not None else None
    if found is not None:
        return {"unit": text, "system": _UCUM, "code": found.code}
    if units is not None:
        findings.unmapped.append(Unmapped(units.name, column or "", text))
        if units.refuse:
            raise CellRefusedError("code_unmapped")
    return {"unit": text}


def _interval(rule: IntervalText) -> Node:
    def build(row: Row, findings: Findings) -> dict[str, Any] | None:
        cell = row[rule.column]
        if cell is None:
            return None
        text = text_of(cell)
        found = interval(text)
        if found is None:
            return {"text": text}
        unit = _unit(rule.unit, None, row, findings)
        low, high = found
        return {"low": {"value": low, **unit}, "high": {"value": high, **unit}, "text": text}

    return build
