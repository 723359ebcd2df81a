"""JSON Lines and CSV: one line after the other, each with its number, none trusted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from suwen.core.language import Bilingual
from suwen.knowledge.ingestion.contract_lines import LineError
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FileLine:
    """The fields of a line, or what is wrong with it; ``number`` from 1."""

    number: int
    values: Mapping[str, Any] = field(default_factory=dict)
    error: LineError | None = None


def json_lines(stream: IO[bytes], limits: ReadLimits) -> Iterator[FileLine]:
    """The lines of a JSON Lines file; blank ones are left out."""
    number = 0
    while raw := stream.readline(limits.line_bytes + 1):
        number += 1
        if len(raw) > limits.line_bytes:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(limits.line_bytes)
            yield FileLine(number, error=LineError(RefusalCode.LINE_TOO_LONG))
            continue
        if number == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if raw.strip():
            yield _json_line(number, raw)


def _json_line(number: int, raw: bytes) -> FileLine:
    try:
        values = json.loads(raw.decode("utf-8"), object_pairs_hook=_each_once)
    except LineError as error:
        return FileLine(number, error=error)
    except UnicodeDecodeError:
        return FileLine(number, error=LineError(RefusalCode.UNKNOWN_ENCODING))
    except (ValueError, RecursionError):
        return FileLine(number, error=LineError(RefusalCode.LINE_NOT_JSON))
    if not isinstance(values, dict):
        return FileLine(number, error=LineError(RefusalCode.LINE_NOT_JSON))
    return FileLine(number, values)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a name stands twice could say two things: it is refused."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            hint = Bilingual(zh="同一字段出现两次。", en="It stands in the line twice.")
            raise LineError(RefusalCode.FIELD_WRONG, name[:60], hint)
        values[name] = value
    return values


def csv_lines(text: str, limits: ReadLimits) -> Iterator[FileLine]:
    """The rows of a CSV file below its header; blank ones are left out.

    Raises:
        UnreadableFileError: ``damaged_file`` when it has no usable header.
    """
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in _next_row(rows, limits)]
    except StopIteration:
        header = []
    except csv.Error:
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE) from None
    if not header or len(set(header)) != len(header):
        hint = Bilingual(
            zh="首行应为列名，且不得重复。", en="Its first row must name each column once."
        )
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE, hint)
    while True:
        number = rows.line_num + 1
        try:
            row = _next_row(rows, limits)
        except StopIteration:
            return
        except csv.Error:
            yield FileLine(number, error=LineError(RefusalCode.COLUMNS_WRONG))
            continue
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            yield FileLine(number, error=LineError(RefusalCode.COLUMNS_WRONG))
        else:
            yield FileLine(number, dict(zip(header, row, strict=True)))


def _next_row(rows: Iterator[list[str]], limits: ReadLimits) -> list[str]:
    """The next row; how long a cell may be is one setting for all readers of a process."""
    usual = csv.field_size_limit(limits.line_bytes)
    try:
        return next(rows)
    finally:
        csv.field_size_limit(usual)
