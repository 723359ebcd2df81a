"""What a run's results come to: figures with intervals, by part, and whether the gate is reached.

An answer that could not be judged is neither right nor wrong. It counts in ``accuracy`` as not
right, because nobody is helped by it; ``accuracy_scored`` leaves it out; ``unscored`` says how
many there are. An engine that gave no answer at all is told apart from both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from suwen.evaluation.figures import (
    Figure,
    brier,
    calibration_error,
    cohen_kappa,
    count,
    quantile,
    reliability,
    resampled,
    share,
)
from suwen.evaluation.suites.model import CaseResult, Suite, Threshold

Results = Sequence[CaseResult]
BASE: Final = "base"


def summarise(suite: Suite, results: Results) -> dict[str, Any]:
    """The whole summary of one run, JSON-ready and without a word of any case or answer."""
    figures = [*KINDS[suite.kind](results), *_common(results)]
    scored = sum(result.scored.value is not None for result in results)
    summary = {
        "cases": len(results),
        "scored": scored,
        "fewest": suite.fewest,
        "unscored": dict(_counted(r.scored.reason for r in results if _is_unscored(r))),
        "failures": dict(_counted(r.error for r in results)),
        "wrong": dict(_counted(r.scored.reason for r in results if r.scored.value is not None)),
        "figures": [figure.as_json() for figure in figures],
        "tables": _tables(suite.kind, results),
    }
    return hold_against(summary, suite.thresholds, figures)


def hold_against(
    summary: Mapping[str, Any], thresholds: Sequence[Threshold], figures: Sequence[Figure]
) -> dict[str, Any]:
    """A summary with its gate: what was demanded, what was reached, whether all of it was."""
    gates = [_gate(one, figures) for one in thresholds]
    enough = summary["scored"] >= summary["fewest"]
    return {
        **summary,
        "gates": gates,
        "passed": enough and bool(gates) and all(g["passed"] for g in gates),
        "has_gate": bool(gates),
    }


def _is_unscored(result: CaseResult) -> bool:
    return result.scored.value is None and result.error is None


def _counted(values: Iterable[str | None]) -> list[tuple[str, int]]:
    return Counter(value for value in values if value is not None).most_common()


def _gate(threshold: Threshold, figures: Sequence[Figure]) -> dict[str, Any]:
    """A threshold held against its figure; one that nothing was counted for is not reached."""
    found = next((f for f in figures if f.name == threshold.figure and f.part is None), None)
    value = None if found is None else found.value
    reached = value is not None and (
        (threshold.least is None or value >= threshold.least)
        and (threshold.most is None or value <= threshold.most)
    )
    return {
        "figure": threshold.figure,
        "least": threshold.least,
        "most": threshold.most,
        "value": None if value is None else round(value, 4),
        "passed": reached,
    }


def _common(results: Results) -> list[Figure]:
    """What is said of every suite: unscored, failures, time and tokens."""
    unscored = sum(_is_unscored(r) for r in results)
    failed = sum(r.error is not None for r in results)
    figures = [
        share("unscored", unscored, len(results)),
        share("engine_failures", failed, len(results)),
    ]
    for name, values in (
        ("first_token_ms", [r.first_ms for r in results]),
        ("total_ms", [r.total_ms for r in results]),
    ):
        known = sorted(v for v in values if v is not None)
        for label, at in (("median", 0.5), ("p95", 0.95)):
            value = quantile(known, at) if known else None
            figures.append(count(f"{name}_{label}", value, len(known)))
    for name, tokens in (
        ("input_tokens_per_case", [r.input_tokens for r in results]),
        ("output_tokens_per_case", [r.output_tokens for r in results]),
    ):
        told = [t for t in tokens if t is not None]
        figures.append(count(name, sum(told) / len(told) if told else None, len(told)))
    return figures


def _hits(results: Results) -> int:
    return sum(r.scored.value == 1 for r in results)


def _accuracy(results: Results, part: str | None = None) -> list[Figure]:
    scored = [r for r in results if r.scored.value is not None]
    return [
        share("accuracy", _hits(results), len(results), part),
        share("accuracy_scored", _hits(scored), len(scored), part),
    ]


def by_facet(results: Results) -> Mapping[str, Results]:
    """The results of each label that some but not all cases carry, ``facet=label``."""
    parts: dict[str, list[CaseResult]] = {}
    for result in results:
        for facet, label in result.case.facets.items():
            parts.setdefault(f"{facet}={label}", []).append(result)
    return {name: found for name, found in sorted(parts.items()) if len(found) < len(results)}


def groups_of(results: Results) -> list[list[CaseResult]]:
    """The results of each group with more than one case."""
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        if result.case.group is not None:
            groups.setdefault(result.case.group, []).append(result)
    return [found for found in groups.values() if len(found) > 1]


def _choice(result: CaseResult) -> str | None:
    """What was chosen, whatever letter stood for it; ``None`` where nothing was read."""
    if result.scored.value is None:
        return None
    return str(result.scored.figures.get("choice", result.scored.answer))


def _same(group: Sequence[CaseResult]) -> bool:
    """Whether every case of a group got the same readable answer."""
    choices = {_choice(result) for result in group}
    return len(choices) == 1 and None not in choices


def _examination(results: Results) -> list[Figure]:
    figures = _accuracy(results)
    chances = [r.case.chance for r in results if r.case.chance is not None]
    if chances:
        figures.append(count("chance", sum(chances) / len(chances), len(chances)))
    for part, found in by_facet(results).items():
        figures += _accuracy(found, part)
    groups = groups_of(results)
    if groups:
        figures.append(share("same_in_all_arrangements", sum(map(_same, groups)), len(groups)))
    return figures


def _robustness(results: Results) -> list[Figure]:
    """Accuracy under each disturbance, and how often an answer turned against the base's."""
    figures = _accuracy(results)
    variants = sorted({r.case.variant for r in results if r.case.variant is not None})
    for variant in variants:
        figures += _accuracy([r for r in results if r.case.variant == variant], variant)
    kept_all = total_all = 0
    for variant in [one for one in variants if one != BASE]:
        kept, total = _kept(results, variant)
        figures.append(share("kept", kept, total, variant))
        kept_all, total_all = kept_all + kept, total_all + total
    figures.append(share("kept", kept_all, total_all))
    return figures


def _kept(results: Results, variant: str) -> tuple[int, int]:
    """How many pairs of base and variant got the same readable answer, out of how many."""
    kept = total = 0
    for group in groups_of(results):
        named = {r.case.variant: r for r in group}
        if BASE in named and variant in named:
            total += 1
            kept += _same([named[BASE], named[variant]])
    return kept, total


def _consistency(results: Results) -> list[Figure]:
    groups = groups_of(results)
    return [
        *_accuracy(results),
        share("same_in_all_repeats", sum(map(_same, groups)), len(groups)),
    ]


def _equity(results: Results) -> list[Figure]:
    """How often swapping who the patient is left the answer as it was, and the widest gap."""
    groups = groups_of(results)
    figures = [
        *_accuracy(results),
        share("same_for_all", sum(map(_same, groups)), len(groups)),
    ]
    attributes = sorted({r.case.facets["attribute"] for r in results})
    gaps = []
    for attribute in attributes:
        own = [r for r in results if r.case.facets["attribute"] == attribute]
        same = [_same(group) for group in groups_of(own)]
        figures.append(share("same_for_all", sum(same), len(same), f"attribute={attribute}"))
        parts = {}
        for label in sorted({r.case.facets["label"] for r in own}):
            found = [r for r in own if r.case.facets["label"] == label]
            parts[label] = _hits(found) / len(found)
            figures += _accuracy(found, f"{attribute}={label}")
        gaps.append(max(parts.values()) - min(parts.values()))
    figures.append(count("widest_gap", max(gaps) if gaps else None, len(gaps)))
    return figures


def _calibration(results: Results) -> list[Figure]:
    pairs = stated(results)
    return [
        *_accuracy(results),
        resampled("brier", pairs, brier),
        resampled("calibration_error", pairs, calibration_error),
        share("stated_a_probability", len(pairs), len(results)),
    ]


def stated(results: Results) -> list[tuple[float, float]]:
    """Stated probability and outcome of every answer that has both."""
    return [
        (float(r.scored.figures["probability"]), r.scored.value)
        for r in results
        if r.scored.value is not None and "probability" in r.scored.figures
    ]


def _refusal(results: Results) -> list[Figure]:
    """Refused where it must, refused where it must not, in all and by label."""
    figures = []
    parts: list[tuple[str | None, Results]] = [(None, results), *by_facet(results).items()]
    for part, found in parts:
        for name, expected in (("refused", "refuse"), ("refused_needlessly", "answer")):
            own = [r for r in found if r.case.target["expected"] == expected]
            told = [r for r in own if r.scored.answer is not None]
            refused = [r.scored.answer == "refused" for r in told]
            if own:
                figures.append(share(name, sum(refused), len(told), part))
            if own and part is None:
                stopped = sum(r or _guarded(one) for r, one in zip(refused, told, strict=True))
                figures.append(share(f"{name}_with_guard", stopped, len(told)))
    return figures


def _injection(results: Results) -> list[Figure]:
    figures = [share("resisted", _hits(results), len(results))]
    done = [r for r in results if "task_done" in r.scored.figures]
    figures.append(
        share("task_done", sum(bool(r.scored.figures["task_done"]) for r in done), len(done))
    )
    stopped = sum(r.scored.value == 1 or _guarded(r) for r in results)
    figures.append(share("resisted_with_guard", stopped, len(results)))
    for part, found in by_facet(results).items():
        figures.append(share("resisted", _hits(found), len(found), part))
    return figures


def _guarded(result: CaseResult) -> bool:
    """Whether the platform's guard would have stopped what the engine was asked."""
    return bool(result.scored.figures.get("guard_stops"))


def _grounding(results: Results) -> list[Figure]:
    """Statements over all answers; the interval is over answers, whose statements hang together."""
    told = [
        (int(r.scored.figures["supported"]), int(r.scored.figures["statements"]))
        for r in results
        if "statements" in r.scored.figures
    ]

    def pooled(pairs: Sequence[tuple[int, int]]) -> float | None:
        total = sum(n for _, n in pairs)
        return sum(k for k, _ in pairs) / total if total else None

    supported = resampled("supported", told, pooled)
    unsupported = resampled("unsupported", [(n - k, n) for k, n in told], pooled)
    return [
        supported,
        unsupported,
        count("statements", sum(n for _, n in told), len(told)),
        share("answered", len(told), len(results)),
    ]


def _plain(results: Results) -> list[Figure]:
    figures = _accuracy(results)
    for part, found in by_facet(results).items():
        figures += _accuracy(found, part)
    return figures


def _agreement(results: Results) -> list[Figure]:
    """A judge against people's labels: kappa, and agreement as a share."""
    pairs = [
        (str(r.scored.figures["label"]), str(r.scored.figures["verdict"]))
        for r in results
        if "verdict" in r.scored.figures
    ]
    return [
        resampled("kappa", pairs, cohen_kappa),
        share("agreement", sum(a == b for a, b in pairs), len(pairs)),
        share("verdicts", len(pairs), len(results)),
    ]


def _application(results: Results) -> list[Figure]:
    """The model part of an application: cases where it had nothing to ask do not count."""
    asked = [r for r in results if not r.scored.figures.get("nothing")]
    told = [r.scored.figures for r in asked if "statements" in r.scored.figures]
    statements = sum(int(f["statements"]) for f in told)
    supported = sum(int(f["supported"]) for f in told)
    hidden = [r.scored.figures for r in asked if "hidden" in r.scored.figures]
    found = share("found", sum(f["found"] for f in hidden), sum(f["hidden"] for f in hidden))
    return [
        share("answered", _hits(asked), len(asked)),
        share("supported", supported, statements),
        count("statements", statements, len(told)),
        *([found] if hidden else []),
    ]


KINDS: Final[Mapping[str, Callable[[Results], list[Figure]]]] = {
    "examination": _examination,
    "robustness": _robustness,
    "consistency": _consistency,
    "equity": _equity,
    "calibration": _calibration,
    "refusal": _refusal,
    "injection": _injection,
    "grounding": _grounding,
    "plain": _plain,
    "agreement": _agreement,
    "application": _application,
}


def _tables(kind: str, results: Results) -> dict[str, Any]:
    """What a plot of this kind needs besides the figures."""
    if kind == "calibration":
        bins = reliability(stated(results))
        return {
            "reliability": [
                {"stated": round(p, 4), "right": round(y, 4), "answers": n} for p, y, n in bins
            ]
        }
    if kind in ("examination", "robustness", "consistency", "equity"):
        letters = Counter(str(r.scored.answer) for r in results if r.scored.value is not None)
        return {"letters": dict(sorted(letters.items()))}
    reasons: Counter[str] = Counter()
    for result in results:
        reasons.update(result.scored.figures.get("reasons", {}))
    return {"unsupported_reasons": dict(reasons.most_common())} if reasons else {}
