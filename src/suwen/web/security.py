"""Response headers of every answer, and the size that a request may have."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suwen.core.errors import AccessError, InputError
from suwen.core.language import Bilingual
from suwen.web.doors import MEBIBYTE


def content_security_policy(frame_ancestors: Sequence[str]) -> str:
    """Only our own files, nothing inline; pages may be framed where the hospital says so."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {' '.join(frame_ancestors) or chr(39) + 'none' + chr(39)}",
        )
    )


class SecurityHeaders:
    """Adds the protective headers; pages are never stored, static files are."""

    def __init__(self, app: ASGIApp, frame_ancestors: Sequence[str]) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(frame_ancestors),
            "X-Content-Type-Options": "nosniff",
            # With no-referrer, browsers would send "Origin: null" with our own forms.
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }
        if not frame_ancestors:
            self._headers["X-Frame-Options"] = "DENY"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request through and completes its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body of a request, of at most ``limit`` bytes.

    Raises:
        InputError: ``request_too_large``.
        ConnectionResetError: when the client went away before it was complete.
    """
    stated = Headers(scope=scope).get("content-length")
    if stated is not None and stated.isdigit() and int(stated) > limit:
        raise _too_large(limit)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive channel that hands out a body that was read already, then waits on."""
    sent = False

    async def receive_again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _too_large(limit: int) -> InputError:
    size = limit // MEBIBYTE
    return InputError(
        "request_too_large",
        Bilingual(
            zh=f"提交的内容超过 {size} MiB 上限，请分成较小的部分。",
            en=f"The request is larger than the limit of {size} MiB; send it in smaller parts.",
        ),
        detail={"limit_bytes": limit},
    )


def split_address(text: str) -> SplitResult | None:
    """The parts of an address that a header states; ``None`` for one that nobody can read."""
    try:
        found = urlsplit(text)
        found.port  # noqa: B018 - raises for a port that there cannot be
    except ValueError:
        return None
    return found


def check_origin(request: Request, *, token_door: bool = False) -> None:
    """Refuses what another site's page made the browser send.

    Args:
        token_door: whether a program may come without saying from where.

    Raises:
        AccessError: ``origin_missing``, ``origin_foreign``.
    """
    origin = request.headers.get("origin")
    if origin is None:
        # Programs send none; a browser always does with what changes something.
        if token_door or request.headers.get("sec-fetch-site") is None:
            return
        raise forged("origin_missing")
    stated = split_address(origin)
    if stated is None or stated.netloc != request.headers.get("host"):
        raise forged("origin_foreign")


def forged(code: str) -> AccessError:
    """That a request did not come from a page of this session."""
    return AccessError(
        code,
        Bilingual(
            zh="此请求不是从本页面发出的，未执行。请刷新页面后重试。",
            en="This request did not come from a page of this session and was not carried out. "
            "Reload the page and try again.",
        ),
    )
