"""What a durable job is: a request, its progress, and the batches that its kind does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NewType, Protocol, TypeVar

from suwen.core.identity import Principal, PrincipalId
from suwen.core.language import Bilingual

JobId = NewType("JobId", str)

Cursor = Mapping[str, Any]
"""Where the next batch begins, as JSON-ready data of the kind's own; no patient text."""

Result = TypeVar("Result")


class JobState(StrEnum):
    """How far a job is; the last three are its ends."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def stands(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self in (JobState.PAUSED, JobState.FAILED, JobState.DONE, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that a job works on, given by its content or by where it lies now.

    Attributes:
        name: as the person knows it, for reports; a relative path is kept.
    """

    name: str
    content: bytes | Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list is to have.

    Attributes:
        kinds: ``None`` for every kind.
        unfinished: only those that can still go on; failed ones can.
        started_by: only this one's; ``None`` for everybody's.
        arguments: only jobs that were given these.
    """

    kinds: Sequence[str] | None = None
    unfinished: bool = False
    started_by: PrincipalId | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)


EVERY_JOB = JobFilter()


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job that somebody wants done.

    Attributes:
        kind: name of the kind of job.
        title: what the list of jobs calls it; no patient text.
        arguments: JSON-ready and small; no patient text.
        files: kept with the job before it is acknowledged, removed when it has ended.
        background: whether it gives way to the others and runs at low priority.
        unique: at most one job with this name is unfinished; asking again gives that one.
        per_minute: most items a minute; absent is not limited.
    """

    kind: str
    title: Bilingual
    arguments: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[GivenFile] = ()
    background: bool = False
    unique: str | None = None
    per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class JobProblem:
    """Why a job stopped: a stable code and a sentence, without patient text."""

    code: str
    message: Bilingual


@dataclass(frozen=True, slots=True)
class JobRefusal:
    """One item that was left out, and why.

    Attributes:
        item: name of the file, line or record; at most one refusal is kept for each.
    """

    item: str
    code: str
    message: Bilingual


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is.

    Attributes:
        done: items that were worked on, without the refused ones.
        total: items of the whole job; absent until it is known.
        message: what it does just now.
        problem: why it failed.
        per_minute: most items a minute; absent is not limited.
        result: what the kind says at the end.
    """

    id: JobId
    kind: str
    title: Bilingual
    state: JobState
    done: int
    total: int | None
    refused: int
    message: Bilingual | None
    problem: JobProblem | None
    per_minute: float | None
    background: bool
    started_by: PrincipalId
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file that is kept with its job.

    Attributes:
        ordinal: its place among the job's files, from 0.
        size: in bytes.
    """

    ordinal: int
    name: str
    size: int
    sha256: str


class StagedFiles(Protocol):
    """The files of one job."""

    async def list(self) -> Sequence[StagedFile]:
        """All of them, in the order given."""

    async def read(self, ordinal: int) -> bytes:
        """A whole file."""

    def parts(self, ordinal: int) -> AsyncIterator[bytes]:
        """A file piece by piece, for one that is too large to hold."""


class JobMemory:
    """What this process remembers from one batch to the next; empty after a restart.

    Attributes:
        closing: closed when the job stops here.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.closing = ExitStack()

    def clear(self) -> None:
        """Forgets everything and closes what was open."""
        self.values.clear()
        self.closing.close()


class JobReport(Protocol):
    """Says how far a job is inside a long batch."""

    async def __call__(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        message: Bilingual | None = None,
    ) -> None:
        """Keeps what is given; ``done`` counts from the beginning of the batch."""


class RunInThread(Protocol):
    """Runs plain slow work beside the event loop, at the priority of the job."""

    async def __call__(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """What the work returns."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a kind gets for one batch.

    Attributes:
        most_items: how many items the batch may have, at least 1.
        attempt: how often this batch was begun, from 1.
        deaths_alone: how many processes died in this batch since it has had one item only, so
            that nothing but this item or a blow from outside can have ended them; a kind leaves
            out an item over which several died.
        is_wanted: whether the job is still to go on; a long batch asks now and then, and ends
            early, with nothing done, when it is not.
    """

    id: JobId
    arguments: Mapping[str, Any]
    started_by: Principal
    most_items: int
    attempt: int
    deaths_alone: int
    files: StagedFiles
    memory: JobMemory
    report: JobReport
    is_wanted: Callable[[], Awaitable[bool]]
    in_thread: RunInThread


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did. It may run twice, so its effects must be the same then.

    Attributes:
        next: where the following batch begins; ``None`` when all is done.
        done: items that were worked on, without the refused ones.
        total: items of the whole job, where that is known now.
        result: what the whole job is to say at its end.
    """

    next: Cursor | None
    done: int = 0
    refused: Sequence[JobRefusal] = ()
    total: int | None = None
    message: Bilingual | None = None
    result: Mapping[str, Any] | None = None


async def _nothing(_: JobProgress) -> None:
    """A kind that needs no word about the end."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: how a batch of it is done.

    Attributes:
        work: does the batch that begins at the cursor, ``None`` for the first one. An error of
            our tree that may pass by itself is tried again; any other ends the job.
        batch_items: most items of a batch.
        ended: told when a job of the kind is done or has failed, at least once.
    """

    name: str
    work: Callable[[JobContext, Cursor | None], Awaitable[Batch]]
    batch_items: int = 100
    ended: Callable[[JobProgress], Awaitable[None]] = _nothing
