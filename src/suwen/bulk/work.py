"""The work of a bulk run: batch by batch the items of one part, each with exactly one result.

The items' own rows are the truth: what has a result is never worked on for another, so that a
worker that dies, or two that meet, leave neither a gap nor a double.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import Any

from suwen.bulk.options import BulkOptions
from suwen.control.gateway.run import Gateway, new_trace
from suwen.control.gateway.run_state import Run
from suwen.control.gateway.run_types import RunOptions, run_as_json
from suwen.core.errors import SuwenError, meaning_of
from suwen.core.faults import fault_point
from suwen.core.identity import AppId, Principal
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.jobs.model import Batch, Cursor, JobContext
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun, BulkStore, Keep

KIND = "bulk"
ITEMS_AT_ONCE = 20
SIDE_BY_SIDE = 4
GIVES_UP_AFTER = 3
"""How many processes may die over one item that they work on alone until it is left out."""

MOST_TRIES = 5
"""How often an item may meet something passing until that is its result."""

LOOK_AGAIN_S = 1.0
PATIENCE_S = 20.0
"""How long it waits for people's runs before it does one small batch all the same."""

_OUTSIDE = Bilingual(zh="不在允许时段，等待中", en="Outside its hours, waiting")
_GIVING_WAY = Bilingual(zh="为临床使用让路", en="Giving way to people's work")
_WORKING = Bilingual(zh="处理中", en="Working")


Present = Callable[[Principal], Awaitable[Principal]]


class BulkWork:
    """Does the batches of bulk runs.

    Args:
        zone: of the site, for the hours of day.
        keeps: by application, what a result means elsewhere; kept in the result's transaction.
        present: whoever started the run, with the rights of now; raises where they have none.
    """

    def __init__(
        self,
        store: BulkStore,
        gateway: Gateway,
        clock: Clock,
        zone: tzinfo,
        keeps: Mapping[str, Keep],
        present: Present,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._clock = clock
        self._zone = zone
        self._keeps = keeps
        self._present = present

    async def __call__(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Does the next items of the part; a batch without any ends it."""
        run = await self._run(context)
        options = BulkOptions.of(run.options)
        part = int(context.arguments["part"])
        most = await self._room(context, options)
        if most == 0:
            return Batch(dict(cursor or {"done": 0}))
        items = await self._store.waiting(run.id, part, min(most, context.most_items))
        if not items:
            return Batch(None, result={"run": run.id, "part": part})
        if context.deaths_alone >= GIVES_UP_AFTER:
            await self._store.keep(run, [(items[0], _killer(items[0]))], self._clock.now())
            return Batch({"done": 0}, done=1)
        who = await self._present(context.started_by)
        done = await self._work(run, items, options, who)
        fault_point("bulk.after_batch_kept")
        return Batch({"done": 0}, done=done, total=_part_of(run, part), message=_WORKING)

    async def _run(self, context: JobContext) -> BulkRun:
        known = context.memory.values.get("run")
        if not isinstance(known, BulkRun):
            known = await self._store.read(str(context.arguments["run"]))
            context.memory.values["run"] = known
        return known

    async def _room(self, context: JobContext, options: BulkOptions) -> int:
        """How many items may be done now: none outside the hours, few while people wait."""
        closed = options.opens_in(self._clock.now().astimezone(self._zone))
        if closed > timedelta(0):
            await context.report(message=_OUTSIDE)
            await asyncio.sleep(min(closed.total_seconds(), LOOK_AGAIN_S))
            return 0
        if not options.give_way:
            return ITEMS_AT_ONCE
        until = time.monotonic() + PATIENCE_S
        while await self._store.interactive_runs(context.started_by.id):
            await context.report(message=_GIVING_WAY)
            if time.monotonic() > until:
                return 1
            if not await context.is_wanted():
                return 0
            await asyncio.sleep(LOOK_AGAIN_S)
        return ITEMS_AT_ONCE

    async def _work(
        self, run: BulkRun, items: Sequence[BulkItem], options: BulkOptions, who: Principal
    ) -> int:
        """Works on items, some side by side, and keeps what became of them."""
        room = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(item: BulkItem) -> BulkResult | SuwenError:
            async with room:
                return await self._answer(run, item, options, who)

        answers = await asyncio.gather(*(one(item) for item in items))
        pairs = list(zip(items, answers, strict=True))
        results = [(item, a) for item, a in pairs if isinstance(a, BulkResult)]
        fault_point("bulk.before_batch_kept")
        also = self._keeps.get(run.app)
        kept = await self._store.keep(run, results, self._clock.now(), also)
        passing = [(item, a) for item, a in pairs if isinstance(a, SuwenError)]
        if passing:
            await self._store.tried(run.id, [item.ordinal for item, _ in passing])
            if not results:
                raise passing[0][1]
        return kept

    async def _answer(
        self, run: BulkRun, item: BulkItem, options: BulkOptions, who: Principal
    ) -> BulkResult | SuwenError:
        """What became of one item; an error that may pass is given back until it came too often."""
        wanted = RunOptions(without_model=options.without_model, store=options.store)
        one = Run(new_trace(), who, AppId(run.app), item.request, wanted)
        began = time.perf_counter()
        try:
            result = await self._gateway.pass_through(one)
        except SuwenError as error:
            if error.retryable and item.tries + 1 < MOST_TRIES:
                return error
            return _failed(item, error, (time.perf_counter() - began) * 1000)
        body = {
            "status": "ok",
            "result": result.output,
            "error": None,
            "run": run_as_json(result),
        }
        return BulkResult(item.ordinal, "ok", None, body, result.model, result.took_ms)


def _failed(item: BulkItem, error: SuwenError, took_ms: float) -> BulkResult:
    status = meaning_of(error).batch_status
    told: dict[str, Any] = {
        "code": error.code,
        "message_zh": error.safe_message.zh,
        "message_en": error.safe_message.en,
    }
    if error.field:
        told["field"] = error.field
    body = {"status": status, "result": None, "error": told, "run": {"took_ms": took_ms}}
    return BulkResult(item.ordinal, status, error.code, body, None, took_ms)


def _killer(item: BulkItem) -> BulkResult:
    zh, en = "处理此项时程序多次意外终止，已跳过。", "Processes died over it; it was left out."
    told = {"code": "item_kills_worker", "message_zh": zh, "message_en": en}
    body = {"status": "error", "result": None, "error": told, "run": {"took_ms": 0.0}}
    return BulkResult(item.ordinal, "error", "item_kills_worker", body)


def _part_of(run: BulkRun, part: int) -> int:
    """How many items a part has."""
    return len(range(part, run.total, run.parts))
