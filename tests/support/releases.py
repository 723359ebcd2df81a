"""The one way in which tests let a model take part: evaluated, approved by two, rolled out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suwen.bootstrap.platform import open_platform
from suwen.bootstrap.releases.demands import Demands
from suwen.bootstrap.releases.desk import ReleaseDesk
from suwen.bootstrap.releases.opening import open_releases
from suwen.bootstrap.settings import read_settings
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.gate import OWN_SUITE
from suwen.control.governance.risk.rules import Jurisdiction
from suwen.core.identity import (
    AppId,
    BindingId,
    Channel,
    Principal,
    PrincipalId,
    Purpose,
    Role,
    batch_principal,
)
from suwen.core.inference import Endpoint
from suwen.core.release import ModelBinding, ReleaseState, RolloutStage
from suwen.storage.releases import GateResult
from tests.support.site import Site

OPERATOR = batch_principal("operator")
PASSING: Mapping[str, Any] = {
    "answered": {"value": 1.0, "needed": 0.95, "passed": True},
    "supported": {"value": 0.99, "needed": 0.98, "passed": True},
    "passed": True,
}


class MemorySigner:
    """Signs so that a test sees what was signed; a SignatureProvider."""

    key_id = "test-key"

    def sign(self, payload: bytes) -> bytes:
        """The payload itself."""
        return payload

    def verify(self, payload: bytes, signature: bytes, key_id: str) -> bool:
        """Whether it is that payload."""
        return payload == signature and key_id == self.key_id


def officer(account: str, *roles: Role) -> Principal:
    """Somebody of the AI committee."""
    return Principal(
        id=PrincipalId(account),
        name=account,
        roles=frozenset(roles),
        departments=frozenset({"office"}),
        purpose=Purpose.OPERATIONS,
        channel=Channel.WEB,
    )


COMPLIANCE = officer("compliance.yuan", Role.COMPLIANCE_OFFICER)
CHIEF = officer("dr.chief", Role.CHIEF_PHYSICIAN)


def release_desk(parts: GatewayParts) -> ReleaseDesk:
    """The desk over the parts of a gateway under test; its engines say nothing of themselves."""

    async def silent(_endpoint: Endpoint) -> str | None:
        return None

    return ReleaseDesk(parts, Demands(Jurisdiction.CN, None), MemorySigner(), silent)


def write_suite(folder: Path) -> None:
    """Gives an application under test an evaluation that a model must pass."""
    (folder / "evaluation").mkdir(exist_ok=True)
    (folder / "evaluation" / "suite.toml").write_text("[gate]\nanswered_share = 0.95\n")


async def put_results(
    desk: ReleaseDesk,
    binding: ModelBinding,
    *,
    passed: bool = True,
    report: Mapping[str, Any] = PASSING,
    besides: str | None = None,
    only: str | None = None,
) -> ModelBinding:
    """Lets every suite that is demanded of a model part end so; but one, or only one."""
    folder = desk.parts.applications[binding.app].folder
    for suite, wanted in desk.parts.model_gate.demanded(folder).items():
        if suite == besides or only not in (None, suite):
            continue
        result = GateResult(
            release=binding.release,
            endpoint_name=binding.endpoint,
            endpoint_fingerprint=binding.fingerprint,
            suite=suite,
            suite_hash=wanted or "5" * 64,
            passed=passed,
            report=report,
            at=desk.parts.clock.now(),
            by=OPERATOR.id,
        )
        await desk.record_gate(result, OPERATOR)
    return await desk.read(binding.id)


async def approve(desk: ReleaseDesk, binding: ModelBinding) -> ModelBinding:
    """Lets the two people approve whom every class accepts."""
    await desk.approve(binding.id, COMPLIANCE)
    return await desk.approve(binding.id, CHIEF)


async def open_gate(desk: ReleaseDesk, app: AppId, endpoint: str) -> ModelBinding:
    """Takes a model part the whole honest way, from where it stands to where everybody has it."""
    binding = await desk.propose(app, endpoint, OPERATOR)
    if binding.state is ReleaseState.PROPOSED:
        binding = await put_results(desk, binding)
    if binding.state is ReleaseState.EVALUATED:
        binding = await approve(desk, binding)
    if binding.state is ReleaseState.APPROVED:
        nobody: frozenset[str] = frozenset()
        await desk.roll_out(binding.id, RolloutStage.SHADOW, nobody, OPERATOR)
        binding = await desk.roll_out(binding.id, RolloutStage.ALL, nobody, OPERATOR)
    return binding


def open_gate_by_commands(site: Site, app: str, engine: str) -> str:
    """Takes an engine that passed the application's own suite the rest of the way by commands; the
    name of its model part. What the platform's suites would say of it is given."""
    told = site.run_here("release", "propose", app, "--endpoint", engine, "--json")
    part = str(told.json["model_part"])
    environment = {"SUWEN_HOME": str(site.home), "SUWEN_AUDIT_ANCHOR": str(site.anchor)}

    async def give() -> None:
        async with open_platform(read_settings(environment)) as opened:
            desk = open_releases(opened)
            await put_results(desk, await desk.read(BindingId(part)), besides=OWN_SUITE)

    asyncio.run(give())
    for approver in ("compliance.yuan", "dr.sun"):
        site.run_here("release", "approve", part, "--as", approver)
    site.run_here("release", "activate", part)
    site.run_here("release", "rollout", part, "--stage", "all")
    return part
