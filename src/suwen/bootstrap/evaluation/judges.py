"""Which judge model may score: one whose agreement with people was measured and is enough."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from suwen.control.governance.model_parts import endpoint_fingerprint
from suwen.core.errors import PreconditionError
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.storage.evaluations import EvaluationRun

_AGREEMENT: Final = "agreement"


def agreed_judge(endpoint: Endpoint, latest: Iterable[EvaluationRun]) -> dict[str, Any]:
    """The judge with its measured agreement, as it is recorded with a run.

    Args:
        latest: evaluations, newest first; the first one of agreement on this engine counts.

    Raises:
        PreconditionError: ``judge_not_measured``, ``judge_not_agreed``.
    """
    fingerprint = endpoint_fingerprint(endpoint)
    for run in latest:
        if (
            run.summary is not None
            and run.endpoint == endpoint.name
            and run.fingerprint == fingerprint
            and run.recorded["suite"]["kind"] == _AGREEMENT
        ):
            kappa = next(f for f in run.summary["figures"] if f["name"] == "kappa")
            if not run.passed:
                raise _not_agreed(endpoint.name, kappa["value"])
            return {
                "endpoint": endpoint.name,
                "fingerprint": fingerprint,
                "run": run.id,
                "kappa": kappa,
            }
    raise PreconditionError(
        "judge_not_measured",
        Bilingual(
            zh=f"评判模型“{endpoint.name}”与人工标注的一致性尚未测定：请先运行评测集 judge。",
            en=f"How far the judge '{endpoint.name}' agrees with people was never measured: run "
            "the suite judge on it first.",
        ),
        field="--judge",
    )


def judge_needed() -> PreconditionError:
    """The error of a suite that a judge scores, where none was named."""
    return PreconditionError(
        "judge_needed",
        Bilingual(
            zh="此评测集由评判模型打分：请用 --judge 指明模型服务。",
            en="A judge model scores this suite: name its endpoint with --judge.",
        ),
        field="--judge",
    )


def _not_agreed(name: str, kappa: float | None) -> PreconditionError:
    told = "—" if kappa is None else f"{kappa:.2f}"
    return PreconditionError(
        "judge_not_agreed",
        Bilingual(
            zh=f"评判模型“{name}”与人工标注的一致性不足（κ = {told}），不能用来打分。",
            en=f"The judge '{name}' does not agree enough with people (kappa {told}); it may "
            "not score.",
        ),
        field="--judge",
    )
