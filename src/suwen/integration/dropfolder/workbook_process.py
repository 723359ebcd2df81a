"""The process in which a workbook is taken apart, so that a hostile one harms nothing but itself.

``python -m suwen.integration.dropfolder.workbook_process FILE MEMORY [SHEET]`` writes lines of
JSON: without a sheet the list of sheets, else a row each; the last line says how it ended. No
formula is ever calculated: a cell is what the spreadsheet program stored as its result.
"""

from __future__ import annotations

import json
import os
import posixpath
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

MOST_CELLS = 20_000_000
MOST_UNPACKED = 1024 * 2**20
MOST_PARTS = 5_000
MOST_BROKEN = 10_000
PROCESSOR_S = 300
_CHUNK = 2**18


class RefusedError(Exception):
    """Why a workbook is refused, as a code."""


def list_sheets(path: Path) -> list[dict[str, Any]]:
    """Name and visibility of every worksheet."""
    with _opened(path) as book:
        return [
            {"name": sheet.name, "visible": sheet.visible == SheetVisibleEnum.Visible}
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]


def read_rows(path: Path, sheet: str) -> Iterator[tuple[int, list[Any]]]:
    """Row number and written cells of every row of a worksheet.

    Raises:
        RefusedError: ``workbook_too_large``, ``workbook_damaged``, ``workbook_bomb``.
    """
    broken = _broken_cells(path, sheet) if zipfile.is_zipfile(path) else frozenset()
    with _opened(path) as book:
        table = book.get_sheet_by_name(sheet)
        if table.total_height * max(1, table.total_width) > MOST_CELLS:
            raise RefusedError("workbook_too_large")
        # Rows are given from the top of the sheet, columns from the first that is used.
        first = (table.start or (0, 0))[1] + 1
        number = 0
        for number, cells in enumerate(table.iter_rows(), 1):
            row = [
                "e" if (number, place) in broken else _written(cell)
                for place, cell in enumerate(cells, first)
            ]
            yield number, row
    for row_behind in sorted({row for row, _ in broken if row > number}):
        # Nothing but formulas without a result: not an empty row.
        yield row_behind, ["e"]


def _opened(path: Path) -> CalamineWorkbook:
    if zipfile.is_zipfile(path):
        _check_package(path)
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise RefusedError("workbook_locked") from None
    except CalamineError:
        raise RefusedError("workbook_damaged") from None


def _check_package(path: Path) -> None:
    """Refuses a package that unpacks to far more than any table."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        raise RefusedError("workbook_damaged") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise RefusedError("workbook_bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise RefusedError("workbook_locked")


def _broken_cells(path: Path, sheet: str) -> frozenset[tuple[int, int]]:
    """Row and column of cells that hold an error, or a formula without a result.

    The reader of workbooks gives them as empty, and an empty cell would mean that there is nothing.
    Also refuses a sheet whose outermost cells span more than could ever be laid out.
    """
    try:
        with zipfile.ZipFile(path) as package:
            name = _part_of(package, sheet)
            if name is None:
                return frozenset()
            with package.open(name) as part:
                return _scan(part)
    except (zipfile.BadZipFile, KeyError, OSError, expat.ExpatError, RuntimeError):
        raise RefusedError("workbook_damaged") from None


def _part_of(package: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of a package that holds a worksheet."""
    names = package.namelist()
    root = "xl/workbook.xml"
    if root not in names:
        return None
    ids = {
        attributes.get("name"): next(
            (value for key, value in attributes.items() if key.endswith(":id")), None
        )
        for tag, attributes in _tags(package, root)
        if tag.rpartition(":")[2] == "sheet"
    }
    wanted = ids.get(sheet)
    for tag, attributes in _tags(package, "xl/_rels/workbook.xml.rels"):
        if tag.rpartition(":")[2] == "Relationship" and attributes.get("Id") == wanted:
            target = attributes.get("Target", "")
            joined = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return posixpath.normpath(joined)
    return None


def _tags(package: zipfile.ZipFile, name: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda tag, attributes: found.append((tag, attributes))
    with package.open(name) as part:
        _feed(parser, part)
    return found


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        # No spreadsheet program declares entities; only a bomb does.
        raise RefusedError("workbook_bomb")

    parser.EntityDeclHandler = refuse
    parser.StartDoctypeDeclHandler = refuse
    return parser


def _feed(parser: expat.XMLParserType, part: IO[bytes]) -> None:
    read = 0
    while chunk := part.read(_CHUNK):
        read += len(chunk)
        if read > MOST_UNPACKED:
            raise RefusedError("workbook_bomb")
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


class _CellScan:
    """Walks the cells of a worksheet's XML."""

    def __init__(self) -> None:
        self.broken: set[tuple[int, int]] = set()
        self._place = (0, 0)
        self._row = 0
        self._last_row = self._last_column = 0
        self._is_error = self._is_formula = self._has_value = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._place = (self._row, 0)
        elif name == "c":
            written = attributes.get("r")
            row, column = self._place
            self._place = _address(written) if written else (row, column + 1)
            self._is_error = attributes.get("t") == "e"
            self._is_formula = self._has_value = False
            self._measure()
        elif name == "f":
            self._is_formula = True
        elif name in ("v", "is"):
            self._has_value = True

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag.rpartition(":")[2] != "c":
            return
        if self._is_error or (self._is_formula and not self._has_value):
            self.broken.add(self._place)
            if len(self.broken) > MOST_BROKEN:
                raise RefusedError("workbook_full_of_errors")

    def _measure(self) -> None:
        self._last_row = max(self._last_row, self._place[0])
        self._last_column = max(self._last_column, self._place[1])
        if self._last_row * self._last_column > MOST_CELLS:
            raise RefusedError("workbook_too_large")


def _scan(part: IO[bytes]) -> frozenset[tuple[int, int]]:
    scan, parser = _CellScan(), _parser()
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    try:
        _feed(parser, part)
    except ValueError:
        raise RefusedError("workbook_damaged") from None
    return frozenset(scan.broken)


def _address(written: str) -> tuple[int, int]:
    """Row and column of an address such as ``BC12``."""
    letters = written.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter.upper()) - 64
    return int(written[len(letters) :]), column


def _written(cell: Any) -> str | None:
    if cell == "" and isinstance(cell, str):
        return None
    if isinstance(cell, str):
        return f"s{cell}"
    if isinstance(cell, bool):
        return f"b{int(cell)}"
    if isinstance(cell, int | float):
        return f"n{cell!r}"
    if isinstance(cell, datetime):
        return f"t{cell.isoformat()}"
    if isinstance(cell, date):
        return f"d{cell.isoformat()}"
    if isinstance(cell, time):
        return f"s{cell.isoformat()}"
    if isinstance(cell, timedelta):
        return f"s{cell}"
    return "e"


def _serve(path: Path, sheet: str | None, out: IO[str]) -> None:
    try:
        if sheet is None:
            out.write(json.dumps({"sheets": list_sheets(path)}) + "\n")
        else:
            for number, cells in read_rows(path, sheet):
                out.write(json.dumps([number, cells]) + "\n")
    except RefusedError as error:
        out.write(json.dumps({"refused": str(error)}) + "\n")
    except MemoryError:
        out.write(json.dumps({"refused": "workbook_too_large"}) + "\n")
    except Exception:  # noqa: BLE001 - the edge: a library broke on what it was given
        out.write(json.dumps({"refused": "workbook_damaged"}) + "\n")
    else:
        out.write('{"end": true}\n')
    out.flush()


def main() -> None:
    """Reads one workbook; bounded in memory, processor time and files."""
    path, memory = Path(sys.argv[1]), int(sys.argv[2])
    sheet = sys.argv[3] if len(sys.argv) > 3 else None
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    _serve(path, sheet, out)


if __name__ == "__main__":
    main()
