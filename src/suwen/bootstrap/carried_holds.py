"""Legal holds reach the device partition too: what is kept there is held as it is here.

The pages hold no address of the device partition, so a process that has both carries what they
placed: each command about holds, and the supervisor every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Final

from suwen.core.errors import SuwenError
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.holds import HoldStore
from suwen.storage.urls import DatabaseUrls

LOOK_EVERY_S: Final = 5.0

log = logging.getLogger(__name__)


async def carry_holds(general: Database, urls: DatabaseUrls) -> int:
    """Makes the holds of the device partition those of the general one; how many changed.

    Returns:
        0 also in a process that holds no address of the device partition.
    """
    if Partition.DEVICE not in urls.partitions:
        return 0
    async with AsyncExitStack() as closing:
        device = Database(urls.service(Partition.DEVICE), pool_size=1)
        closing.push_async_callback(device.close)
        return await HoldStore(device).adopt(await HoldStore(general).all())


async def keep_holds_carried(general: Database, urls: DatabaseUrls) -> None:
    """Carries holds as they are placed and released, for as long as it is not cancelled."""
    carried: tuple[int, int] | None = None
    while True:
        try:
            present = await HoldStore(general).counts()
            if present != carried:
                await carry_holds(general, urls)
                carried = present
        except SuwenError as error:
            # The next look does it; a database that is restarted answers soon.
            log.warning("holds were not carried to the device partition yet: %s", error.code)
        await asyncio.sleep(LOOK_EVERY_S)
