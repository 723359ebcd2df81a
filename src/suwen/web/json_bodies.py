"""JSON that a program or a script sent: in UTF-8, and with one reading only."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.integration.fhir.reading import parse_json


def read_json_body(raw: bytes) -> Any:
    """The value of a JSON text, in the plain types that every desk stores.

    Raises:
        InputError: ``json_not_utf8``, ``json_malformed``, ``json_duplicate_key``, ``json_number``
            (also for NaN and Infinity), ``json_too_deep``.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "json_not_utf8",
            Bilingual(
                zh=f"不是 UTF-8 编码（第 {error.start} 字节起），请以 UTF-8 编码发送。",
                en=f"Not UTF-8 from byte {error.start} on; send it encoded in UTF-8.",
            ),
            detail={"byte": error.start},
        ) from None
    parse_json(text)
    return json.loads(text)


class JsonRoute(APIRoute):
    """A route for programs that reads its JSON itself, and says what is wrong with it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, after the body was read."""
        answer, wants_body = super().get_route_handler(), self.body_field is not None

        async def read_and_answer(request: Request) -> Response:
            body = await request.body() if wants_body else b""
            if not body:
                return await answer(request)
            _require_json(request)
            return await answer(_ReadRequest(request, body))

        return read_and_answer


class _ReadRequest(Request):
    """A request whose body was read and understood."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.scope, request.receive)
        self._bytes, self._value = body, read_json_body(body)

    async def body(self) -> bytes:
        """The body as it came."""
        return self._bytes

    async def json(self) -> Any:
        """What the body says."""
        return self._value


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise InputError(
            "json_content_type",
            Bilingual(
                zh="请以 Content-Type: application/json 发送 JSON。",
                en="Send JSON, with Content-Type: application/json.",
            ),
            field="Content-Type",
        )
