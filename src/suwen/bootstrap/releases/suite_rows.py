"""The suites that a gate demands, in words: what each must reach, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from suwen.bootstrap.evaluation.gate_section import FIGURES, gate_of
from suwen.control.gateway.model_reasons import short_reason
from suwen.control.governance.gate import (
    OWN_SUITE,
    Bounds,
    EvaluationStanding,
    GateReason,
    SuiteStanding,
    demanded_bounds,
)
from suwen.core.language import Bilingual
from suwen.evaluation.suites.reading import shipped_suites

_OWN = Bilingual("本应用自己的评测集", "the application's own suite")


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """One suite of a gate.

    Attributes:
        bounds: figure, least and most; empty where the suite's own thresholds count.
        why: what is wrong; ``None`` where it is passed and fresh.
    """

    standing: SuiteStanding
    title: Bilingual
    bounds: Sequence[tuple[str, float | None, float | None]]
    why: Bilingual | None


@cache
def _titles() -> Mapping[str, Bilingual]:
    return {OWN_SUITE: _OWN, **{one.id: one.title for one in shipped_suites()}}


def suite_title(suite: str) -> Bilingual:
    """A suite's title; its name where it is the hospital's own."""
    return _titles().get(suite, Bilingual(suite, suite))


def blocked_by(reason: GateReason | None, suite: str | None) -> Bilingual | None:
    """Why a model part is off, with the suite that is at fault; ``None`` where it is on."""
    if reason is None:
        return None
    why = short_reason(reason.value)
    if suite is None:
        return why
    title = suite_title(suite)
    return Bilingual(f"{why.zh}：{title.zh}", f"{why.en}: {title.en}")


def suite_rows(standing: EvaluationStanding, folder: Path) -> tuple[SuiteRow, ...]:
    """Every suite that is demanded, the application's own first."""
    return tuple(
        SuiteRow(
            one,
            suite_title(one.suite),
            _bounds(one.suite, folder),
            None if one.reason is None else short_reason(one.reason.value),
        )
        for one in standing.suites
    )


def _bounds(suite: str, folder: Path) -> list[tuple[str, float | None, float | None]]:
    if suite == OWN_SUITE:
        gate = gate_of(folder)
        return [(name, float(gate[key]), None) for name, key in FIGURES if key in gate]
    bounds: Bounds = demanded_bounds(folder, suite)
    return [(name, one.get("least"), one.get("most")) for name, one in bounds.items()]
