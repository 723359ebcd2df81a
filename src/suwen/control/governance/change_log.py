"""The change log of an application in plain words, for the committee and for what is disclosed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from suwen.control.governance.changes import Change, ChangePlan, PartChange, change_between
from suwen.core.language import Bilingual
from suwen.core.release import ModelBinding, Release, ReleaseAct, ReleaseStep, RolloutStage

_FIRST = Bilingual("首次登记此应用的版本。", "The application's first Release was registered.")
_STAGES: Mapping[str, Bilingual] = {
    RolloutStage.SHADOW.value: Bilingual("后台试运行", "on trial in the background"),
    RolloutStage.WARD.value: Bilingual("在个别科室启用", "in some departments"),
    RolloutStage.ALL.value: Bilingual("全院启用", "everywhere"),
}
_STEPS: Mapping[ReleaseStep, Bilingual] = {
    ReleaseStep.PROPOSE: Bilingual(
        "提出由模型服务“{engine}”参与。", "Engine “{engine}” was proposed to take part."
    ),
    ReleaseStep.APPROVE: Bilingual(
        "模型服务“{engine}”获一人批准。", "One person approved the engine “{engine}”."
    ),
    ReleaseStep.ACTIVATE: Bilingual("“{engine}”{stage}。", "“{engine}” is now {stage}."),
    ReleaseStep.ROLL_OUT: Bilingual("“{engine}”{stage}。", "“{engine}” is now {stage}."),
    ReleaseStep.RETURN: Bilingual(
        "退回上一步：恢复“{engine}”启用前的状态。",
        "Taken back: everything is as before the last step of “{engine}”.",
    ),
    ReleaseStep.SUSPEND: Bilingual("暂停“{engine}”。", "“{engine}” was suspended."),
    ReleaseStep.RESUME: Bilingual("恢复“{engine}”。", "“{engine}” goes on."),
    ReleaseStep.RETIRE: Bilingual("“{engine}”退出使用。", "“{engine}” was retired."),
}
_MEASURED = {
    True: Bilingual("“{engine}”通过评测“{suite}”。", "“{engine}” passed the evaluation “{suite}”."),
    False: Bilingual(
        "“{engine}”未通过评测“{suite}”。", "“{engine}” did not pass the evaluation “{suite}”."
    ),
}
_COUNTED = Bilingual(
    "“{engine}”此前的评测对此版本有效。",
    "Earlier evaluations of “{engine}” count for this Release.",
)
_SUCCEEDED: Mapping[str, Bilingual] = {
    "none": Bilingual(
        "“{engine}”按变更计划继续使用。", "“{engine}” goes on, as the change plan allows."
    ),
    "re-evaluate": Bilingual(
        "“{engine}”须就此版本重新评测。", "“{engine}” has to be evaluated again for this Release."
    ),
    "re-approve": Bilingual(
        "“{engine}”须就此版本重新评测并重新批准。",
        "“{engine}” has to be evaluated and approved again for this Release.",
    ),
}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the change log.

    Attributes:
        release: beginning of the hash of the Release that it is about.
        by: who did it; ``None`` where it followed from an installation.
        parts: what differs from the Release before, for a new Release.
        since: when the Release before was registered; ``None`` for whatever is no change of one.
    """

    at: datetime
    release: str
    words: Bilingual
    by: str | None = None
    parts: tuple[PartChange, ...] = ()
    since: datetime | None = None


def change_log(
    releases: Iterable[Release],
    bindings: Iterable[ModelBinding],
    acts: Iterable[ReleaseAct],
) -> tuple[LogEntry, ...]:
    """What changed in one application and what was decided on it, newest first.

    Args:
        releases: of the application, in any order.
        bindings: its model parts.
        acts: every step of theirs.
    """
    by_id = {one.id: one for one in bindings}
    lines = [*_of_releases(sorted(releases, key=lambda one: one.approved_at))]
    lines.extend(_of_act(act, by_id[act.binding]) for act in acts if act.binding in by_id)
    # Of what happened at the same moment, what came later stands first.
    lines.reverse()
    return tuple(sorted(lines, key=lambda one: one.at, reverse=True))


def _of_releases(releases: Sequence[Release]) -> Iterable[LogEntry]:
    former: Release | None = None
    for one in releases:
        name = one.hash[:12]
        if former is None:
            yield LogEntry(one.approved_at, name, _FIRST)
        else:
            change = change_between(former.parts, one.parts, ChangePlan(), device_grade=True)
            words, since = _difference(change), former.approved_at
            yield LogEntry(one.approved_at, name, words, parts=change.parts, since=since)
        former = one


def _difference(change: Change) -> Bilingual:
    if not change.parts:
        return Bilingual("未作改动。", "Nothing changed.")
    return Bilingual(
        "".join(one.words.zh for one in change.parts),
        " ".join(one.words.en for one in change.parts),
    )


def step_words(act: ReleaseAct, engine: str) -> Bilingual:
    """One step in words.

    Args:
        engine: name of the engine that it is about.
    """
    if act.step is ReleaseStep.EVALUATE:
        suite = act.detail.get("suite")
        form = _COUNTED if suite is None else _MEASURED[bool(act.detail.get("passed"))]
    elif act.step is ReleaseStep.SUCCEED:
        form = _SUCCEEDED[str(act.detail.get("change", "re-approve"))]
    else:
        form = _STEPS[act.step]
    reached = _reached(act)
    values = {"engine": engine, "suite": str(act.detail.get("suite", ""))}
    return Bilingual(
        form.zh.format(**values, stage=reached.zh), form.en.format(**values, stage=reached.en)
    )


def _reached(act: ReleaseAct) -> Bilingual:
    """How far a step of a roll-out let its model part reach."""
    for row in act.detail.get("after", ()):
        if row["model_part"] == act.binding and row["stage"] in _STAGES:
            stage = _STAGES[row["stage"]]
            where = ", ".join(row["departments"])
            return Bilingual(f"{stage.zh}（{where}）", f"{stage.en} ({where})") if where else stage
    return Bilingual("", "")


def _of_act(act: ReleaseAct, binding: ModelBinding) -> LogEntry:
    words = step_words(act, binding.endpoint)
    if act.reason:
        words = Bilingual(f"{words.zh}原因：{act.reason}", f"{words.en} Reason: {act.reason}")
    return LogEntry(act.at, binding.release[:12], words, act.by)
