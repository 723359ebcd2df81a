"""What the pages of Releases show besides what the board says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request

from suwen.bootstrap.departments import DepartmentName
from suwen.bootstrap.releases.board import ReleasePage
from suwen.bootstrap.rules.comparing import RowChanged
from suwen.bootstrap.rules.in_use import PART as RULES
from suwen.bootstrap.rules.sets import rule_sets
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.change_log import LogEntry, step_words
from suwen.core.language import Bilingual
from suwen.core.release import ModelBinding
from suwen.web.guard import visitor_of
from suwen.web.pages import person_names, web_of

_MOST_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of a model part's history."""

    at: datetime
    words: Bilingual
    reason: str
    by: str
    role: str


def steps_of(view: ReleasePage) -> tuple[StepRow, ...]:
    """The history of a model part, newest first."""
    return tuple(
        StepRow(
            act.at,
            step_words(act, view.binding.endpoint),
            act.reason,
            act.by,
            act.role.value if act.role is not None else "",
        )
        for act in reversed(view.acts)
    )


def actors_of(view: ReleasePage) -> set[str]:
    """Whoever did something with a model part."""
    results = {str(one.by) for one in view.results if one.by}
    return results | {str(act.by) for act in view.acts}


def reach_of(binding: ModelBinding, place: DepartmentName, between: str) -> str:
    """The departments of a model part, for its stage, by name."""
    return between.join(sorted(map(place, binding.departments)))


def bound_text(least: float | None, most: float | None) -> str:
    """What a figure must keep: a share in percent, a count as it is."""
    told = [("≥", least), ("≤", most)]
    return " ".join(f"{sign} {_told(bound)}" for sign, bound in told if bound is not None)


def _told(bound: float) -> str:
    return f"{bound * 100:.1f} %" if bound <= 1 else f"{bound:g}"


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the change log with what the hospital changed in its rows since the line before.

    Attributes:
        more: how many further rows were changed that are not listed.
        changes: numbers of the changes of rows, for their pages.
    """

    entry: LogEntry
    by: str
    rows: tuple[RowChanged, ...]
    more: int
    changes: tuple[int, ...]


async def log_rows(request: Request, log: Sequence[LogEntry]) -> list[LogRow]:
    """The change log as it is read: people by name, rows old and new."""
    name = await person_names(request, {one.by for one in log if one.by})
    rows = []
    for entry in log:
        changed, numbers = await _hospital_rows(request, entry)
        shown = tuple(changed[:_MOST_ROWS])
        rows.append(
            LogRow(entry, name(entry.by or ""), shown, len(changed) - len(shown), tuple(numbers))
        )
    return rows


async def _hospital_rows(request: Request, entry: LogEntry) -> tuple[list[RowChanged], list[int]]:
    """The hospital's rows that came into use, or were agreed to, between two Releases."""
    sets = {one.part.removeprefix(RULES) for one in entry.parts if one.part.startswith(RULES)}
    if entry.since is None or not sets or not may(request, Action.READ_RULES):
        return [], []
    desk, principal = web_of(request).platform.rule_desk, visitor_of(request).principal
    changed: list[RowChanged] = []
    numbers: list[int] = []
    for rule_set in sorted(sets & set(rule_sets())):
        for one in reversed(await desk.history(principal, rule_set)):
            moments = (one.works_from, one.decided_at) if one.version is not None else ()
            if any(at is not None and entry.since < at <= entry.at for at in moments):
                changed.extend(await desk.changed_rows(principal, one))
                numbers.append(one.number)
    return changed, numbers


def may(request: Request, action: Action) -> bool:
    """Whether the visitor has a right on the installation."""
    access = web_of(request).platform.parts.access
    return access.decide(visitor_of(request).principal, action, InstallationTarget()).allowed
