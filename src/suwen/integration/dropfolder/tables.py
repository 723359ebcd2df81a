"""The tables of a dropped file: which sources of the mapping read them, and their rows."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from suwen.core.errors import FileRefusedError
from suwen.core.language import Bilingual
from suwen.core.resource_elements import nearest
from suwen.core.row_mapping import FilePlace, RowSource
from suwen.core.row_problems import RowProblem, problem
from suwen.integration.dropfolder.csv_rows import csv_rows
from suwen.integration.dropfolder.encodings import Encoding, find_encoding
from suwen.integration.dropfolder.problems import refused
from suwen.integration.dropfolder.workbook_rows import sheet_of, workbook_rows

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})
TEXTS = frozenset({".csv", ".txt", ".tsv"})


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table.

    Attributes:
        number: line of a CSV file, or row of a worksheet.
        cells: by column; empty where the row has the wrong width.
        problem: why none of it can be used; ``None`` where it can.
    """

    number: int
    cells: dict[str, object]
    problem: RowProblem | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """A CSV file or a worksheet, and the sources that read it.

    Attributes:
        sheet: name of the worksheet; ``None`` for CSV.
        encoding: of the CSV file; ``None`` for a worksheet.
    """

    path: Path
    sources: tuple[RowSource, ...]
    sheet: str | None
    encoding: Encoding | None
    delimiter: str

    def rows(self) -> Iterator[TableRow]:
        """Every row behind the header, which is checked first.

        Raises:
            FileRefusedError: ``columns_changed``, ``header_missing``, ``header_repeated``, or
                what is wrong with the file.
        """
        rows: Iterator[tuple[int, Sequence[object]]]
        if self.encoding is not None:
            rows = csv_rows(self.path, self.encoding, self.delimiter)
        else:
            rows = workbook_rows(self.path, self.sheet or "")
        header: tuple[str, ...] | None = None
        for number, cells in rows:
            if header is None:
                header = self._header(number, cells)
            else:
                yield _row(number, cells, header)
        if header is None:
            raise refused(
                "header_missing", "文件是空的，没有表头。", "The file is empty: it has no header."
            )

    def _header(self, number: int, cells: Sequence[object]) -> tuple[str, ...]:
        names = tuple("" if cell is None else str(cell).strip() for cell in cells)
        while names and not names[-1]:
            names = names[:-1]
        for name in names:
            if name and names.count(name) > 1:
                raise refused(
                    "header_repeated",
                    "表头中有重复的列名。",
                    "A column's name stands twice in the header.",
                    row=number,
                    column=name,
                )
        known: set[str] = set()
        for source in self.sources:
            known |= source.columns.keys() | source.ignored
            for column in source.columns:
                if column not in names:
                    raise _changed_column(source, column, names, number)
        for name in names:
            if name and name not in known:
                raise refused(
                    "columns_changed",
                    "文件多出一列（可能是作废标志等），请在 columns 中声明，或列入 ignored。",
                    "The file has a new column (a flag of deleted rows, perhaps): declare it under "
                    "columns, or list it under ignored.",
                    row=number,
                    column=name,
                )
        return names


def tables_of(path: Path, name: str, sources: Sequence[RowSource]) -> list[Table]:
    """The tables of a file that some source reads.

    Args:
        path: where the file lies now.
        name: that it was dropped under.

    Raises:
        FileRefusedError: ``file_unmatched``, ``file_kind_unknown``, ``mapping_ambiguous``, or why
            its encoding or its sheets cannot be told.
    """
    reading = [source for source in sources if fnmatch.fnmatchcase(name, place_of(source).pattern)]
    if not reading:
        raise refused(
            "file_unmatched",
            "映射中没有与此文件名匹配的 file。",
            "No file pattern of the mapping fits this name.",
        )
    kind = Path(name).suffix.lower()
    if kind in TEXTS:
        return [_text_table(path, reading)]
    if kind not in WORKBOOKS:
        listed = " ".join(sorted(TEXTS | WORKBOOKS))
        raise refused(
            "file_kind_unknown",
            f"不支持此类文件；可用：{listed}。",
            f"Files of this kind are not read; known: {listed}.",
        )
    by_sheet: dict[str, list[RowSource]] = {}
    for source in reading:
        by_sheet.setdefault(sheet_of(path, place_of(source).sheet), []).append(source)
    return [Table(path, tuple(found), sheet, None, ",") for sheet, found in by_sheet.items()]


def place_of(source: RowSource) -> FilePlace:
    """The files of a source.

    Raises:
        TypeError: for a source of views.
    """
    if not isinstance(source.place, FilePlace):
        raise TypeError("a source of views was given to the reader of files")
    return source.place


def encoding_note(encoding: Encoding) -> Bilingual:
    """How the encoding of a file is known, for a person."""
    if encoding.declared:
        return Bilingual(
            f"编码 {encoding.shown}（映射声明）", f"Encoding {encoding.shown} (declared)"
        )
    return Bilingual(
        f"编码 {encoding.shown}（由文件内容判定，建议在映射中声明）",
        f"Encoding {encoding.shown} (told by the bytes; better declare it in the mapping)",
    )


def _text_table(path: Path, reading: Sequence[RowSource]) -> Table:
    places = {(place_of(source).encoding, place_of(source).delimiter) for source in reading}
    if len(places) > 1:
        raise refused(
            "mapping_ambiguous",
            "多节 [[rows]] 匹配此文件，而 encoding 或 delimiter 不一致。",
            "Several [[rows]] fit this file and differ in encoding or delimiter.",
        )
    ((declared, delimiter),) = places
    return Table(path, tuple(reading), None, find_encoding(path, declared), delimiter)


def _row(number: int, cells: Sequence[object], header: tuple[str, ...]) -> TableRow:
    width = len(header)
    # A worksheet's rows are as wide as its widest; a file may end each line with a delimiter.
    if len(cells) < width or any(not _is_empty(cell) for cell in cells[width:]):
        return TableRow(number, {}, problem("row_width"))
    named = {name: cell for name, cell in zip(header, cells, strict=False) if name}
    unnamed = [cell for name, cell in zip(header, cells, strict=False) if not name]
    if any(not _is_empty(cell) for cell in unnamed):
        return TableRow(number, {}, problem("row_width"))
    return TableRow(number, named)


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _changed_column(
    source: RowSource, column: str, names: tuple[str, ...], number: int
) -> FileRefusedError:
    near = nearest(column, names)
    return refused(
        "columns_changed",
        f"{source.name} 需要的列 {column} 不在表头中{f'，是否为 {near}' if near else ''}。",
        f"Column {column}, which {source.name} needs, is not in the header"
        f"{f'; is it {near}' if near else ''}.",
        row=number,
        column=column,
    )
