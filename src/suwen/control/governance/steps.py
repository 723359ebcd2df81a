"""The steps of a model part, as pure functions from one state to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from suwen.control.governance.changes import Change
from suwen.core.errors import ConflictError, InputError
from suwen.core.language import Bilingual
from suwen.core.release import (
    ChangeClass,
    ModelBinding,
    ReleaseAct,
    ReleaseState,
    ReleaseStep,
    RolloutStage,
)

_NAMES: Mapping[ReleaseState, Bilingual] = {
    ReleaseState.PROPOSED: Bilingual("已提出", "proposed"),
    ReleaseState.EVALUATED: Bilingual("已评测", "evaluated"),
    ReleaseState.APPROVED: Bilingual("已批准", "approved"),
    ReleaseState.ACTIVE: Bilingual("已启用", "active"),
    ReleaseState.SUSPENDED: Bilingual("已暂停", "suspended"),
    ReleaseState.RETIRED: Bilingual("已退出", "retired"),
}
CARRIED = frozenset({ReleaseState.APPROVED, ReleaseState.ACTIVE, ReleaseState.SUSPENDED})
"""States whose standing a changed Release may inherit."""

_RESTORABLE = frozenset({ReleaseState.APPROVED, ReleaseState.ACTIVE, ReleaseState.RETIRED})


def state_name(state: ReleaseState) -> Bilingual:
    """A state in words."""
    return _NAMES[state]


def require_state(binding: ModelBinding, *allowed: ReleaseState) -> None:
    """Lets a step pass that this state allows.

    Raises:
        ConflictError: ``release_state_wrong`` with the state and those that would do.
    """
    if binding.state in allowed:
        return
    zh = "、".join(_NAMES[one].zh for one in allowed)
    en = " or ".join(_NAMES[one].en for one in allowed)
    now = _NAMES[binding.state]
    raise ConflictError(
        "release_state_wrong",
        Bilingual(
            f"此版本的状态为“{now.zh}”；此操作要求：{zh}。",
            f"This Release is {now.en}; this act needs one that is {en}.",
        ),
        detail={"state": binding.state.value},
    )


def proposed_again(binding: ModelBinding) -> ModelBinding:
    """A retired model part from the beginning; earlier approvals count no more."""
    return _fallen(binding)


def measured(binding: ModelBinding, *, passed: bool, complete: bool, keeps: bool) -> ModelBinding:
    """What an evaluation makes of a model part.

    Args:
        passed: whether this suite was passed.
        complete: whether every suite that is demanded is passed and fresh now.
        keeps: whether inherited approvals hold, by the limits of the change plan.
    """
    if binding.state is ReleaseState.RETIRED:
        return binding
    if not passed:
        return binding if _is_at_the_beginning(binding) else _fallen(binding)
    if not complete or binding.state is not ReleaseState.PROPOSED:
        return binding
    if binding.approved_as == binding.id:
        return replace(binding, state=ReleaseState.EVALUATED)
    if not keeps:
        return replace(_fallen(binding), state=ReleaseState.EVALUATED)
    state = ReleaseState.APPROVED if binding.stage is None else ReleaseState.ACTIVE
    return replace(binding, state=state)


def _is_at_the_beginning(binding: ModelBinding) -> bool:
    return binding.state is ReleaseState.PROPOSED and binding.approved_as == binding.id


def _fallen(binding: ModelBinding) -> ModelBinding:
    return replace(
        binding,
        state=ReleaseState.PROPOSED,
        stage=None,
        departments=frozenset(),
        evaluated_as=binding.id,
        approved_as=binding.id,
        round=binding.round + 1,
    )


def approved(binding: ModelBinding) -> ModelBinding:
    """A model part with every approval."""
    return replace(binding, state=ReleaseState.APPROVED)


def rolled_out(
    binding: ModelBinding, stage: RolloutStage, departments: frozenset[str]
) -> ModelBinding:
    """A model part that reaches so far; the first step is a small one.

    Raises:
        ConflictError: ``release_state_wrong``; ``rollout_skips_a_stage`` for everywhere at once.
        InputError: ``departments_missing``, ``departments_not_wanted``.
    """
    require_state(binding, ReleaseState.APPROVED, ReleaseState.ACTIVE)
    if stage is RolloutStage.ALL and binding.state is not ReleaseState.ACTIVE:
        raise ConflictError(
            "rollout_skips_a_stage",
            Bilingual(
                "请先在后台试运行或在个别科室启用，再全院启用。",
                "Begin in the shadow or in some departments; then it may be everywhere.",
            ),
        )
    if (stage is RolloutStage.WARD) is not bool(departments):
        wanted = stage is RolloutStage.WARD
        raise InputError(
            "departments_missing" if wanted else "departments_not_wanted",
            Bilingual(
                "请写明启用的科室。" if wanted else "只有按科室启用时才写科室。",
                "Name the departments." if wanted else "Departments are named for the stage ward.",
            ),
            field="department",
        )
    return replace(binding, state=ReleaseState.ACTIVE, stage=stage, departments=departments)


def superseded_by(
    binding: ModelBinding, others: Sequence[ModelBinding]
) -> tuple[ModelBinding, ...]:
    """What takes leave when a model part is on everywhere: the one that was so far."""
    if binding.stage is not RolloutStage.ALL:
        return ()
    return tuple(
        replace(one, state=ReleaseState.RETIRED)
        for one in others
        if one.id != binding.id
        and one.release == binding.release
        and one.state is ReleaseState.ACTIVE
        and one.stage is RolloutStage.ALL
    )


def suspended(binding: ModelBinding) -> ModelBinding:
    """A model part that is off until somebody lets it go on, where it was."""
    require_state(binding, ReleaseState.ACTIVE)
    return replace(binding, state=ReleaseState.SUSPENDED)


def resumed(binding: ModelBinding) -> ModelBinding:
    """A suspended model part where it was before."""
    require_state(binding, ReleaseState.SUSPENDED)
    return replace(binding, state=ReleaseState.ACTIVE)


def retired(binding: ModelBinding) -> ModelBinding:
    """A model part that nobody asks any more."""
    require_state(binding, *(one for one in ReleaseState if one is not ReleaseState.RETIRED))
    return replace(binding, state=ReleaseState.RETIRED)


def succeeding(binding: ModelBinding, predecessor: ModelBinding, change: Change) -> ModelBinding:
    """A new model part with as much of its predecessor's standing as the change leaves it."""
    carried = predecessor.state in CARRIED
    asks = change.asks_for if carried else ChangeClass.RE_APPROVE
    linked = replace(binding, predecessor=predecessor.id, change=asks)
    if asks is ChangeClass.RE_APPROVE:
        return linked
    kept = replace(linked, approved_as=predecessor.approved_as)
    if asks is ChangeClass.RE_EVALUATE:
        if predecessor.state is not ReleaseState.ACTIVE:
            return kept
        return replace(kept, stage=predecessor.stage, departments=predecessor.departments)
    return replace(
        kept,
        state=predecessor.state,
        stage=predecessor.stage,
        departments=predecessor.departments,
        evaluated_as=predecessor.evaluated_as,
    )


def standing_of(bindings: Sequence[ModelBinding]) -> list[dict[str, Any]]:
    """How far model parts reach, for the step that changes it; ``former_of`` reads it again."""
    return [
        {
            "model_part": one.id,
            "state": one.state.value,
            "stage": one.stage.value if one.stage is not None else None,
            "departments": sorted(one.departments),
        }
        for one in bindings
    ]


def last_to_return(acts: Sequence[ReleaseAct]) -> ReleaseAct | None:
    """The last step of a roll-out that was not taken back; ``None`` where there is none."""
    taken_back = {one.detail.get("of") for one in acts if one.step is ReleaseStep.RETURN}
    steps = (ReleaseStep.ACTIVATE, ReleaseStep.ROLL_OUT)
    left = [one for one in acts if one.step in steps and one.number not in taken_back]
    return left[-1] if left else None


def former_of(
    act: ReleaseAct, bindings: Mapping[str, ModelBinding], acts: Sequence[ReleaseAct]
) -> tuple[ModelBinding, ...]:
    """The model parts as they were before a step of a roll-out.

    One that has lost its evaluation or its approvals meanwhile, is suspended or was retired by
    somebody, stays as it is: going back never opens what was closed for a reason.

    Args:
        acts: every step of the application's model parts, the first first.
    """
    last = {one.binding: one.step for one in acts}
    found = []
    for row in act.detail.get("before", ()):
        one = bindings.get(row["model_part"])
        if one is None or one.state not in _RESTORABLE or last.get(one.id) is ReleaseStep.RETIRE:
            continue
        stage = row["stage"]
        found.append(
            replace(
                one,
                state=ReleaseState(row["state"]),
                stage=RolloutStage(stage) if stage is not None else None,
                departments=frozenset(row["departments"]),
            )
        )
    return tuple(found)


def dropped_too_far(
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    most_drop: float | None,
) -> bool:
    """Whether a share of an evaluation fell further than a change plan allows.

    Args:
        before: reports by suite, of the evaluation that people approved.
        most_drop: 0 to 1; ``None`` sets no limit but the suite's own thresholds.
    """
    if most_drop is None:
        return False
    return any(
        after.get(suite, {}).get(name, {}).get("value", 0.0) < score["value"] - most_drop
        for suite, report in before.items()
        for name, score in report.items()
        if isinstance(score, Mapping) and "value" in score and score.get("needed", 2) <= 1
    )
