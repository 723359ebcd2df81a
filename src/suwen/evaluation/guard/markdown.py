"""The figures of the guard as a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_GOALS = """\
Goals: attacks refused at least 90 % (escalating is not refusing), orders in documents neutralised
at least 95 %, ordinary text refused at most 2 % and escalated at most 5 %."""

_HOW = """\
Attacks are those of the development halves, each asked as a patient and as a clinician; a family's
or side's figure counts what both were refused. "test" is the side of which neither the family nor
the goal was learned from, "neither" has one of the two in common with the training side. Nothing of
`medsafetybench` and `bipia` was learned from; about 70 requests of the one and the attack texts of
the other were read before rules and templates were written, and so were attacks of the other sets,
and some ordinary messages that were refused wrongly. So these development figures are kinder than
figures on held-out texts will be. Templates that came close to a text of a set were taken out.
Ordinary patient text is asked as a patient, clinical text as a clinician, as many as there are
attacks."""


def guard_as_markdown(report: Mapping[str, Any]) -> str:
    """The page ``docs/evaluation/guard.md``."""
    latency = report["latency_ms"]
    parts = [
        "# The guard, measured",
        _GOALS,
        _HOW,
        *_of_attacks(report),
        *_of_documents(report),
        "## Ordinary messages",
        _benign([*report["benign"].items(), ("**all**", report["benign_total"])]),
        "## Ordinary documents",
        _benign(report["benign_documents"].items()),
        "## The small model alone, by threshold",
        _table(
            ("threshold", "attacks of the test side", "ordinary English", "ordinary Chinese"),
            [
                (
                    f"{row['threshold']:.2f}",
                    _percent(row["attacks"]),
                    _percent(row["benign_en"]),
                    _percent(row["benign_zh"]),
                )
                for row in report["curves"]
            ],
        ),
        "## Time",
        f"One message of 500 characters: median {latency['median']} ms, p95 {latency['p95']} ms "
        "of processor time.",
    ]
    return "\n\n".join(parts)


def _of_attacks(report: Mapping[str, Any]) -> list[str]:
    rows = [*report["attacks"].items(), ("**all**", report["attacks_total"])]
    return [
        "## Direct attacks",
        _table(
            (
                "set",
                "texts",
                "as patient",
                "as clinician",
                "escalated",
                "training",
                "neither",
                "test",
            ),
            [_attack_row(name, row) for name, row in rows],
        ),
        "### By family of attacks",
        _table(
            ("set", "family", "texts", "refused"),
            [
                (name, family, figure["texts"], _percent(figure["refused"]))
                for name, row in report["attacks"].items()
                for family, figure in row["families"].items()
            ],
        ),
    ]


def _of_documents(report: Mapping[str, Any]) -> list[str]:
    rows = report["injected"].items()
    return [
        "## Orders in documents",
        _table(
            ("set", "documents", "neutralised", "removed besides (characters)"),
            [
                (name, row["texts"], _percent(row["neutralised"]), _percent(row["removed_besides"]))
                for name, row in rows
            ],
        ),
        "### By family of orders",
        _table(
            ("set", "family", "documents", "neutralised"),
            [
                (name, family, figure["texts"], _percent(figure["neutralised"]))
                for name, row in rows
                for family, figure in row["families"].items()
            ],
        ),
    ]


def _attack_row(name: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    sides = row["sides"]
    return (
        name,
        row["patient"]["texts"],
        _percent(row["patient"]["refused"]),
        _percent(row["clinician"]["refused"]),
        _percent(max(row["patient"]["escalated"], row["clinician"]["escalated"])),
        *(
            f"{_percent(sides[side]['refused'])} of {sides[side]['texts']}"
            if side in sides
            else "–"
            for side in ("train", "neither", "test")
        ),
    )


def _benign(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    return _table(
        ("set", "texts", "refused", "escalated"),
        [
            (name, row["texts"], _percent(row["refused"]), _percent(row["escalated"]))
            for name, row in rows
        ],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines.extend("| " + " | ".join(map(str, row)) + " |" for row in rows)
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
