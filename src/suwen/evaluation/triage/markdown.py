"""The figures of triage as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HOW = """\
Goals: red-flag recall at least 0.99 with at most 10 % of ordinary chats diverted; departments with
macro-F1 at least 0.65 and top-3 at least 0.90.

An emergency is found by a rule, or by the second reader, which is trained on messages of our own
(`tools/train_red_flag_reader.py`, decision 0044); where it worries less it asks one question first.
Asked chats are told apart: they are not diverted, and an emergency among them is found when the
question is answered with yes.

What was looked at, and how often:

- `vignettes`, written before the rules by somebody who had not read them. The half `first` was read
  and the rules were widened by it, and the reader learned from it: its figures say what is known by
  now. Of the half `second` no text was read or learned from, only its totals, about fourteen times.
- `third`, written after the rules by somebody who had not read them, harder on purpose. Before
  anything was changed for it, the rules found 208 of 248 (.839) and 219 of 249 (.880) of its halves
  and diverted 52 of 194 (.268) and 46 of 192 (.240). Then its first half was read, later its second
  (rules alone by then: 218 of 249, .876, and 32 of 192, .167), and the reader learned from both: no
  figure of it says any more what would be found among strangers.
- `fourth`, written by somebody who had read neither rules nor vignettes nor what the reader learned
  from, while the reader was built; plainer than `third`, a fifth of it hard. No text of it was read
  or learned from. The totals of its half `first` were seen four times, and chose the score from
  which the reader diverts; those of its half `second` were seen twice, when all was done and, with
  the same result, after frames of the rules had been made stricter for safety's sake.

Among 3,323 messages of three further writers, each judged by a reader that had learned from the
others and never from that writer, rules and reader found .966 and diverted .127 (with the question
.986 were diverted or asked); the rules alone, by then mended with what these writers' ordinary
messages had diverted, .783 and .068. Many of these tell emergencies in pictures and ordinary
matters in grave words: both aims are still missed on them.

The departments are ranked by a table of words, from memory, that was never trained on the public
set. Ranks are taken among the set's eleven departments of internal medicine."""

_LEARNED = """\
A hospital learns its own departments by `suwen triage train`. Learned from one half of the public
set (every second question), measured on the other, by the command itself; the weights are nowhere
in the program. Intervals are of the bootstrap, 95 %.

| learned from | macro-F1 | table alone | difference |
|---|---|---|---|
| first half | 0.844 [0.769, 0.887] | 0.708 [0.667, 0.740] | 0.136 [0.084, 0.184] |
| second half | 0.863 | | |

What is left is in what the set calls general practice (23 questions, mostly stomach pain) and
infectious disease (31, mostly viral hepatitis): they differ from their neighbours in nothing that
is said. The pieces of the whole text alone reach 0.69, of its first sentence besides 0.82, the
table's scores besides 0.86."""


def triage_as_markdown(report: Mapping[str, Any]) -> str:
    """The page ``docs/evaluation/triage.md``."""
    parts = ["# Triage, measured", _HOW]
    if "red_flags" in report:
        parts += ["## Red flags", _halves(report), _turn(report["turn_ms"])]
    if "departments" in report:
        parts += ["## Departments", *_departments(report["departments"])]
        parts += ["## Departments, learned from visits", _LEARNED]
    return "\n\n".join(parts)


def _halves(report: Mapping[str, Any]) -> str:
    lines = [
        "| set | half | emergencies found | recall | by rules alone | asked first "
        "| ordinary diverted | share | by rules alone | asked first |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {h['set']} | {h['half']} | {h['found']} of {h['emergencies']} | {h['recall']:.3f} "
        f"| {h['found_by_rules']} | {h['found_asked']} "
        f"| {h['diverted']} of {h['ordinary']} | {h['diverted_share']:.3f} "
        f"| {h['diverted_by_rules']} | {h['ordinary_asked']} |"
        for h in report["red_flags"]
    ]
    return "\n".join(lines)


def _turn(turn: Mapping[str, float]) -> str:
    return (
        f"One turn of the core, one after the other: median {turn['median']:.0f} ms, "
        f"p95 {turn['p95']:.0f} ms. Two hundred concurrent chats: `bench/triage_chats.py`."
    )


def _departments(found: Mapping[str, Any]) -> list[str]:
    lines = ["| department | questions | F1 |", "|---|---|---|"]
    lines += [f"| {c} | {e['questions']} | {e['f1']:.3f} |" for c, e in found["each"].items()]
    total = (
        f"{found['questions']} questions: macro-F1 {found['macro_f1']:.3f}, "
        f"top-1 {found['top1']:.3f}, top-3 {found['top3']:.3f}."
    )
    return [total, "\n".join(lines)]
