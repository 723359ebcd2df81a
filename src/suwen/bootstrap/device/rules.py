"""The hospital's agreed rows in the device partition: verified, kept, in use before each run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from suwen.bootstrap.rules.hand_over import FILE, HandedOver, read_rules
from suwen.bootstrap.rules.in_use import RulesInUse
from suwen.bootstrap.rules.sets import changes_at, next_begin
from suwen.bootstrap.signed_files import keep_copy
from suwen.core.ports import Clock

log = logging.getLogger(__name__)


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
        self._file = folder / FILE
        self._own = own / FILE
        self._keys = keys
        self._in_use = in_use
        self._clock = clock
        self._changed: Callable[[], Awaitable[None]] | None = None
        self._seen: tuple[int, int] | None = None
        self._present: HandedOver | None = None
        self._next: datetime | None = None
        self._opened = False
        self._one_at_a_time = asyncio.Lock()

    def on_change(self, do: Callable[[], Awaitable[None]]) -> None:
        """What is done after other rows came into use: Releases are registered."""
        self._changed = do

    async def renew(self) -> None:
        """Takes into use what was handed over since, or what begins to work now."""
        now = self._clock.now()
        due = self._next is not None and now >= self._next
        if self._opened and not due and self._stamp() == self._seen:
            return
        async with self._one_at_a_time:
            other = await asyncio.to_thread(self._take, now)
            if other and self._changed is not None:
                await self._changed()

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size)

    def _take(self, now: datetime) -> bool:
        if not self._opened:
            own = self._bytes(self._own)
            self._present = None if own is None else self._understood(own)
        stamp = self._stamp()
        if stamp != self._seen or not self._opened:
            self._look_at_file()
        self._seen, self._opened = stamp, True
        if self._present is None:
            return False
        versions = self._present.versions
        begins = [next_begin(found, now) for found in versions.values()]
        self._next = min((at for at in begins if at is not None), default=None)
        return self._in_use.use({name: changes_at(v, now) for name, v in versions.items()})

    def _look_at_file(self) -> None:
        content = self._bytes(self._file)
        found = None if content is None else self._understood(content)
        if content is None or found is None:
            return
        present = self._present
        if present is not None and found.place <= present.place:
            if found.place < present.place:
                log.warning("rules older than those in use were laid here and are not taken")
            return
        keep_copy(self._own, content)
        self._present = found

    def _bytes(self, file: Path) -> bytes | None:
        try:
            return file.read_bytes()
        except OSError:
            return None

    def _understood(self, content: bytes) -> HandedOver | None:
        try:
            return read_rules(content, self._keys)
        except (OSError, ValueError):
            log.warning("rules were laid here that the general partition did not sign")
            return None
