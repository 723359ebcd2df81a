"""What ``suwen evaluate retrieval`` finds out, as JSON-ready data without any text of a set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from suwen.evaluation.intervals import wilson_interval
from suwen.evaluation.retrieval.peer import peer_is_installed, peer_orders
from suwen.evaluation.retrieval.rewording import Rewording, measure_rewordings
from suwen.evaluation.retrieval.scoring import Scores, auroc_estimate, estimate, score
from suwen.evaluation.retrieval.sets import REPORTED, QuestionSet
from suwen.evaluation.retrieval.trial_site import DEPTH, TrialSite
from suwen.evaluation.retrieval.trials import Kind, Trial
from suwen.knowledge.retrieval.confidence import ANSWER_FROM

LEGS: Final = ("lexical", "dense", "fused")
_COVERAGES: Final = tuple(step / 10 for step in range(1, 11))


def measure_set(given: QuestionSet, site: TrialSite, by: int = REPORTED) -> dict[str, Any]:
    """Every leg, their fusion and the peer on one half of the questions."""
    questions = given.half(by)
    right = [question.right for question in questions]
    orders: dict[str, list[list[str]]] = {leg: [] for leg in LEGS}
    for question in questions:
        found = site.ask(question.text)
        for leg in ("lexical", "dense"):
            rows = [hit.row for hit in found.legs.get(leg, ())]
            orders[leg].append(site.documents_of(rows))
        orders["fused"].append(site.documents_of(found.fused))
    scores = {leg: score(order, right) for leg, order in orders.items()}
    report = {
        "documents": len(given.documents),
        "passages": site.edition.passages,
        "questions": len(questions),
        "legs": {leg: _means(one) for leg, one in scores.items()},
        "fused_minus_better_leg": _difference(scores["fused"], _better(scores)),
    }
    if peer_is_installed():
        theirs = score(peer_orders(given, [q.text for q in questions], DEPTH), right)
        report["peer"] = _means(theirs)
        report["fused_minus_peer"] = _difference(scores["fused"], theirs)
    return report


def measure_rewording(given: QuestionSet, site: TrialSite) -> dict[str, Any]:
    """What looking up other wordings gains where a thing is asked under another name."""
    return {
        rewording.value: {
            "questions": len(with_.ndcg),
            "as_asked": asdict(estimate(original.ndcg)),
            "without": asdict(estimate(without.ndcg)),
            "with": asdict(estimate(with_.ndcg)),
            "with_minus_without": asdict(estimate(with_.ndcg - without.ndcg)),
        }
        for rewording in Rewording
        for original, without, with_ in [measure_rewordings(given, site, rewording)]
        if len(with_.ndcg)
    }


def measure_abstention(trials: Sequence[Trial]) -> dict[str, Any]:
    """How well the confidence tells answered questions from the others, on the reported half."""
    reported = [trial for trial in trials if trial.half == REPORTED]
    asked = {kind: [t for t in reported if t.kind is kind] for kind in Kind}
    found = [t for t in asked[Kind.ANSWERED] if t.place is not None]
    withheld = _confidences(asked[Kind.WITHHELD])
    return {
        "answer_from": ANSWER_FROM,
        "auroc_answered_against_withheld": asdict(
            auroc_estimate(_confidences(asked[Kind.ANSWERED]), withheld)
        ),
        "auroc_found_against_withheld": asdict(auroc_estimate(_confidences(found), withheld)),
        "auroc_answered_against_off_topic": asdict(
            auroc_estimate(_confidences(asked[Kind.ANSWERED]), _confidences(asked[Kind.OFF_TOPIC]))
        ),
        "answered": {kind.value: _answered(asked[kind]) for kind in Kind},
        "answered_where_found": _answered(found),
        "risk_coverage": _risk_coverage([*asked[Kind.ANSWERED], *asked[Kind.WITHHELD]]),
    }


def _answered(trials: Sequence[Trial]) -> dict[str, Any]:
    hits = sum(trial.confidence >= ANSWER_FROM for trial in trials)
    low, high = wilson_interval(hits, len(trials))
    share = hits / len(trials) if trials else None
    return {"count": hits, "of": len(trials), "share": share, "low": low, "high": high}


def _risk_coverage(trials: Sequence[Trial]) -> list[dict[str, float]]:
    """When the surest share of the questions is answered: how many of these without a right
    document among the first ten, and from which confidence on."""
    ordered = sorted(trials, key=lambda trial: -trial.confidence)
    curve = []
    for coverage in _COVERAGES:
        taken = ordered[: max(1, round(coverage * len(ordered)))] if ordered else []
        if taken:
            wrong = sum(trial.place is None for trial in taken)
            curve.append(
                {
                    "coverage": coverage,
                    "risk": wrong / len(taken),
                    "confidence": taken[-1].confidence,
                }
            )
    return curve


def _confidences(trials: Sequence[Trial]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([trial.confidence for trial in trials], np.float64)


def _means(scores: Scores) -> dict[str, Any]:
    return {"ndcg": asdict(estimate(scores.ndcg)), "recall": asdict(estimate(scores.recall))}


def _difference(one: Scores, other: Scores) -> dict[str, Any]:
    return {
        "ndcg": asdict(estimate(one.ndcg - other.ndcg)),
        "recall": asdict(estimate(one.recall - other.recall)),
    }


def _better(scores: Mapping[str, Scores]) -> Scores:
    return max((scores["lexical"], scores["dense"]), key=lambda one: float(one.ndcg.mean()))
