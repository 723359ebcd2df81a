"""A hospital's changes as a file that people fill in: CSV for a spreadsheet, or TOML."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.row_changes import ChangeKind, RowChange, RowTables
from suwen.core.errors import ClinicalDataError
from suwen.core.language import Bilingual
from suwen.core.spreadsheet_cells import as_written, plain_cell

COLUMNS: Final = ("table", "row", "change", "source", "edition", "reason")
EMPTY: Final = "(empty)"
"""What a cell holds whose column is to be emptied; an empty cell leaves the column as it is."""

_NAMED: Final = ("table", "row", "change")
_VALUE: Final = "value:"


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong with a file.

    Attributes:
        line: line of the file, its header being 1; of TOML the number of the change, from 1.
        code: ``column_missing``, ``value_missing``, ``value_wrong``, ``too_many_cells`` or a code
            of ``ChangeProblem``.
    """

    line: int
    column: str
    code: str
    message: Bilingual


@dataclass(frozen=True, slots=True)
class ChangeFile:
    """What a file holds.

    Attributes:
        lines: line of each change.
    """

    changes: tuple[RowChange, ...]
    lines: tuple[int, ...]
    problems: tuple[FileProblem, ...]

    def checked(self, tables: RowTables) -> tuple[FileProblem, ...]:
        """Everything that is wrong with the file for these tables, by line."""
        found = [
            FileProblem(self.lines[fault.index], fault.field, fault.code, fault.message)
            for fault in tables.check(self.changes)
        ]
        return tuple(sorted((*self.problems, *found), key=lambda p: p.line))


def text_of_file(content: bytes) -> str:
    """The text of a file that a hospital exported: UTF-8, or GB 18030 as older systems write.

    Raises:
        ClinicalDataError: ``file_not_text``.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise ClinicalDataError(
        "file_not_text",
        Bilingual(
            zh="文件不是 UTF-8 或 GB 18030 文本。请另存为 CSV（UTF-8）。",
            en="The file is no text in UTF-8 or GB 18030. Save it as CSV (UTF-8).",
        ),
        field="file",
    )


def changes_as_csv(changes: Sequence[RowChange]) -> str:
    """Changes as a file: one line each, one ``value:column`` for each column that is set."""
    names = sorted({name for change in changes for name in change.values})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS, *(f"{_VALUE}{name}" for name in names)))
    for change in changes:
        head = (
            change.table, change.row, change.change.value, change.source, change.edition,
            change.reason,
        )  # fmt: skip
        values = ((change.values[name] or EMPTY) if name in change.values else "" for name in names)
        writer.writerow([plain_cell(cell) for cell in (*head, *values)])
    return out.getvalue()


def rows_as_csv(rows: Sequence[RuleRow], columns: Sequence[str]) -> str:
    """Rows of one table as they stand, in the form of a file of changes: fill in ``change``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS, *(f"{_VALUE}{name}" for name in columns)))
    for row in rows:
        head = (row.table, row.id, "", row.source.title, row.source.edition, "")
        values = (row.text(name) for name in columns)
        writer.writerow([plain_cell(cell) for cell in (*head, *values)])
    return out.getvalue()


def changes_from_csv(text: str, reviewer: str, at: datetime) -> ChangeFile:
    """The changes of a CSV file; a line whose ``change`` is empty changes nothing.

    Args:
        reviewer: who brings the file and answers for it.
    """
    try:
        lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True))
    except csv.Error:
        words = Bilingual("不是有效的 CSV", "it is no valid CSV")
        return ChangeFile((), (), (FileProblem(1, "file", "value_wrong", words),))
    header = [name.strip() for name in lines[0]] if lines else []
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        words = Bilingual("文件没有这一列", "the file has no such column")
        problems = tuple(FileProblem(1, name, "column_missing", words) for name in missing)
        return ChangeFile((), (), problems)
    strange = [n for n in header if n and n not in COLUMNS and not n.startswith(_VALUE)]
    if strange or len(set(header)) != len(header):
        words = Bilingual("不认识或重复的列", "the column is not known or stands twice")
        column = strange[0] if strange else next(n for n in header if header.count(n) > 1)
        return ChangeFile((), (), (FileProblem(1, column, "unknown_column", words),))
    return _of_lines(header, lines[1:], reviewer, at)


def _of_lines(
    header: Sequence[str], lines: Sequence[Sequence[str]], reviewer: str, at: datetime
) -> ChangeFile:
    changes, places, problems = [], [], []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            words = Bilingual("单元格多于列数", "there are more cells than columns")
            problems.append(FileProblem(number, header[-1], "too_many_cells", words))
            continue
        padded = (*cells, *[""] * (len(header) - len(cells)))
        line = dict(zip(header, (as_written(cell.strip()) for cell in padded), strict=True))
        if not line["change"]:
            continue
        read = _change(line, reviewer, at)
        if isinstance(read, str):
            words = Bilingual(
                "须为 confirm、override、disable、enable 或 add",
                "must be confirm, override, disable, enable or add",
            )
            problems.append(FileProblem(number, read, "value_wrong", words))
            continue
        changes.append(read)
        places.append(number)
    return ChangeFile(tuple(changes), tuple(places), tuple(problems))


def _change(line: Mapping[str, str], reviewer: str, at: datetime) -> RowChange | str:
    try:
        kind = ChangeKind(line["change"].lower())
    except ValueError:
        return "change"
    # A line of the table as it stands carries every column: what a switch or a confirmation
    # changes is none of them.
    takes_values = kind in (ChangeKind.OVERRIDE, ChangeKind.ADD)
    values = {
        name.removeprefix(_VALUE): "" if value == EMPTY else value
        for name, value in line.items()
        if name.startswith(_VALUE) and value and takes_values
    }
    return RowChange(
        line["table"], line["row"], kind, line["source"], line["edition"], reviewer, at,
        line["reason"], values,
    )  # fmt: skip


def changes_from_toml(text: str, reviewer: str, at: datetime) -> ChangeFile:
    """The changes of a TOML file: one ``[[change]]`` each, its columns in ``values``."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = Bilingual("不是有效的 TOML", f"it is no valid TOML: {error}")
        return ChangeFile((), (), (FileProblem(1, "file", "value_wrong", words),))
    entries = body.get("change")
    if set(body) != {"change"} or not isinstance(entries, list):
        words = Bilingual("须只有 [[change]] 条目", "it must hold [[change]] entries and no other")
        return ChangeFile((), (), (FileProblem(1, "change", "value_wrong", words),))
    changes, places, problems = [], [], []
    for number, entry in enumerate(entries, start=1):
        fault = _toml_fault(entry)
        if fault is not None:
            words = Bilingual("缺失、多余或不是文字", "is missing, not known or no text")
            problems.append(FileProblem(number, fault, "value_wrong", words))
            continue
        values = {f"{_VALUE}{k}": str(v) or EMPTY for k, v in entry.get("values", {}).items()}
        line = {name: str(entry.get(name, "")) for name in COLUMNS}
        read = _change({**line, **values}, reviewer, at)
        if isinstance(read, str):
            words = Bilingual("不认识的决定", "is no decision known here")
            problems.append(FileProblem(number, read, "value_wrong", words))
            continue
        changes.append(read)
        places.append(number)
    return ChangeFile(tuple(changes), tuple(places), tuple(problems))


def _toml_fault(entry: object) -> str | None:
    """The first name in an entry that is missing, not known or holds what it must not."""
    if not isinstance(entry, dict):
        return "change"
    for name, value in entry.items():
        columns = value if name == "values" and isinstance(value, dict) else {}
        for column, cell in columns.items():
            if not isinstance(cell, str | int | float) or isinstance(cell, bool):
                return str(column)
        if name != "values" and (name not in COLUMNS or not isinstance(value, str)):
            return str(name)
        if name == "values" and not isinstance(value, dict):
            return "values"
    return next((name for name in _NAMED if not entry.get(name)), None)
