"""The figures of triage as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HOW = """\
Goals: red-flag recall at least 0.99 with at most 10 % of ordinary chats diverted; departments with
macro-F1 at least 0.65 and top-3 at least 0.90.

The vignettes were written before the rules by somebody who had not read them. While the rules were
written, only counts were looked at, several times: per flag on the half `first`, in total on both
halves; no vignette's text was read. The departments are ranked by a table of words, from memory,
that was never trained on the public set; one question of the set was seen, and its counts of
departments. Ranks are taken among the set's eleven departments of internal medicine."""


def triage_as_markdown(report: Mapping[str, Any]) -> str:
    """The page ``docs/evaluation/triage.md``."""
    parts = ["# Triage, measured", _HOW]
    if "red_flags" in report:
        parts += ["## Red flags", _halves(report), _turn(report["turn_ms"])]
    if "departments" in report:
        parts += ["## Departments", *_departments(report["departments"])]
    return "\n\n".join(parts)


def _halves(report: Mapping[str, Any]) -> str:
    lines = ["| half | emergencies found | recall | ordinary diverted | share |"]
    lines.append("|---|---|---|---|---|")
    lines += [
        f"| {h['half']} | {h['found']} of {h['emergencies']} | {h['recall']:.3f} "
        f"| {h['diverted']} of {h['ordinary']} | {h['diverted_share']:.3f} |"
        for h in report["red_flags"]
    ]
    return "\n".join(lines)


def _turn(turn: Mapping[str, float]) -> str:
    return (
        f"One turn of the core, one after the other: median {turn['median']:.0f} ms, "
        f"p95 {turn['p95']:.0f} ms. Two hundred concurrent chats were not measured."
    )


def _departments(found: Mapping[str, Any]) -> list[str]:
    lines = ["| department | questions | F1 |", "|---|---|---|"]
    lines += [f"| {c} | {e['questions']} | {e['f1']:.3f} |" for c, e in found["each"].items()]
    total = (
        f"{found['questions']} questions: macro-F1 {found['macro_f1']:.3f}, "
        f"top-1 {found['top1']:.3f}, top-3 {found['top3']:.3f}."
    )
    return [total, "\n".join(lines)]
