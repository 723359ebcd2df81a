"""The hospital's agreed rows in the device partition: verified, kept, in use before each run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from suwen.bootstrap.device.laid_files import LaidFile
from suwen.bootstrap.rules.hand_over import FILE, HandedOver, read_rules
from suwen.bootstrap.rules.in_use import RulesInUse
from suwen.bootstrap.rules.sets import changes_at, next_begin
from suwen.core.ports import Clock


class DeviceRules:
    """What the general partition handed over, taken into use here.

    Args:
        folder: where it lays its file.
        own: where the newest verified file is kept.
        keys: file of its public keys.
    """

    def __init__(
        self, folder: Path, own: Path, keys: Path, in_use: RulesInUse, clock: Clock
    ) -> None:
        self._laid: LaidFile[HandedOver] = LaidFile(
            folder / FILE,
            own / FILE,
            partial(read_rules, keys=keys),
            order=lambda handed: handed.place,
        )
        self._in_use = in_use
        self._clock = clock
        self._changed: Callable[[], Awaitable[None]] | None = None
        self._next: datetime | None = None
        self._one_at_a_time = asyncio.Lock()

    def on_change(self, do: Callable[[], Awaitable[None]]) -> None:
        """What is done after other rows came into use: Releases are registered."""
        self._changed = do

    async def renew(self) -> None:
        """Takes into use what was handed over since, or what begins to work now."""
        now = self._clock.now()
        due = self._next is not None and now >= self._next
        if not due and not self._laid.waits:
            return
        async with self._one_at_a_time:
            other = await asyncio.to_thread(self._take, now)
            if other and self._changed is not None:
                await self._changed()

    def _take(self, now: datetime) -> bool:
        handed = self._laid.take()
        if handed is None:
            return False
        versions = handed.versions
        begins = [next_begin(found, now) for found in versions.values()]
        self._next = min((at for at in begins if at is not None), default=None)
        return self._in_use.use({name: changes_at(v, now) for name, v in versions.items()})
