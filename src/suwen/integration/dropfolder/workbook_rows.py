"""Rows of a workbook, read by a process of its own; this is the end that asks for them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from suwen.core.errors import FileRefusedError
from suwen.core.language import Bilingual
from suwen.core.row_values import ERROR_CELL
from suwen.integration.dropfolder.problems import refused

MEMORY_BYTES = 2 * 2**30
SILENCE_S = 120
LONGEST_ROW = 64 * 2**20
_CHUNK = 2**18
_REASONS: Mapping[str, Bilingual] = {
    "workbook_locked": Bilingual(
        zh="工作簿有密码保护，请去除密码后重新投递。",
        en="The workbook is locked by a password: remove it and drop the file again.",
    ),
    "workbook_damaged": Bilingual(
        zh="不是可读的 Excel 工作簿（.xlsx、.xlsm、.xls）。",
        en="It is no Excel workbook that can be read (.xlsx, .xlsm, .xls).",
    ),
    "workbook_too_large": Bilingual(
        zh="工作表过大（单元格过多或内存不足）；请导出为 CSV。",
        en="The worksheet is too large (cells, or memory to read it): export it as CSV.",
    ),
    "workbook_bomb": Bilingual(
        zh="工作簿展开后过大或声明了实体，疑为恶意文件。",
        en="The workbook unpacks to far too much, or declares entities: it may be hostile.",
    ),
    "workbook_full_of_errors": Bilingual(
        zh="工作表中错误单元格过多。",
        en="The worksheet has too many cells with errors.",
    ),
    "workbook_took_too_long": Bilingual(
        zh="读取工作簿耗时过长。",
        en="Reading the workbook took too long.",
    ),
}


def sheet_of(path: Path, wanted: str | None) -> str:
    """The worksheet that is meant: the declared one, else the only one that is visible.

    Raises:
        FileRefusedError: ``sheet_missing``, ``sheet_undeclared``, or why the workbook is refused.
    """
    (answer,) = list(_answers(path, None))
    sheets: list[dict[str, Any]] = answer["sheets"]
    if wanted is not None:
        if wanted not in [sheet["name"] for sheet in sheets]:
            raise refused(
                "sheet_missing",
                f"没有名为 {wanted} 的工作表。",
                f"There is no worksheet {wanted}.",
            )
        return wanted
    visible = [str(sheet["name"]) for sheet in sheets if sheet["visible"]]
    if len(visible) != 1:
        raise refused(
            "sheet_undeclared",
            f"有 {len(visible)} 个可见工作表，请在映射中用 sheet 声明读哪一个。",
            f"It has {len(visible)} visible worksheets: declare with sheet which one is read.",
        )
    return visible[0]


def workbook_rows(path: Path, sheet: str) -> Iterator[tuple[int, list[object]]]:
    """Row number and cells of each row that is not empty, the header first.

    Raises:
        FileRefusedError: why the workbook is refused.
    """
    for number, cells in _answers(path, sheet):
        row = [_cell(cell) for cell in cells]
        if any(cell is not None for cell in row):
            yield number, row


def _cell(written: str | None) -> object:
    if written is None:
        return None
    kind, text = written[:1], written[1:]
    if kind == "s":
        return text
    if kind == "n":
        return float(text) if any(c in text for c in ".einf") else int(text)
    if kind == "b":
        return text == "1"
    if kind == "t":
        return datetime.fromisoformat(text)
    if kind == "d":
        return date.fromisoformat(text)
    return ERROR_CELL


def _answers(path: Path, sheet: str | None) -> Generator[Any, None, None]:
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TZ")}
    environment["MALLOC_ARENA_MAX"] = "1"
    arguments = [str(path), str(MEMORY_BYTES), *([] if sheet is None else [sheet])]
    with subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "suwen.integration.dropfolder.workbook_process",
            *arguments,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        try:
            for line in _lines(process):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    if "end" in answer:
                        return
                    if "refused" in answer:
                        raise _refused(answer["refused"])
                yield answer
            # It ended without a word: the kernel took its memory or its time.
            raise _refused(
                "workbook_took_too_long" if process.wait() == -24 else "workbook_too_large"
            )
        finally:
            process.kill()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    if process.stdout is None:
        return
    waiting = select.poll()
    waiting.register(process.stdout, select.POLLIN)
    buffer = b""
    while True:
        if not waiting.poll(SILENCE_S * 1000):
            raise _refused("workbook_took_too_long")
        chunk = os.read(process.stdout.fileno(), _CHUNK)
        if not chunk:
            return
        *lines, buffer = (buffer + chunk).split(b"\n")
        yield from lines
        if len(buffer) > LONGEST_ROW:
            raise _refused("workbook_too_large")


def _refused(code: str) -> FileRefusedError:
    return FileRefusedError(code, _REASONS.get(code, _REASONS["workbook_damaged"]))
