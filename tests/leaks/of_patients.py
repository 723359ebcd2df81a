"""Attempts at the device partition: another patient's chat, the staff's desk, the tables."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from suwen.bootstrap.audit_opening import site_signer
from suwen.bootstrap.device.platform import DevicePlatform, device_on
from suwen.bootstrap.device.staff import write_ticket
from suwen.core.identity import Role
from suwen.storage.urls import DatabaseUrls
from suwen.web.patient.app import create_patient_app
from suwen.web.patient.rendering import PatientWeb
from tests.leaks.asking import FORM, HOST, PATIENTS, SESSION, Ask
from tests.leaks.attempts import Attempt, Maker, filled
from tests.leaks.catalogue import Closed, Interface
from tests.leaks.ground import Ground, a_uuid
from tests.support.applications import person
from tests.support.device_site import hand_over_trainings

CHAT, DESK = "suwen_chat", "suwen_desk"
SAID = "反酸三个月"
HELPER, CHIEF = person("n.qian", Role.NURSE), person("dr.chief", Role.CHIEF_PHYSICIAN)
NO_HELPER = person("it.li", Role.SYSTEM_ADMINISTRATOR)
ENDS = ("/chat/end", "/desk/leave", "/desk/enter")


@dataclass
class PatientsGround:
    """The device partition on the same databases, with two chats: one of them called a person."""

    ground: Ground
    platform: DevicePlatform
    app: Starlette
    closing: AsyncExitStack
    chats: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def web(self) -> PatientWeb:
        """What its pages are made of."""
        web: PatientWeb = self.app.state.web
        return web

    def ticket(self, who: Any) -> str:
        """As the general partition hands it to somebody who is signed in there."""
        settings = self.ground.site.platform.settings
        return write_ticket(who, site_signer(settings), self.platform.clock.now())

    def session(self, who: Any) -> str:
        """The cookie of somebody of the staff, new."""
        return self.web.staff.enter(self.ticket(who))

    def chat(self) -> str:
        """The cookie of a new chat in which something was said."""
        begun = self.ground.ask(to_patients("POST", "/chats", {}))
        token = str(begun.json["token"])
        self.ground.ask(to_patients("POST", "/chat/messages", {"text": SAID}, {CHAT: token}))
        return token


def to_patients(
    method: str,
    path: str,
    fields: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
) -> Ask:
    """As a browser asks the device partition."""
    headers = {"Accept": "application/json"}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    if method == "GET":
        return Ask(method, path, headers, place=PATIENTS)
    headers |= {"Content-Type": FORM, "Origin": f"http://{HOST}"}
    return Ask(method, path, headers, urlencode(fields or {"x": "1"}).encode(), place=PATIENTS)


async def open_patients(ground: Ground, urls: DatabaseUrls) -> PatientsGround:
    """The device partition, open on the loop on which this is called."""
    closing = AsyncExitStack()
    hand_over_trainings(ground.site.platform.settings)
    platform = await closing.enter_async_context(device_on(ground.site.platform.settings, urls))
    app = create_patient_app(platform)
    ground.doors.apps[PATIENTS] = app
    return PatientsGround(ground, platform, app, closing)


def begin_chats(there: PatientsGround) -> None:
    """Two chats; in the first the patient calls a person."""
    for name in ("called", "alone"):
        there.chats[name] = there.chat()
    there.ground.ask(to_patients("POST", "/chat/person", {}, {CHAT: there.chats["called"]}))
    there.sessions = {"helper": there.session(HELPER), "chief": there.session(CHIEF)}


def _chat(there: PatientsGround, interface: Interface, chance: random.Random) -> Attempt:
    path = interface.path.removeprefix(PATIENTS)
    right = there.chat() if path in ENDS else there.chats["alone"]
    guessed, other = (right[:-6] + f"{chance.getrandbits(24):06x}" for _ in range(2))
    fields = {"text": "咳嗽"} if path.endswith("/messages") else {}
    asks = [
        to_patients(interface.method, path, fields, {CHAT: token})
        for token in (guessed, right, other)
    ]
    # Whoever opens the page of a chat that is not there is led to where one begins.
    shut = path != "/chat"
    secrets = () if shut else (SAID,)
    return Attempt(interface, asks[0], asks[1], asks[2], (guessed, other), secrets, shut=shut)


def _desk(there: PatientsGround, interface: Interface, chance: random.Random) -> Attempt:
    """Somebody without a session of the desk, with one of elsewhere, or of an office."""
    path = interface.path.removeprefix(PATIENTS)
    if path == "/desk/enter":
        return _enter(there, interface, chance)
    chat = there.ground.doors.run(there.web.chats.read(there.chats["called"]))
    token = there.session(CHIEF) if path in ENDS else there.sessions["chief"]
    found = there.web.staff.of(token)
    assert found is not None
    fields = {"csrf_token": found.csrf, "text": "请稍候"}
    forged = token[:-6] + f"{chance.getrandbits(24):06x}"
    wrong = chance.choice(({DESK: forged}, {SESSION: there.ground.token("dr.lin")}, {}))
    names = {"kind": "red_flags", "row": "none", "number": "999"}
    asks = [
        to_patients(interface.method, filled(path, {**names, "chat": number}), fields, cookies)
        for cookies, number in ((wrong, chat.id), ({DESK: token}, chat.id), (wrong, a_uuid(chance)))
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], secrets=(SAID,))


def _enter(there: PatientsGround, interface: Interface, chance: random.Random) -> Attempt:
    """A forged ticket, and one of somebody who helps no patients."""
    right = there.ticket(HELPER)
    forged = right[:-8] + "AAAAAAA" + right[-1]
    wrong = chance.choice((forged, there.ticket(NO_HELPER)))
    asks = [to_patients("GET", f"/desk/enter?ticket={ticket}") for ticket in (wrong, right)]
    return Attempt(interface, asks[0], asks[1])


def _tables(there: PatientsGround, interface: Interface, chance: random.Random) -> Attempt:
    """Who helps patients changes no table; who may, does."""
    if chance.random() < 0.5:
        return _desk(there, interface, chance)
    path = filled(
        interface.path.removeprefix(PATIENTS), {"kind": "red_flags", "row": "none", "number": "999"}
    )
    asks = []
    for who in ("helper", "chief"):
        found = there.web.staff.of(there.sessions[who])
        assert found is not None
        cookies = {DESK: there.sessions[who]}
        asks.append(to_patients(interface.method, path, {"csrf_token": found.csrf}, cookies))
    return Attempt(interface, asks[0], asks[1])


def makers(there: PatientsGround) -> Mapping[Closed, Maker]:
    """The makers of this partition's attempts."""
    return {
        Closed.CHAT: lambda _ground, interface, chance: _chat(there, interface, chance),
        Closed.DESK: lambda _ground, interface, chance: _desk(there, interface, chance),
        Closed.TABLES: lambda _ground, interface, chance: _tables(there, interface, chance),
    }
