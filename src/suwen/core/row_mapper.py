"""Turns rows into FHIR resources as a mapping says; compiled once, then run for every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from suwen.core.record import Resource
from suwen.core.resource_elements import ESSENTIAL, elements_of, needed_of
from suwen.core.row_leaves import Findings, Node, Unmapped, leaf_of, told_columns
from suwen.core.row_mapping import ElementRule, Fixed, IntervalText, RowMapping, RowSource, Step
from suwen.core.row_problems import CellRefusedError, RowProblem, problem
from suwen.core.row_times import date_time_text
from suwen.core.row_values import ERROR_CELL, Row, number_text, plain
from suwen.core.source_identity import derived_id

_SPREAD = ""
"""Name of a child whose value is several elements of its parent."""


@dataclass(frozen=True, slots=True)
class MappedRow:
    """What one row gave.

    Attributes:
        resource: ``None`` where the row is refused, or passed over.
        problems: why it is refused; empty where it is not.
        state_at: when the source made this state, aware; ``None`` when rows do not say.
    """

    resource: Resource | None = field(repr=False)
    problems: tuple[RowProblem, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    state_at: datetime | None = None

    @property
    def passed_over(self) -> bool:
        """Whether the mapping says that this row is not meant."""
        return self.resource is None and not self.problems


class RowMapper:
    """Maps the rows of one source.

    Args:
        connection: name of the connection, which the resources name as their source.
    """

    def __init__(self, mapping: RowMapping, source: RowSource, connection: str) -> None:
        self.source = source
        self._absent = mapping.absent
        self._namespace = mapping.namespace or connection
        self._meta = {"source": f"urn:suwen:{connection}"}
        self._needed = needed_of(source.resource)
        self._columns = tuple(source.columns)
        self._filling = {
            name: " + ".join(
                dict.fromkeys(told_columns(r) for r in source.elements if r.path[0][0] == name)
            )
            for name in self._needed
        }
        self._body = _object(source.resource, _tree(source.elements), self._namespace)[0]

    def map(self, row: Row) -> MappedRow:
        """The resource of one row, or why there is none.

        Args:
            row: cells by column; columns that the source does not declare are not looked at.
        """
        cells = {name: plain(row.get(name), self._absent) for name in self._columns}
        broken = [name for name, cell in cells.items() if cell is ERROR_CELL]
        if broken:
            return MappedRow(None, tuple(problem("cell_error", name) for name in broken))
        if not self._is_meant(cells):
            return MappedRow(None)
        findings = Findings()
        identity = self._identity(cells, findings)
        state_at = self._state_at(cells, findings)
        body = self._body(cells, findings) or {}
        if not findings.problems:
            findings.problems += self._missing(body)
        unmapped = tuple(findings.unmapped)
        if findings.problems:
            return MappedRow(None, tuple(findings.problems), unmapped)
        head = {"resourceType": self.source.resource, "id": identity, "meta": self._meta}
        return MappedRow({**head, **body}, (), unmapped, state_at)

    def _state_at(self, cells: Row, findings: Findings) -> datetime | None:
        rule = self.source.state_at
        cell = None if rule is None else cells[rule.columns[0]]
        if rule is None or cell is None:
            return None
        try:
            return datetime.fromisoformat(date_time_text(cell, rule.times, instant=True))
        except CellRefusedError as refused:
            findings.problems.append(problem(refused.code, rule.columns[0]))
            return None

    def _is_meant(self, cells: Row) -> bool:
        source = self.source
        for column in source.present:
            if cells[column] is None:
                return False
        for column, wanted in source.when.items():
            cell = cells[column]
            if cell is None or str(cell) not in wanted:
                return False
        return True

    def _missing(self, body: Mapping[str, Any]) -> list[RowProblem]:
        """Problems of what a resource must have and the row does not give."""
        return [
            problem("element_missing", self._filling[name], name)
            for name in self._needed
            if name not in body
        ]

    def _identity(self, cells: Row, findings: Findings) -> str:
        parts = _key_texts(self.source.key, cells, findings)
        if parts is None:
            return ""
        part = self.source.key_part or ""
        return derived_id(self._namespace, self.source.resource, (part, *parts))


def _key_texts(key: Sequence[str], cells: Row, findings: Findings) -> list[str] | None:
    parts = []
    for column in key:
        cell = cells[column]
        try:
            if cell is None:
                raise CellRefusedError("key_missing")
            parts.append(number_text(cell))
        except CellRefusedError as refused:
            findings.problems.append(problem(refused.code, column))
            return None
    return parts


@dataclass
class _Branch:
    """Rules below one element, while the tree is built."""

    rule: ElementRule | None = None
    children: dict[Step, _Branch] = field(default_factory=dict)


def _tree(rules: Sequence[ElementRule]) -> _Branch:
    root = _Branch()
    for rule in rules:
        branch = root
        for step in rule.path:
            branch = branch.children.setdefault(step, _Branch())
        branch.rule = rule
    return root


def _object(type_name: str, branch: _Branch, namespace: str) -> tuple[Node, bool]:
    """What builds an object, and whether any column has a part in it."""
    known = elements_of(type_name)
    names = list(dict.fromkeys(name for name, _ in branch.children))
    live: list[tuple[str, Node]] = []
    fixed: list[tuple[str, Node]] = []
    for name in names:
        several = [(at, child) for (n, at), child in branch.children.items() if n == name]
        type_ = known[name].name if name in known else "Reference.reference"
        built = [
            _element(type_, child, namespace)
            for _, child in sorted(several, key=lambda one: one[0] or 0)
        ]
        nodes, are_live = [node for node, _ in built], any(lives for _, lives in built)
        node = _list(nodes) if several[0][0] is not None else nodes[0]
        if not are_live:
            node = _always(node({}, Findings()))
        spread = type_ == "result"
        (live if are_live else fixed).append((_SPREAD if spread else name, node))
    essential = ESSENTIAL.get(type_name, ())
    return _object_node(live, fixed, essential), bool(live)


def _object_node(
    live: Sequence[tuple[str, Node]],
    fixed: Sequence[tuple[str, Node]],
    essential: Sequence[str],
) -> Node:
    def build(row: Row, findings: Findings) -> dict[str, Any] | None:
        body: dict[str, Any] = {}
        for name, node in live:
            value = node(row, findings)
            if value is None:
                continue
            if name == _SPREAD:
                body.update(value)
            else:
                body[name] = value
        if live and not body:
            # Nothing of it came from the row: what is fixed says nothing by itself.
            return None
        for name, node in fixed:
            body[name] = node(row, findings)
        if essential and not any(name in body for name in essential):
            return None
        return body

    return build


def _always(value: Any) -> Node:
    """What the mapping fixes is made once, and the same in every resource."""
    return lambda row, findings: value


def _list(nodes: Sequence[Node]) -> Node:
    def build(row: Row, findings: Findings) -> list[Any] | None:
        found = [value for value in (node(row, findings) for node in nodes) if value is not None]
        return found or None

    return build


def _element(type_name: str, branch: _Branch, namespace: str) -> tuple[Node, bool]:
    if branch.rule is None:
        return _object(type_name, branch, namespace)
    rule = branch.rule.rule
    if isinstance(rule, Fixed):
        return _always(rule.value), False
    return _guarded(branch.rule, leaf_of(branch.rule, namespace)), True


def _guarded(element: ElementRule, leaf: Node) -> Node:
    """A leaf whose refusals are noted with column and element."""
    rule = element.rule
    required = not isinstance(rule, Fixed | IntervalText) and rule.required
    columns = told_columns(element)

    def build(row: Row, findings: Findings) -> Any:
        try:
            value = leaf(row, findings)
        except CellRefusedError as refused:
            findings.problems.append(problem(refused.code, columns, element.name))
            return None
        if value is None and required:
            findings.problems.append(problem("cell_missing", columns, element.name))
        return value

    return build
