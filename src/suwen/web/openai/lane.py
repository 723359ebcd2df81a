"""The lane in front of everything else for ``/v1``: programs with keys, no pages, no sessions.

It stands before the guard and the router because these requests are the most frequent ones: a key
is looked up, counted, audited and passed on, and nothing else is done for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from suwen.bootstrap.platform import Platform
from suwen.control.access.clients import KnownClient
from suwen.core.errors import NotFoundError, SuwenError
from suwen.core.language import Bilingual, Language
from suwen.web.doors import MEBIBYTE
from suwen.web.metrics import Metrics
from suwen.web.openai.errors import body_of, event_of, status_of, wrong
from suwen.web.openai.schema import DESCRIPTION
from suwen.web.security import read_body

PREFIX: Final = "/v1/"
BODY_LIMIT: Final = 16 * MEBIBYTE
CLASS_HEADER: Final = b"x-suwen-data-class"
_JSON: Final = b"application/json"
_EVENTS: Final = b"text/event-stream; charset=utf-8"
_FIXED: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),
)
DONE: Final = b"data: [DONE]\n\n"
_DEFECT: Final = SuwenError(
    "internal",
    Bilingual(
        zh="系统内部出错，请求未完成。已记入日志。",
        en="Something in the system failed and the request was not completed. It is in the log.",
    ),
)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Visit:
    """One request and the way back to who sent it."""

    scope: Scope
    receive: Receive
    send: Send
    language: Language
    key: str | None = field(repr=False, default=None)
    stated_class: bytes | None = None
    begun: bool = False
    status: int = 0
    begun_at: float = 0.0

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            InputError: ``request_too_large``.
        """
        return await read_body(self.scope, self.receive, BODY_LIMIT)

    @property
    def declared_class(self) -> int | None:
        """The data class that the program states; raises InputError for what is none."""
        if self.stated_class is None:
            return None
        if self.stated_class not in (b"1", b"2", b"3", b"4", b"5"):
            raise wrong("X-Suwen-Data-Class", zh="须为 1 至 5。", en="it is 1 to 5.")
        return int(self.stated_class)

    async def begin(self, status: int, kind: bytes, *extra: tuple[bytes, bytes]) -> None:
        """Sends the status and the headers."""
        self.begun, self.status, self.begun_at = True, status, time.perf_counter()
        headers = [(b"content-type", kind), *_FIXED, *extra]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def stream(self) -> None:
        """Begins a stream of events."""
        await self.begin(200, _EVENTS)

    async def piece(self, data: bytes, *, last: bool = False) -> None:
        """Sends a piece; waits while the reader is slow."""
        await self.send({"type": "http.response.body", "body": data, "more_body": not last})

    async def answer(self, body: object, status: int = 200, *extra: tuple[bytes, bytes]) -> None:
        """Sends a whole answer in JSON."""
        data = orjson.dumps(body)
        await self.begin(status, _JSON, (b"content-length", b"%d" % len(data)), *extra)
        await self.piece(data, last=True)


Handler = Callable[[Platform, KnownClient, Visit], Awaitable[None]]


class ModelLane:
    """Answers what comes to ``/v1`` and lets everything else pass.

    Args:
        handlers: by method and path; a path that ends in ``/`` stands for everything below it.
    """

    def __init__(
        self,
        app: ASGIApp,
        platform: Platform,
        metrics: Metrics,
        handlers: dict[tuple[str, str], tuple[str, Handler]],
    ) -> None:
        self._app = app
        self._platform = platform
        self._metrics = metrics
        self._handlers = handlers
        self._default = Language(platform.settings.site.language)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        visit = _visit(scope, receive, send, self._default)
        name, started = "none", time.perf_counter()
        try:
            name, handler = self._handler(scope["method"], scope["path"])
            if handler is None:
                await visit.answer(DESCRIPTION)
            else:
                client = await self._platform.clients.find(visit.key)
                await handler(self._platform, client, visit)
        except ConnectionResetError:
            return
        except SuwenError as error:
            await _refuse(visit, error)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: told, logged by its kind, not lost
            log.error("unexpected %s at %s", type(error).__name__, scope["path"][:40])
            await _refuse(visit, _DEFECT)
        finally:
            self._metrics.requests.labels(name, scope["method"], visit.status).inc()
            if visit.begun:
                self._metrics.seconds.labels(name).observe(visit.begun_at - started)

    def _handler(self, method: str, path: str) -> tuple[str, Handler | None]:
        if (method, path) == ("GET", "/v1/openapi.json"):
            return "openai_description", None
        found = self._handlers.get((method, path))
        if found is None:
            folder = path[: path.find("/", len(PREFIX)) + 1]
            found = self._handlers.get((method, folder)) if folder != path else None
        if found is None:
            raise NotFoundError(
                "unknown_url",
                Bilingual(
                    zh="没有这个地址，或不支持该方法。",
                    en="There is no such address, or it does not take this method.",
                ),
            )
        return found


def _visit(scope: Scope, receive: Receive, send: Send, default: Language) -> Visit:
    key = stated = None
    language = default
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, given = value.partition(b" ")
            if scheme.lower() == b"bearer":
                key = given.strip().decode("latin-1")
        elif name == CLASS_HEADER:
            stated = value
        elif name == b"accept-language" and value[:2] in (b"zh", b"en"):
            language = Language(value[:2].decode())
    return Visit(scope, receive, send, language, key, stated)


async def _refuse(visit: Visit, error: SuwenError) -> None:
    """Tells what did not go: as the answer, or as the last event of a stream that has begun."""
    if visit.begun:
        await visit.piece(event_of(error, visit.language), last=True)
        return
    extra: list[tuple[bytes, bytes]] = []
    wait = error.detail.get("retry_after_s")
    if wait is not None:
        extra.append((b"retry-after", b"%d" % int(wait)))
    if error.category == "authentication":
        extra.append((b"www-authenticate", b'Bearer realm="suwen"'))
    await visit.answer(body_of(error, visit.language), status_of(error), *extra)
