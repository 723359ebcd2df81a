"""``kill -9`` while a chat is handed over: it is with one side or the other, and never lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict

import pytest

from suwen.bootstrap.device.chats import About, Opened
from suwen.core.identity import Role
from suwen.core.language import Language
from suwen.storage.patient_chats import Chat, ChatState
from suwen.storage.urls import DatabaseUrls
from tests.support.applications import person
from tests.support.device_site import DeviceSite

BEFORE, AFTER = "chat.before_changed", "chat.after_changed"
NURSE = "n.qian"
ALARM = "我爸胸口痛得厉害，出冷汗"
ANSWER = "请到二楼，我陪您过去。"
SOAK = pytest.mark.soak


def killed(
    device: DeviceSite, urls: DatabaseUrls, opened: Opened, act: str, point: str, text: str = ""
) -> Chat:
    """The chat, after a process was killed that acted on it, and the next one came up."""
    wish = {
        "home": str(device.settings.home),
        "urls": asdict(urls),
        "act": act,
        "point": point,
        "token": opened.token,
        "chat": opened.chat.id,
        "nurse": NURSE,
        "text": text,
    }
    command = [sys.executable, "-m", "tests.support.chat_process", json.dumps(wish)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    device.run(device.platform.recover())
    return device.run(device.web.chats.read(opened.token))


def a_chat(device: DeviceSite, *, called: bool = False, taken: bool = False) -> Opened:
    chats, desk = device.web.chats, device.web.desk
    opened: Opened = device.run(chats.open(About(), Language.ZH, None))
    if called:
        device.run(chats.call_person(opened.token))
    if taken:
        device.run(desk.take(person(NURSE, Role.NURSE), opened.chat.id))
    return opened


def open_acts(device: DeviceSite) -> int:
    """How many acts stand open in the audit."""
    return len(device.run(device.platform.audit_store.unclosed(1)))


@pytest.mark.parametrize(
    ("point", "state"),
    [pytest.param(BEFORE, ChatState.OPEN, marks=SOAK), (AFTER, ChatState.WAITING)],
)
def test_a_call_for_a_person(
    device: DeviceSite, database_urls: DatabaseUrls, point: str, state: ChatState
) -> None:
    opened = a_chat(device)
    assert killed(device, database_urls, opened, "call", point).state is state
    assert device.run(device.web.chats.call_person(opened.token)).state is ChatState.WAITING
    queue = device.run(device.web.desk.queue(person(NURSE, Role.NURSE)))
    assert [chat.id for chat in queue].count(opened.chat.id) == 1


@pytest.mark.parametrize(("point", "by"), [(BEFORE, None), pytest.param(AFTER, NURSE, marks=SOAK)])
def test_taking_a_chat_over(
    device: DeviceSite, database_urls: DatabaseUrls, point: str, by: str | None
) -> None:
    opened = a_chat(device, called=True)
    assert killed(device, database_urls, opened, "take", point).taken_by == by
    assert open_acts(device) == 0, "how it ended is told by whoever came up next"
    nurse = person(NURSE, Role.NURSE)
    again = device.run(device.web.desk.take(nurse, opened.chat.id))
    assert (again.state, again.taken_by) == (ChatState.TAKEN, NURSE)
    told = device.run(device.web.desk.answer(nurse, opened.chat.id, ANSWER))
    assert told.content["messages"][-1]["text"] == ANSWER


@pytest.mark.parametrize(("point", "times"), [pytest.param(BEFORE, 0, marks=SOAK), (AFTER, 1)])
def test_an_answer_in_person_is_there_once_or_not(
    device: DeviceSite, database_urls: DatabaseUrls, point: str, times: int
) -> None:
    opened = a_chat(device, called=True, taken=True)
    chat = killed(device, database_urls, opened, "answer", point, ANSWER)
    assert [m["text"] for m in chat.content["messages"]].count(ANSWER) == times
    assert open_acts(device) == 0


def test_an_emergency_that_was_heard_stays_one(
    device: DeviceSite, database_urls: DatabaseUrls
) -> None:
    opened = a_chat(device)
    chat = killed(device, database_urls, opened, "say", AFTER, ALARM)
    assert chat.emergency
    assert [m["text"] for m in chat.content["messages"]] == [ALARM]
    told = device.run(device.web.chats.say(opened.token, "还在疼"))
    assert told.content["messages"][-1]["kind"] == "emergency"
