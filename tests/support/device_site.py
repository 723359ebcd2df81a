"""The device partition served over a real database, asked over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn

from suwen.bootstrap.accountability.training_hand_over import (
    FILE,
    HandedTraining,
    HandedTrainings,
    write_trainings,
)
from suwen.bootstrap.audit_opening import site_signer
from suwen.bootstrap.device.platform import DevicePlatform, device_on
from suwen.bootstrap.device.staff import write_ticket
from suwen.bootstrap.settings import AuditSettings, EngineSettings, Settings
from suwen.bootstrap.signed_files import keep_copy
from suwen.core.identity import AppId, Principal, PrincipalId
from suwen.storage.urls import DatabaseUrls
from suwen.web.patient.app import create_patient_app
from suwen.web.patient.rendering import PatientWeb
from tests.support.web_site import Answer, Client


@dataclass
class DeviceSite:
    """A served device partition."""

    host: str
    web: PatientWeb
    settings: Settings
    loop: asyncio.AbstractEventLoop

    @property
    def platform(self) -> DevicePlatform:
        return self.web.platform

    def run(self, work: Any) -> Any:
        """Runs something of the platform where it lives."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def stranger(self) -> Client:
        """A browser that has been nowhere."""
        return Client(self.host)

    def patient(self, **about: str) -> Client:
        """A browser with a chat."""
        client = self.stranger()
        assert self.post(client, "/chats", about).status == 303
        return client

    def post(self, client: Client, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Submits a form of our own page."""
        return client.request(
            "POST",
            path,
            urlencode(fields).encode(),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{self.host}",
                **headers,
            },
        )

    def say(self, client: Client, text: str) -> dict[str, Any]:
        """What comes back to a message, as a program is told."""
        answer = self.post(client, "/chat/messages", {"text": text}, Accept="application/json")
        assert answer.status == 200, answer.text
        told: dict[str, Any] = json.loads(answer.body)
        return told

    def staff(self, principal: Principal) -> Client:
        """A browser of somebody who came from the general partition."""
        client = self.stranger()
        ticket = self.ticket(principal)
        assert client.get(f"/desk/enter?ticket={ticket}").status == 303
        return client

    def ticket(self, principal: Principal) -> str:
        """A ticket as the general partition writes it."""
        return write_ticket(principal, site_signer(self.settings), self.platform.clock.now())

    def csrf(self, client: Client) -> str:
        """What a form of this session must carry."""
        field = client.get("/desk").page.css_first('input[name="csrf_token"]')
        assert field is not None
        return str(field.attributes["value"])


def hand_over_trainings(
    settings: Settings,
    *trainings: HandedTraining,
    demanded: frozenset[AppId] = frozenset(),
    barred: frozenset[PrincipalId] = frozenset(),
) -> None:
    """Lays who was trained, and who is barred, beside the device partition, as the general one
    does."""
    handed = HandedTrainings(datetime.now(UTC), demanded, trainings, barred)
    content = write_trainings(handed, site_signer(settings))
    keep_copy(settings.home / "public" / FILE, content)


def settings_at(home: Path, **sections: Any) -> Settings:
    """Settings of a site in this state directory."""
    return Settings(
        home=home,
        audit=AuditSettings(anchor=str(home.parent / f"{home.name}-anchor.jsonl")),
        engine=EngineSettings(enabled=False),
        **sections,
    )


@contextmanager
def serving_device(urls: DatabaseUrls, settings: Settings) -> Iterator[DeviceSite]:
    """Serves the device partition in a thread of its own for as long as the block lasts."""
    hand_over_trainings(settings)
    begun, stop = threading.Event(), asyncio.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        async with device_on(settings, urls) as platform:
            listener = socket.create_server(("127.0.0.1", 0))
            app = create_patient_app(platform)
            config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            host = f"127.0.0.1:{listener.getsockname()[1]}"
            found["site"] = DeviceSite(host, app.state.web, settings, asyncio.get_running_loop())
            begun.set()
            await stop.wait()
            server.should_exit = True
            await task

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found["error"] = error
            raise
        finally:
            begun.set()

    thread = threading.Thread(target=run, name="device site")
    thread.start()
    begun.wait(60)
    site = found.get("site")
    assert site is not None, found.get("error")
    yield site
    site.loop.call_soon_threadsafe(stop.set)
    thread.join(30)
