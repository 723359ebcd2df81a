"""Runs legs of jobs as durable workflows (DBOS): handed out once, resumed after a kill.

Loaded only by a process that works on jobs. The workflow is the same for every kind of job and
never changes, so the version that DBOS pins a workflow to is a constant; what a job does next
stands in its row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine

from suwen.jobs.batches import Batches, Next
from suwen.jobs.durable import DBOS, DBOSPortableJSONSerializer, SetWorkflowID
from suwen.jobs.model import JobId
from suwen.jobs.turns import Waiting

APPLICATION = "suwen"
APPLICATION_VERSION = "suwen-jobs-1"
LEG = "job_leg"

ORDINARY = "ordinary"
BACKGROUND = "background"
AT_ONCE = {ORDINARY: 2, BACKGROUND: 1}
"""How many jobs of each queue one worker does side by side."""

POLL_S = 0.3
BATCHES_OF_A_LEG = 500
"""After a kill every batch of a leg is looked up again, so a leg is bounded."""

CONNECTIONS = 6
STOP_LOOK_S = 0.02
SWEPT_AT_ONCE = 500

Result = TypeVar("Result")


class _InterruptedLeg(BaseException):
    """Ends a workflow here without an outcome, so that it is resumed later."""


class JobEngine:
    """The workflows of this process; there is one at most.

    Args:
        url: of the database of jobs.
        executor: names this worker; one that starts again under the same name goes on with
            what it left.
        takes_any: whether it takes jobs out of the queues.
    """

    def __init__(self, url: str, executor: str, batches: Batches, *, takes_any: bool) -> None:
        self._url = url
        self._executor = executor
        self._batches = batches
        self._takes_any = takes_any
        self._loop = asyncio.get_running_loop()
        self._database: Engine | None = None
        self._leg: Callable[[str, int], None] | None = None
        self._active: set[tuple[str, int]] = set()
        self._underway: set[asyncio.Task[Next]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether no leg runs in this process."""
        return not self._active

    async def start(self) -> None:
        """Starts; legs that this worker left unfinished are resumed."""
        await asyncio.to_thread(self._launch)

    async def hand_out(self, waiting: Waiting) -> None:
        """Puts a leg into its queue, for any worker; twice is once."""
        queue = BACKGROUND if waiting.background else ORDINARY
        await asyncio.to_thread(self._enqueue, queue, waiting)

    async def run_here(self, waiting: Waiting) -> None:
        """Begins a leg in this process."""
        await asyncio.to_thread(self._begin, waiting)

    async def stop(self, grace_s: float) -> None:
        """Lets the batches in hand end, hands the jobs back, and stops.

        Args:
            grace_s: how long to wait for the batches; what takes longer is left as it is and
                resumed by whoever comes next.
        """
        self._batches.stopping = True
        looks = max(1, round(grace_s / STOP_LOOK_S))
        for _ in range(looks):
            if not self._active:
                break
            await asyncio.sleep(STOP_LOOK_S)
        for task in tuple(self._underway):
            task.cancel()
        await asyncio.to_thread(self._shut)

    def _launch(self) -> None:
        self._database = create_engine(
            self._url,
            pool_size=CONNECTIONS,
            max_overflow=2,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "application_name": "suwen-jobs"},
        )
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._database,
                "application_version": APPLICATION_VERSION,
                "executor_id": self._executor,
                "serializer": DBOSPortableJSONSerializer(),
                "enable_otlp": False,
                "log_level": "CRITICAL",
                "scheduler_polling_interval_sec": 3600.0,
                # No workflow waits for a message, so nobody listens for any.
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": 0.5,
            }
        )
        DBOS.listen_queues([ORDINARY, BACKGROUND] if self._takes_any else [])
        self._leg = self._workflow()
        DBOS.launch()
        for queue, at_once in AT_ONCE.items():
            DBOS.register_queue(
                queue,
                worker_concurrency=at_once,
                polling_interval_sec=POLL_S,
                on_conflict="always_update",
            )
        self._sweep()

    def _workflow(self) -> Callable[[str, int], None]:
        """The one workflow: batch after batch until there is nothing more to do in this leg."""

        def next_batch(job: str, leg: int) -> str:
            return self._on_loop(self._batches.next(JobId(job), leg)).value

        def hand_back(job: str, leg: int) -> str:
            return self._on_loop(self._batches.hand_back(JobId(job), leg)).value

        next_step = DBOS.step(name="next_batch")(next_batch)
        last_step = DBOS.step(name="hand_back")(hand_back)

        def job_leg(job: str, leg: int) -> None:
            self._active.add((job, leg))
            try:
                for _ in range(BATCHES_OF_A_LEG):
                    if next_step(job, leg) == Next.NOTHING:
                        return
                last_step(job, leg)
            finally:
                self._active.discard((job, leg))

        return DBOS.workflow(name=LEG, max_recovery_attempts=None)(job_leg)

    def _sweep(self) -> None:
        """Forgets workflows that ended: what became of a job stands in its row."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            name=LEG,
            limit=SWEPT_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([workflow.workflow_id for workflow in ended])

    def _enqueue(self, queue: str, waiting: Waiting) -> None:
        with SetWorkflowID(_name(waiting)):
            DBOS.enqueue_workflow(queue, self._started(), waiting.id, waiting.leg)

    def _begin(self, waiting: Waiting) -> None:
        with SetWorkflowID(_name(waiting)):
            DBOS.start_workflow(self._started(), waiting.id, waiting.leg)

    def _started(self) -> Callable[[str, int], None]:
        if self._leg is None:
            raise AssertionError("start comes first")
        return self._leg

    def _on_loop(self, work: Coroutine[Any, Any, Next]) -> Next:
        """Does asynchronous work on the worker's own loop and waits for it."""

        async def watched() -> Next:
            task = asyncio.create_task(work)
            self._underway.add(task)
            try:
                return await task
            finally:
                self._underway.discard(task)

        try:
            return asyncio.run_coroutine_threadsafe(watched(), self._loop).result()
        except CancelledError:
            raise _InterruptedLeg from None

    def _shut(self) -> None:
        DBOS.destroy(destroy_registry=True)
        if self._database is not None:
            self._database.dispose()


def _name(waiting: Waiting) -> str:
    return f"{waiting.id}.{waiting.leg}"
