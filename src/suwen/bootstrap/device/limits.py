"""How much strangers may ask, in the memory of the one process that serves them."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from typing import Final

from suwen.core.errors import QuotaError
from suwen.core.language import Bilingual

OPENING_WINDOW_S: Final = 600.0
_MINUTE_S: Final = 60.0
_MOST_KEPT: Final = 100_000


class VisitorLimits:
    """Counts openings by address and messages by chat.

    An address is kept for ten minutes as a hash with a key that nobody else has and that ends with
    the process.
    """

    def __init__(self, *, per_address: int, per_minute: int) -> None:
        self._key = os.urandom(16)
        self._openings = _Window(per_address, OPENING_WINDOW_S)
        self._messages = _Window(per_minute, _MINUTE_S)

    def admit_address(self, address: str | None) -> None:
        """Counts a chat that this address opens; ``None`` is this machine itself.

        Raises:
            QuotaError: ``too_many_chats``.
        """
        if address is None:
            return
        name = hashlib.blake2b(address.encode(), key=self._key, digest_size=12).hexdigest()
        if (wait_s := self._openings.admit(name)) is not None:
            raise _too_many_chats(wait_s)

    def admit_message(self, chat: str) -> None:
        """Counts a message.

        Raises:
            QuotaError: ``too_many_messages``.
        """
        if (wait_s := self._messages.admit(chat)) is not None:
            raise QuotaError(
                "too_many_messages",
                Bilingual(
                    zh="发送太快了，请稍等片刻再写。紧急情况请拨打 120。",
                    en="That was too fast; wait a moment. In an emergency call 120.",
                ),
                detail={"retry_after_s": wait_s},
            )

    def full(self) -> QuotaError:
        """That the hospital has as many chats as it allows."""
        return _too_many_chats(int(_MINUTE_S))


class _Window:
    """At most so many of one name in a sliding time."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._seen: dict[str, deque[float]] = {}

    def admit(self, name: str) -> int | None:
        """``None`` when it is counted; else after how many seconds to come again."""
        now = time.monotonic()
        if len(self._seen) > _MOST_KEPT:
            self._seen = {n: s for n, s in self._seen.items() if s[-1] > now - self._window_s}
        seen = self._seen.setdefault(name, deque())
        while seen and seen[0] <= now - self._window_s:
            seen.popleft()
        if len(seen) >= self._most:
            return max(1, round(seen[0] + self._window_s - now))
        seen.append(now)
        return None


def _too_many_chats(wait_s: int) -> QuotaError:
    return QuotaError(
        "too_many_chats",
        Bilingual(
            zh="现在咨询的人太多，请稍后再试，或到导诊台。紧急情况请拨打 120。",
            en="Too many are asking at the moment. Try again later or go to the information desk. "
            "In an emergency call 120.",
        ),
        detail={"retry_after_s": wait_s},
    )
