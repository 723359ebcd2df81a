"""Answers that are no pages: JSON of views with numbers exactly as written, and files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from starlette.responses import Response

from suwen.core.exact_json import write_exact


class ExactJson(Response):
    """An answer whose fractions keep every digit (7.20 stays 7.20)."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return write_exact(plain(content)).encode()


def file_answer(name: str, body: bytes | str, media_type: str) -> Response:
    """A file to keep under this name, which no cache keeps."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


def plain(value: Any) -> Any:
    """Plain data of a view: dataclasses become objects, times RFC 3339 text.

    Raises:
        TypeError: for a value that has no JSON form.
    """
    match value:
        case None | bool() | int() | float() | Decimal():
            return value
        case Enum():
            return value.value
        case str():
            return value
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(plain(item) for item in value)
        case _ if dataclasses.is_dataclass(value):
            return {
                field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
            }
    raise TypeError(f"{type(value).__name__} has no JSON form")
