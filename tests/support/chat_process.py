"""Does one thing in a chat and is killed at a named point: ``python chat_process.py WISH``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from suwen.bootstrap.device.chats import ChatDesk
from suwen.bootstrap.device.platform import device_on
from suwen.bootstrap.device.staff_desk import StaffDesk
from suwen.core import faults
from suwen.core.identity import Role
from suwen.storage.urls import DatabaseUrls
from tests.support.applications import person
from tests.support.device_site import hand_over_trainings, settings_at


async def act(wish: dict[str, Any]) -> None:
    """Opens the partition and acts, until the point strikes."""
    settings = settings_at(Path(wish["home"]))
    hand_over_trainings(settings)
    async with device_on(settings, DatabaseUrls(**wish["urls"])) as platform:
        chats = ChatDesk(platform)
        desk, nurse = StaffDesk(platform, chats), person(wish["nurse"], Role.NURSE)

        def strike(name: str) -> None:
            if name == wish["point"]:
                os.kill(os.getpid(), signal.SIGKILL)

        faults.arm(strike)
        if wish["act"] == "call":
            await chats.call_person(wish["token"])
        elif wish["act"] == "say":
            await chats.say(wish["token"], wish["text"])
        elif wish["act"] == "take":
            await desk.take(nurse, wish["chat"])
        else:
            await desk.answer(nurse, wish["chat"], wish["text"])


if __name__ == "__main__":
    asyncio.run(act(json.loads(sys.argv[1])))
