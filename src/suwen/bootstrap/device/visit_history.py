"""Reads a hospital's visit history: what patients said, and the department that was right."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from suwen.clinical.department_learning import Visit
from suwen.clinical.departments import DepartmentTable
from suwen.core.errors import InputError
from suwen.core.language import Bilingual

_MOST_CHARACTERS: Final = 20_000
_TOLD: Final = 12


@dataclass(frozen=True, slots=True)
class HistoryForm:
    """How a history is written.

    Attributes:
        texts: columns or fields of what the patient said, joined in this order.
        department: column or field of the department.
        names: code of the table's department by the name that the hospital uses; names and codes
            of the table itself need no entry.
    """

    texts: Sequence[str] = ("text",)
    department: str = "department"
    names: Mapping[str, str] = field(default_factory=dict)


def read_history(file: Path, form: HistoryForm, table: DepartmentTable) -> list[Visit]:
    """The visits of a file: CSV with a heading where its name ends in ``.csv``, else JSON Lines.

    Raises:
        InputError: ``history_unreadable``; ``history_line_wrong`` with line and field;
            ``no_such_department`` for a name that is given to none of the table;
            ``history_departments_unknown`` with the names and how often each is there. What a
            patient said is repeated in none of them.
    """
    codes = _codes(form, table)
    rows = _csv_rows(file) if file.suffix.lower() == ".csv" else _json_rows(file)
    visits: list[Visit] = []
    unknown: dict[str, int] = {}
    for line, row in rows:
        text = "\n".join(_text(row, name, line) for name in form.texts).strip()
        name = _text(row, form.department, line).strip()
        if not text:
            raise _wrong(line, form.texts[0], Bilingual("为空", "is empty"))
        if len(text) > _MOST_CHARACTERS:
            raise _wrong(
                line,
                form.texts[0],
                Bilingual(
                    f"超过 {_MOST_CHARACTERS} 字", f"has more than {_MOST_CHARACTERS} characters"
                ),
            )
        code = codes.get(name.casefold())
        if code is None:
            unknown[name] = unknown.get(name, 0) + 1
        else:
            visits.append(Visit(text, code))
    if unknown:
        raise _unknown(unknown)
    return visits


def _codes(form: HistoryForm, table: DepartmentTable) -> Mapping[str, str]:
    codes = {}
    for code, department in table.departments.items():
        for name in (code, department.name.zh, department.name.en):
            codes[name.casefold()] = code
    for name, code in form.names.items():
        if code not in table.departments:
            raise InputError(
                "no_such_department",
                Bilingual(
                    zh=f"科室表中没有代码 {code[:40]}。",
                    en=f"The table of departments has no code {code[:40]}.",
                ),
                field="map",
            )
        codes[name.strip().casefold()] = code
    return codes


def _json_rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, text in _lines(file):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError:
            raise _wrong(line, "", Bilingual("不是 JSON", "is no JSON")) from None
        if not isinstance(row, dict):
            raise _wrong(line, "", Bilingual("不是 JSON 对象", "is no JSON object"))
        yield line, row


def _csv_rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader((text for _, text in _lines(file)), strict=True)
    try:
        for row in reader:
            if None in row:
                raise _wrong(
                    reader.line_num,
                    "",
                    Bilingual("列数多于表头", "has more cells than the heading"),
                )
            yield reader.line_num, row
    except csv.Error:
        raise _wrong(reader.line_num, "", Bilingual("不是有效的 CSV", "is no CSV")) from None


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for number, line in enumerate(stream, start=1):
                yield number, line
    except UnicodeDecodeError:
        raise _wrong(
            number + 1, "", Bilingual("之后不是 UTF-8 编码", "is where it stops being UTF-8")
        ) from None
    except OSError:
        raise InputError(
            "history_unreadable",
            Bilingual(zh=f"无法读取 {file}。", en=f"{file} cannot be read."),
            field="FILE",
        ) from None


def _text(row: Mapping[str, Any], name: str, line: int) -> str:
    value = row.get(name)
    if value is None:
        raise _wrong(line, name, Bilingual("缺失", "is missing"))
    if not isinstance(value, str):
        raise _wrong(line, name, Bilingual("不是文本", "is no text"))
    return value


def _wrong(line: int, name: str, what: Bilingual) -> InputError:
    place = f"{name} " if name else ""
    return InputError(
        "history_line_wrong",
        Bilingual(zh=f"第 {line} 行 {place}{what.zh}。", en=f"Line {line}: {place}{what.en}."),
        field=name or "FILE",
        detail={"line": line},
    )


def _unknown(names: Mapping[str, int]) -> InputError:
    most = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{name[:40] or '(empty)'} ({count})" for name, count in most[:_TOLD])
    more = f" +{len(most) - _TOLD}" if len(most) > _TOLD else ""
    return InputError(
        "history_departments_unknown",
        Bilingual(
            zh=f"科室表中没有这些科室：{told}{more}。请用 --map 名称=代码 指明。",
            en=f"The table has no such departments: {told}{more}. Say which they are with --map "
            "NAME=CODE.",
        ),
        field="department",
    )
