"""Reports of evaluations as text to print, to keep or to send; figures and hashes only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from suwen.core.language import Language

_WORDS: Final = {
    Language.EN: {
        "title": "Evaluation",
        "suite": "Suite",
        "engine": "Engine",
        "passed": "Gate: passed",
        "failed": "Gate: **not passed**",
        "no_gate": "The suite has no gate.",
        "going": "It has not ended.",
        "cases": "{scored} of {cases} cases could be judged (at least {fewest} are needed).",
        "public": "The cases are published: any model may have seen them in training, so that a "
        "high figure shows less than it seems.",
        "uncovered": "What it does not show",
        "figure": "Figure",
        "part": "Part",
        "value": "Value",
        "interval": "95 % interval",
        "of": "Of",
        "gates": "Thresholds",
        "least": "at least",
        "most": "at most",
        "unscored": "Could not be judged",
        "failures": "No answer from the engine",
        "again": "To do it again",
        "compared": "Comparison over the same cases",
        "difference": "Difference",
    },
    Language.ZH: {
        "title": "评测",
        "suite": "评测集",
        "engine": "模型服务",
        "passed": "门槛：通过",
        "failed": "门槛：**未通过**",
        "no_gate": "此评测集没有门槛。",
        "going": "尚未结束。",
        "cases": "{cases} 题中 {scored} 题可判分（至少需 {fewest} 题）。",
        "public": "题目是公开的：任何模型都可能在训练中见过，高分的意义要打折扣。",
        "uncovered": "不能说明什么",
        "figure": "指标",
        "part": "部分",
        "value": "数值",
        "interval": "95 % 区间",
        "of": "基数",
        "gates": "门槛",
        "least": "不低于",
        "most": "不高于",
        "unscored": "无法判分",
        "failures": "模型服务未作答",
        "again": "复现所需",
        "compared": "同题比较",
        "difference": "差值",
    },
}


def report_as_markdown(report: Mapping[str, Any], language: Language = Language.EN) -> str:
    """One run's report, as ``bootstrap.evaluation.reports`` makes it."""
    say = _WORDS[language]
    summary = report["summary"]
    lines = [
        f"# {say['title']}: {report['title'][language.value]}",
        "",
        f"- {say['suite']}: {report['suite']} (SHA-256 {report['suite_hash']})",
        f"- {say['engine']}: {report['endpoint']}, {report['record']['engine']['model']}",
    ]
    if summary is None:
        return "\n".join([*lines, "", say["going"], ""])
    gate = say["no_gate"] if not summary["has_gate"] else say[_gate_word(summary)]
    lines += [f"- {gate}", f"- {say['cases'].format(**summary)}"]
    lines += [f"- {say['public']}"] if report["public"] else []
    if report["uncovered"][language.value]:
        lines.append(f"- {say['uncovered']}: {report['uncovered'][language.value]}")
    lines += ["", *_gates(summary["gates"], say), *_figures(summary["figures"], say)]
    for name in ("unscored", "failures"):
        if summary[name]:
            lines += [f"## {say[name]}", ""]
            lines += [f"- {code}: {n}" for code, n in summary[name].items()] + [""]
    lines += [f"## {say['again']}", ""]
    lines += [f"- {name}: {value}" for name, value in _flat(report["record"])]
    return "\n".join([*lines, ""])


def _gate_word(summary: Mapping[str, Any]) -> str:
    return "passed" if summary["passed"] else "failed"


def _gates(gates: Sequence[Mapping[str, Any]], say: Mapping[str, str]) -> list[str]:
    if not gates:
        return []
    lines = [f"## {say['gates']}", ""]
    for gate in gates:
        bound = "least" if gate["least"] is not None else "most"
        mark = "✓" if gate["passed"] else "✗"
        lines.append(
            f"- {mark} {gate['figure']}: {_told(gate['value'])} ({say[bound]} {gate[bound]})"
        )
    return [*lines, ""]


def _figures(figures: Sequence[Mapping[str, Any]], say: Mapping[str, str]) -> list[str]:
    columns = ("figure", "part", "value", "interval", "of")
    head = " | ".join(say[name] for name in columns)
    lines = [f"| {head} |", "|---|---|---|---|---|"]
    for one in figures:
        interval = "" if one["low"] is None else f"{_told(one['low'])}–{_told(one['high'])}"
        cells = (one["name"], one["part"] or "", _told(one["value"]), interval, one["of"])
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return [*lines, ""]


def comparison_as_markdown(compared: Mapping[str, Any], language: Language = Language.EN) -> str:
    """Two runs held against each other."""
    say, pairs = _WORDS[language], compared["pairs"]
    difference = pairs["difference"]
    return "\n".join(
        [
            f"# {say['compared']}",
            "",
            f"- 1: {compared['before']['endpoint']} ({compared['before']['run']}): "
            f"{pairs['before']}",
            f"- 2: {compared['after']['endpoint']} ({compared['after']['run']}): {pairs['after']}",
            f"- {say['difference']}: {_told(difference['value'])} "
            f"({_told(difference['low'])}–{_told(difference['high'])}), n = {pairs['cases']}",
            f"- McNemar p = {pairs['mcnemar_p']} "
            f"({pairs['only_before_right']} : {pairs['only_after_right']})",
            "",
        ]
    )


def _told(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"


def _flat(record: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in record.items():
        path = f"{before}{name}"
        if isinstance(value, Mapping):
            found += _flat(value, f"{path}.")
        elif value not in (None, "", []):
            found.append((path, str(value)))
    return found
