"""So many at work, so many waiting, and no more."""

from __future__ import annotations

import asyncio

import pytest

from suwen.core.errors import InferenceError
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.inference.waiting_line import WaitingLine


def line(*, concurrent: int, waiting: int, patience_s: float = 5) -> WaitingLine:
    endpoint = Endpoint(
        *("e", "http://127.0.0.1/v1", "m", Partition.GENERAL, 5, frozenset(), 100),
        max_concurrent=concurrent,
        max_waiting=waiting,
    )
    return WaitingLine(endpoint, patience_s)


async def test_places_are_given_in_order_and_never_more_than_there_are() -> None:
    queue = line(concurrent=2, waiting=8)
    order: list[int] = []
    most = 0

    async def work(number: int) -> None:
        nonlocal most
        async with queue.place():
            most = max(most, queue.at_work)
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(n) for n in range(10)))
    assert (order, most) == (list(range(10)), 2)
    assert (queue.at_work, queue.waiting) == (0, 0)


async def test_one_too_many_is_told_that_the_engine_is_busy() -> None:
    queue = line(concurrent=1, waiting=1)
    async with queue.place():
        second = asyncio.create_task(queue.place().__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(InferenceError) as raised:
            async with queue.place():
                pass
        assert raised.value.code == "engine_busy"
    await second
    assert queue.at_work == 1


async def test_who_waits_too_long_leaves_and_the_place_is_not_lost() -> None:
    queue = line(concurrent=1, waiting=1, patience_s=0.02)
    async with queue.place():
        with pytest.raises(InferenceError) as raised:
            async with queue.place():
                pass
        assert raised.value.code == "engine_busy"
    async with queue.place():
        assert (queue.at_work, queue.waiting) == (1, 0)


async def test_a_waiting_call_that_is_cancelled_leaves_the_line() -> None:
    queue = line(concurrent=1, waiting=1)
    async with queue.place():
        waiter = asyncio.create_task(queue.place().__aenter__())
        await asyncio.sleep(0)
        assert queue.waiting == 1
        waiter.cancel()
        await asyncio.wait([waiter])
        assert queue.waiting == 0
