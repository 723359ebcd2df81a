"""The report of a run: everything that was measured, and everything needed to do it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from suwen.bootstrap.evaluation.desk import EvaluationProgress
from suwen.evaluation.suites.model import CaseResult
from suwen.storage.evaluations import EvaluationRun


def report_of(run: EvaluationRun) -> dict[str, Any]:
    """Figures and hashes of a run; no case, no answer. ``summary`` is ``None`` while it goes on."""
    suite = run.recorded["suite"]
    return {
        "id": run.id,
        "batch": run.batch,
        "suite": run.suite,
        "title": suite["title"],
        "uncovered": suite["uncovered"],
        "kind": suite["kind"],
        "public": suite["public"],
        "suite_hash": run.suite_hash,
        "cases_hash": run.cases_hash,
        "app": run.app,
        "release": run.release,
        "endpoint": run.endpoint,
        "fingerprint": run.fingerprint,
        "cases": run.total,
        "started_by": run.started_by,
        "created_at": run.created_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "passed": run.passed,
        "summary": run.summary,
        "record": {
            "suite_hash": run.suite_hash,
            "cases_hash": run.cases_hash,
            "fingerprint": run.fingerprint,
            "release": run.release,
            "engine": run.recorded["engine"],
            "scorer": suite["scorer"],
            "decoding": suite["decoding"],
            "choice": run.recorded["choice"],
            "judge": run.recorded["judge"],
            "versions": run.recorded["versions"],
        },
    }


def progress_as_json(progress: EvaluationProgress) -> dict[str, Any]:
    """A run in a list, as commands and the API show it."""
    run = progress.run
    job = progress.job
    return {
        "id": run.id,
        "batch": run.batch,
        "suite": run.suite,
        "endpoint": run.endpoint,
        "state": progress.state,
        "done": progress.done,
        "total": run.total,
        "passed": run.passed,
        "problem": job.problem.code if job is not None and job.problem is not None else None,
        "created_at": run.created_at.isoformat(timespec="seconds"),
    }


def cases_as_json(results: Sequence[CaseResult]) -> list[dict[str, Any]]:
    """Cases with their answers, for whoever may read them."""
    return [
        {
            "id": one.case.id,
            "turns": [{"role": role, "text": text} for role, text in one.case.turns],
            "target": dict(one.case.target),
            "output": one.output,
            "value": one.scored.value,
            "reason": one.scored.reason,
            "answer": one.scored.answer,
            "figures": dict(one.scored.figures),
            "failure": one.error,
            "total_ms": one.total_ms,
        }
        for one in results
    ]
