"""Two runs over the same cases held against each other, case by case.

Source: McNemar, Psychometrika 1947;12:153-157, in its exact (binomial) form; percentile bootstrap
over cases for the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.evaluation.figures import resampled
from suwen.evaluation.suites.model import CaseResult


def compare(before: Sequence[CaseResult], after: Sequence[CaseResult]) -> dict[str, Any]:
    """How the second run differs from the first, over the cases that both have.

    An answer that could not be judged counts as not right, as in ``accuracy``.

    Raises:
        InputError: ``runs_not_comparable`` when they share no case or a case differs.
    """
    earlier = {result.case.id: result for result in before}
    pairs = [(earlier[result.case.id], result) for result in after if result.case.id in earlier]
    if not pairs or any(a.case.turns != b.case.turns for a, b in pairs):
        raise InputError(
            "runs_not_comparable",
            Bilingual(
                zh="两次评测的题目不同，不能逐题比较。请用同一评测集、同一随机种子各跑一次。",
                en="The two runs hold different cases. Run one suite with one seed on both.",
            ),
            field="run",
        )
    values = [(_value(a), _value(b)) for a, b in pairs]
    lost = sum(a > b for a, b in values)
    won = sum(b > a for a, b in values)
    binary = all(value in (0.0, 1.0) for pair in values for value in pair)
    difference = resampled(
        "difference", values, lambda drawn: sum(b - a for a, b in drawn) / len(drawn)
    )
    return {
        "cases": len(pairs),
        "before": round(sum(a for a, _ in values) / len(values), 4),
        "after": round(sum(b for _, b in values) / len(values), 4),
        "difference": difference.as_json(),
        "only_before_right": lost,
        "only_after_right": won,
        "mcnemar_p": round(mcnemar_exact(lost, won), 6) if binary else None,
        "turned": sorted(b.case.id for a, b in pairs if _value(a) != _value(b)),
    }


def _value(result: CaseResult) -> float:
    return result.scored.value or 0.0


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided probability, under no difference, of discordant pairs at least as uneven."""
    total = only_first + only_second
    if total == 0:
        return 1.0
    tail = sum(comb(total, k) for k in range(min(only_first, only_second) + 1)) / float(2**total)
    return min(1.0, 2 * tail)
