"""Turns a run into a stream of what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from suwen.control.gateway.run_state import Run
from suwen.control.gateway.run_types import ResultEvent, RunEvent, RunResult


async def stream_of(
    run: Run, pass_through: Callable[[Run], Awaitable[RunResult]]
) -> AsyncIterator[RunEvent]:
    """Yields the events of a run, its result last; closing the iterator cancels the run.

    Raises:
        SuwenError: whatever ended the run, after its last event.
    """
    events: asyncio.Queue[RunEvent | None] = asyncio.Queue()
    run.emit = events.put_nowait

    async def work() -> RunResult:
        try:
            return await pass_through(run)
        finally:
            events.put_nowait(None)

    task = asyncio.create_task(work())
    try:
        while (event := await events.get()) is not None:
            yield event
        yield ResultEvent(await task)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
