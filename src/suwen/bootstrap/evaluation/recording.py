"""Tells the gates of applications how a suite came out that they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from suwen.bootstrap.platform import Platform
from suwen.bootstrap.releases.opening import open_releases
from suwen.control.governance.gate import OWN_SUITE, demanded_suites
from suwen.core.identity import AppId, Principal, ReleaseHash
from suwen.storage.evaluations import EvaluationRun
from suwen.storage.releases import GateResult

MOST_FAILURES: Final = 0.5
"""Share of cases without any answer above which the engine, not the model, was measured."""


async def record_gates(
    platform: Platform, run: EvaluationRun, summary: Mapping[str, Any], acting: Principal
) -> list[str]:
    """Keeps the result with every application whose gate names the suite; their ids.

    An engine that was mostly away was not measured: its gates stay as they are.
    """
    failed = _figure(summary, "engine_failures")
    if failed is None or failed > MOST_FAILURES:
        return []
    desk = open_releases(platform)
    told = []
    for app, release, suite in await _naming(platform, run):
        result = GateResult(
            release=release,
            endpoint_name=run.endpoint,
            endpoint_fingerprint=run.fingerprint,
            suite=suite,
            suite_hash=run.suite_hash,
            passed=bool(summary["passed"]),
            report=gate_report(run, summary),
            at=platform.clock.now(),
            by=acting.id,
        )
        await desk.record_gate(result, acting)
        told.append(str(app))
    return told


async def _naming(platform: Platform, run: EvaluationRun) -> list[tuple[AppId, ReleaseHash, str]]:
    """The applications whose gate the run is about, with their Release and the suite's name."""
    if run.app is not None:
        # Measured for exactly the Release that was in force when the run began.
        return [(AppId(run.app), ReleaseHash(run.release or ""), OWN_SUITE)]
    found = []
    for app, installed in platform.applications.items():
        if run.suite in demanded_suites(installed.folder):
            release = await platform.releases.current(app)
            if release is not None:
                found.append((app, release.hash, run.suite))
    return found


def gate_report(run: EvaluationRun, summary: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a gate in the form in which Releases keep and compare them."""
    figures = {f["name"]: f for f in summary["figures"] if f["part"] is None}
    scores = {
        gate["figure"]: {
            "value": gate["value"],
            "interval": [figures[gate["figure"]]["low"], figures[gate["figure"]]["high"]],
            "of": figures[gate["figure"]]["of"],
            "needed": gate["least"],
            "passed": gate["passed"],
        }
        for gate in summary["gates"]
        if gate["least"] is not None and gate["value"] is not None
    }
    limits = {
        gate["figure"]: {"measured": gate["value"], "most": gate["most"], "passed": gate["passed"]}
        for gate in summary["gates"]
        if gate["most"] is not None
    }
    return {
        "app": run.app,
        "evaluation": run.id,
        "suite": run.suite,
        "endpoint": run.endpoint,
        "cases": summary["cases"],
        **scores,
        "limits": limits,
        "passed": summary["passed"],
    }


def _figure(summary: Mapping[str, Any], name: str) -> float | None:
    for figure in summary["figures"]:
        if figure["name"] == name and figure["part"] is None:
            value: float | None = figure["value"]
            return value
    return None
