"""MCP over HTTP: ``/mcp``, one request at a time, no session to steal or to lose."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from suwen.core.errors import AccessError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.web.guard import caller_of, language_of
from suwen.web.pages import web_of

BODY_LIMIT = 2 * 1024 * 1024


class McpDoor:
    """Answers each request by itself; the guard has signed its caller in."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        # The protocol's library takes half a second to load; most services are never asked.
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from suwen.web.mcp.server import make_server

        request = Request(scope, receive)
        _require_no_page(request)
        server = make_server(web_of(request).platform, _caller, language_of(request))
        # A manager serves once: it keeps nothing, so that any process answers any request.
        manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=BODY_LIMIT
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)


async def _caller(context: Any) -> Principal:
    request: Request = context.request
    return caller_of(request)


def _require_no_page(request: Request) -> None:
    """A page of another site must not speak through a browser in the hospital.

    Source: MCP specification, "Streamable HTTP", security warning on DNS rebinding.
    """
    if request.headers.get("origin") is not None:
        raise AccessError(
            "origin_foreign",
            Bilingual(
                zh="MCP 只供程序使用，不接受来自网页的请求。",
                en="MCP is for programs; requests from pages are not taken.",
            ),
        )


ROUTES = [Route("/mcp", McpDoor(), methods=["GET", "POST", "DELETE"])]
