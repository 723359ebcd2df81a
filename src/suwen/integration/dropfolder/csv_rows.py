"""Rows of a CSV file as they stream by: strict in quoting, exact in line numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from suwen.integration.dropfolder.encodings import Encoding
from suwen.integration.dropfolder.problems import refused

LONGEST_LINE = 4 * 2**20


def csv_rows(path: Path, encoding: Encoding, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row, the header first; empty lines are passed over.

    Raises:
        FileRefusedError: ``csv_malformed``, ``csv_line_too_long``, ``csv_cell_too_long`` or
            ``csv_not_text``, with the line.
    """
    with path.open(encoding=encoding.codec, errors="strict", newline="") as file:
        reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
        begun = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _malformed(reader.line_num, begun, str(error)) from None
            if cells:
                yield begun, cells
            begun = reader.line_num + 1


def _lines(file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE:
            raise refused(
                "csv_line_too_long",
                f"一行超过 {LONGEST_LINE} 个字符；这不是 CSV，或分隔与引号已损坏。",
                f"A line is longer than {LONGEST_LINE} characters: this is no CSV, or its quotes "
                "are broken.",
                row=number,
            )
        if "\0" in line:
            raise refused(
                "csv_not_text",
                "含有 NUL 字符：不是文本文件，或编码声明有误。",
                "It holds a NUL character: no text file, or another encoding.",
                row=number,
            )
        yield line


def _malformed(line: int, begun: int, said: str) -> Exception:
    # The one thing that Python's reader says in words only, and that has another remedy.
    if "field limit" in said:
        return refused(
            "csv_cell_too_long",
            f"一个单元格超过 {csv.field_size_limit()} 个字符；若非长文，是某处引号没有闭合。",
            f"A cell is longer than {csv.field_size_limit()} characters; if that is no long text, "
            "a quote was never closed.",
            row=begun,
        )
    return refused(
        "csv_malformed",
        f"引号有误（记录从第 {begun} 行开始）：引号内的引号须写两次，引号须闭合。",
        f"Quotes are wrong (the record begins on line {begun}): a quote inside quotes is written "
        "twice, and quotes are closed.",
        row=line,
    )
