"""Reading where the rows of a mapping come from, and its tables of systems and codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from suwen.core.row_mapping import CodeMap, CodeValue, ColumnType, FilePlace, ViewPlace
from suwen.core.row_mapping_form import Section
from suwen.core.row_times import puts_clocks_back

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5", "windows-1252")
_VIEW = re.compile(r"[^\s;'\"\[\]`().,]{1,128}(\.[^\s;'\"\[\]`().,]{1,128}){0,2}")
_WATERMARKS = {
    ColumnType.TIMESTAMP: "overlap_s",
    ColumnType.INSTANT: "overlap_s",
    ColumnType.DATE: "overlap_days",
    ColumnType.WHOLE: "overlap_numbers",
}
_MOST_OVERLAP = {"overlap_s": 7 * 86400, "overlap_days": 366, "overlap_numbers": 10**9}
_REPEATED_HOUR_S = 3900
VIEW_KEYS = frozenset({"view", "query", "watermark", "reread_minutes", *_MOST_OVERLAP})
FILE_KEYS = frozenset({"file", "sheet", "encoding", "delimiter", "whole", "state_at"})


def read_systems(section: Section) -> dict[str, str]:
    """URIs of code systems and of identifiers, by the names that the mapping gives them."""
    systems = {key: section.needed_text(key) for key in section.values}
    for key, value in systems.items():
        if not re.fullmatch(r"[a-z][a-z0-9+.-]*:\S+", value):
            raise section.wrong(
                key,
                "须为 URI，如 urn:oid:1.2.3 或 http://loinc.org。",
                "It must be a URI such as urn:oid:1.2.3 or http://loinc.org.",
            )
    return systems


def read_codes(section: Section, systems: Mapping[str, str]) -> dict[str, CodeMap]:
    """The codes tables, by name."""
    found = {}
    for name in section.values:
        table = section.table(name)
        table.only({"system", "unmapped", "values"})
        system = table.text("system")
        policy = table.choice("unmapped", ("refuse", "leave_out"))
        if policy is None:
            raise table.wrong(
                None,
                "须声明 unmapped：refuse（拒绝该行）或 leave_out（不写此元素），两者都会报告。",
                "Declare unmapped: refuse (the row) or leave_out (the element); both are reported.",
            )
        listed = table.table("values")
        values = {_source_value(listed, key): _code_value(listed, key) for key in listed.values}
        if not values:
            raise table.wrong(None, "对照表为空。", "The table lists no value.")
        found[name] = CodeMap(name, systems.get(system or "", system), policy == "refuse", values)
    return found


def _source_value(section: Section, key: str) -> str:
    if not key or key != key.strip():
        raise section.wrong(key, "首尾不能有空格。", "No blanks at its ends.")
    return key


def _code_value(section: Section, key: str) -> CodeValue:
    value = section.values[key]
    if isinstance(value, Mapping):
        body = section.table(key)
        body.only({"code", "display"})
        return CodeValue(body.needed_text("code"), body.text("display"))
    return CodeValue(section.needed_text(key))


def view_place(
    section: Section, columns: Mapping[str, ColumnType | None], zone: ZoneInfo | None
) -> ViewPlace:
    """Which view a source reads, and how by increments."""
    view, query = section.text("view"), section.text("query")
    if (view is None) == (query is None):
        raise section.wrong(None, "须有 view 或 query 之一。", "It needs either view or query.")
    if view is not None and not _VIEW.fullmatch(view):
        raise section.wrong(
            "view", "须为视图名，可带模式名。", "It must be a view's name, with schema if needed."
        )
    watermark = section.text("watermark")
    reread = section.whole("reread_minutes", 1, 366 * 1440)
    overlap = 0
    if watermark is not None:
        overlap = _overlap(section, watermark, columns, zone)
    elif reread is None:
        raise section.wrong(
            None,
            "须有 watermark（增量），或 reread_minutes（整表重读的间隔）。",
            "It needs watermark (increments), or reread_minutes (how often all is read anew).",
        )
    return ViewPlace(view, query, watermark, overlap, reread)


def _overlap(
    section: Section,
    watermark: str,
    columns: Mapping[str, ColumnType | None],
    zone: ZoneInfo | None,
) -> int:
    """How far reading goes back, declared in the unit of the watermark's type."""
    wanted = _WATERMARKS.get(columns.get(watermark) or ColumnType.TEXT)
    if wanted is None:
        raise section.wrong(
            "watermark",
            "须为已声明的 timestamp、instant、date 或 whole 列。",
            "It must be a declared column of type timestamp, instant, date or whole.",
        )
    overlap = section.whole(wanted, 0, _MOST_OVERLAP[wanted])
    if overlap is None:
        raise section.wrong(
            None,
            f"缺少 {wanted}：迟提交的事务最长能晚多少；至少为来源系统最长的事务。",
            f"{wanted} is missing: how late a transaction may commit; at least the longest one of "
            "the source.",
        )
    if columns[watermark] is ColumnType.TIMESTAMP:
        if zone is None:
            raise section.wrong(
                "watermark",
                "该列没有时区，须声明 time_zone。",
                "This column has no zone: declare time_zone.",
            )
        if overlap < _REPEATED_HOUR_S and puts_clocks_back(zone, datetime.now(UTC)):
            raise section.wrong(
                wanted,
                f"该时区有夏令时：须至少 {_REPEATED_HOUR_S}，否则会漏掉重复的一小时。",
                f"This zone puts its clocks back: at least {_REPEATED_HOUR_S}, else the hour that "
                "happens twice is missed.",
            )
    return overlap


def file_place(section: Section) -> FilePlace:
    """Which files of the folder a source reads, and how."""
    pattern = section.needed_text("file")
    if "/" in pattern or "\\" in pattern or pattern.startswith("."):
        raise section.wrong(
            "file", "须为文件名模式，不含路径。", "It must be a pattern of names, without a path."
        )
    encoding = section.choice("encoding", ENCODINGS)
    delimiter = section.values.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in "\"'\r\n":
        raise section.wrong("delimiter", "须为一个字符。", "It must be one character.")
    return FilePlace(pattern, section.text("sheet"), encoding, delimiter, section.yes("whole"))
