"""How far a model may be trusted with an application: its proposals, checked one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suwen.core.document import Document, StatementOrigin
from suwen.evaluation.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class ModelThresholds:
    """What a model must reach, as the application's suite states it.

    Attributes:
        supported_share: least share (0 to 1) of proposed statements that their evidence supports.
        answered_share: least share (0 to 1) of cases with an answer of the required form.
        statements: fewest proposed statements, below which nothing was shown.
    """

    supported_share: float
    answered_share: float
    statements: int


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """What a model did with one case: the finished document, or why there was no answer."""

    document: Document | None
    failure: str | None


def model_report(outcomes: Sequence[CaseOutcome], limits: ModelThresholds) -> dict[str, Any]:
    """Scores with 95 % Wilson intervals, the thresholds, and whether all are reached.

    A share passes by its measured value, and the interval says how sure that is. A case that
    the model did not answer counts against it; it is never left out.
    """
    answered = [o.document for o in outcomes if o.document is not None]
    proposed = [s for d in answered for s in d.statements if s.origin is StatementOrigin.MODEL]
    supported = sum(s.supported is True for s in proposed)
    reasons: dict[str, int] = {}
    for statement in proposed:
        if not statement.supported:
            name = statement.reason.value if statement.reason else "unverified"
            reasons[name] = reasons.get(name, 0) + 1
    failures: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.failure:
            failures[outcome.failure] = failures.get(outcome.failure, 0) + 1
    scores = {
        "answered": _share(len(answered), len(outcomes), limits.answered_share),
        "supported": _share(supported, len(proposed), limits.supported_share),
    }
    enough = len(proposed) >= limits.statements
    return {
        "cases": len(outcomes),
        "statements": len(proposed),
        "statements_needed": limits.statements,
        **scores,
        "unsupported_reasons": reasons,
        "failures": failures,
        "passed": enough and all(score["passed"] for score in scores.values()),
    }


def thresholds_of(suite: Mapping[str, Any]) -> ModelThresholds:
    """The thresholds in an application's ``evaluation/suite.toml``, section ``[gate]``.

    Raises:
        KeyError: when the suite states none.
    """
    gate = suite["gate"]
    return ModelThresholds(
        supported_share=float(gate["supported_share"]),
        answered_share=float(gate["answered_share"]),
        statements=int(gate["statements"]),
    )


def _share(hits: int, total: int, needed: float) -> dict[str, Any]:
    low, high = wilson_interval(hits, total) if total else (0.0, 1.0)
    value = hits / total if total else 0.0
    return {
        "value": round(value, 4),
        "hits": hits,
        "of": total,
        "interval": [round(low, 4), round(high, 4)],
        "needed": needed,
        "passed": total > 0 and value >= needed,
    }
