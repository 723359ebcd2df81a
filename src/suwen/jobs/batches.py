"""Does the batches of jobs: one at a time, in order, each noted before the next begins."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Any

from suwen.core.errors import SuwenError
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.jobs.model import (
    JobContext,
    JobId,
    JobKind,
    JobMemory,
    JobProblem,
    JobState,
    Result,
)
from suwen.jobs.rows import RUN
from suwen.jobs.staging import JobFiles
from suwen.jobs.turns import JobTurns, Turn

PATIENCE_S = 600.0
"""How long a batch is tried again while something that it needs does not answer."""

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 15.0
LOOK_EVERY_S = 0.5

CAREFUL_AFTER = 2
"""A batch in which that many processes died is done item by item."""

MOST_ATTEMPTS = 12
"""A batch that was begun that often without an end is not begun again."""

LOWEST_PRIORITY = 19
SECONDS_OF_A_SLOWED_BATCH = 10.0

log = logging.getLogger(__name__)


class Next(StrEnum):
    """What comes after a batch."""

    MORE = "more"
    NOTHING = "nothing"


class Batches:
    """The batches that this process does.

    Args:
        kinds: by name.
        executor: this worker, as the others see it.
    """

    def __init__(self, turns: JobTurns, kinds: Mapping[str, JobKind], executor: str) -> None:
        self._turns = turns
        self._kinds = kinds
        self._executor = executor
        self._memories: dict[JobId, JobMemory] = {}
        self._behind = ThreadPoolExecutor(1, "background-job", initializer=_give_way)
        self.stopping = False

    async def next(self, identifier: JobId, leg: int) -> Next:
        """Does the next batch of a leg, unless the leg is to stop; never raises an error.

        An error that may pass is waited out; another one ends the job, and says why.
        """
        patience = time.monotonic() + PATIENCE_S
        pause, first = FIRST_PAUSE_S, True
        while True:
            problem: JobProblem | None = None
            try:
                turn = await self._turn(identifier, leg)
                if turn is None:
                    return self._forget(identifier)
                more = await self._batch(turn, first=first)
                return Next.MORE if more else self._forget(identifier)
            except SuwenError as error:
                if not error.retryable or time.monotonic() > patience:
                    problem = JobProblem(error.code, error.safe_message)
                log.warning("job %s: %s", identifier, error.code)
            except Exception as error:
                log.error("job %s: a defect (%s)", identifier, type(error).__name__)
                if os.environ.get("SUWEN_DEBUG"):
                    log.exception("defect")
                problem = _defect(error)
            self._forget(identifier)
            first = False
            if problem is not None and await self._failed(identifier, leg, problem):
                return Next.NOTHING
            await asyncio.sleep(FIRST_PAUSE_S if self.stopping else pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def hand_back(self, identifier: JobId, leg: int) -> Next:
        """Ends a leg so that the job goes on in a new one; never raises an error of ours."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                turn = await self._turns.look(identifier, leg)
                if turn is not None:
                    await self._turns.let_go(turn)
                return self._forget(identifier)
            except SuwenError as error:
                log.warning("job %s: it was not handed back yet: %s", identifier, error.code)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _turn(self, identifier: JobId, leg: int) -> Turn | None:
        """The leg when its next batch may begin; ``None`` when it is to stop."""
        while True:
            turn = await self._turns.look(identifier, leg)
            if turn is None:
                return None
            if turn.wish != RUN or self.stopping:
                await self._turns.let_go(turn)
                return None
            if turn.wait_s == 0:
                return turn
            await asyncio.sleep(min(turn.wait_s, LOOK_EVERY_S))

    async def _batch(self, turn: Turn, *, first: bool) -> bool:
        """Does one batch; whether the leg goes on."""
        kind = self._kinds.get(turn.kind)
        if kind is None:
            await self._turns.end(turn, _unknown(turn.kind))
            return False
        if turn.batch > 0 and turn.place is None:
            await self._end(turn, kind, None)
            return False
        if turn.attempts >= MOST_ATTEMPTS:
            await self._end(turn, kind, _DEADLY)
            return False
        if not await self._turns.begin(turn, self._executor, first=first):
            return False
        fault_point("jobs.batch_begun")
        began = time.monotonic()
        batch = await kind.work(self._context(turn, kind, first=first), turn.place)
        fault_point("jobs.batch_done")
        noted = await self._turns.end_batch(turn, batch, time.monotonic() - began)
        fault_point("jobs.batch_noted")
        return noted

    def _context(self, turn: Turn, kind: JobKind, *, first: bool) -> JobContext:
        most = kind.batch_items
        if turn.per_minute:
            most = min(most, int(turn.per_minute * SECONDS_OF_A_SLOWED_BATCH / 60))
        if turn.attempts >= CAREFUL_AFTER:
            most = 1
        attempt = max(1, turn.attempts + (1 if first else 0))
        return JobContext(
            id=turn.id,
            arguments=turn.arguments,
            started_by=turn.started_by,
            most_items=max(1, most),
            attempt=attempt,
            deaths_alone=max(0, attempt - 1 - CAREFUL_AFTER),
            files=JobFiles(self._turns.database, turn.id),
            memory=self._memories.setdefault(turn.id, JobMemory()),
            report=partial(_report, self._turns, turn),
            is_wanted=partial(self._is_wanted, turn),
            in_thread=self._in_thread_behind if turn.background else _in_thread,
        )

    async def _is_wanted(self, turn: Turn) -> bool:
        now = await self._turns.look(turn.id, turn.leg)
        return now is not None and now.wish == RUN and not self.stopping

    async def _end(self, turn: Turn, kind: JobKind, problem: JobProblem | None) -> None:
        progress = await self._turns.progress(turn)
        if progress is None:
            return
        state = JobState.DONE if problem is None else JobState.FAILED
        # Told before it is noted: a process that dies in between tells it again.
        await kind.ended(dataclasses.replace(progress, state=state, problem=problem))
        await self._turns.end(turn, problem)

    async def _failed(self, identifier: JobId, leg: int, problem: JobProblem) -> bool:
        """Ends a job as failed; false when even that could not be noted now."""
        try:
            turn = await self._turns.look(identifier, leg)
            kind = self._kinds.get(turn.kind) if turn else None
            if turn is not None and kind is not None:
                await self._end(turn, kind, problem)
        except SuwenError as error:
            log.warning("job %s: its end was not noted yet: %s", identifier, error.code)
            return False
        return True

    async def _in_thread_behind(self, work: Callable[..., Result], *arguments: Any) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._behind, partial(work, *arguments))

    def _forget(self, identifier: JobId) -> Next:
        memory = self._memories.pop(identifier, None)
        if memory is not None:
            memory.clear()
        return Next.NOTHING


async def _in_thread(work: Callable[..., Result], *arguments: Any) -> Result:
    return await asyncio.to_thread(work, *arguments)


async def _report(
    turns: JobTurns,
    turn: Turn,
    *,
    done: int | None = None,
    total: int | None = None,
    message: Bilingual | None = None,
) -> None:
    await turns.report(turn, done, total, message)


def _give_way() -> None:
    """Lets this thread have what the others leave of the cores."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)


def _unknown(kind: str) -> JobProblem:
    return JobProblem(
        "job_kind_unknown",
        Bilingual(
            zh=f"本程序没有 {kind} 这种任务。", en=f"This program has no jobs of the kind {kind}."
        ),
    )


def _defect(error: Exception) -> JobProblem:
    kind = type(error).__name__
    return JobProblem(
        "defect",
        Bilingual(
            zh=f"程序缺陷（{kind}），请报告给维护者；任务可用 suwen job resume 继续。",
            en=f"A defect of ours ({kind}); suwen job resume carries on.",
        ),
    )


_DEADLY = JobProblem(
    "job_kills_its_worker",
    Bilingual(
        zh="处理同一批内容时程序多次意外终止，任务已停下。",
        en="The program died many times in the same batch; the job was stopped.",
    ),
)
