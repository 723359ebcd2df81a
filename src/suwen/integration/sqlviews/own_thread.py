"""One thread in which everything of one database driver happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from suwen.integration.sqlviews.views import Views

P = ParamSpec("P")
T = TypeVar("T")

_STOP_WAIT_S = 2.0


class OwnThread:
    """Runs what blocks on a database, and lets nothing wait for a query that hangs."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self._executor = ThreadPoolExecutor(1, "sql-views")

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs something there; when cancelled, the query in hand is ended first."""
        waiting = asyncio.wrap_future(self._executor.submit(partial(work, *args, **kwargs)))
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            self.views.interrupt()
            await asyncio.wait([waiting], timeout=_STOP_WAIT_S)
            if waiting.done() and not waiting.cancelled():
                # Looked at, so that nobody warns of an error that no longer matters.
                waiting.exception()
            raise

    async def close(self) -> None:
        """Closes the database and lets the thread end, without waiting for a hanging query."""
        closing = asyncio.wrap_future(self._executor.submit(self.views.close))
        await asyncio.wait([closing], timeout=_STOP_WAIT_S)
        self._executor.shutdown(wait=False, cancel_futures=True)
