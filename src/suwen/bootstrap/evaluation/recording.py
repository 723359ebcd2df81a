"""What an evaluation tells the gates: each application that names the suite holds the figures
against its own thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.releases.gate import shipped_hash
from suwen.bootstrap.releases.opening import open_releases
from suwen.control.governance.gate import (
    OWN_SUITE,
    Bounds,
    demanded_bounds,
    demanded_suites,
    held_against,
)
from suwen.core.application import InstalledApplication
from suwen.core.identity import AppId, Principal, PrincipalId, ReleaseHash
from suwen.evaluation.figures import Figure
from suwen.evaluation.suites.model import Threshold
from suwen.evaluation.suites.summary import hold_against
from suwen.storage.evaluations import EvaluationRun
from suwen.storage.releases import GateResult

if TYPE_CHECKING:
    from datetime import datetime

    from suwen.bootstrap.platform import Platform

MOST_FAILURES: Final = 0.5
"""Share of cases without any answer above which the engine, not the model, was measured."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A suite that an engine was put through.

    Attributes:
        evaluation: id of the run; ``None`` where its cases are not kept.
    """

    suite: str
    suite_hash: str
    endpoint: str
    fingerprint: str
    summary: Mapping[str, Any]
    at: datetime
    by: PrincipalId
    evaluation: str | None = None


async def record_gates(
    platform: Platform, run: EvaluationRun, summary: Mapping[str, Any], acting: Principal
) -> list[str]:
    """Keeps the result with every application whose gate names the suite; their ids.

    An engine that was mostly away was not measured: its gates stay as they are. So they do where
    another sample or seed was chosen than the suite's own: a gate is not passed by choosing.
    """
    failed = figure_of(summary, "engine_failures")
    if failed is None or failed > MOST_FAILURES:
        return []
    measured = Measured(
        run.suite,
        run.suite_hash,
        run.endpoint,
        run.fingerprint,
        summary,
        platform.clock.now(),
        acting.id,
        run.id,
    )
    desk = open_releases(platform)
    told = []
    if run.app is not None:
        # Measured for exactly the Release that was in force when the run began.
        release = ReleaseHash(run.release or "")
        await desk.record_gate(_own_result(measured, release, run.app), acting)
        return [run.app]
    if run.suite_hash != (shipped_hash(run.suite) or run.suite_hash):
        return []
    for app, release, folder in await _naming(platform, run.suite):
        result = result_for(measured, app, release, demanded_bounds(folder, run.suite))
        await desk.record_gate(result, acting)
        told.append(str(app))
    return told


async def _naming(platform: Platform, suite: str) -> list[tuple[AppId, ReleaseHash, Path]]:
    """The applications whose gate names a suite, with their Release."""
    found = []
    for app, installed in platform.applications.items():
        if suite in demanded_suites(installed.folder) and _runs_here(platform, installed):
            release = await platform.releases.current(app)
            if release is not None:
                found.append((app, release.hash, installed.folder))
    return found


def _runs_here(platform: Platform, installed: InstalledApplication) -> bool:
    return installed.manifest.partition is platform.parts.partition


def _own_result(measured: Measured, release: ReleaseHash, app: str) -> GateResult:
    return _kept(measured, release, OWN_SUITE, measured.suite_hash, app, measured.summary)


def result_for(measured: Measured, app: AppId, release: ReleaseHash, bounds: Bounds) -> GateResult:
    """How a suite of the platform came out for one application, by what that one demands."""
    summary = measured.summary
    if bounds:
        thresholds = [Threshold(figure, **limits) for figure, limits in bounds.items()]
        summary = hold_against(summary, thresholds, [Figure(**f) for f in summary["figures"]])
    wanted = held_against(measured.suite_hash, bounds)
    return _kept(measured, release, measured.suite, wanted, app, summary)


def _kept(
    measured: Measured,
    release: ReleaseHash,
    suite: str,
    suite_hash: str,
    app: str,
    summary: Mapping[str, Any],
) -> GateResult:
    return GateResult(
        release=release,
        endpoint_name=measured.endpoint,
        endpoint_fingerprint=measured.fingerprint,
        suite=suite,
        suite_hash=suite_hash,
        passed=bool(summary["passed"]),
        report={
            "app": app,
            "evaluation": measured.evaluation,
            "suite": measured.suite,
            "endpoint": measured.endpoint,
            **gate_report(summary),
        },
        at=measured.at,
        by=measured.by,
    )


def gate_report(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a gate in the form in which Releases keep and compare them."""
    figures = {f["name"]: f for f in summary["figures"] if f["part"] is None}
    scores = {
        gate["figure"]: _score(gate, figures[gate["figure"]])
        for gate in summary["gates"]
        if gate["value"] is not None
    }
    counts = {name: summary[name] for name in ("cases", "scored", "fewest")}
    return {**counts, **scores, "passed": summary["passed"]}


def _score(gate: Mapping[str, Any], figure: Mapping[str, Any]) -> dict[str, Any]:
    """A figure with its bounds, of which only those stand there that were demanded."""
    bounds = {"needed": gate["least"], "most": gate["most"]}
    return {
        "value": gate["value"],
        "interval": None if figure["low"] is None else [figure["low"], figure["high"]],
        "of": figure["of"],
        **{name: bound for name, bound in bounds.items() if bound is not None},
        "passed": gate["passed"],
    }


def figure_of(summary: Mapping[str, Any], name: str) -> float | None:
    """A figure over all cases; ``None`` where nothing was counted for it."""
    for figure in summary["figures"]:
        if figure["name"] == name and figure["part"] is None:
            value: float | None = figure["value"]
            return value
    return None
