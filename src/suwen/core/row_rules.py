"""Reading the ``elements`` of a mapping: which column fills which element, checked against R4."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from suwen.core.errors import ConfigurationError
from suwen.core.resource_elements import (
    BINDINGS,
    BOUND_SYSTEMS,
    RESOURCE_TYPES,
    ElementType,
    elements_of,
    nearest,
)
from suwen.core.row_mapping import (
    CodeMap,
    ColumnType,
    ElementRule,
    Fixed,
    FromColumns,
    IntervalText,
    ReferenceTo,
    Result,
    Rule,
    Step,
)
from suwen.core.row_mapping_form import Section
from suwen.core.row_times import TimeFormatError, TimeRule, compile_format
from suwen.core.row_values import TIMES

_STEP = re.compile(r"([A-Za-z]+(?:\[x\])?)(?:\[(\d{1,2})\])?")
_INTERVAL = "Observation.referenceRange"
_FIXED_ANYWHERE = frozenset({"system", "use", "unit", "contentType", "language", "periodUnit"})
_FIXED_BELOW = frozenset(
    {"status", "intent", "category", "class", "physicalType", "docStatus", "clinicalStatus"}
    | {"verificationStatus", "format", "type", "priority"}
)
_CODE_FIXED_IN = frozenset({"Observation", "DiagnosticReport"})
_FORMS: Mapping[str, frozenset[str]] = {
    "column": frozenset(
        {"column", "format", "zone", "ambiguous", "codes", "required", "absent", "unit", "units"}
    ),
    "columns": frozenset(
        {"columns", "separator", "format", "zone", "ambiguous", "required", "absent"}
    ),
    "fixed": frozenset({"fixed"}),
    "system": frozenset({"system"}),
    "reference": frozenset({"reference", "key", "key_part", "required"}),
}


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What the rules of one source may use.

    Attributes:
        columns: that the source declares.
        types: of the columns, where the source has types.
    """

    resource: str
    columns: Mapping[str, ColumnType | None]
    zone: ZoneInfo | None
    systems: Mapping[str, str]
    codes: Mapping[str, CodeMap]


def read_elements(section: Section, context: RuleContext) -> tuple[ElementRule, ...]:
    """All rules of a source's ``elements``.

    Raises:
        ConfigurationError: ``mapping_wrong`` with the line and the key.
    """
    rules: dict[tuple[Step, ...], ElementRule] = {}
    for written, value in section.values.items():
        path, type_, parent = _resolve(section, written, context.resource)
        rule = _rule(section, written, value, _Target(path, type_, parent), context)
        if isinstance(rule, ReferenceTo):
            path = (*path, ("reference", None))
        for other in rules:
            shorter = min(len(other), len(path))
            if other[:shorter] == path[:shorter]:
                raise section.wrong(
                    written,
                    f"与 {rules[other].name} 重叠：一个元素只能有一条规则。",
                    f"It overlaps {rules[other].name}: an element has one rule only.",
                )
        rules[path] = ElementRule(path, type_, rule, section.line(written))
    _check_numbers(section, tuple(rules))
    return tuple(rules.values())


@dataclass(frozen=True, slots=True)
class _Target:
    path: tuple[Step, ...]
    type: ElementType
    parent: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.path)


def _resolve(
    section: Section, written: str, resource: str
) -> tuple[tuple[Step, ...], ElementType, str]:
    """The path, the type at its end, and the type that holds it."""
    path: list[Step] = []
    parent, type_ = resource, ElementType(resource, False, False, None)
    for piece in written.split("."):
        found = _STEP.fullmatch(piece)
        known = elements_of(type_.name)
        name, at = (found[1], found[2]) if found else (piece, None)
        if name not in known:
            near = nearest(name, known)
            listed = ", ".join(known) or "-"
            raise section.wrong(
                written,
                f"{type_.name} 没有可映射的元素 {name}{f'，是否指 {near}' if near else ''}。"
                f"可映射：{listed}。",
                f"{type_.name} has no element {name} that can be mapped"
                f"{f'; did you mean {near}' if near else ''}. Known: {listed}.",
            )
        parent, type_ = type_.name, known[name]
        if type_.many and at is None:
            raise section.wrong(
                written,
                f"{name} 可重复，须写明序号，如 {name}[0]。",
                f"{name} repeats: write which one, {name}[0] for example.",
            )
        if not type_.many and at is not None:
            raise section.wrong(
                written, f"{name} 不重复，不写序号。", f"{name} does not repeat: write no number."
            )
        path.append((name, None if at is None else int(at)))
    return tuple(path), type_, parent


def _check_numbers(section: Section, paths: tuple[tuple[Step, ...], ...]) -> None:
    """Repeated elements are numbered from 0 without a gap."""
    used: dict[tuple[Step | str, ...], set[int]] = {}
    for path in paths:
        for depth, (name, at) in enumerate(path):
            if at is not None:
                used.setdefault((*path[:depth], name), set()).add(at)
    for place, numbers in used.items():
        if numbers != set(range(len(numbers))):
            raise section.wrong(
                None,
                f"{place[-1]} 的序号须从 0 起连续。",
                f"{place[-1]} must be numbered from 0 without a gap.",
            )


def _rule(
    section: Section, written: str, value: Any, target: _Target, context: RuleContext
) -> Rule:
    if isinstance(value, str):
        value = {"column": value}
    if not isinstance(value, Mapping):
        raise section.wrong(
            written,
            "须为列名，或 { column = … } 等规则。",
            "It must be a column's name or a rule such as { column = … }.",
        )
    form = [name for name in _FORMS if name in value]
    if len(form) != 1:
        raise section.wrong(
            written,
            "须且只能有 column、columns、fixed、system、reference 之一。",
            "It must have exactly one of column, columns, fixed, system, reference.",
        )
    body = section.inline(written, value)
    body.only(_FORMS[form[0]])
    reader = _RuleReader(section, written, target, context)
    if form[0] in ("fixed", "system"):
        return reader.fixed(body, form[0])
    if form[0] == "reference":
        return reader.reference(body)
    return reader.columns(body)


class _RuleReader:
    """Reads one rule for one target."""

    def __init__(
        self, section: Section, written: str, target: _Target, context: RuleContext
    ) -> None:
        self._section = section
        self._written = written
        self._target = target
        self._context = context

    def _wrong(self, zh: str, en: str) -> ConfigurationError:
        return self._section.wrong(self._written, zh, en)

    def _column(self, name: str) -> str:
        if name not in self._context.columns:
            near = nearest(name, self._context.columns)
            raise self._wrong(
                f"columns 中没有列 {name}{f'，是否指 {near}' if near else ''}。",
                f"columns declares no column {name}{f'; did you mean {near}' if near else ''}.",
            )
        return name

    def fixed(self, body: Section, form: str) -> Fixed:
        """A value that the hospital states of every row."""
        type_, names = self._target.type, self._target.names
        if not type_.is_primitive or not self._fixable():
            raise self._wrong(
                "不能设为固定值：身份与临床事实只能来自数据列。",
                "It cannot be fixed: identity and clinical facts come from columns only.",
            )
        if form == "system":
            return Fixed(self._system(body.needed_text("system")))
        value = body.values["fixed"]
        wanted = {"boolean": bool, "integer": int, "positiveInt": int}.get(type_.name, str)
        right = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
        if not right or not isinstance(value, str | bool | int):
            raise self._wrong(f"须为 {type_.name}。", f"It must be a {type_.name}.")
        if isinstance(value, str) and not value.strip():
            raise self._wrong("须为非空文本。", "It must be a text that is not empty.")
        allowed = self._allowed()
        if allowed is not None and value not in allowed:
            raise self._not_allowed(str(value), allowed)
        bound = self._bound_system() if names[-1] == "system" else None
        if bound is not None and value != bound:
            raise self._wrong(f"此处须为 {bound}。", f"It must be {bound} here.")
        return Fixed(value)

    def _system(self, name: str) -> str:
        if self._target.names[-1] != "system":
            raise self._wrong("system 只用于 system 元素。", "system is for elements system only.")
        if name not in self._context.systems:
            raise self._wrong(f"[systems] 中没有 {name}。", f"[systems] has no {name}.")
        return self._context.systems[name]

    def _fixable(self) -> bool:
        names = self._target.names
        if names[-1] in _FIXED_ANYWHERE or _FIXED_BELOW & set(names):
            return True
        if names[-1] == "code" and self._target.parent == "Quantity":
            return True
        return self._context.resource in _CODE_FIXED_IN and (
            names[0] == "code" or names[:2] == ("component", "code")
        )

    def reference(self, body: Section) -> ReferenceTo:
        """A reference by the key of another source."""
        if self._target.type.name != "Reference":
            raise self._wrong("此元素不是引用。", "This element is no reference.")
        resource = body.choice("reference", RESOURCE_TYPES) or ""
        if self._target.names[-1] in ("subject", "patient") and resource != "Patient":
            raise self._wrong("须引用 Patient。", "It must refer to a Patient.")
        key = tuple(self._column(name) for name in body.texts("key"))
        if not key:
            raise self._wrong("缺少 key。", "key is missing.")
        return ReferenceTo(resource, key, body.text("key_part"), body.yes("required"))

    def columns(self, body: Section) -> Rule:
        """A value out of columns."""
        names = body.texts("columns") or (body.needed_text("column"),)
        columns = tuple(self._column(name) for name in names)
        type_ = self._target.type
        if type_.name == "result":
            return Result(
                columns[0], self._unit(body), self._code_map(body, "units"), body.yes("required")
            )
        if type_.name == _INTERVAL:
            return IntervalText(columns[0], self._unit(body))
        if "unit" in body.values or "units" in body.values:
            raise self._wrong("unit 与 units 不适用于此元素。", "unit and units mean nothing here.")
        codes = self._code_map(body, "codes")
        self._check_form(codes)
        separator = body.values.get("separator", " ")
        if not isinstance(separator, str):
            raise self._wrong("separator 须为文本。", "separator must be a text.")
        return FromColumns(
            columns=columns,
            separator=separator,
            times=self._times(body),
            codes=codes,
            required=body.yes("required"),
            absent=frozenset(body.texts("absent")),
        )

    def _unit(self, body: Section) -> str | None:
        name = body.text("unit")
        return None if name is None else self._column(name)

    def _code_map(self, body: Section, key: str) -> CodeMap | None:
        name = body.text(key)
        if name is None:
            return None
        if name not in self._context.codes:
            raise self._wrong(f"没有对照表 [codes.{name}]。", f"There is no [codes.{name}].")
        return self._context.codes[name]

    def _check_form(self, codes: CodeMap | None) -> None:
        """Whether a column can fill this element, by itself or through the codes table."""
        type_ = self._target.type
        if type_.is_primitive:
            allowed = self._allowed()
            if codes is not None and type_.name == "boolean":
                allowed = frozenset({"true", "false"})
            if codes is not None and allowed is not None:
                self._check_codes(codes, allowed)
            return
        if type_.name not in ("Coding", "CodeableConcept"):
            below = next(iter(elements_of(type_.name)))
            raise self._wrong(
                f"{type_.name} 有下级元素，请映射到下级（如 .{below}）。",
                f"{type_.name} has elements below it: map those, .{below} for example.",
            )
        bound = BINDINGS.get(type_.binding or "")
        if codes is None or (bound is None and codes.system is None):
            raise self._wrong(
                "须用有 system 的 codes 对照表，或映射到 coding 与 text。",
                "It needs a codes table with a system; or map its coding and text.",
            )
        if bound is not None:
            self._check_codes(codes, bound)

    def _check_codes(self, codes: CodeMap, allowed: frozenset[str]) -> None:
        for value in codes.values.values():
            if value.code not in allowed:
                raise self._not_allowed(value.code, allowed)

    def _allowed(self) -> frozenset[str] | None:
        """The codes that a required binding allows here; ``None`` where there is none."""
        if self._target.type.binding is not None:
            return BINDINGS[self._target.type.binding]
        return BINDINGS.get(self._concept_binding() or "") if self._is_code() else None

    def _is_code(self) -> bool:
        return self._target.names[-1] == "code" and self._target.parent == "Coding"

    def _concept_binding(self) -> str | None:
        """Binding of the concept that a ``….coding[n].code`` or ``.system`` belongs to."""
        known = elements_of(self._context.resource)
        first = known.get(self._target.names[0])
        return first.binding if first is not None and len(self._target.names) == 3 else None

    def _bound_system(self) -> str | None:
        return BOUND_SYSTEMS.get(self._concept_binding() or "")

    def _not_allowed(self, value: str, allowed: frozenset[str]) -> ConfigurationError:
        listed = sorted(allowed)
        return self._wrong(
            f"{value} 不是允许的代码：{'、'.join(listed)}。",
            f"{value} is not one of the codes allowed: {', '.join(listed)}.",
        )

    def _times(self, body: Section) -> TimeRule:
        written = [key for key in ("format", "zone", "ambiguous") if key in body.values]
        if written and self._target.type.name not in TIMES:
            raise self._wrong(
                f"{written[0]} 只用于日期与时间。", f"{written[0]} is for dates and times only."
            )
        return read_times(body, self._context.zone)


def read_times(section: Section, zone: ZoneInfo | None) -> TimeRule:
    """How the times of a column are to be understood.

    Args:
        zone: of the whole mapping, which the section may declare otherwise.
    """
    if "zone" in section.values:
        zone = zone_named(section, "zone")
    choice = section.choice("ambiguous", ("earlier", "later"))
    later = None if choice is None else choice == "later"
    pattern = section.text("format")
    if pattern is None:
        return TimeRule(zone=zone, later=later)
    try:
        return TimeRule(compile_format(pattern), zone, later)
    except TimeFormatError as error:
        raise section.wrong("format", f"格式无效：{error}。", f"{error}.") from None


def zone_named(section: Section, key: str) -> ZoneInfo | None:
    """The time zone of a key, ``None`` where the key is not there."""
    name = section.text(key)
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise section.wrong(
            key,
            "不是 IANA 时区名，如 Asia/Shanghai。",
            "It is no IANA time zone such as Asia/Shanghai.",
        ) from None
