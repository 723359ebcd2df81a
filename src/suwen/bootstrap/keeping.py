"""Wires holds and erasures: keys, images and the ledger beside the backups."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

from suwen.bootstrap.carried_holds import carry_holds
from suwen.bootstrap.device.place import device_settings
from suwen.bootstrap.ledger_keeping import LedgerKeeping
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.vaults import open_vault
from suwen.control.gateway.keeping import Keeping, KeepingDesk
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.due_records import QuietRecordStore
from suwen.storage.erasures import Erasure, ErasureStore
from suwen.storage.holds import HoldStore
from suwen.storage.imaging_files import ImagingFiles, imaging_cipher
from suwen.storage.imaging_resealing import ImageResealing
from suwen.storage.resealing import Resealing
from suwen.storage.signed_records import SignedRecordStore

_MOST: Final = 100_000
# Between two parts, so that whoever waits for the database comes first.
_PAUSE_S: Final = 0.05


def open_keeping(platform: Platform) -> KeepingDesk:
    """The desk for holds and erasures of a platform."""
    database = platform.database

    async def carry_out(wanted: Erasure, at: datetime) -> int:
        return await _carry_out(platform, wanted, at)

    keeping = Keeping(
        holds=HoldStore(database),
        erasures=ErasureStore(database),
        signed=SignedRecordStore(database),
        carry_out=carry_out,
        carry_holds=lambda: carry_holds(database, platform.urls),
        quiet=QuietRecordStore(database),
    )
    return KeepingDesk(platform.parts, keeping)


async def finish_erasures(platform: Platform) -> int:
    """Carries out what was approved and then cut off, or was out of reach for the process in
    which it was approved, as the device partition is for the pages; how many.

    Raises:
        SuwenError: ``database_refused`` where a hold stands meanwhile.
    """
    approved = [one for one in await ErasureStore(platform.database).list(_MOST) if one.approved]
    left = [one for one in approved if one.done_at is None]
    for one in left:
        await _carry_out(platform, one, platform.clock.now())
    if Partition.DEVICE in platform.urls.partitions:
        for one in approved:
            await _on_device(platform, one, platform.clock.now())
    return len(left)


async def _carry_out(platform: Platform, wanted: Erasure, at: datetime) -> int:
    store = ErasureStore(platform.database)
    images = await store.images_of(await store.members(wanted.patient))
    if Partition.DEVICE in platform.urls.partitions:
        destroyed = len(await _on_device(platform, wanted, at))
    else:
        destroyed = 0
    destroyed += len(await store.carry_out(wanted, at))
    await refresh_ledger(platform)
    kept = await store.kept_images(images)
    files = ImagingFiles(platform.settings.home, imaging_cipher(platform.settings.home))
    for digest in set(images) - kept:
        await asyncio.to_thread(files.path(digest).unlink, missing_ok=True)
    return destroyed


async def _on_device(platform: Platform, wanted: Erasure, at: datetime) -> Sequence[str]:
    """In the device partition first: until the general one is done, the erasure is not."""
    await carry_holds(platform.database, platform.urls)
    async with AsyncExitStack() as closing:
        vault = open_vault(device_settings(platform.settings).home)
        database = Database(platform.urls.device, pool_size=1, vault=vault)
        closing.push_async_callback(database.close)
        store = ErasureStore(database, records=False)
        await store.adopt(wanted)
        if (await store.read(wanted.id)).done_at is not None:
            return ()
        return await store.carry_out(wanted, at)


async def refresh_ledger(platform: Platform, written: Path | None = None) -> None:
    """As ``LedgerKeeping.refresh``, for a platform."""
    ledger = LedgerKeeping(platform.settings.home, platform.database, platform.clock)
    await ledger.refresh(written)


async def keep_sealed(platform: Platform) -> int:
    """Seals anew, in small parts beside the work, what waits in this process's database.

    Returns:
        How many rows; 0 where nothing waits, as almost always.
    """
    files = ImagingFiles(platform.settings.home, imaging_cipher(platform.settings.home))
    done = 0
    for work in (
        Resealing(platform.database, records=True),
        ImageResealing(platform.database, files),
    ):
        while count := await work.some():
            done += count
            await asyncio.sleep(_PAUSE_S)
    return done
