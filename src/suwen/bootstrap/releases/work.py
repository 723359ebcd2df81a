"""What every step of a model part rests on: who may, what is installed, one place for the audit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.releases.demands import Demands
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.model_reasons import short_reason
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.gate import EvaluationStanding
from suwen.core.application import InstalledApplication
from suwen.core.errors import GovernanceError, InputError, NotFoundError, PreconditionError
from suwen.core.identity import AppId, BindingId, Principal, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.release import ModelBinding, Release, ReleaseAct, ReleaseStep
from suwen.storage.model_bindings import BindingStore

LONGEST = 1000
"""Most characters of a reason or comment."""


@dataclass(frozen=True)
class ReleaseWork:
    """What is common to the steps.

    Args:
        demands: what approvals each application needs.
    """

    parts: GatewayParts
    demands: Demands

    @property
    def store(self) -> BindingStore:
        """The model parts."""
        return self.parts.releases.bindings

    async def read(self, wanted: BindingId) -> ModelBinding:
        """One model part.

        Raises:
            NotFoundError: ``no_such_release``.
        """
        found = await self.store.read(wanted)
        if found is None:
            raise NotFoundError(
                "no_such_release", Bilingual("没有这个版本。", "There is no such Release.")
            )
        return found

    async def require_standing(
        self, binding: ModelBinding, installed: InstalledApplication
    ) -> EvaluationStanding:
        """The evaluation of a model part that is passing and fresh.

        Raises:
            GovernanceError: ``evaluation_not_valid`` with the reason.
        """
        now = self.parts.clock.now()
        standing = await self.parts.model_gate.standing(binding, installed, now)
        if standing.reason is None:
            return standing
        from suwen.bootstrap.releases.suite_rows import blocked_by

        why = blocked_by(standing.reason, standing.suite) or short_reason(standing.reason.value)
        raise GovernanceError(
            "evaluation_not_valid",
            Bilingual(f"没有有效的评测：{why.zh}。", f"No evaluation counts: {why.en}."),
            detail={"reason": standing.reason.value, "suite": standing.suite or ""},
        )

    async def present(self, wanted: BindingId) -> tuple[ModelBinding, InstalledApplication]:
        """A model part of the Release that is installed now.

        Raises:
            NotFoundError: ``no_such_release``.
            PreconditionError: ``release_not_present``.
        """
        binding = await self.read(wanted)
        installed, release = await self.installed(binding.app)
        if release.hash != binding.release:
            raise PreconditionError(
                "release_not_present",
                Bilingual(
                    "此版本已不是本院现在运行的版本。",
                    "This Release is not the one that is installed now.",
                ),
            )
        return binding, installed

    async def installed(self, app: AppId) -> tuple[InstalledApplication, Release]:
        """An application and its present Release.

        Raises:
            NotFoundError: ``no_such_application``.
            GovernanceError: ``release_not_approved``.
        """
        installed = self.parts.applications.get(app)
        if installed is None or installed.manifest.partition is not self.parts.partition:
            raise NotFoundError(
                "no_such_application",
                Bilingual(
                    "本分区没有这个应用。", "There is no such application in this partition."
                ),
                field="app",
            )
        release = await self.parts.releases.current(app)
        if release is None:
            raise GovernanceError(
                "release_not_approved", Bilingual("没有生效的版本。", "No Release is active.")
            )
        return installed, release

    async def take_step(
        self,
        changed: Sequence[ModelBinding],
        about: ModelBinding,
        step: ReleaseStep,
        by: PrincipalId,
        reason: str,
        **detail: Any,
    ) -> None:
        """Stores a step about one model part with the state of each that it changes."""
        await self.store.take_step(changed, self.act_on(about, step, by, reason, **detail))

    def act_on(
        self, binding: ModelBinding, step: ReleaseStep, by: PrincipalId, reason: str, **detail: Any
    ) -> ReleaseAct:
        """A step, not stored yet."""
        return ReleaseAct(
            binding=binding.id,
            app=binding.app,
            step=step,
            by=by,
            at=self.parts.clock.now(),
            round=binding.round,
            reason=checked_text(reason),
            detail=detail,
        )

    def on_audit(
        self, acting: Principal, action: str, binding: ModelBinding, reason: str
    ) -> AbstractAsyncContextManager[dict[str, Any]]:
        """The act on the audit, open until the block ends."""
        act = act_of(
            acting,
            action,
            subject=f"ModelPart/{binding.id}",
            app=binding.app,
            release=binding.release,
            endpoint=binding.endpoint,
            reason=checked_text(reason),
        )
        return audited(self.parts.audit, act)

    def require_right(self, acting: Principal, *actions: Action) -> None:
        """The operator at the machine's own command line may; a person needs one of the rights."""
        if acting.batch and Action.MANAGE_RELEASES in actions:
            return
        access, target = self.parts.access, InstallationTarget()
        if not any(access.decide(acting, action, target).allowed for action in actions):
            access.require(acting, actions[0], target)


def checked_text(given: str) -> str:
    """A reason or comment without the spaces around it.

    Raises:
        InputError: ``field_too_long``.
    """
    text = given.strip()
    if len(text) > LONGEST:
        raise InputError(
            "field_too_long",
            Bilingual(f"最多 {LONGEST} 个字符。", f"At most {LONGEST} characters."),
            field="reason",
        )
    return text
