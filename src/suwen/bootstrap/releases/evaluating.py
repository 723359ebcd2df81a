"""What an evaluation makes of a model part, by itself and within the change plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

from suwen.bootstrap.releases.succession import SucceedingReleases
from suwen.control.governance.changes import Change
from suwen.control.governance.gate import EvaluationStanding
from suwen.control.governance.steps import dropped_too_far, measured
from suwen.core.application import InstalledApplication
from suwen.core.audit import content_hash
from suwen.core.identity import Principal
from suwen.core.release import ModelBinding, ReleaseStep
from suwen.storage.releases import GateResult


@dataclass(frozen=True)
class EvaluatedReleases(SucceedingReleases):
    """Takes the results of evaluations in."""

    async def record_gate(self, result: GateResult, acting: Principal) -> ModelBinding | None:
        """Keeps how a suite came out, and moves the model part that it is about.

        Called when a suite has ended that an application's gate names. The model part is closed
        at once where it failed, and goes on by itself where the change plan lets it.

        Args:
            acting: who had it evaluated; the door has checked the right.

        Returns:
            The model part as it is now; ``None`` where nobody has proposed it yet, in which case
            the result counts as soon as somebody does.
        """
        await self.parts.releases.put_gate(result)
        for one in await self.store.of_release(result.release):
            installed = self.parts.applications.get(one.app)
            if one.fingerprint == result.endpoint_fingerprint and installed is not None:
                return await self._take_in(one, installed, result, acting)
        return None

    async def as_evaluated(
        self, binding: ModelBinding, installed: InstalledApplication, acting: Principal
    ) -> ModelBinding:
        """A model part that was just proposed, moved by results that were there before it."""
        standing = await self._standing(binding, installed)
        moved = measured(binding, passed=True, complete=standing.reason is None, keeps=True)
        if moved == binding:
            return binding
        await self._move(moved, acting, {})
        return await self.read(binding.id)

    async def _take_in(
        self,
        binding: ModelBinding,
        installed: InstalledApplication,
        result: GateResult,
        acting: Principal,
    ) -> ModelBinding:
        own = replace(binding, evaluated_as=binding.id)
        standing = await self._standing(own, installed)
        complete = standing.reason is None
        keeps = not complete or not await self._dropped(binding, installed, standing)
        moved = measured(
            own if complete else binding, passed=result.passed, complete=complete, keeps=keeps
        )
        said: dict[str, object] = {
            "suite": result.suite,
            "passed": result.passed,
            "report": content_hash(dict(result.report)),
        }
        await self._move(moved, acting, said)
        return await self.read(binding.id)

    async def _move(self, moved: ModelBinding, acting: Principal, said: dict[str, object]) -> None:
        async with self.on_audit(acting, "release.measured", moved, "") as told:
            told.update(said, state=moved.state.value)
            await self.take_step([moved], moved, ReleaseStep.EVALUATE, acting.id, "", **said)

    async def _standing(
        self, binding: ModelBinding, installed: InstalledApplication
    ) -> EvaluationStanding:
        return await self.parts.model_gate.standing(binding, installed, self.parts.clock.now())

    async def _dropped(
        self, binding: ModelBinding, installed: InstalledApplication, standing: EvaluationStanding
    ) -> bool:
        """Whether an evaluation fell further than the change plan lets it, from the one that
        people approved."""
        if binding.approved_as == binding.id:
            return False
        origin = await self.store.read(binding.approved_as)
        change = await self.change_since_predecessor(binding, installed)
        if origin is None or change is None:
            return True
        approved = await self.parts.releases.latest_gates(origin.release, origin.fingerprint)
        return dropped_too_far(
            {name: one.report for name, one in approved.items()},
            {name: one.report for name, one in standing.results.items()},
            change.most_drop,
        )

    async def change_since_predecessor(
        self, binding: ModelBinding, installed: InstalledApplication
    ) -> Change | None:
        """What differs from the model part before it; ``None`` where there was none."""
        if binding.predecessor is None:
            return None
        former = await self.store.read(binding.predecessor)
        release = await self.parts.releases.by_hash(binding.release)
        if former is None or release is None:
            return None
        return await self.change_from(former, binding, release, installed)
