"""Reading a mapping file: TOML in, checked mapping out, or the line and key that is wrong."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from suwen.core.audit import content_hash
from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.resource_elements import RESOURCE_TYPES, needed_of
from suwen.core.row_mapping import (
    CodeMap,
    ColumnType,
    ElementRule,
    FromColumns,
    IntervalText,
    ReferenceTo,
    Result,
    RowMapping,
    RowPlace,
    RowSource,
    ViewPlace,
)
from suwen.core.row_mapping_form import Section, mapping_wrong
from suwen.core.row_places import (
    FILE_KEYS,
    VIEW_KEYS,
    file_place,
    read_codes,
    read_systems,
    view_place,
)
from suwen.core.row_rules import RuleContext, read_elements, read_times, zone_named
from suwen.core.toml_lines import lines_of

FORM = 1
MAPPER = 1
"""Raised whenever the same mapping gives another resource for the same row."""

LARGEST_FILE = 4 * 2**20
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LINE_AND_COLUMN = re.compile(r"\(at line (\d+), column (\d+)\)")
_SHARED = frozenset(
    {"name", "resource", "key", "key_part", "columns", "ignored", "present", "when", "elements"}
)


def read_row_mapping(text: str, place: RowPlace, file: str) -> RowMapping:
    """The mapping of a TOML text.

    Args:
        place: whether its rows come from views or from files.
        file: the file's name, for messages.

    Raises:
        ConfigurationError: ``mapping_malformed`` or ``mapping_wrong``, with line and key.
    """
    values = _parsed(text, file)
    whole = Section(file, values, (), lines_of(text))
    whole.only(
        {"format", "version", "time_zone", "namespace", "absent", "systems", "codes", "rows"}
    )
    if whole.whole("format", FORM, FORM) is None:
        raise whole.wrong(None, f"缺少 format = {FORM}。", f"format = {FORM} is missing.")
    zone = zone_named(whole, "time_zone")
    systems = read_systems(whole.table("systems"))
    codes = read_codes(whole.table("codes"), systems)
    found = whole.tables("rows")
    if not found:
        raise whole.wrong(None, "至少需要一节 [[rows]]。", "It needs at least one [[rows]].")
    base = {key: value for key, value in values.items() if key not in ("rows", "version")}
    context = _Common(place, zone, systems, codes, base)
    sources = tuple(_source(section, context) for section in found)
    _check_together(found, sources, shared="namespace" in values)
    return RowMapping(
        version=whole.needed_text("version"),
        zone=zone,
        namespace=_named(whole, "namespace") if "namespace" in values else None,
        absent=frozenset(whole.texts("absent")),
        sources=sources,
    )


class _Common:
    """What all sources of a mapping share."""

    def __init__(
        self,
        place: RowPlace,
        zone: ZoneInfo | None,
        systems: Mapping[str, str],
        codes: Mapping[str, CodeMap],
        base: Mapping[str, Any],
    ) -> None:
        self.place = place
        self.zone = zone
        self.systems = systems
        self.codes = codes
        self.base = base


def _parsed(text: str, file: str) -> dict[str, Any]:
    if len(text) > LARGEST_FILE:
        raise mapping_wrong(file, 1, "·", "文件过大。", "The file is too large.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _LINE_AND_COLUMN.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (len(text.splitlines()) or 1, 1)
        raise ConfigurationError(
            "mapping_malformed",
            Bilingual(
                zh=f"映射文件 {file} 第 {line} 行第 {column} 列不是有效的 TOML。",
                en=f"Mapping file {file}, line {line}, column {column}: not valid TOML.",
            ),
            field=file,
            detail={"line": line, "column": column, "file": file},
        ) from None


def _source(section: Section, common: _Common) -> RowSource:
    views = common.place is RowPlace.VIEWS
    section.only(_SHARED | (VIEW_KEYS if views else FILE_KEYS))
    resource = section.choice("resource", RESOURCE_TYPES)
    if resource is None:
        raise section.wrong(None, "缺少 resource。", "resource is missing.")
    columns = _columns(section, typed=views)
    context = RuleContext(resource, columns, common.zone, common.systems, common.codes)
    elements = read_elements(section.table("elements"), context)
    _check_needed(section, resource, elements)
    key = section.texts("key")
    if not key:
        raise section.wrong(
            None, "缺少 key（业务主键的列）。", "key (the business key) is missing."
        )
    source = RowSource(
        name=_named(section, "name"),
        resource=resource,
        place=view_place(section, columns, common.zone) if views else file_place(section),
        key=key,
        key_part=section.text("key_part"),
        columns=columns,
        ignored=frozenset(section.texts("ignored")),
        state_at=None if views else _state_at(section, context),
        present=section.texts("present"),
        when=_when(section.table("when")),
        elements=elements,
        digest=content_hash(
            {"mapper": MAPPER, "base": repr(common.base), "rows": repr(section.values)}
        ),
    )
    _check_columns(section, source)
    return source


def _named(section: Section, key: str) -> str:
    value = section.needed_text(key)
    if not _NAME.fullmatch(value):
        raise section.wrong(
            key,
            "只能有小写字母、数字、- 与 _，最长 63。",
            "Lower-case letters, digits, - and _ only, at most 63.",
        )
    return value


def _columns(section: Section, *, typed: bool) -> dict[str, ColumnType | None]:
    value = section.values.get("columns")
    if typed:
        table = section.table("columns")
        found: dict[str, ColumnType | None] = {}
        for name in table.values:
            type_ = table.choice(name, [t.value for t in ColumnType])
            found[name] = ColumnType(str(type_))
    else:
        found = dict.fromkeys(section.texts("columns")) if isinstance(value, list) else {}
    if not found:
        raise section.wrong(
            None,
            "缺少 columns：" + ("列名与类型的一节。" if typed else "列名的列表。"),
            "columns is missing: "
            + ("a table of names and types." if typed else "a list of names."),
        )
    return found


def _state_at(section: Section, context: RuleContext) -> FromColumns | None:
    """The rule of ``state_at``: one column, with a format where its times are not ISO 8601."""
    value = section.values.get("state_at")
    if value is None:
        return None
    if not isinstance(value, str | Mapping):
        raise section.wrong("state_at", "须为列名或规则。", "It must be a column or a rule.")
    body = section.inline("state_at", {"column": value} if isinstance(value, str) else value)
    body.only({"column", "format", "zone", "ambiguous"})
    return FromColumns((body.needed_text("column"),), times=read_times(body, context.zone))


def _when(section: Section) -> dict[str, frozenset[str]]:
    return {column: frozenset(section.texts(column)) for column in section.values}


def _check_needed(section: Section, resource: str, elements: tuple[ElementRule, ...]) -> None:
    given = {rule.path[0][0] for rule in elements}
    for name in needed_of(resource):
        if name not in given:
            raise section.wrong(
                "elements",
                f"{resource} 须有 {name}，请映射它。",
                f"{resource} needs {name}: map it.",
            )


def _check_columns(section: Section, source: RowSource) -> None:
    """Every column that is named is declared, and every one that is declared is used."""
    used = {*source.key, *source.present, *source.when}
    if source.state_at is not None:
        used |= set(source.state_at.columns)
    if isinstance(source.place, ViewPlace) and source.place.watermark is not None:
        used.add(source.place.watermark)
    for name in used - source.columns.keys():
        raise section.wrong(
            None, f"columns 中没有列 {name}。", f"columns declares no column {name}."
        )
    for rule in source.elements:
        used |= columns_of(rule)
    for name in source.columns:
        if name in source.ignored:
            raise section.wrong(
                "ignored", f"{name} 同时在 columns 中。", f"{name} is in columns too."
            )
        if name not in used:
            raise section.wrong(
                "columns",
                f"列 {name} 没有被使用；知情不读的列请列入 ignored。",
                f"Column {name} is not used; list what is knowingly not read under ignored.",
            )


def columns_of(rule: ElementRule) -> set[str]:
    """The columns that a rule reads."""
    how = rule.rule
    if isinstance(how, FromColumns):
        return set(how.columns)
    if isinstance(how, ReferenceTo):
        return set(how.key)
    if isinstance(how, Result | IntervalText):
        return {how.column} | ({how.unit} if how.unit else set())
    return set()


def _check_together(
    sections: list[Section], sources: tuple[RowSource, ...], *, shared: bool
) -> None:
    """Names are unique, two sources of one type do not number alike by accident, and every
    reference leads to a source.

    Args:
        shared: whether other connections may give what is referred to.
    """
    keys = {(source.resource, source.key_part): len(source.key) for source in sources}
    names = Counter(source.name for source in sources)
    types = Counter((source.resource, source.key_part) for source in sources)
    for section, source in zip(sections, sources, strict=True):
        if names[source.name] > 1:
            raise section.wrong("name", "名称重复。", "The name is used twice.")
        if types[source.resource, source.key_part] > 1 and source.key_part is None:
            raise section.wrong(
                "resource",
                f"多节给出 {source.resource}：每节须声明 key_part；主键相同而确为同一资源的，"
                "声明相同的 key_part。",
                f"Several sources give {source.resource}: each needs a key_part; the same one only "
                "where the same key is the same resource.",
            )
        for rule in source.elements:
            if isinstance(rule.rule, ReferenceTo):
                _check_reference(section, rule.name, rule.rule, keys, shared=shared)


def _check_reference(
    section: Section,
    element: str,
    rule: ReferenceTo,
    keys: Mapping[tuple[str, str | None], int],
    *,
    shared: bool,
) -> None:
    place = section.table("elements")
    element = element.removesuffix(".reference")
    length = keys.get((rule.resource, rule.part))
    given = any(resource == rule.resource for resource, _ in keys)
    if length is None and (given or not shared):
        part = f" (key_part {rule.part})" if rule.part else ""
        raise place.wrong(
            element,
            f"没有给出 {rule.resource}{part} 的 [[rows]]；若由另一连接给出，"
            "两者须声明相同的 namespace。",
            f"No [[rows]] gives {rule.resource}{part}; where another connection does, both must "
            "declare the same namespace.",
        )
    if length is not None and length != len(rule.key):
        raise place.wrong(
            element,
            f"{rule.resource} 的主键有 {length} 列，这里是 {len(rule.key)} 列。",
            f"The key of {rule.resource} has {length} columns, this one {len(rule.key)}.",
        )
