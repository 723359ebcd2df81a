"""Audit entries of many requests at once, handed to the audit together.

The audit makes entries durable in groups; requests that come thick and fast wait a moment for one
another, so that the groups are large and each request costs a fraction of a commit. A request that
comes alone does not wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from suwen.core.audit import AuditEntry
from suwen.core.ports import AuditSink

_GATHER_S: Final = 0.002


class SharedAudit:
    """Appends entries in company.

    Args:
        gather_s: how long a company waits for more, in seconds, where the last one had several.
    """

    def __init__(self, sink: AuditSink, gather_s: float = _GATHER_S) -> None:
        self._sink = sink
        self._gather_s = gather_s
        self._waiting: list[tuple[AuditEntry, asyncio.Future[None]]] = []
        self._several = False
        self._writing: set[asyncio.Task[None]] = set()

    def append(self, entry: AuditEntry) -> asyncio.Future[None]:
        """Done once the entry is durable. It is on its way from this call on, whether or not
        anybody still waits for it.

        Raises:
            AuditError: when awaited, as ``AuditSink.append``.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            if self._several:
                loop.call_later(self._gather_s, self._hand_over)
            else:
                loop.call_soon(self._hand_over)
        self._waiting.append((entry, done))
        return done

    def _hand_over(self) -> None:
        company, self._waiting = self._waiting, []
        self._several = len(company) > 1
        task = asyncio.get_running_loop().create_task(self._write(company))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, company: Sequence[tuple[AuditEntry, asyncio.Future[None]]]) -> None:
        try:
            await self._sink.append_all([entry for entry, _ in company])
        except BaseException as error:
            for _, done in company:
                if not done.done():
                    done.set_exception(error)
                    # Told to whoever waits; where nobody does, the audit has logged it.
                    done.exception()
            if not isinstance(error, Exception):
                raise
        else:
            for _, done in company:
                if not done.done():
                    done.set_result(None)
