"""Asking a platform what a caller asks, at its doors in this process and on its command line."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlencode

from suwen.bootstrap import platform as opening
from suwen.cli.main import run_command
from suwen.cli.register import CommandTree
from tests.support.web_site import Answer, WebSite

FORM = "application/x-www-form-urlencoded"
PATIENTS = "patients:"
"""Before the addresses of the device partition."""

HOST = "127.0.0.1:8080"
SESSION = "suwen_session"
LAUNCHED = "suwen_launch"

_load: Callable[..., Any] = CommandTree.get_command


@dataclass(frozen=True)
class Ask:
    """One request at a door.

    Attributes:
        place: which application answers; empty for the general partition's.
        until_begun: whether the answer counts as soon as it begins, as a stream without end does.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    until_begun: bool = False
    place: str = ""


@dataclass(frozen=True)
class Line:
    """One line at the machine's shell; JSON is asked for."""

    words: tuple[str, ...]
    stdin: str = ""


def by_token(token: str, method: str, path: str, body: Any = None, **headers: str) -> Ask:
    """A program that carries a token or key; what it sends is JSON."""
    sent = {"Accept": "application/json", "Authorization": f"Bearer {token}", **headers}
    if body is None:
        return Ask(method, path, sent)
    return Ask(
        method, path, {"Content-Type": "application/json", **sent}, json.dumps(body).encode()
    )


def form_by_token(token: str, method: str, path: str, fields: Mapping[str, str] | None) -> Ask:
    """As a page's form is sent, by whoever carries the token."""
    ask = by_token(token, method, path)
    if fields is None:
        return ask
    return Ask(method, path, {**ask.headers, "Content-Type": FORM}, urlencode(fields).encode())


def in_browser(
    token: str,
    method: str,
    path: str,
    fields: Mapping[str, str] | None = None,
    cookie: str = SESSION,
) -> Ask:
    """As a person's browser sends it, from a page of ours."""
    headers = {"Accept": "text/html", "Cookie": f"{cookie}={token}"}
    if method == "GET":
        return Ask(method, path, headers)
    csrf = hmac.new(token.encode(), b"suwen csrf", hashlib.sha256).hexdigest()
    headers |= {"Content-Type": FORM, "Origin": f"http://{HOST}"}
    return Ask(method, path, headers, urlencode({"csrf_token": csrf, **(fields or {})}).encode())


class Doors:
    """The doors of a served site, without a network between."""

    def __init__(self, site: WebSite) -> None:
        self._site = site
        self.apps: dict[str, Any] = {"": site.app}

    async def ask(self, ask: Ask) -> Answer:
        """What a door answers; called on the platform's loop."""
        path, _, query = ask.path.partition("?")
        headers = {"Host": HOST, **ask.headers}
        if ask.body:
            headers["Content-Length"] = str(len(ask.body))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": ask.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        told = _Told(ask)
        working = asyncio.ensure_future(self.apps[ask.place](scope, told.receive, told.send))
        ending = asyncio.ensure_future(told.ended.wait())
        await asyncio.wait((working, ending), return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if working.done():
            working.result()
        else:
            working.cancel()
            await asyncio.wait((working,))
        return told.answer()

    def run(self, work: Coroutine[Any, Any, Any], limit_s: float = 60) -> Any:
        """Does something where the platform lives."""
        return asyncio.run_coroutine_threadsafe(work, self._site.loop).result(limit_s)


@cache
def _loaded(name: str) -> Any:
    return _load(None, None, name)


def _kept(_tree: CommandTree, _context: Any, name: str) -> Any:
    """Loads each command once, which a shell does in a process of its own."""
    return _loaded(name)


class _Told:
    """One request on its way to the application, and what comes back."""

    def __init__(self, ask: Ask) -> None:
        self.ended = asyncio.Event()
        self._ask = ask
        self._taken = False
        self._start: dict[str, Any] = {}
        self._pieces: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        if self._taken:
            await asyncio.Event().wait()
        self._taken = True
        return {"type": "http.request", "body": self._ask.body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            if self._ask.until_begun and message["status"] == 200:
                self.ended.set()
        else:
            self._pieces.append(message.get("body", b""))

    def answer(self) -> Answer:
        pairs = [(k.decode().lower(), v.decode("latin-1")) for k, v in self._start["headers"]]
        cookies = tuple(value for name, value in pairs if name == "set-cookie")
        return Answer(self._start["status"], dict(pairs), b"".join(self._pieces), cookies)


class Shell:
    """The command line on a platform that is open already.

    Opening one for each line is what a shell does, and what ``tests/site/cli`` tests; a thousand
    lines of attempts share one.
    """

    def __init__(self, site: WebSite, home: Path, folder: Path) -> None:
        self._site = site
        self.folder = folder
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SUWEN_", "XDG_"))}
        self._environment = {
            **inherited,
            "LANG": "en_US.UTF-8",
            "SUWEN_HOME": str(home),
            "XDG_CONFIG_HOME": str(folder),
        }

    def ask(self, line: Line) -> Answer:
        """How the line ended (its exit status), and everything that it said."""
        stdin = io.TextIOWrapper(io.BytesIO(line.stdin.encode()), encoding="utf-8")
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with (
            mock.patch.object(sys, "stdin", stdin),
            mock.patch.object(sys, "stdout", out),
            mock.patch.object(sys, "stderr", err),
            mock.patch.dict(os.environ, self._environment, clear=True),
            mock.patch.object(opening, "open_platform", self._open),
            mock.patch.object(asyncio, "run", self._run),
            mock.patch.object(CommandTree, "get_command", _kept),
        ):
            status = run_command(("--json", *line.words))
            said = []
            for stream in (out, err):
                stream.flush()
                said.append(stream.buffer.getvalue())
        return Answer(status, {}, b"".join(said))

    @asynccontextmanager
    async def _open(self, _settings: Any) -> AsyncIterator[Any]:
        yield self._site.platform

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._site.loop).result(60)
