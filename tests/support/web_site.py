"""The web front over a real database and the demonstration hospital, asked over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI
from selectolax.lexbor import LexborHTMLParser

from suwen.bootstrap.demonstration_site import prepare_demonstration
from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import AuditSettings, EngineSettings, Settings
from suwen.storage.urls import DatabaseUrls
from suwen.web.app import create_app


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    set_cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def page(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.body)


@dataclass
class Client:
    """One browser, as far as cookies and forms go; follows no redirect."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        connection = HTTPConnection(self.host, timeout=60)
        sent = {"Accept": "text/html", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        for line in answer.headers.get_all("set-cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        lines = tuple(answer.headers.get_all("set-cookie") or ())
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, data, lines)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """Submits a form of our own page."""
        pairs = [(k, v) for k, v in (fields or {}).items()]
        body = urlencode([("csrf_token", self.csrf), *pairs], doseq=True).encode()
        return self.request(
            "POST",
            path,
            body,
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{self.host}",
                **headers,
            },
        )

    def send(self, method: str, path: str, body: Any, **headers: str) -> Answer:
        """Sends JSON as our own script does."""
        return self.request(
            method,
            path,
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Origin": f"http://{self.host}",
                "X-CSRF-Token": self.csrf,
                **headers,
            },
        )

    @property
    def csrf(self) -> str:
        """The forgery token, as a page of this session carries it."""
        meta = self.get("/about").page.css_first('meta[name="csrf-token"]')
        return (meta.attributes["content"] or "") if meta is not None else ""

    def sign_in(self, account: str, password: str) -> Answer:
        return self.request(
            "POST",
            "/sign-in",
            urlencode({"account": account, "password": password, "next": "/"}).encode(),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{self.host}",
            },
        )


@dataclass
class WebSite:
    """A served platform and the people who may sign in."""

    host: str
    app: FastAPI
    platform: Platform
    loop: asyncio.AbstractEventLoop
    passwords: dict[str, str]
    _signed_in: dict[str, Client] = field(default_factory=dict)

    def stranger(self) -> Client:
        """A browser that nobody signed in with."""
        return Client(self.host)

    def fresh(self, account: str) -> Client:
        """A new session of a person."""
        client = self.stranger()
        assert client.sign_in(account, self.passwords[account]).status == 303
        return client

    def person(self, account: str) -> Client:
        """A session of a person that several tests share; do not sign it out."""
        if account not in self._signed_in:
            self._signed_in[account] = self.fresh(account)
        return self._signed_in[account]

    def run(self, work: Any) -> Any:
        """Runs something of the platform where it lives."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def draft(self, account: str, patient: str, document: str, language: str = "zh") -> str:
        """Has a document built and returns the draft's id."""
        token = self.token(account)
        answer = self.api(
            token,
            "POST",
            "/api/v1/apps/record_writer/run",
            {
                "request": {
                    "patient_id": patient,
                    "document_type": document,
                    "language": language,
                }
            },
        )
        assert answer.status == 200, answer.text
        return str(answer.json["run"]["draft_id"])

    def token(self, account: str) -> str:
        """An access token of a person."""
        body = {"account": account, "password": self.passwords[account]}
        answer = self.api("", "POST", "/api/v1/token", body)
        assert answer.status == 200, answer.text
        return str(answer.json["token"])

    def api(self, token: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A program's request."""
        sent = {"Accept": "application/json", **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        return self.stranger().request(method, path, data, sent)


@contextmanager
def serving(
    urls: DatabaseUrls,
    home: Path,
    sections: Mapping[str, Any] | None = None,
    tls: Mapping[str, str] | None = None,
) -> Iterator[WebSite]:
    """Serves a platform in a thread of its own for as long as the block lasts.

    Args:
        sections: further sections of the settings, by name.
        tls: certificate and key as uvicorn takes them, for browsers; ``Client`` speaks plain HTTP.
    """
    begun, stop = threading.Event(), asyncio.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        settings = Settings(
            home=home,
            audit=AuditSettings(anchor=str(home.parent / f"{home.name}-anchor.jsonl")),
            engine=EngineSettings(enabled=False),
            **(sections or {}),
        )
        async with platform_on(settings, urls) as platform:
            accounts = await prepare_demonstration(platform, host="127.0.0.1", wanted=True)
            listener = socket.create_server(("127.0.0.1", 0))
            app = create_app(platform)
            config = uvicorn.Config(
                app, lifespan="off", log_config=None, access_log=False, **(tls or {})
            )
            server = uvicorn.Server(config)
            serving_task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            found["site"] = WebSite(
                host=f"127.0.0.1:{listener.getsockname()[1]}",
                app=app,
                platform=platform,
                loop=asyncio.get_running_loop(),
                passwords={a.name: a.password for a in accounts},
            )
            begun.set()
            await stop.wait()
            server.should_exit = True
            await serving_task

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found["error"] = error
            raise
        finally:
            begun.set()

    thread = threading.Thread(target=run, name="web site")
    thread.start()
    begun.wait(120)
    site = found.get("site")
    assert site is not None, found.get("error")
    try:
        yield site
    finally:
        # Also when a fixture that builds on it fails: its thread would keep the process.
        site.loop.call_soon_threadsafe(stop.set)
        thread.join(30)
