"""What clients take of their minute and day: exact for all workers, and still there afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from suwen.control.access.authentication import token_hash
from suwen.control.access.clients import ClientDirectory, KnownClient
from suwen.control.access.quotas import ClientQuotas, Place
from suwen.core.errors import AuthenticationError, QuotaError, UnavailableError
from suwen.core.language import Bilingual
from suwen.storage.api_clients import ApiClientStore
from suwen.storage.client_tills import ClientTills
from suwen.storage.database import Database
from suwen.storage.urls import DatabaseUrls
from tests.support.clients import client

KEY = "sk-suwen-" + "k" * 43
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Clock:
    """A clock that stands still until it is told."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 1, 30, 20, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at


@dataclass
class Worker:
    """One process's part of it, on a connection of its own."""

    quotas: ClientQuotas
    store: ApiClientStore
    database: Database

    async def take(self, tokens: int = 0) -> Place:
        return await self.quotas.take(await self.client(), tokens)

    async def client(self) -> KnownClient:
        return await self.quotas.directory.find(KEY)

    async def try_take(self, tokens: int = 0) -> str:
        """``taken``, or the code of the refusal."""
        try:
            await self.take(tokens)
        except (QuotaError, AuthenticationError) as error:
            return error.code
        return "taken"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def worker(urls: DatabaseUrls, clock: Clock) -> AsyncIterator[Worker]:
    """A worker that started, and ends in order."""
    database = Database(urls.general, pool_size=1)
    tills, store = ClientTills(database), ApiClientStore(database)
    directory = ClientDirectory(tills, clock)
    quotas = ClientQuotas(directory, tills, store, clock, SHANGHAI)
    await quotas.start()
    try:
        yield Worker(quotas, store, database)
    finally:
        await quotas.stop()
        await database.close()


async def add(database: Database, **facts: object) -> None:
    await ApiClientStore(database).put(client("ward", key_hash=token_hash(KEY), **facts))


async def test_no_more_than_the_minute_has_for_any_number_of_workers(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database, requests_per_minute=20)
    async with (
        worker(fresh_database_urls, clock) as one,
        worker(fresh_database_urls, clock) as two,
        worker(fresh_database_urls, clock) as three,
    ):
        told = await asyncio.gather(*(w.try_take() for _ in range(15) for w in (one, two, three)))
    assert told.count("taken") == 20
    assert told.count("requests_per_minute") == 25


async def test_a_restart_gives_nothing_back_and_the_next_minute_does(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database, requests_per_minute=2)
    async with worker(fresh_database_urls, clock) as first:
        assert [await first.try_take() for _ in range(2)] == ["taken", "taken"]
    async with worker(fresh_database_urls, clock) as again:
        with pytest.raises(QuotaError) as refused:
            await again.take()
        assert refused.value.detail["retry_after_s"] == 40
        clock.at += timedelta(seconds=40)
        assert await again.try_take() == "taken"


async def test_a_worker_whose_clock_is_behind_gives_no_minute_twice(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database, requests_per_minute=3)
    behind = Clock(clock.at - timedelta(minutes=1))
    async with (
        worker(fresh_database_urls, clock) as right,
        worker(fresh_database_urls, behind) as late,
    ):
        told = [await w.try_take() for _ in range(3) for w in (right, late)]
    assert told.count("taken") == 3


async def test_tokens_are_set_aside_and_given_back(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database, tokens_per_day=1000)
    async with worker(fresh_database_urls, clock) as one:
        places = [await one.take(300) for _ in range(3)]
        with pytest.raises(QuotaError) as refused:
            await one.take(300)
        assert refused.value.code == "tokens_per_day"
        # 09:30:20 in Shanghai: until midnight.
        assert refused.value.detail["retry_after_s"] == 14 * 3600 + 29 * 60 + 40
        for place in places:
            one.quotas.settle(place, 40, 10)
        await one.quotas._settle()
        assert await one.try_take(850) == "taken"
        assert await one.try_take(1) == "tokens_per_day"
        used = await one.store.usage("ward", one.quotas.today())
    assert (used.requests, used.input_tokens, used.output_tokens) == (3, 120, 30)
    assert used.refused == 1


async def test_what_a_killed_worker_had_set_aside_stays_counted(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database, tokens_per_day=1000)
    async with worker(fresh_database_urls, clock) as killed:
        await killed.take(900)
        # It never says what it used.
    async with worker(fresh_database_urls, clock) as next_one:
        assert await next_one.try_take(200) == "tokens_per_day"
        clock.at += timedelta(days=1)
        assert await next_one.try_take(200) == "taken"


async def test_of_a_group_as_many_pass_as_there_is_room_for(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database, tokens_per_day=1000, requests_per_minute=100)
    async with worker(fresh_database_urls, clock) as one:
        told = await asyncio.gather(*(one.try_take(400) for _ in range(6)), one.try_take(150))
    assert told.count("taken") == 3
    assert told[-1] == "taken"


async def test_a_key_that_is_taken_away_elsewhere_opens_nothing_here(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database)
    async with worker(fresh_database_urls, clock) as one:
        assert await one.try_take() == "taken"
        await ApiClientStore(database).disable("ward")
        assert await one.try_take() == "key_wrong"


async def test_without_the_database_nothing_is_let_through(
    fresh_database_urls: DatabaseUrls, database: Database, clock: Clock
) -> None:
    await add(database)
    async with worker(fresh_database_urls, clock) as one:
        known = await one.client()

        async def gone(*arguments: object) -> object:
            raise UnavailableError("database_unavailable", Bilingual("无", "none"))

        one.quotas._tills.take = gone  # type: ignore[method-assign,assignment]
        with pytest.raises(UnavailableError):
            await one.quotas.take(known)
