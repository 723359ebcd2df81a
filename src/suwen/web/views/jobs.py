"""Jobs on their pages: how far each is, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from suwen.jobs.model import JobProgress, JobState
from suwen.web.texts import Texts

_ACTS: dict[JobState, tuple[str, ...]] = {
    JobState.WAITING: ("pause", "cancel"),
    JobState.RUNNING: ("pause", "cancel"),
    JobState.PAUSING: ("resume", "cancel"),
    JobState.PAUSED: ("resume", "cancel"),
    JobState.FAILED: ("resume", "cancel"),
}
"""What may be done with a job in each state; nothing with one that has ended."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A line of the list of jobs.

    Attributes:
        total: items of the whole job; absent until it is known.
        message: what it does just now, or why it failed.
    """

    id: str
    title: str
    at: datetime
    by: str
    state: str
    done: int
    total: int | None
    refused: int
    message: str
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobList:
    """Jobs on a page.

    Attributes:
        refresh: address of the list as it is now.
        back: where an act leads back to.
        running: whether any of them may still change by itself.
    """

    rows: tuple[JobRow, ...]
    refresh: str
    back: str
    running: bool


def job_list(
    jobs: Sequence[JobProgress],
    refresh: str,
    back: str,
    texts: Texts,
    name: Callable[[str], str],
) -> JobList:
    """Jobs for a page.

    Args:
        name: how whoever started one is called.
    """
    return JobList(
        rows=tuple(_row(job, texts, name) for job in jobs),
        refresh=refresh,
        back=back,
        running=any(not job.state.stands for job in jobs),
    )


def _row(job: JobProgress, texts: Texts, name: Callable[[str], str]) -> JobRow:
    message = job.problem.message if job.problem is not None else job.message
    return JobRow(
        id=job.id,
        title=texts.of(job.title),
        at=job.created_at,
        by=name(job.started_by),
        state=job.state.value,
        done=job.done + job.refused,
        total=job.total,
        refused=job.refused,
        message=texts.of(message) if message is not None else "",
        acts=_ACTS.get(job.state, ()),
    )
