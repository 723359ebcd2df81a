"""The device partition watches itself: it counts its own work and takes its own applications out
of use. It has no jobs; a day is counted whole, so that a process that dies leaves none half."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from suwen.bootstrap.device.platform import DevicePlatform
from suwen.bootstrap.monitoring.watch import Watch
from suwen.core.errors import SuwenError

LOOKS_EVERY_S: Final = 60.0

log = logging.getLogger(__name__)


def watch_of(platform: DevicePlatform) -> Watch:
    """The device partition under watch."""
    return Watch(platform.database, platform.site, platform.parts, platform.settings.zone, None)


async def count_all(watch: Watch) -> int:
    """Counts what is new and looks at the alarms; how many were raised."""
    return await watch.count_new()


async def keep_watched(platform: DevicePlatform) -> None:
    """Counts and looks whenever something came about, at most so often as is set, until
    cancelled."""
    watch, due = watch_of(platform), 0.0
    while True:
        try:
            now = asyncio.get_running_loop().time()
            if now >= due and await watch.is_something_new():
                await count_all(watch)
                due = now + (await watch.wishes.read()).every_minutes * 60 - LOOKS_EVERY_S
        except SuwenError as error:
            log.warning("not counted: %s", error.code)
        await asyncio.sleep(LOOKS_EVERY_S)
