"""The bounded queue before an endpoint: so many at work, so many waiting, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from suwen.core.inference import Endpoint
from suwen.inference.failures import inference_error


class WaitingLine:
    """Lets ``max_concurrent`` calls through and ``max_waiting`` more wait, first come first served.

    Args:
        endpoint: whose limits hold.
        patience_s: longest wait for a place, in seconds.
    """

    def __init__(self, endpoint: Endpoint, patience_s: float) -> None:
        self._endpoint = endpoint
        self._patience_s = patience_s
        self._places = asyncio.Semaphore(endpoint.max_concurrent)
        self.waiting = 0
        self.at_work = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Holds a place for the duration of one call.

        Raises:
            InferenceError: ``engine_busy``, when the line is full or the wait too long.
        """
        await self._take_place()
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1
            self._places.release()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        if self.waiting >= self._endpoint.max_waiting:
            raise inference_error("engine_busy", self._endpoint, waiting=self.waiting)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience_s):
                await self._places.acquire()
        except TimeoutError:
            raise inference_error("engine_busy", self._endpoint, waiting=self.waiting) from None
        finally:
            self.waiting -= 1
