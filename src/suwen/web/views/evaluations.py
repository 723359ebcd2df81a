"""Evaluations as their pages show them: figures with their plots, and plots with their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from suwen.bootstrap.evaluation.desk import EvaluationProgress
from suwen.bootstrap.evaluation.reports import report_of
from suwen.web.texts import Texts

WIDTH: Final = 160
"""Of a plot, in its own units: 0 is a share of none, this is a share of all."""

SHARES: Final = frozenset({"chance", "widest_gap"})
"""Shares that have no interval."""

MANY: Final = 100


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure in words and on a line from 0 to 1.

    Attributes:
        at, low, high: places on the line, 0 to ``WIDTH``; ``None`` where it is no share.
        bound: place of its threshold; ``None`` where it has none.
        chance: place of what guessing gives; ``None`` where that is unknown.
        passed: whether the threshold is reached; ``None`` where it has none.
    """

    name: str
    part: str
    value: str
    interval: str
    of: int
    at: float | None = None
    low: float | None = None
    high: float | None = None
    bound: float | None = None
    chance: float | None = None
    needed: str = ""
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """A report for its page.

    Attributes:
        gates: the figures that have a threshold.
        bins: of stated probability against share that was right; empty where there are none.
    """

    report: Mapping[str, Any]
    title: str
    uncovered: str
    gates: tuple[FigureRow, ...]
    rows: tuple[FigureRow, ...]
    bins: tuple[Mapping[str, Any], ...]
    again: tuple[tuple[str, str], ...]


def evaluation_view(progress: EvaluationProgress, texts: Texts) -> EvaluationView:
    """The page of a run; without figures while it goes on."""
    report = report_of(progress.run)
    language = texts.language.value
    summary = report["summary"] or {"figures": (), "gates": (), "tables": {}}
    gates = {gate["figure"]: gate for gate in summary["gates"]}
    whole = {f["name"]: f["value"] for f in summary["figures"] if f["part"] is None}
    chance = whole.get("chance")
    rows = tuple(_row(figure, gates, chance, texts) for figure in summary["figures"])
    return EvaluationView(
        report=report,
        title=report["title"][language],
        uncovered=report["uncovered"][language],
        gates=tuple(row for row in rows if row.passed is not None),
        rows=rows,
        bins=tuple(summary["tables"].get("reliability", ())),
        again=tuple(_flat(report["record"])),
    )


def _row(
    figure: Mapping[str, Any], gates: Mapping[str, Any], chance: float | None, texts: Texts
) -> FigureRow:
    gate = gates.get(figure["name"]) if figure["part"] is None else None
    bound = None if gate is None else gate["least"] if gate["least"] is not None else gate["most"]
    is_share = figure["low"] is not None and figure["low"] >= 0 and figure["high"] <= 1
    is_plotted = is_share and figure["low"] is not None
    guessed = chance if figure["name"].startswith("accuracy") else None
    sign = "" if gate is None else "≥" if gate["least"] is not None else "≤"
    return FigureRow(
        name=texts.coded("evaluation_figure", figure["name"]),
        part=figure["part"] or "",
        value=_told(figure["value"], is_share),
        interval=""
        if figure["low"] is None
        else f"{_told(figure['low'], is_share)} – {_told(figure['high'], is_share)}",
        of=figure["of"],
        at=_place(figure["value"]) if is_plotted else None,
        low=_place(figure["low"]) if is_plotted else None,
        high=_place(figure["high"]) if is_plotted else None,
        bound=_place(bound) if is_share else None,
        chance=_place(guessed) if is_share else None,
        needed="" if gate is None else f"{sign} {_told(bound, is_share)}",
        passed=None if gate is None else bool(gate["passed"]),
    )


def _place(value: float | None) -> float | None:
    return None if value is None else round(min(max(value, 0.0), 1.0) * WIDTH, 1)


def _told(value: float | None, is_share: bool) -> str:
    if value is None:
        return "—"
    if is_share:
        return f"{value * 100:.1f} %"
    return f"{value:,.0f}" if abs(value) >= MANY else f"{value:.3g}"


def _flat(record: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in record.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{name}.")
        elif value not in (None, "", []):
            found.append((f"{before}{name}", str(value)))
    return found


@dataclass(frozen=True, slots=True)
class EvaluationList:
    """Runs in a list that refreshes itself while one goes on."""

    runs: tuple[EvaluationProgress, ...]
    moving: bool
    refresh: str


def evaluation_list(runs: Sequence[EvaluationProgress], refresh: str) -> EvaluationList:
    """The list; ``refresh`` is the address of it alone."""
    moving = any(run.state in ("running", "waiting", "pausing", "cancelling") for run in runs)
    return EvaluationList(tuple(runs), moving, refresh)


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """Two runs over the same cases.

    Attributes:
        low, at, high, zero: places on a line from -1 to 1, 0 to ``WIDTH``.
    """

    body: Mapping[str, Any]
    low: float
    at: float
    high: float
    zero: float = WIDTH / 2


def comparison_view(compared: Mapping[str, Any]) -> ComparisonView:
    """The page of a comparison."""
    difference = compared["pairs"]["difference"]
    low, at, high = (
        round((difference[name] + 1) / 2 * WIDTH, 1) for name in ("low", "value", "high")
    )
    return ComparisonView(compared, low, at, high)
