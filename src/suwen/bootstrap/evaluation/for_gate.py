"""Takes on the evaluations that a gate still lacks, each as a job of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suwen.bootstrap.evaluation.desk import EvaluationDesk, EvaluationOptions
from suwen.bootstrap.evaluation.suites import APP
from suwen.bootstrap.releases.opening import open_releases
from suwen.control.access.decision import Action
from suwen.control.governance.gate import OWN_SUITE

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform
    from suwen.core.identity import BindingId, Principal

_LATEST = 200


async def evaluate_lacking(
    platform: Platform, wanted: BindingId, acting: Principal
) -> tuple[str, ...]:
    """Starts every suite that the gate demands of a model part and that does not count now; what
    is under way already is left alone.

    Returns:
        The suites that were started; empty where nothing is lacking or all is under way.

    Raises:
        AccessError: for whoever may not manage Releases.
        NotFoundError: ``no_such_release``.
        PreconditionError: ``release_not_present``.
        SuwenError: as ``EvaluationDesk.start``.
    """
    releases = open_releases(platform)
    releases.require_right(acting, Action.MANAGE_RELEASES)
    binding, installed = await releases.present(wanted)
    gate = platform.parts.model_gate
    standing = await gate.standing(binding, installed, platform.clock.now())
    desk = EvaluationDesk(platform)
    going = {
        one.run.suite
        for one in await desk.latest(acting, _LATEST)
        if one.run.ended_at is None and one.run.fingerprint == binding.fingerprint
    }
    lacking = [one.suite for one in standing.suites if one.reason is not None]
    names = [f"{APP}{binding.app}" if name == OWN_SUITE else name for name in lacking]
    started = [name for name in names if name not in going]
    for name in started:
        await desk.start(name, [binding.endpoint], EvaluationOptions(), acting)
    return tuple(started)
