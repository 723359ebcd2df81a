"""How well departments are named on visits that were kept apart, with and without what was learned.

Intervals are of the percentile bootstrap over visits (Efron, 1979), drawn from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from suwen.clinical.department_learning import Visit, counted
from suwen.clinical.departments import DepartmentTable, LearnedDepartments, rank_departments

HELD_SHARE: Final = 0.2
_DRAWS: Final = 1000
_SEED: Final = 11
_AMONG_FIRST: Final = 3

Figures = Mapping[str, Any]
_Numbers = NDArray[np.int64]


def split(visits: Sequence[Visit]) -> tuple[list[Visit], list[Visit]]:
    """Visits to learn from, and a fifth kept apart; the same words are always on the same side."""
    learned: list[Visit] = []
    held: list[Visit] = []
    for visit in visits:
        drawn = blake2b(visit.text.encode(), digest_size=4).digest()
        share = int.from_bytes(drawn, "big") / 2**32
        (held if share < HELD_SHARE else learned).append(visit)
    return learned, held


def compare(
    held: Sequence[Visit],
    table: DepartmentTable,
    learned: LearnedDepartments,
    among: Sequence[str],
) -> Figures:
    """What the table alone and the table with what was learned make of the visits kept apart.

    Args:
        held: at least one visit.
        among: codes of the hospital's departments; the best of them is what counts as named.

    Returns:
        ``visits``, ``departments`` (visits and F1 of each), and for ``table``, ``learned`` and
        ``difference`` the ``macro_f1``, ``top1`` and ``top3`` as ``[value, lowest, highest]``
        (95 %).
    """
    codes = sorted(among)
    truths = np.array([codes.index(visit.department) for visit in held])
    alone = _ranks(held, codes, lambda text: rank_departments([text], table=table))
    both = _ranks(held, codes, lambda text: rank_departments([text], table=table, learned=learned))
    present = sorted(set(truths.tolist()))
    draws = np.random.default_rng(_SEED).integers(0, len(held), (_DRAWS, len(held)))
    drawn = {
        name: np.array([_figures(truths[d], ranks[d], len(codes), present) for d in draws])
        for name, ranks in (("table", alone), ("learned", both))
    }
    whole = {
        name: np.array(_figures(truths, ranks, len(codes), present))
        for name, ranks in (("table", alone), ("learned", both))
    }
    whole["difference"] = whole["learned"] - whole["table"]
    drawn["difference"] = drawn["learned"] - drawn["table"]
    f1 = _f1(truths, both[:, 0], len(codes))
    counts = counted(held)
    return {
        "visits": len(held),
        "departments": {
            codes[n]: {"visits": counts[codes[n]], "f1": round(float(f1[n]), 4)} for n in present
        },
        **{name: _with_intervals(whole[name], drawn[name]) for name in whole},
    }


def is_better(figures: Figures) -> bool:
    """Whether what was learned may be proposed: it names departments better than the table alone
    beyond chance, and not fewer of them among the first three."""
    return bool(figures["difference"]["macro_f1"][1] > 0 and figures["difference"]["top3"][0] >= 0)


def _ranks(
    held: Sequence[Visit], codes: Sequence[str], rank: Callable[[str], Sequence[Any]]
) -> _Numbers:
    """The first three of the hospital's departments for each visit, by place in ``codes``."""
    rows = []
    for visit in held:
        places = [codes.index(c) for s in rank(visit.text) if (c := s.department.code) in codes]
        rows.append((places + [-1] * _AMONG_FIRST)[:_AMONG_FIRST])
    return np.array(rows)


def _figures(
    truths: _Numbers, ranks: _Numbers, many: int, present: Sequence[int]
) -> tuple[float, float, float]:
    """Macro-F1 over the departments that are present, top-1 and top-3."""
    f1 = _f1(truths, ranks[:, 0], many)[list(present)]
    hits = ranks == truths[:, None]
    return float(f1.mean()), float(hits[:, 0].mean()), float(hits.any(axis=1).mean())


def _f1(truths: _Numbers, named: _Numbers, many: int) -> NDArray[np.float64]:
    right = np.bincount(truths[truths == named], minlength=many)
    both = np.bincount(truths, minlength=many) + np.bincount(named, minlength=many)
    f1: NDArray[np.float64] = 2 * right / np.maximum(both, 1)
    return f1


def _with_intervals(
    whole: NDArray[np.float64], drawn: NDArray[np.float64]
) -> Mapping[str, list[float]]:
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return {
        name: [round(float(part[n]), 4) for part in (whole, low, high)]
        for n, name in enumerate(("macro_f1", "top1", "top3"))
    }
