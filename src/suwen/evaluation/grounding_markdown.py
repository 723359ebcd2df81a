"""The grounding report for people to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def grounding_as_markdown(report: Mapping[str, Any]) -> str:
    """The report as Markdown: one table a suite, shares with their 95 % intervals."""
    lines = ["# Planted falsehoods: what the statement check finds", ""]
    lines += [
        "`found`: a statement over the falsified words is marked. `clean supported`: the same, "
        "only where the untouched statement was not marked. `right reason`: of those found. "
        "In brackets the 95 % Wilson interval.",
        "",
    ]
    for name, suite in report["suites"].items():
        lines += _suite(name, suite)
    return "\n".join(lines)


def _suite(name: str, suite: Mapping[str, Any]) -> list[str]:
    lines = [f"## {name}", ""]
    lines.append(f"{suite['texts']} texts, {suite['planted']} planted falsehoods.")
    lines += [
        "",
        "| kind | possible | planted | found | clean supported | right reason |",
        "|---|---|---|---|---|---|",
    ]
    for kind, counts in suite["kinds"].items():
        lines.append(_row(kind, suite["available"].get(kind, 0), counts))
    lines.append(_row("**all**", sum(suite["available"].values()), suite["overall"]))
    paired = suite["overall"]["paired"]
    untouched = suite["untouched"]
    reasons = ", ".join(f"{r} {n}" for r, n in untouched["reasons"].items()) or "none"
    lines += [
        "",
        f"Untouched statements marked: {_text(untouched)} ({reasons}).",
        "",
        f"Statements beside a falsehood marked: {_text(suite['beside_a_corruption'])}.",
        "",
        f"Paired: only the falsified statement marked {paired['only_corrupted_marked']}, both "
        f"{paired['both_marked']}, only the true one {paired['only_clean_marked']}, neither "
        f"{paired['neither_marked']}.",
        "",
    ]
    return lines


def _row(kind: str, available: int, counts: Mapping[str, Any]) -> str:
    cells = (
        kind,
        str(available),
        str(counts["found"]["of"]),
        _text(counts["found"]),
        _text(counts["found_where_clean_was_supported"]),
        _text(counts["right_reason_when_found"]),
    )
    return "| " + " | ".join(cells) + " |"


def _text(share: Mapping[str, Any]) -> str:
    if not share["of"]:
        return "–"
    low, high = 100 * share["low"], 100 * share["high"]
    return f"{share['count']}/{share['of']} = {100 * share['share']:.1f} % [{low:.1f}–{high:.1f}]"
