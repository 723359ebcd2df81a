"""The scripted server itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Self

from aiohttp import web

from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.inference.scripted.answers import Respond, ScriptedRequest, always
from suwen.inference.scripted.telling import Telling, refuse


class ScriptedEngine:
    """The server. ``requests`` holds what was asked, ``cancelled`` counts the answers during which
    the client went away, ``active`` those being given now.

    Args:
        respond: decides the answer to each request.
        key: bearer key that is demanded; ``None`` demands none.
        tokeniser: ``llama.cpp``, ``vllm`` or ``None`` for a server without one; a word is a token.
        lists_models: ``False`` for a server without a list of its models.
    """

    def __init__(
        self,
        respond: Respond | None = None,
        *,
        model: str = "scripted",
        key: str | None = None,
        tokeniser: str | None = "llama.cpp",
        context_tokens: int = 8192,
        lists_models: bool = True,
    ) -> None:
        self.respond = respond or always("ready")
        self.model = model
        self.key = key
        self.tokeniser = tokeniser
        self.context_tokens = context_tokens
        self.lists_models = lists_models
        self.requests: list[ScriptedRequest] = []
        self.tokenised = 0
        self.cancelled = 0
        self.completed = 0
        self.active = 0
        self.most_active = 0
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """The base address, ending in ``/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    def endpoint(self, name: str = "scripted", **settings: Any) -> Endpoint:
        """An endpoint that leads here; ``settings`` as in ``core.inference.Endpoint``."""
        values: dict[str, Any] = {
            "url": self.url,
            "model": self.model,
            "partition": Partition.GENERAL,
            "ceiling": 5,
            "capabilities": frozenset({"chat", "json_schema"}),
            "context_tokens": self.context_tokens,
            "key": self.key,
            **settings,
        }
        return Endpoint(name=name, **values)

    async def start(self) -> None:
        """Listens on a free loopback port; on the same one after ``stop``."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/health", self._health)
        if self.lists_models:
            app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/tokenize", self._tokenize)
        app.router.add_post("/apply-template", self._apply_template)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stops listening and breaks off what is being answered."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def wait_until(self, holds: Callable[[Self], bool], timeout_s: float = 5.0) -> None:
        """Returns once the condition holds, for example ``lambda e: e.cancelled == 1``.

        Raises:
            TimeoutError: it does not in this time.
        """
        async with asyncio.timeout(timeout_s):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _models(self, request: web.Request) -> web.Response:
        self._demand_key(request)
        return web.json_response({"object": "list", "data": [{"id": self.model}]})

    async def _apply_template(self, request: web.Request) -> web.Response:
        self._demand_key(request)
        if self.tokeniser != "llama.cpp":
            raise web.HTTPNotFound
        messages = (await request.json())["messages"]
        prompt = " ".join(f"<|{m['role']}|> {m['content']}" for m in messages)
        return web.json_response({"prompt": prompt})

    async def _tokenize(self, request: web.Request) -> web.Response:
        self._demand_key(request)
        if self.tokeniser is None:
            raise web.HTTPNotFound
        body = await request.json()
        self.tokenised += 1
        if self.tokeniser == "vllm":
            words = [w for m in body["messages"] for w in (m["role"], *m["content"].split())]
            return web.json_response({"count": len(words), "max_model_len": self.context_tokens})
        return web.json_response({"tokens": list(range(len(body.get("content", "").split())))})

    def _demand_key(self, request: web.Request) -> None:
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise web.HTTPUnauthorized(
                text=json.dumps({"error": {"type": "authentication_error", "code": 401}})
            )

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self._demand_key(request)
        asked = ScriptedRequest(await request.json(), request.headers.get("Authorization"))
        self.requests.append(asked)
        answer = self.respond(asked)
        if answer.status != 200:
            return refuse(asked, answer)
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        self._changed.set()
        try:
            response = await Telling(request, asked, answer).tell()
            self.completed += 1
            return response
        except (asyncio.CancelledError, ConnectionError):
            self.cancelled += 1
            raise
        finally:
            self.active -= 1
            self._changed.set()


@contextmanager
def serving_in_thread(engine: ScriptedEngine) -> Iterator[ScriptedEngine]:
    """The engine served from a thread of its own, for tests that are not async."""
    loop = asyncio.new_event_loop()
    started = Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(engine.start())
        started.set()
        loop.run_forever()
        loop.run_until_complete(engine.stop())
        loop.close()

    thread = Thread(target=run, name="scripted engine", daemon=True)
    thread.start()
    started.wait()
    try:
        yield engine
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
