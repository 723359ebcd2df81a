"""Cells of a row as FHIR primitives: exact, or refused with the reason; nothing is guessed."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from uuid import UUID

from suwen.core.plain_text import is_plain
from suwen.core.row_problems import CellRefusedError
from suwen.core.row_times import TimeRule, date_time_text, day_text

Row = Mapping[str, object]
"""Cells of one row by column, of whatever types a driver, a CSV file or a spreadsheet gives."""

LONGEST_TEXT = 1_048_576
_BLANK = " \t\r\n\v\f\u3000\ufeff"
_DIGITS_OF_A_FLOAT = 15
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{1,30})?|\.\d{1,30})", re.ASCII)
_REWRITTEN = re.compile(r"[+-]?\d(\.\d+)?E\+\d+", re.ASCII)
_INTERVAL = re.compile(
    r"(?P<low>[+-]?\d{1,20}(?:\.\d{1,20})?)\s*(?:--|—{1,2}|–|-|~|～|至|到)\s*(?P<high>[+-]?\d{1,20}(?:\.\d{1,20})?)",
    re.ASCII,
)
_COMPARED = re.compile(
    r"(?P<sign><=|>=|<|>|≤|≥|＜|＞)?\s*(?P<number>[+-]?\d{1,20}(?:\.\d{1,20})?)", re.ASCII
)
_COMPARATORS = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}


class ErrorCell:
    """A spreadsheet's cell that holds an error, or a formula without a result."""


ERROR_CELL = ErrorCell()


def plain(cell: object, absent: frozenset[str]) -> object | None:
    """The cell without blanks around it; ``None`` where it is empty or stands for nothing.

    Args:
        absent: texts that the mapping declares to stand for nothing, ``NULL`` for example.
    """
    if cell is None:
        return None
    if isinstance(cell, str):
        text = cell.strip(_BLANK)
        return None if not text or text in absent else text
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**_DIGITS_OF_A_FLOAT:
        cell = int(cell)
    elif isinstance(cell, memoryview | bytearray):
        cell = bytes(cell)
    if absent and not isinstance(cell, bytes) and str(cell) in absent:
        return None
    return cell


def text_of(cell: object) -> str:
    """The cell as text, numbers with all their digits.

    Raises:
        CellRefusedError: ``cell_type``, ``cell_error``, ``text_not_storable``, ``text_too_long``
            or ``number_lost_digits``.
    """
    if isinstance(cell, str):
        if not is_plain(cell):
            raise CellRefusedError("text_not_storable")
        if len(cell) > LONGEST_TEXT:
            raise CellRefusedError("text_too_long")
        return cell
    if isinstance(cell, ErrorCell):
        raise CellRefusedError("cell_error")
    if isinstance(cell, bool):
        raise CellRefusedError("cell_type")
    if isinstance(cell, int | UUID):
        return str(cell)
    if isinstance(cell, float | Decimal):
        return format(_decimal(cell), "f")
    raise CellRefusedError("cell_type")


def number_text(cell: object) -> str:
    """A number that names something (record number, key): also refuses a rewritten one.

    Raises:
        CellRefusedError: as ``text_of``, and ``number_rewritten``.
    """
    text = text_of(cell)
    if _REWRITTEN.fullmatch(text):
        raise CellRefusedError("number_rewritten")
    return text


def decimal_of(cell: object) -> Decimal | int:
    """A number with the digits that were written.

    Raises:
        CellRefusedError: ``number_malformed``, ``cell_type``, ``cell_error``.
    """
    if isinstance(cell, ErrorCell):
        raise CellRefusedError("cell_error")
    if isinstance(cell, bool):
        raise CellRefusedError("cell_type")
    if isinstance(cell, int):
        return cell
    if isinstance(cell, float | Decimal):
        return _decimal(cell)
    if not isinstance(cell, str):
        raise CellRefusedError("cell_type")
    if not _NUMBER.fullmatch(cell):
        raise CellRefusedError("number_malformed")
    return Decimal(cell)


def whole_of(cell: object) -> int:
    """A whole number of 32 bits, as FHIR's integer is.

    Raises:
        CellRefusedError: as ``decimal_of``, and ``number_out_of_range``.
    """
    number = decimal_of(cell)
    if number != int(number):
        raise CellRefusedError("number_malformed")
    if not -(2**31) <= number < 2**31:
        raise CellRefusedError("number_out_of_range")
    return int(number)


def positive_of(cell: object) -> int:
    """A whole number of at least 1.

    Raises:
        CellRefusedError: as ``whole_of``.
    """
    number = whole_of(cell)
    if number < 1:
        raise CellRefusedError("number_out_of_range")
    return number


def boolean_of(cell: object) -> bool:
    """true or false.

    Raises:
        CellRefusedError: ``boolean_malformed``.
    """
    if isinstance(cell, bool):
        return cell
    if cell in ("true", "false"):
        return cell == "true"
    raise CellRefusedError("boolean_malformed")


def data_of(cell: object) -> str:
    """Base64 of bytes, or of a text in UTF-8.

    Raises:
        CellRefusedError: as ``text_of``.
    """
    content = cell if isinstance(cell, bytes) else text_of(cell).encode()
    return base64.b64encode(content).decode("ascii")


def compared_number(text: str) -> tuple[str | None, Decimal] | None:
    """Comparator and number of a result such as ``<0.05``; ``None`` for anything else."""
    found = _COMPARED.fullmatch(text)
    if found is None:
        return None
    sign = found["sign"]
    return _COMPARATORS.get(sign, sign), Decimal(found["number"])


def interval(text: str) -> tuple[Decimal, Decimal] | None:
    """Both ends of an interval such as ``3.9-6.1``; ``None`` when it is not one, or reversed."""
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return None
    low, high = Decimal(found["low"]), Decimal(found["high"])
    if low < 0 and "--" in text:
        # -5--2 is from -5 to -2 for one laboratory, and from -5 to 2 for another.
        return None
    return (low, high) if low <= high else None


def _decimal(cell: float | Decimal) -> Decimal:
    if isinstance(cell, Decimal):
        if not cell.is_finite():
            raise CellRefusedError("number_malformed")
        return Decimal(format(cell, "f"))
    number = Decimal(repr(cell))
    if not number.is_finite():
        raise CellRefusedError("number_malformed")
    if abs(cell) >= 10**_DIGITS_OF_A_FLOAT:
        raise CellRefusedError("number_lost_digits")
    return Decimal(format(number, "f"))


def primitive_reader(type_name: str, times: TimeRule) -> Callable[[object], object]:
    """What turns a cell into a value of a primitive type.

    Args:
        type_name: FHIR primitive type.
        times: how times of this column are to be understood.
    """
    if type_name == "date":
        return lambda cell: day_text(cell, times)
    if type_name == "dateTime":
        return lambda cell: date_time_text(cell, times)
    if type_name == "instant":
        return lambda cell: date_time_text(cell, times, instant=True)
    return _READERS.get(type_name, text_of)


_READERS: Mapping[str, Callable[[object], object]] = {
    "decimal": decimal_of,
    "integer": whole_of,
    "positiveInt": positive_of,
    "boolean": boolean_of,
    "base64Binary": data_of,
}
TIMES = frozenset({"date", "dateTime", "instant"})
"""Primitive types that a declared format and zone apply to."""
