"""Whether a client may have another request: counted in the database before anything happens.

Requests that arrive while a group is being counted form the next group, so that many callers
share one statement; within a group nobody is let through beyond what the client may have.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from suwen.control.access.clients import ClientDirectory, KnownClient, key_wrong
from suwen.core.errors import QuotaError, SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.storage.api_clients import ApiClientStore, ClientUsage
from suwen.storage.client_tills import ClientTills, Correction, Taken, Wanted, next_minute

_SETTLE_EVERY_S: Final = 0.5
_GATHER_S: Final = 0.002
_TOO_OFTEN: Final = Bilingual(
    zh="该密钥本分钟的请求数已用完，请稍后重试。",
    en="This key has used up its requests of this minute; try again shortly.",
)
_TOO_MANY_TOKENS: Final = Bilingual(
    zh="该密钥当日剩余的 token 不足以完成此请求。请减小 max_tokens、明日再试或联系安全管理员。",
    en="What is left of this key's tokens for today does not suffice for this request. Lower "
    "max_tokens, try again tomorrow or ask the security administrator.",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A request that is counted, with the tokens that are set aside for it."""

    client: KnownClient
    day: date
    tokens: int


@dataclass(slots=True)
class _Asking:
    """One caller that waits to be counted."""

    tokens: int
    answer: asyncio.Future[tuple[Taken | None, date]]


class ClientQuotas:
    """The one road to a counted request.

    Args:
        zone: where the wards' day begins.
    """

    def __init__(
        self,
        directory: ClientDirectory,
        tills: ClientTills,
        usage: ApiClientStore,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self.directory = directory
        self._tills = tills
        self._usage = usage
        self._clock = clock
        self._zone = zone
        self._asking: dict[str, list[_Asking]] = defaultdict(list)
        self._arrived = asyncio.Event()
        self._several = False
        self._corrections: list[Correction] = []
        self._used: dict[tuple[str, date], ClientUsage] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins to count."""
        self._tasks = [
            asyncio.create_task(self._count_groups(), name="client quotas"),
            asyncio.create_task(self._keep_settled(), name="client usage"),
        ]

    async def stop(self) -> None:
        """Keeps what was used, and counts nothing more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for waiting in self._asking.values():
            for one in waiting:
                one.answer.cancel()
        with contextlib.suppress(SuwenError):
            await self._settle()

    async def take(self, client: KnownClient, tokens: int = 0) -> Place:
        """Counts one request of a client, and sets tokens aside for it.

        Returns:
            With the client as it is now, where something about it changed.

        Raises:
            QuotaError: ``requests_per_minute`` or ``tokens_per_day``, with ``retry_after_s``.
            AuthenticationError: ``key_wrong``, when the key was taken away meanwhile.
            UnavailableError: when it cannot be counted; the request must then not happen.
        """
        future: asyncio.Future[tuple[Taken | None, date]] = (
            asyncio.get_running_loop().create_future()
        )
        self._asking[client.key_hash].append(_Asking(tokens, future))
        self._arrived.set()
        taken, day = await future
        if taken is None:
            self.directory.forget(client.key_hash)
            raise key_wrong()
        if not taken.granted:
            self._note(ClientUsage(client.facts.id, day, refused=1))
            raise self._refusal(taken, tokens)
        if taken.version != client.version:
            client = await self.directory.read_again(client.key_hash)
        return Place(client, day, tokens)

    def today(self) -> date:
        """The wards' day."""
        return self._clock.now().astimezone(self._zone).date()

    def settle(self, place: Place, input_tokens: int, output_tokens: int) -> None:
        """Says what a counted request really used; kept within a second."""
        client = place.client.facts.id
        if difference := input_tokens + output_tokens - place.tokens:
            self._corrections.append(Correction(client, place.day, difference))
        self._note(ClientUsage(client, place.day, 1, 0, input_tokens, output_tokens))

    def _note(self, used: ClientUsage) -> None:
        key = (used.client, used.day)
        before = self._used.get(key, ClientUsage(*key))
        self._used[key] = ClientUsage(
            *key,
            requests=before.requests + used.requests,
            refused=before.refused + used.refused,
            input_tokens=before.input_tokens + used.input_tokens,
            output_tokens=before.output_tokens + used.output_tokens,
        )

    def _refusal(self, taken: Taken, tokens: int) -> QuotaError:
        """Why, by what was left a moment before: where another worker took the last place just
        then, enough of both seems to be left, and the minute is what passes sooner."""
        now = self._clock.now()
        if taken.requests_left >= 1 and tokens > taken.tokens_left:
            return _quota("tokens_per_day", _TOO_MANY_TOKENS, self._until_tomorrow(now))
        return _quota("requests_per_minute", _TOO_OFTEN, next_minute(now))

    def _until_tomorrow(self, now: datetime) -> float:
        here = now.astimezone(self._zone)
        midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - here).total_seconds()

    async def _count_groups(self) -> None:
        while True:
            if not self._asking:
                self._arrived.clear()
                await self._arrived.wait()
            # Where callers come thick and fast they wait for one another; a lone one does not.
            await asyncio.sleep(_GATHER_S if self._several else 0)
            group, self._asking = self._asking, defaultdict(list)
            self._several = sum(map(len, group.values())) > 1
            try:
                await self._count(group)
            except BaseException as error:
                told = error if isinstance(error, SuwenError) else _not_counted()
                for one in (one for waiting in group.values() for one in waiting):
                    if not one.answer.done():
                        one.answer.set_exception(told)
                if not isinstance(error, Exception):
                    raise

    async def _count(self, group: dict[str, list[_Asking]]) -> None:
        now = self._clock.now()
        day = now.astimezone(self._zone).date()
        found = await self._tills.take(
            [Wanted(key, len(w), sum(one.tokens for one in w)) for key, w in group.items()],
            now,
            day,
        )
        for key, waiting in group.items():
            taken = found.get(key)
            if taken is None or taken.granted or len(waiting) == 1:
                for one in waiting:
                    _tell(one, taken, day)
            else:
                await self._count_singly(key, waiting, now, day)

    async def _count_singly(
        self, key: str, waiting: list[_Asking], now: datetime, day: date
    ) -> None:
        """Lets through as many of a group as there is room for, in their order."""
        last: Taken | None = None
        for one in waiting:
            if last is None or last.granted or last.requests_left >= 1:
                found = await self._tills.take([Wanted(key, 1, one.tokens)], now, day)
                last = found.get(key)
            _tell(one, last, day)

    async def _keep_settled(self) -> None:
        while True:
            await asyncio.sleep(_SETTLE_EVERY_S)
            with contextlib.suppress(SuwenError):
                await self._settle()

    async def _settle(self) -> None:
        """Keeps what was used; what cannot be kept now is kept the next time."""
        corrections, self._corrections = self._corrections, []
        if corrections:
            try:
                await self._tills.settle(corrections)
            except BaseException:
                self._corrections = corrections + self._corrections
                raise
        used, self._used = self._used, {}
        if used:
            try:
                await self._usage.add_usage(list(used.values()))
            except BaseException:
                for one in used.values():
                    self._note(one)
                raise


def _tell(one: _Asking, taken: Taken | None, day: date) -> None:
    if not one.answer.done():
        one.answer.set_result((taken, day))


def _quota(code: str, message: Bilingual, wait_s: float) -> QuotaError:
    return QuotaError(code, message, detail={"retry_after_s": max(1, round(wait_s + 0.5))})


def _not_counted() -> UnavailableError:
    return UnavailableError(
        "quota_unavailable",
        Bilingual(
            zh="暂时无法核对该密钥的用量，请求未执行。请稍后重试。",
            en="The key's use cannot be counted now, so nothing was done. Try again shortly.",
        ),
    )
