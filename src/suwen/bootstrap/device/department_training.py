"""From a hospital's visit history to a model of its departments and what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from suwen.bootstrap.device.visit_history import HistoryForm, read_history
from suwen.clinical.department_learning import LEAST_VISITS, Visit, counted, learn
from suwen.clinical.departments import DepartmentTable
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.evaluation.triage.departments_held import compare, is_better, split

LEAST: Final = 50
"""Visits to learn from, and a tenth of it to measure on."""


@dataclass(frozen=True, slots=True)
class TrainingWish:
    """What to learn from.

    Attributes:
        files: the history.
        test: visits to measure on; ``None`` keeps a fifth of the history apart.
    """

    files: Sequence[Path]
    test: Path | None = None
    form: HistoryForm = field(default_factory=HistoryForm)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as a file, and its figures.

    Attributes:
        report: ``better`` says whether it may be proposed; the figures as ``compare`` has them.
    """

    weights: bytes = field(repr=False)
    report: Mapping[str, Any]


def train(wish: TrainingWish, table: DepartmentTable) -> Trained:
    """Learns from a part of the visits and measures on the rest; that very model is what is kept.

    Raises:
        InputError: as ``read_history``; ``history_too_small``; ``history_shares_test`` where visits
            to measure on are also learned from.
    """
    visits = [visit for file in wish.files for visit in read_history(file, wish.form, table)]
    if wish.test is None:
        known, held = split(visits)
    else:
        known, held = visits, read_history(wish.test, wish.form, table)
        _require_apart(known, held)
    counts = counted(known)
    learnable = [code for code, n in counts.items() if n >= LEAST_VISITS]
    if len(known) < LEAST or len(held) < LEAST // 10 or len(learnable) < 2:
        raise InputError(
            "history_too_small",
            Bilingual(
                zh=f"学习用就诊 {len(known)} 条、评价用 {len(held)} 条、"
                f"科室 {len(learnable)} 个；至少需要 {LEAST} 条、{LEAST // 10} 条和 2 个。",
                en=f"{len(known)} visits to learn from, {len(held)} to measure on, "
                f"{len(learnable)} departments; at least {LEAST}, {LEAST // 10} and 2 are needed.",
            ),
            field="FILE",
        )
    model = learn(known, table)
    among = sorted({visit.department for visit in (*known, *held)})
    figures = compare(held, table, model, among)
    report = {
        "better": is_better(figures),
        "learned_from": len(known),
        "measured_on": len(held),
        "own_test": wish.test is not None,
        "learned_departments": dict(counts),
        "left_to_the_table": sorted(set(among) - set(model.codes)),
        **figures,
    }
    return Trained(model.as_bytes(), report)


def _require_apart(known: Sequence[Visit], held: Sequence[Visit]) -> None:
    words = {visit.text for visit in known}
    shared = sum(visit.text in words for visit in held)
    if shared:
        raise InputError(
            "history_shares_test",
            Bilingual(
                zh=f"评价用的就诊中有 {shared} 条也在学习之列，结果不可信。请去掉重复。",
                en=f"{shared} visits to measure on are learned from too, so that the figures would "
                "mean nothing. Take them out of one of the two.",
            ),
            field="test",
        )
