"""Every step of a model part that people take, each on the audit before it takes effect."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from suwen.bootstrap.releases.evaluating import EvaluatedReleases
from suwen.bootstrap.releases.work import checked_text
from suwen.control.access.decision import Action
from suwen.control.gateway.model_reasons import short_reason
from suwen.control.governance.approvals import (
    approval_statement,
    is_approved,
    require_declared_weights,
    seat_for,
    statement_bytes,
)
from suwen.control.governance.gate import EvaluationStanding, GateReason, demanded_suites
from suwen.control.governance.model_parts import new_binding
from suwen.control.governance.steps import (
    approved,
    former_of,
    last_to_return,
    proposed_again,
    require_state,
    resumed,
    retired,
    rolled_out,
    standing_of,
    superseded_by,
    suspended,
)
from suwen.core.audit import content_hash
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import AppId, BindingId, Principal, Role
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.ports import SignatureProvider
from suwen.core.release import (
    ModelBinding,
    ReleaseAct,
    ReleaseState,
    ReleaseStep,
    RolloutStage,
)

Confirm = Callable[[Principal, str], Awaitable[None]]
"""Makes sure that it is this very person who approves what the text names."""

Served = Callable[[Endpoint], Awaitable[str | None]]
"""What an engine says that it serves; ``None`` where it does not say."""


@dataclass(frozen=True)
class ReleaseDesk(EvaluatedReleases):
    """What people do with the model parts of one partition.

    Args:
        signer: signs approvals.
        served: asks an engine what it serves.
    """

    signer: SignatureProvider
    served: Served

    async def propose(
        self, app: AppId, endpoint_name: str, acting: Principal, reason: str = ""
    ) -> ModelBinding:
        """Binds an engine, as it is now, to the present Release.

        Where the same engine was there before in another form, the change decides what is left
        to do; a model part that is known already is answered as it stands.

        Raises:
            NotFoundError: ``no_such_application``, ``no_such_endpoint``.
            GovernanceError: ``release_not_approved`` where no Release is registered.
            InputError: ``no_model_part``, ``no_gate``.
            PreconditionError: ``weights_not_declared``.
            AccessError: for whoever may not manage Releases.
        """
        self.require_right(acting, Action.MANAGE_RELEASES)
        installed, release = await self.installed(app)
        if installed.manifest.model_profile is None:
            raise _never("no_model_part", "no_model_part")
        if not demanded_suites(installed.folder):
            raise _never("no_gate", GateReason.NO_SUITE.value)
        endpoint = await self.engine(endpoint_name)
        binding = new_binding(release, endpoint, acting.id, self.parts.clock.now())
        require_declared_weights(await self.demands.of(installed.manifest), binding)
        known = await self.store.read(binding.id)
        if known is not None and known.state is not ReleaseState.RETIRED:
            return known
        async with self.on_audit(acting, "release.propose", binding, reason):
            if known is not None:
                again = proposed_again(known)
                await self.take_step([again], again, ReleaseStep.PROPOSE, acting.id, reason)
            else:
                binding = await self.with_predecessor(installed, release, binding)
                act = self.act_on(binding, ReleaseStep.PROPOSE, acting.id, reason)
                await self.store.add(binding, act)
        return await self.as_evaluated(await self.read(binding.id), installed, acting)

    async def approve(
        self,
        wanted: BindingId,
        acting: Principal,
        *,
        comment: str = "",
        role: Role | None = None,
        confirm: Confirm | None = None,
    ) -> ModelBinding:
        """Gives one approval, signed; with the last one the model part is approved.

        Args:
            confirm: makes sure who approves; ``None`` where the door has done so.

        Raises:
            ConflictError: ``release_state_wrong``, ``approved_already``, ``seat_taken``,
                ``release_changed``.
            GovernanceError: ``evaluation_not_valid`` where it is not passing and fresh.
            AccessError: ``approval_role_wrong``, or for whoever may not approve at all.
            AuthenticationError: as ``confirm``.
        """
        self.require_right(acting, Action.APPROVE_RELEASES)
        binding, installed = await self.present(wanted)
        standing = await self.require_standing(binding, installed)
        require_state(binding, ReleaseState.EVALUATED)
        demand = await self.demands.of(installed.manifest)
        require_declared_weights(demand, binding)
        given = await self.store.approvals(binding)
        _, taken = seat_for(demand, given, acting.id, acting.roles, role)
        if confirm is not None:
            await confirm(acting, binding.id)
        act = self._approval(binding, standing, acting, taken, checked_text(comment))
        async with self.on_audit(acting, "release.approve", binding, comment) as said:
            stated = content_hash(act.detail["statement"])
            said.update(role=taken.value, statement=stated, key=act.key_id)
            whole = is_approved(demand, (*given, act))
            await self.store.take_step([approved(binding) if whole else binding], act)
        return await self.read(wanted)

    def _approval(
        self,
        binding: ModelBinding,
        standing: EvaluationStanding,
        acting: Principal,
        taken: Role,
        comment: str,
    ) -> ReleaseAct:
        """An approval with its signature, not stored yet."""
        statement = approval_statement(
            binding,
            _measured(standing),
            acting.id,
            acting.name,
            taken,
            self.parts.clock.now(),
            comment,
        )
        payload = statement_bytes(statement)
        return replace(
            self.act_on(binding, ReleaseStep.APPROVE, acting.id, comment, statement=statement),
            role=taken,
            signature=base64.b64encode(self.signer.sign(payload)).decode("ascii"),
            key_id=self.signer.key_id,
        )

    async def roll_out(
        self,
        wanted: BindingId,
        stage: RolloutStage,
        departments: frozenset[str],
        acting: Principal,
        reason: str = "",
    ) -> ModelBinding:
        """Lets an approved model part reach so far; everywhere it takes the place of the former.

        Raises:
            ConflictError, InputError: as ``rolled_out``.
            GovernanceError: ``evaluation_not_valid``.
            AccessError: for whoever may not manage Releases.
        """
        self.require_right(acting, Action.MANAGE_RELEASES)
        binding, installed = await self.present(wanted)
        reached = rolled_out(binding, stage, departments)
        await self.require_standing(binding, installed)
        first = binding.state is not ReleaseState.ACTIVE
        step = ReleaseStep.ACTIVATE if first else ReleaseStep.ROLL_OUT
        others = await self.store.of_release(binding.release)
        leaving = superseded_by(reached, others)
        ids = {one.id for one in (reached, *leaving)}
        before = standing_of([one for one in others if one.id in ids])
        async with self.on_audit(acting, f"release.{step.value}", binding, reason) as said:
            said.update(stage=stage.value, departments=sorted(departments))
            await self.take_step(
                [reached, *leaving],
                reached,
                step,
                acting.id,
                reason,
                before=before,
                after=standing_of([reached, *leaving]),
            )
        return await self.read(wanted)

    async def return_to_former(
        self, app: AppId, acting: Principal, reason: str = ""
    ) -> tuple[ModelBinding, ...]:
        """Takes back the last step of the roll-out; the model parts that it changed, as they are.

        Raises:
            ConflictError: ``nothing_to_return``.
            AccessError: for whoever may not manage Releases.
        """
        self.require_right(acting, Action.MANAGE_RELEASES)
        acts = await self.store.acts_of_app(app)
        last = last_to_return(acts)
        if last is None:
            raise _nothing_to_return()
        bindings = {one.id: one for one in await self.store.list(app)}
        former = former_of(last, {str(n): one for n, one in bindings.items()}, acts)
        binding = bindings[last.binding]
        async with self.on_audit(acting, "release.return", binding, reason) as said:
            said.update(of=last.number)
            await self.take_step(
                former,
                binding,
                ReleaseStep.RETURN,
                acting.id,
                reason,
                of=last.number,
                after=standing_of(former),
            )
        return tuple([await self.read(one.id) for one in former])

    async def suspend(self, wanted: BindingId, reason: str, acting: Principal) -> ModelBinding:
        """Switches a model part off at once; the deterministic part goes on.

        Whoever may manage or approve may suspend: towards safety nobody waits.

        Raises:
            ConflictError: ``release_state_wrong``.
            InputError: ``reason_missing``.
        """
        self.require_right(acting, Action.MANAGE_RELEASES, Action.APPROVE_RELEASES)
        return await self._simple(wanted, suspended, ReleaseStep.SUSPEND, acting, _given(reason))

    async def resume(self, wanted: BindingId, reason: str, acting: Principal) -> ModelBinding:
        """Lets a suspended model part go on where it was.

        Raises:
            ConflictError: ``release_state_wrong``.
            GovernanceError: ``evaluation_not_valid``.
            InputError: ``reason_missing``.
        """
        self.require_right(acting, Action.MANAGE_RELEASES)
        binding, installed = await self.present(wanted)
        resumed(binding)
        await self.require_standing(binding, installed)
        return await self._simple(wanted, resumed, ReleaseStep.RESUME, acting, _given(reason))

    async def retire(self, wanted: BindingId, reason: str, acting: Principal) -> ModelBinding:
        """Ends a model part; who wants it again proposes it again.

        Raises:
            ConflictError: ``release_state_wrong``.
            InputError: ``reason_missing``.
        """
        self.require_right(acting, Action.MANAGE_RELEASES)
        return await self._simple(wanted, retired, ReleaseStep.RETIRE, acting, _given(reason))

    async def _simple(
        self,
        wanted: BindingId,
        change: Callable[[ModelBinding], ModelBinding],
        step: ReleaseStep,
        acting: Principal,
        reason: str,
    ) -> ModelBinding:
        binding = await self.read(wanted)
        changed = change(binding)
        async with self.on_audit(acting, f"release.{step.value}", binding, reason):
            await self.take_step([changed], changed, step, acting.id, reason)
        return await self.read(wanted)

    async def engine(self, name: str) -> Endpoint:
        """An engine with what it says of itself now, which is kept.

        Raises:
            NotFoundError: ``no_such_endpoint``.
        """
        endpoint = await self.parts.endpoints.read(name)
        served = await self.served(endpoint)
        if served is None or served == endpoint.served:
            return endpoint
        asked = replace(endpoint, served=served)
        await self.parts.endpoints.put(asked)
        return asked


def _measured(standing: EvaluationStanding) -> dict[str, Any]:
    return {
        name: {"report": content_hash(dict(one.report)), "at": one.at.isoformat()}
        for name, one in standing.results.items()
    }


def _given(reason: str) -> str:
    if not reason.strip():
        raise InputError(
            "reason_missing", Bilingual("请写明原因。", "Give the reason."), field="reason"
        )
    return reason


def _never(code: str, reason: str) -> InputError:
    why = short_reason(reason)
    return InputError(
        code, Bilingual(f"不能提出：{why.zh}。", f"It cannot be proposed: {why.en}."), field="app"
    )


def _nothing_to_return() -> ConflictError:
    return ConflictError(
        "nothing_to_return",
        Bilingual("没有可以退回的启用步骤。", "There is no step of a roll-out to take back."),
    )
