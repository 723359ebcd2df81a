"""What goes wrong in a request reaches neither its caller nor the log with its words."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from suwen.web.defects import AnswerCutOffError, Edge

WORDS = "胸痛三天，既往梅毒"


async def told(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(type(error).__name__, 500)


async def speechless(_request: Request, _error: Exception) -> Response:
    raise KeyError(WORDS)


def asked(edge: Edge) -> list[Any]:
    """What a request gets, message by message."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(edge(scope, receive, send))
    return sent


async def broken(*_: object) -> None:
    raise ValueError(WORDS)


async def broken_half_way(_scope: object, _receive: object, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError(WORDS)


def test_a_defect_is_told_by_its_place(caplog: pytest.LogCaptureFixture) -> None:
    start, body = asked(Edge(broken, told))
    assert (start["status"], body["body"]) == (500, b"ValueError")
    assert "ValueError" in caplog.text and WORDS not in caplog.text


def test_an_answer_that_began_is_cut_off_without_the_words_of_the_defect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(AnswerCutOffError) as cut:
        asked(Edge(broken_half_way, told))
    # As the server logs what reaches it.
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=cut.value)
    assert "AnswerCutOffError" in caplog.text and WORDS not in caplog.text


def test_an_answer_that_cannot_be_made_is_one_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    start, body = asked(Edge(broken, speechless))
    assert (start["status"], body["body"]) == (500, b"internal")
    assert "KeyError" in caplog.text and WORDS not in caplog.text
