"""Measures how well a statement check finds planted falsehoods and leaves true statements alone.

A planted statement counts as found when a statement of the check that overlaps the falsified
words is marked as unsupported. The same stretch is looked at in the untouched text too: a check
that marks everything finds everything, and the paired counts show it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from suwen.evaluation.corruption.model import Corruption
from suwen.evaluation.corruption.plant import corruptions
from suwen.evaluation.grounding_sets import GroundedText
from suwen.evaluation.intervals import wilson_interval

Verify = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_STATEMENT: Final = re.compile(
    r"(?:[^。！？；;\n.!?]|[.](?=\S)|(?<=\b[A-Z])[.]|(?<=\b(?:Dr|Mr|Ms))[.]|(?<=\bMrs)[.])+"
    r"[。！？；;.!?]*"
)
_NOT_CLINICAL: Final = re.compile(r"AI[- ]generated|人工智能|AI ?生成|content id|内容标识", re.I)


@dataclass(frozen=True, slots=True)
class Planted:
    """One falsehood in its place in a text."""

    text: GroundedText
    offset: int
    corruption: Corruption

    @property
    def document(self) -> str:
        """The whole text with the falsehood in it."""
        end = self.offset + len(self.corruption.original)
        return self.text.text[: self.offset] + self.corruption.corrupted + self.text.text[end:]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the check said of one planted falsehood and of the same place untouched."""

    planted: Planted
    found: bool
    marked_when_clean: bool
    reasons: tuple[str, ...]

    @property
    def reason_right(self) -> bool:
        """Whether a reason that is right for this kind was given."""
        return bool(self.planted.corruption.expected_reasons.intersection(self.reasons))


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """Counts of one set of texts."""

    name: str
    texts: int
    statements: int
    statements_marked: int
    neighbours: int
    neighbours_marked: int
    reasons_of_false_marks: Mapping[str, int]
    outcomes: tuple[Outcome, ...] = field(repr=False)


def statements_of(text: str) -> Iterator[tuple[int, str]]:
    """Statements of a text by a splitter of its own, with their offsets."""
    for match in _STATEMENT.finditer(text):
        statement = match.group().strip()
        if statement and not _NOT_CLINICAL.search(statement):
            yield match.start() + match.group().index(statement), statement


def plan_corruptions(
    texts: Sequence[GroundedText], count: int, seed: int
) -> tuple[list[Planted], Mapping[str, int]]:
    """Falsehoods spread evenly over the kinds and over the texts, and how many there could be.

    A kind with few possibilities is used up; the others make up for it.
    """
    pools: dict[str, list[Planted]] = defaultdict(list)
    for text in texts:
        for offset, statement in statements_of(text.text):
            for corruption in corruptions(statement, text.context):
                pools[corruption.kind].append(Planted(text, offset, corruption))
    available = {kind: len(pool) for kind, pool in sorted(pools.items())}
    for kind in sorted(pools):
        pools[kind] = _spread(pools[kind], Random(f"{seed}{kind}"))  # noqa: S311 - repeatable
    chosen: list[Planted] = []
    while len(chosen) < count and any(pools.values()):
        for kind in sorted(pools):
            if pools[kind] and len(chosen) < count:
                chosen.append(pools[kind].pop())
    return chosen, available


def run_suite(
    name: str, texts: Sequence[GroundedText], verify: Verify, planted: Sequence[Planted]
) -> SuiteResult:
    """Checks every untouched text once, then every text with one falsehood in it."""
    clean = {id(text): _verified(text, text.text, verify) for text in texts}
    marked = Counter(
        str(s.get("reason")) for found in clean.values() for s in found if not s["supported"]
    )
    outcomes, neighbours, neighbours_marked = [], 0, 0
    for item in planted:
        span = _span(item, item.corruption.start, item.corruption.end)
        checked = _verified(item.text, item.document, verify)
        hit = [s for s in checked if _overlaps(s, span)]
        rest = [s for s in checked if not _overlaps(s, span)]
        neighbours += len(rest)
        neighbours_marked += sum(not s["supported"] for s in rest)
        end = item.corruption.start + 1 + len(item.corruption.original) - item.corruption.end
        before = _span(item, item.corruption.start, max(end, item.corruption.start + 1))
        outcomes.append(
            Outcome(
                planted=item,
                found=any(not s["supported"] for s in hit),
                marked_when_clean=any(
                    not s["supported"] for s in clean[id(item.text)] if _overlaps(s, before)
                ),
                reasons=tuple(str(s["reason"]) for s in hit if s.get("reason")),
            )
        )
    return SuiteResult(
        name=name,
        texts=len(texts),
        statements=sum(len(found) for found in clean.values()),
        statements_marked=sum(marked.values()),
        neighbours=neighbours,
        neighbours_marked=neighbours_marked,
        reasons_of_false_marks=dict(marked),
        outcomes=tuple(outcomes),
    )


def evaluate_grounding(
    verify: Verify,
    suites: Mapping[str, Sequence[GroundedText]],
    per_suite: int = 330,
    seed: int = 7,
) -> dict[str, Any]:
    """Runs every suite and answers the report as JSON-ready data, without any text of a record.

    Args:
        verify: takes and answers one line in the form of ``suwen verify``.
        suites: texts by the name of their suite.
        per_suite: how many falsehoods are planted into each suite, at least one of every kind
            that its texts allow.
    """
    report: dict[str, Any] = {"seed": seed, "suites": {}}
    for name, texts in suites.items():
        planted, available = plan_corruptions(texts, per_suite, seed)
        result = run_suite(name, texts, verify, planted)
        report["suites"][name] = suite_as_json(result) | {"available": dict(available)}
    return report


def suite_as_json(result: SuiteResult) -> dict[str, Any]:
    """Counts, shares and 95 % intervals of a suite, and where its misses are."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in result.outcomes:
        kinds[outcome.planted.corruption.kind].append(outcome)
    return {
        "texts": result.texts,
        "planted": len(result.outcomes),
        "overall": _counts(result.outcomes),
        "kinds": {kind: _counts(kinds[kind]) for kind in sorted(kinds)},
        "untouched": {
            **_share(result.statements_marked, result.statements),
            "reasons": dict(sorted(result.reasons_of_false_marks.items())),
        },
        "beside_a_corruption": _share(result.neighbours_marked, result.neighbours),
        "misses": [
            {
                "text": outcome.planted.text.id,
                "kind": str(outcome.planted.corruption.kind),
                "start": outcome.planted.offset + outcome.planted.corruption.start,
                "end": outcome.planted.offset + outcome.planted.corruption.end,
            }
            for outcome in result.outcomes
            if not outcome.found
        ],
    }


def _counts(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    found = [o for o in outcomes if o.found]
    clean = [o for o in outcomes if not o.marked_when_clean]
    return {
        "found": _share(len(found), len(outcomes)),
        "found_where_clean_was_supported": _share(sum(o.found for o in clean), len(clean)),
        "right_reason_when_found": _share(sum(o.reason_right for o in found), len(found)),
        "paired": {
            "only_corrupted_marked": sum(o.found and not o.marked_when_clean for o in outcomes),
            "both_marked": sum(o.found and o.marked_when_clean for o in outcomes),
            "only_clean_marked": sum(not o.found and o.marked_when_clean for o in outcomes),
            "neither_marked": sum(not o.found and not o.marked_when_clean for o in outcomes),
        },
    }


def _share(hits: int, total: int) -> dict[str, Any]:
    low, high = wilson_interval(hits, total)
    return {
        "count": hits,
        "of": total,
        "share": round(hits / total, 4) if total else None,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _verified(text: GroundedText, document: str, verify: Verify) -> list[Mapping[str, Any]]:
    answer = verify({"id": text.id, "text": document, **text.evidence})
    return list(answer["statements"])


def _span(item: Planted, start: int, end: int) -> tuple[int, int]:
    return item.offset + start, item.offset + end


def _overlaps(statement: Mapping[str, Any], span: tuple[int, int]) -> bool:
    return bool(statement["start"] < span[1] and span[0] < statement["end"])


def _spread(pool: list[Planted], random: Random) -> list[Planted]:
    """Ordered so that taking from the end visits a new text each time, as long as there is one."""
    rounds: dict[str, list[Planted]] = defaultdict(list)
    for planted in pool:
        rounds[planted.text.id].append(planted)
    for group in rounds.values():
        random.shuffle(group)
    names = sorted(rounds)
    random.shuffle(names)
    ordered: list[Planted] = []
    while any(rounds.values()):
        ordered += [rounds[name].pop() for name in names if rounds[name]]
    return ordered[::-1]
