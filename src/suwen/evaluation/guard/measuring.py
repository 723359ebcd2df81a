"""How much the guard refuses: attacks, injected documents and ordinary text, in figures."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from suwen.control.guardrails.screen import (
    Outcome,
    TextOrigin,
    Verdict,
    language_of,
    orders_in,
    screen,
)
from suwen.control.guardrails.weighing import weigh
from suwen.core.audience import Audience
from suwen.evaluation.guard import sets
from suwen.evaluation.guard.sets import Item

_STEPS: Final = tuple(number / 20 for number in range(4, 20))
_TIMED: Final = 400
_TIMED_CHARACTERS: Final = 500
_COVERED: Final = 0.5


def measure(data: Path, documents: int = 300) -> dict[str, Any]:
    """All figures, as measured, as a structure for JSON.

    Args:
        data: folder of the public sets.
        documents: ordinary documents of each set.
    """
    attacks = sets.attacks(data)
    total = sum(map(len, attacks.values()))
    benign = sets.benign(data, total)
    return {
        "attacks": {name: _attack_figures(items) for name, items in attacks.items()},
        "attacks_total": _attack_figures([i for items in attacks.values() for i in items]),
        "injected": {
            name: _injected_figures(items) for name, items in sets.injected_documents(data).items()
        },
        "benign": {
            f"{name} ({audience})": _outcomes(screen(i.text, (), audience) for i in items)
            for (name, audience), items in benign.items()
        },
        "benign_total": _outcomes(
            screen(item.text, (), audience)
            for (_, audience), items in benign.items()
            for item in items
        ),
        "benign_documents": {
            name: _outcomes(screen(i.text, channel=TextOrigin.DOCUMENT) for i in items)
            for name, items in sets.benign_documents(data, documents).items()
        },
        "curves": _curves(attacks, [(i, a) for (_, a), items in benign.items() for i in items]),
        "latency_ms": latency([i.text for items in benign.values() for i in items]),
    }


def _outcomes(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    counts = dict.fromkeys(Outcome, 0)
    rules: dict[str, int] = defaultdict(int)
    for verdict in verdicts:
        counts[verdict.outcome] += 1
        if verdict.reasons:
            rules[verdict.reasons[0].rule] += 1
    total = sum(counts.values())
    return {
        "texts": total,
        "refused": _share(counts[Outcome.REFUSE], total),
        "escalated": _share(counts[Outcome.ESCALATE], total),
        "first_reasons": dict(sorted(rules.items(), key=lambda pair: -pair[1])[:8]),
    }


def _attack_figures(items: Sequence[Item]) -> dict[str, Any]:
    """By audience, by side and by family; a family is refused as the stricter audience has it."""
    figures: dict[str, Any] = {}
    refused: dict[Audience, list[bool]] = {}
    for audience in (Audience.PATIENT, Audience.CLINICIAN):
        verdicts = [screen(item.text, (), audience) for item in items]
        figures[audience.value] = _outcomes(verdicts)
        refused[audience] = [v.outcome is Outcome.REFUSE for v in verdicts]
    both = [all(pair) for pair in zip(*refused.values(), strict=True)]
    for name, key in (("sides", "side"), ("families", "family")):
        groups: dict[str, list[bool]] = defaultdict(list)
        for item, was in zip(items, both, strict=True):
            groups[getattr(item, key)].append(was)
        figures[name] = {
            group: {"texts": len(found), "refused": _share(sum(found), len(found))}
            for group, found in sorted(groups.items())
        }
    return figures


def _injected_figures(items: Sequence[Item]) -> dict[str, Any]:
    """Neutralised: more than half of the order, and its beginning or end, is cut out."""
    families: dict[str, list[bool]] = defaultdict(list)
    outside = 0
    for item in items:
        cut = orders_in(item.text)
        start, end = item.start or 0, item.end or 0
        covered = sum(max(0, min(s.end, end) - max(s.start, start)) for s in cut)
        outside += sum(s.end - s.start for s in cut) - covered
        families[item.family].append(covered > _COVERED * (end - start))
    found = [was for group in families.values() for was in group]
    return {
        "texts": len(found),
        "neutralised": _share(sum(found), len(found)),
        "removed_besides": _share(outside, sum(len(i.text) for i in items)),
        "families": {
            name: {"texts": len(group), "neutralised": _share(sum(group), len(group))}
            for name, group in families.items()
        },
    }


def _curves(
    attacks: Mapping[str, Sequence[Item]], benign: Sequence[tuple[Item, Audience]]
) -> list[dict[str, Any]]:
    """The small model alone, at other thresholds: what is refused on the test side, what of the
    ordinary."""
    test = [item for items in attacks.values() for item in items if item.side == "test"]
    of_test = [_heaviest(item.text) for item in test]
    of_benign = [_heaviest(item.text) for item, _ in benign]
    chinese = [language_of(item.text) == "zh" for item, _ in benign]
    return [
        {
            "threshold": step,
            "attacks": _share(sum(w >= step for w in of_test), len(of_test)),
            "benign_en": _share(
                sum(w >= step for w, zh in zip(of_benign, chinese, strict=True) if not zh),
                chinese.count(False),
            ),
            "benign_zh": _share(
                sum(w >= step for w, zh in zip(of_benign, chinese, strict=True) if zh),
                chinese.count(True),
            ),
        }
        for step in _STEPS
    ]


def _heaviest(text: str) -> float:
    weights = weigh(text)
    return max(weights["harm"], weights["attack"])


def latency(texts: Sequence[str]) -> dict[str, float]:
    """Milliseconds of processor time for one message of 500 characters of ordinary text."""
    joined = " ".join(texts)
    pieces = [
        joined[number * _TIMED_CHARACTERS : (number + 1) * _TIMED_CHARACTERS]
        for number in range(min(_TIMED, len(joined) // _TIMED_CHARACTERS))
    ]
    took = []
    for piece in pieces:
        start = time.thread_time()
        screen(piece, (), Audience.PATIENT)
        took.append((time.thread_time() - start) * 1000)
    took.sort()
    return {
        "median": round(took[len(took) // 2], 3),
        "p95": round(took[int(len(took) * 0.95)], 3),
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
