"""What a changed Release leaves of the standing of its engines: as much as the change allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from suwen.bootstrap.releases.work import ReleaseWork
from suwen.control.governance.changes import Change, change_between, plan_of
from suwen.control.governance.model_parts import every_part, succeeding_binding
from suwen.control.governance.steps import CARRIED, succeeding
from suwen.core.application import InstalledApplication
from suwen.core.identity import PrincipalId, batch_principal
from suwen.core.release import ChangeClass, ModelBinding, Release, ReleaseStep

SYSTEM = replace(batch_principal(None), id=PrincipalId("system"), name="system")
"""Who takes the steps that follow from a change by themselves."""


@dataclass(frozen=True)
class SucceedingReleases(ReleaseWork):
    """Carries model parts over to a changed Release."""

    async def succeed(self) -> list[ModelBinding]:
        """Gives every engine that was approved for an earlier Release its place at the present
        one; what the change asks for is left to do. Does nothing a second time.
        """
        added = []
        for app, installed in self.parts.applications.items():
            release = await self.parts.releases.current(app)
            if release is None or installed.manifest.model_profile is None:
                continue
            own = {one.endpoint for one in await self.store.of_release(release.hash)}
            for former in await self._carried(installed):
                if former.endpoint not in own:
                    own.add(former.endpoint)
                    added.append(await self._succeed(installed, release, former))
        return added

    async def with_predecessor(
        self, installed: InstalledApplication, release: Release, binding: ModelBinding
    ) -> ModelBinding:
        """A new model part with what the one before it, with the same engine, leaves to it."""
        for former in await self._carried(installed):
            if former.endpoint == binding.endpoint and former.id != binding.id:
                change = await self.change_from(former, binding, release, installed)
                return binding if change is None else succeeding(binding, former, change)
        return binding

    async def change_from(
        self,
        former: ModelBinding,
        binding: ModelBinding,
        release: Release,
        installed: InstalledApplication,
    ) -> Change | None:
        """What differs between two model parts; ``None`` where the former Release is not known."""
        before = await self.parts.releases.by_hash(former.release)
        if before is None:
            return None
        return change_between(
            every_part(before, former),
            every_part(release, binding),
            plan_of(installed.folder),
            device_grade=(await self.demands.of(installed.manifest)).device_grade,
            changes_so_far=await self.store.changes_since_approval(former),
        )

    async def _carried(self, installed: InstalledApplication) -> list[ModelBinding]:
        every = await self.store.list(installed.manifest.id)
        return [one for one in every if one.state in CARRIED]

    async def _succeed(
        self, installed: InstalledApplication, release: Release, former: ModelBinding
    ) -> ModelBinding:
        fresh = succeeding_binding(release, former, SYSTEM.id, self.parts.clock.now())
        change = await self.change_from(former, fresh, release, installed)
        binding = fresh if change is None else succeeding(fresh, former, change)
        asks = ChangeClass.RE_APPROVE if binding.change is None else binding.change
        async with self.on_audit(SYSTEM, "release.succeed", binding, "") as said:
            said.update(change=asks.value, former=former.id, state=binding.state.value)
            act = self.act_on(
                binding, ReleaseStep.SUCCEED, SYSTEM.id, "", change=asks.value, former=former.id
            )
            await self.store.add(binding, act)
        return binding
