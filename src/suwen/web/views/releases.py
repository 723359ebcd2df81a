"""What the pages of Releases show besides what the board says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from suwen.bootstrap.departments import DepartmentName
from suwen.bootstrap.releases.board import ReleasePage
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.change_log import step_words
from suwen.core.language import Bilingual
from suwen.core.release import ModelBinding
from suwen.web.guard import visitor_of
from suwen.web.pages import web_of


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


def reach_of(binding: ModelBinding, place: DepartmentName, between: str) -> str:
    """The departments of a model part, for its stage, by name."""
    return between.join(sorted(map(place, binding.departments)))


def bound_text(least: float | None, most: float | None) -> str:
    """What a figure must keep: a share in percent, a count as it is."""
    told = [("≥", least), ("≤", most)]
    return " ".join(f"{sign} {_told(bound)}" for sign, bound in told if bound is not None)


def _told(bound: float) -> str:
    return f"{bound * 100:.1f} %" if bound <= 1 else f"{bound:g}"


def may(request: Request, action: Action) -> bool:
    """Whether the visitor has a right on the installation."""
    access = web_of(request).platform.parts.access
    return access.decide(visitor_of(request).principal, action, InstallationTarget()).allowed
