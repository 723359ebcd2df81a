"""Takes orders that reached the record into the pharmacists' queue, for as long as it serves."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from suwen.bootstrap.prescriptions.intake import REVIEW
from suwen.core.errors import SuwenError
from suwen.core.manifest import Partition

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

LOOKS_EVERY_S: Final = 2.0
AT_ONCE: Final = 20

log = logging.getLogger(__name__)


def reviews_here(platform: Platform) -> bool:
    """Whether prescriptions are reviewed in this partition, by the law of the place."""
    installed = platform.applications.get(REVIEW)
    return installed is not None and installed.manifest.partition is Partition.GENERAL


async def keep_taken(platform: Platform) -> None:
    """Takes what waits, until cancelled; after a full hand it looks again at once."""
    if not reviews_here(platform):
        return
    intake = platform.prescriptions.intake
    while True:
        taken = 0
        try:
            taken = await intake.take_arrivals(AT_ONCE)
        except SuwenError as error:
            # It is looked at again; nothing of it is lost.
            log.warning("prescriptions were not taken: %s", error.code)
        if taken < AT_ONCE:
            await asyncio.sleep(LOOKS_EVERY_S)
