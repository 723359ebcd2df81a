"""Between the rows of the jobs' tables and the values that the rest works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from suwen.core.identity import Channel, Principal, PrincipalId, Purpose, Role
from suwen.core.language import Bilingual
from suwen.jobs.model import JobId, JobProblem, JobProgress, JobState

QUEUED = "queued"
PAUSE = "pause"
CANCEL = "cancel"
RUN = "run"


def progress_of(row: Row[Any], refused: int) -> JobProgress:
    """The progress that a row tells."""
    return JobProgress(
        id=JobId(row.id),
        kind=row.kind,
        title=_text(row.title),
        state=_state(row.state, row.wish),
        done=row.done + row.underway,
        total=row.total,
        refused=refused,
        message=None if row.message is None else _text(row.message),
        problem=None if row.problem is None else _problem(row.problem),
        per_minute=row.per_minute,
        background=row.background,
        started_by=PrincipalId(row.started_by["id"]),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        arguments=row.arguments,
        result=row.result,
    )


def text_as_json(text: Bilingual) -> dict[str, str]:
    """A text in both languages as it is stored."""
    return {"zh": text.zh, "en": text.en}


def problem_as_json(problem: JobProblem) -> dict[str, Any]:
    """A problem as it is stored."""
    return {"code": problem.code, "message": text_as_json(problem.message)}


def principal_as_json(principal: Principal) -> dict[str, Any]:
    """Who started a job, as it is stored."""
    return {
        "id": principal.id,
        "name": principal.name,
        "roles": sorted(principal.roles),
        "departments": sorted(principal.departments),
        "purpose": principal.purpose.value,
        "channel": principal.channel.value,
        "operating_user": principal.operating_user,
        "batch": principal.batch,
    }


def principal_of(stored: Mapping[str, Any]) -> Principal:
    """Who started a job."""
    return Principal(
        id=PrincipalId(stored["id"]),
        name=stored["name"],
        roles=frozenset(Role(role) for role in stored["roles"]),
        departments=frozenset(stored["departments"]),
        purpose=Purpose(stored["purpose"]),
        channel=Channel(stored["channel"]),
        operating_user=stored["operating_user"],
        batch=stored["batch"],
    )


def _state(stored: str, wish: str) -> JobState:
    if stored == QUEUED:
        return JobState.WAITING
    if stored == JobState.RUNNING and wish == PAUSE:
        return JobState.PAUSING
    if stored == JobState.RUNNING and wish == CANCEL:
        return JobState.CANCELLING
    return JobState(stored)


def _text(stored: Mapping[str, str]) -> Bilingual:
    return Bilingual(zh=stored["zh"], en=stored["en"])


def _problem(stored: Mapping[str, Any]) -> JobProblem:
    return JobProblem(stored["code"], _text(stored["message"]))
