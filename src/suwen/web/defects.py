"""The outermost catch of the pages; a defect of ours is told by its place, never by its words."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suwen.core.errors import SuwenError

log = logging.getLogger(__name__)


class AnswerCutOffError(Exception):
    """An answer that had begun was broken off; it says nothing else, for the server logs it."""


class Edge:
    """Whatever goes wrong becomes an answer, a defect also a log line.

    Nothing that was raised goes further: the server would log its words with it.

    Args:
        answer: says to whoever asked what did not go.
    """

    def __init__(
        self, app: ASGIApp, answer: Callable[[Request, Exception], Awaitable[Response]]
    ) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request through; an answer that has begun can only be cut off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def note_begin(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_begin)
        except ConnectionResetError:
            return
        except Exception as error:  # noqa: BLE001 - the edge of a request
            if not isinstance(error, SuwenError):
                # The message may repeat what was typed: only the kind and the place are logged.
                log.error("unexpected %s at %s", type(error).__name__, place_of(error))
            if begun:
                raise AnswerCutOffError from None
            answer = await self._told(Request(scope, receive), error)
            await answer(scope, receive, send)

    async def _told(self, request: Request, error: Exception) -> Response:
        try:
            return await self._answer(request, error)
        except Exception as second:  # noqa: BLE001 - the last place before the server itself
            log.error("unexpected %s at %s", type(second).__name__, place_of(second))
            return PlainTextResponse("internal", 500)


def place_of(error: Exception) -> str:
    """File and line at which it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('suwen/')[2]}:{trace.tb_lineno}"
