"""How far a model may be trusted with an application: its proposals, checked one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from suwen.core.document import Document, Draft, StatementOrigin
from suwen.evaluation.intervals import wilson_interval

LONGEST_PLACE: Final = 120
"""Most characters of words that point at a place: who quotes everything points at nothing."""


@dataclass(frozen=True, slots=True)
class ModelThresholds:
    """What a model must reach, as the application's suite states it.

    Attributes:
        supported_share: least share (0 to 1) of its proposals that hold.
        answered_share: least share (0 to 1) of cases with an answer of the required form.
        statements: fewest proposals, below which nothing was shown.
        found_share: least share (0 to 1) of what the cases hide that it must find; ``None`` where
            they hide nothing.
    """

    supported_share: float
    answered_share: float
    statements: int
    found_share: float | None = None


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """What a model did with one case.

    Attributes:
        proposed: statements, places or choices that it proposed.
        supported: how many of them hold.
        reasons: why the others do not, by code.
        hidden: how much the case hides that is to be found; 0 where it hides nothing.
        found: how much of that was found.
        failure: why there was no answer; ``None`` where there was one.
    """

    proposed: int = 0
    supported: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    hidden: int = 0
    found: int = 0
    failure: str | None = None


Expected = Sequence[Any]
"""What the case says would be right; empty where the evidence itself says it."""


@dataclass(frozen=True, slots=True)
class Judge:
    """How an application's suite judges what its model proposes.

    Attributes:
        kind: ``statements``: sentences that their evidence supports. ``places``: findings of the
            rule ``about`` that point at what the case hides. ``choice``: the first of ``about`` in
            the result is one of those expected.
    """

    kind: str = "statements"
    about: str = ""

    def of(self, draft: Draft, expected: Expected) -> CaseOutcome:
        """What the model did, where it answered."""
        if self.kind == "places":
            return _places(draft, expected, self.about)
        if self.kind == "choice":
            return _choice(draft, expected, self.about)
        return _statements(draft.document)

    def unanswered(self, failure: str, expected: Expected) -> CaseOutcome:
        """What the model left undone."""
        return CaseOutcome(hidden=len(expected) if self.kind == "places" else 0, failure=failure)


def judge_of(gate: Mapping[str, Any]) -> Judge:
    """The judge that a suite's gate names in ``judges`` and ``about``."""
    return Judge(str(gate.get("judges", "statements")), str(gate.get("about", "")))


def _statements(document: Document | None) -> CaseOutcome:
    proposed = (
        []
        if document is None
        else [s for s in document.statements if s.origin is StatementOrigin.MODEL]
    )
    reasons: dict[str, int] = {}
    for statement in proposed:
        if not statement.supported:
            name = statement.reason.value if statement.reason else "unverified"
            reasons[name] = reasons.get(name, 0) + 1
    return CaseOutcome(len(proposed), sum(s.supported is True for s in proposed), reasons)


def _places(draft: Draft, expected: Expected, rule: str) -> CaseOutcome:
    """Each hidden defect is told by the places that give it away, any of which counts."""
    result: Mapping[str, Any] = draft.result or {}
    rows = [row for row in result.get("findings", ()) if row["rule"] == rule]
    found = [any(_points_at(row, one) for row in rows) for one in expected]
    supported = sum(any(_points_at(row, one) for one in expected) for row in rows)
    reasons = {"points_elsewhere": len(rows) - supported} if supported < len(rows) else {}
    return CaseOutcome(len(rows), supported, reasons, len(expected), sum(found))


def _points_at(row: Mapping[str, Any], places: Sequence[Mapping[str, str]]) -> bool:
    quote = str(row.get("quote") or "")
    return 0 < len(quote) <= LONGEST_PLACE and any(
        row.get("document_id") == place["document"]
        and (place["quote"] in quote or quote in place["quote"])
        for place in places
    )


def _choice(draft: Draft, expected: Expected, of: str) -> CaseOutcome:
    result: Mapping[str, Any] = draft.result or {}
    chosen = result.get(of, ())
    right = bool(chosen) and chosen[0]["code"] in expected
    return CaseOutcome(1, int(right), {} if right else {"other_choice": 1})


def model_report(outcomes: Sequence[CaseOutcome], limits: ModelThresholds) -> dict[str, Any]:
    """Scores with 95 % Wilson intervals, the thresholds, and whether all are reached.

    A share passes by its measured value, and the interval says how sure that is. A case that
    the model did not answer counts against it; it is never left out.
    """
    answered = [one for one in outcomes if one.failure is None]
    proposed = sum(one.proposed for one in answered)
    supported = sum(one.supported for one in answered)
    scores = {
        "answered": _share(len(answered), len(outcomes), limits.answered_share),
        "supported": _share(supported, proposed, limits.supported_share),
    }
    if limits.found_share is not None:
        scores["found"] = _share(
            sum(one.found for one in outcomes),
            sum(one.hidden for one in outcomes),
            limits.found_share,
        )
    enough = proposed >= limits.statements
    return {
        "cases": len(outcomes),
        "statements": proposed,
        "statements_needed": limits.statements,
        **scores,
        "unsupported_reasons": _counted(one.reasons for one in answered),
        "failures": _counted({one.failure: 1} for one in outcomes if one.failure),
        "passed": enough and all(score["passed"] for score in scores.values()),
    }


def _counted(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in each:
        for name, n in counts.items():
            total[name] = total.get(name, 0) + n
    return total


def thresholds_of(suite: Mapping[str, Any]) -> ModelThresholds:
    """The thresholds in an application's ``evaluation/suite.toml``, section ``[gate]``.

    Raises:
        KeyError: when the suite states none.
    """
    gate = suite["gate"]
    found = gate.get("found_share")
    return ModelThresholds(
        supported_share=float(gate["supported_share"]),
        answered_share=float(gate["answered_share"]),
        statements=int(gate["statements"]),
        found_share=None if found is None else float(found),
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
