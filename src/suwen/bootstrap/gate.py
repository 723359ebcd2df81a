"""The model gate: an engine measured on an application's suite, for exactly this Release."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from suwen.appkit.discover import installed_folder
from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.releases.opening import open_releases
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.model_reasons import reason_text
from suwen.control.gateway.run import Gateway
from suwen.control.governance.gate import OWN_SUITE, Gate, GateVerdict, demanded_suites
from suwen.control.governance.model_parts import endpoint_fingerprint
from suwen.core.application import InstalledApplication
from suwen.core.errors import GovernanceError, InputError, PreconditionError
from suwen.core.identity import AppId, Principal, ReleaseHash, batch_principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.evaluation.model_part import (
    CaseOutcome,
    Expected,
    Judge,
    judge_of,
    model_report,
    thresholds_of,
)
from suwen.storage.endpoints import EndpointStore
from suwen.storage.releases import GateResult

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform

    Opened = Platform | DevicePlatform

FORMS = (("discharge_summary", "zh"), ("outpatient_note", "en"))


@dataclass(frozen=True, slots=True)
class GateCase:
    """One case of an application's own suite.

    Attributes:
        expected: what would be right, as the suite's judge reads it; empty where evidence decides.
    """

    request: Mapping[str, Any]
    expected: Expected = ()


class OnlyEndpoint(EndpointStore):
    """The one engine that is being measured, and no other."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._measured = endpoint

    async def list(self) -> list[Endpoint]:
        """The engine."""
        return [self._measured]


class GateHeldOpen(Gate):
    """The gate of a measuring run: it is what is being measured, so it stands open.

    Only synthetic records in the request pass through such a run, and its drafts are not kept.
    """

    async def verdicts(
        self,
        release: ReleaseHash,
        installed: InstalledApplication,
        endpoints: Iterable[Endpoint],
        departments: frozenset[str],
        now: datetime,
    ) -> list[GateVerdict]:
        """Every engine may be asked."""
        return [GateVerdict(endpoint, None, None) for endpoint in endpoints]


async def evaluate_release(
    platform: Opened, app: AppId, endpoint_name: str, limit: int, acting: Principal
) -> dict[str, Any]:
    """Measures, stores the result with the Release and the engine, and answers the report.

    Args:
        limit: most cases, of the demonstration hospital's records.

    Raises:
        NotFoundError: ``no_such_application``, ``no_such_endpoint``.
        InputError: ``no_gate`` when the application's suite states no thresholds.
        AccessError: when a person without the right asks.
    """
    if not acting.batch:
        platform.access.require(acting, Action.MANAGE_RELEASES, InstallationTarget())
    suite = tomllib.loads((installed_folder(app) / "evaluation" / "suite.toml").read_text("utf-8"))
    if "gate" not in suite:
        raise InputError(
            "no_gate",
            Bilingual(
                zh=f"应用 {app} 没有模型部分的门槛。", en=f"{app} states no thresholds for a model."
            ),
            field="app",
        )
    endpoint = await open_releases(platform).engine(endpoint_name)
    release = await platform.releases.current(app)
    if release is None:
        raise GovernanceError(
            "release_not_approved", Bilingual(zh="没有生效的版本。", en="No Release is active.")
        )
    act = act_of(acting, "release.evaluate", app=app, endpoint=endpoint_name)
    async with audited(platform.audit, act) as said:
        gateway, judge = measuring_gateway(platform, endpoint), judge_of(suite["gate"])
        cases = gate_cases(platform, app, suite, limit)
        measured = [await outcome_of(gateway, app, case, judge, acting) for case in cases]
        outcomes = [outcome for outcome in measured if outcome is not None]
        report = {
            "app": app,
            "release": release.hash,
            "endpoint": endpoint_name,
            "model": endpoint.model,
            **model_report(outcomes, thresholds_of(suite)),
        }
        said["passed"] = bool(report["passed"])
        result = GateResult(
            release=release.hash,
            endpoint_name=endpoint_name,
            endpoint_fingerprint=endpoint_fingerprint(endpoint),
            suite=OWN_SUITE,
            suite_hash=demanded_suites(installed_folder(app))[OWN_SUITE] or "",
            passed=said["passed"],
            report=report,
            at=platform.clock.now(),
            by=acting.id,
        )
        await open_releases(platform).record_gate(result, acting)
    return report


def measuring_gateway(platform: Opened, endpoint: Endpoint) -> Gateway:
    """A gateway in which one engine is asked whatever its gate says."""
    parts = dataclasses.replace(
        platform.parts,
        endpoints=OnlyEndpoint(endpoint),
        gate=GateHeldOpen(platform.releases),
    )
    return Gateway(parts)


def gate_cases(
    platform: Opened, app: AppId, suite: Mapping[str, Any], limit: int
) -> Sequence[GateCase]:
    """The cases that the suite names, or documents about the demonstration patients."""
    named = suite["gate"].get("requests")
    if named is not None:
        text = (installed_folder(app) / "evaluation" / str(named)).read_text("utf-8")
        rows = [json.loads(line) for line in text.splitlines()]
        return [GateCase(row["request"], row.get("expected", ())) for row in rows][:limit]
    # Loaded where a gate is measured: the start of a service does not wait for it.
    from suwen.bootstrap.demonstration import build_demonstration_hospital
    from suwen.bootstrap.demonstration_site import SEED

    moment = platform.clock.now().astimezone(platform.settings.zone)
    hospital = build_demonstration_hospital(SEED, moment)
    return [
        GateCase({"bundle": bundle, "document_type": document_type, "language": language})
        for bundle in hospital.bundles[1:]
        for document_type, language in FORMS
    ][:limit]


async def outcome_of(
    gateway: Gateway, app: AppId, case: GateCase, judge: Judge, acting: Principal
) -> CaseOutcome | None:
    """What the engine did; ``None`` where the application had nothing to ask it."""
    principal = batch_principal(acting.operating_user)
    try:
        result = await gateway.run(principal, app, case.request)
    except PreconditionError as error:
        return judge.unanswered(error.code, case.expected)
    if result.model == "used":
        return judge.of(result.draft, case.expected)
    if result.model_reason == reason_text("nothing_to_ask"):
        return None
    reason = result.model_reason.en if result.model_reason else "skipped"
    return judge.unanswered(reason, case.expected)
