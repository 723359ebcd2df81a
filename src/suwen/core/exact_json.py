"""JSON whose numbers keep every digit: read as Decimal, written back as they stood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def read_exact(text: str) -> Any:
    """The value of a JSON text; fractions become Decimal, so that 7.20 stays 7.20."""
    return json.loads(text, parse_float=Decimal)


def write_exact(value: object) -> str:
    """JSON text of plain data that may hold Decimals; compact, keys in their order.

    Raises:
        TypeError: for a value that JSON does not have.
        ValueError: for a number that is not finite.
    """
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces)


def _write(value: object, pieces: list[str]) -> None:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("a number of JSON is finite")
        pieces.append(str(value))
    elif isinstance(value, Mapping):
        separator = "{"
        for key, item in value.items():
            pieces.append(f"{separator}{json.dumps(key, ensure_ascii=False)}:")
            _write(item, pieces)
            separator = ","
        pieces.append("}" if separator == "," else "{}")
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            pieces.append(separator)
            _write(item, pieces)
            separator = ","
        pieces.append("]" if separator == "," else "[]")
    else:
        pieces.append(json.dumps(value, ensure_ascii=False, allow_nan=False))
