"""Guesses at one account wait for one another, so that many at once are counted like one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from suwen.core.errors import UnavailableError
from suwen.core.language import Bilingual

_MOST_WAITING: Final = 32


@dataclass
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Turns:
    """The lines of those who wait, by what they guess at."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def of(self, account: str) -> AsyncIterator[None]:
        """The turn of one guess, for as long as the block lasts.

        Raises:
            UnavailableError: ``sign_in_busy`` where too many wait in this line already.
        """
        line = self._lines.setdefault(account, _Line())
        if line.waiting >= _MOST_WAITING:
            raise sign_in_busy()
        line.waiting += 1
        try:
            async with line.lock:
                yield
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(account, None)


def sign_in_busy() -> UnavailableError:
    """That more sign in at once than can be looked at."""
    return UnavailableError(
        "sign_in_busy",
        Bilingual(
            zh="登录请求过多，请稍后再试。",
            en="Too many are signing in; try again shortly.",
        ),
    )
