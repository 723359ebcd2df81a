"""Errors in the form that OpenAI's clients understand.

Source: OpenAI API reference, "Errors"; the clients choose their exception by the HTTP status and
read ``error.message``, ``error.type``, ``error.param`` and ``error.code``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.core.language import Bilingual, Language

_TYPES: Final[Mapping[str, str]] = {
    "authentication": "authentication_error",
    "access": "permission_error",
    "privacy": "permission_error",
    "guardrail": "permission_error",
    "governance": "permission_error",
    "quota": "rate_limit_error",
    "input": "invalid_request_error",
    "conflict": "invalid_request_error",
    "not_found": "invalid_request_error",
    "precondition": "invalid_request_error",
    "knowledge": "invalid_request_error",
}
_SERVER: Final = "server_error"
_ENGINE_STATUS: Final[Mapping[str, int]] = {
    "engine_busy": 503,
    "engine_timeout": 504,
    "context_exceeded": 400,
}


def status_of(error: SuwenError) -> int:
    """The HTTP status; a wrong request is 400 here, as OpenAI's clients expect it."""
    status = _ENGINE_STATUS.get(error.code, meaning_of(error).http_status)
    return 400 if status == 422 else status


def body_of(error: SuwenError, language: Language) -> dict[str, Any]:
    """The error's body."""
    kind = _TYPES.get(error.category, _SERVER)
    if error.code == "context_exceeded":
        kind = "invalid_request_error"
    return {
        "error": {
            "message": error.safe_message.in_language(language),
            "type": kind,
            "param": error.field,
            "code": error.code,
        }
    }


def event_of(error: SuwenError, language: Language) -> bytes:
    """The event that ends a stream in which the error happened."""
    return b"data: " + orjson.dumps(body_of(error, language)) + b"\n\n"


def wrong(field: str, *, zh: str, en: str, code: str = "invalid_value") -> InputError:
    """The refusal of a request that is wrong at one place; its value is not repeated."""
    return InputError(code, Bilingual(zh=f"{field}：{zh}", en=f"{field}: {en}"), field=field)
