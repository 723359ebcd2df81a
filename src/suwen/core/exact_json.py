"""JSON whose numbers keep every digit: read as Decimal, written back as they stood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring as _quoted
from math import isfinite
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
    if isinstance(value, str):
        pieces.append(_quoted(value))
    elif isinstance(value, Mapping):
        separator = "{"
        for key, item in value.items():
            pieces.append(f"{separator}{_name(key)}:")
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
    elif isinstance(value, Decimal | float):
        if not isfinite(value):
            raise ValueError("a number of JSON is finite")
        # One spelling of a number, whether it was read as a float or as a Decimal.
        exact = value if isinstance(value, Decimal) else Decimal(float.__repr__(value))
        pieces.append(str(exact))
    else:
        pieces.append(json.dumps(value))


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("a name in JSON is a text")
    return _quoted(key)
