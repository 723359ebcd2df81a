"""Work that goes on beside the device partition's service: what is over is removed in time."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from suwen.bootstrap.device.chats import ChatDesk
from suwen.bootstrap.device.platform import DevicePlatform
from suwen.core.errors import SuwenError

TIDY_EVERY_S = 600.0

log = logging.getLogger(__name__)


async def keep_tidy(platform: DevicePlatform, chats: ChatDesk) -> None:
    """Removes chats and events of runs whose time is over, for as long as it is not cancelled."""
    while True:
        try:
            await tidy(platform, chats)
        except SuwenError as error:
            log.warning("not tidied: %s", error.code)
        await asyncio.sleep(TIDY_EVERY_S)


async def tidy(platform: DevicePlatform, chats: ChatDesk) -> int:
    """One round; how many chats it removed.

    Raises:
        UnavailableError: the round ended early.
    """
    hours = platform.settings.retention.run_event_hours
    await platform.traces.forget_events(platform.clock.now() - timedelta(hours=hours))
    return await chats.forget()
