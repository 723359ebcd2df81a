"""The judging cases of ``evaluation/cases.jsonl``, through the application's parts, no model."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from suwen.appkit import Draft, InputError, Passage
from suwen.apps.evidence_search.app import APP
from suwen.apps.evidence_search.cases import as_shown
from suwen.core.knowledge import Currency, DocumentLife, PassageKind, TrustLevel, passage_id

FILE = Path(__file__).parents[1] / "evaluation" / "cases.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
REFUSED = [case for case in CASES if "error" in case["expect"]]
ANSWERED = [case for case in CASES if "error" not in case["expect"]]


def by_id(cases: Sequence[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def day_of(line: Mapping[str, str], name: str) -> date | None:
    return date.fromisoformat(line[name]) if name in line else None


def passages_of(case: Mapping[str, Any]) -> list[Passage]:
    """The passages of a case, best first; several of one document stand behind each other."""
    seen: Counter[str] = Counter()
    found: list[Passage] = []
    for line in case["passages"]:
        name = line["document_id"]
        collection = line.get("collection", case["request"]["collection"])
        found.append(
            Passage(
                id=passage_id(collection, name, seen[name]),
                collection=collection,
                edition="e" * 64,
                document_id=name,
                title=line["title"],
                text=line["text"],
                start=seen[name] * 1_000,
                end=seen[name] * 1_000 + len(line["text"]),
                score=1 / (60 + len(found)),
                confidence=line["confidence"],
                legs={"lexical": len(found) + 1},
                trust=TrustLevel(line.get("trust", "reviewed")),
                currency=Currency(line.get("currency", "current")),
                life=DocumentLife(issued=day_of(line, "issued"), expires=day_of(line, "expires")),
                section=tuple(line.get("section", ())),
                kind=PassageKind(line.get("kind", "text")),
            )
        )
        seen[name] += 1
    return found


def answered(case: Mapping[str, Any]) -> Mapping[str, Any]:
    """The output without a model; the sources' own sentences count as supported."""
    request = APP.parse(case["request"])
    draft: Draft = APP.merge(request, APP.core(request, None, passages_of(case)), None)
    assert draft.document is not None
    sections = tuple(
        dataclasses.replace(
            section,
            statements=tuple(dataclasses.replace(s, supported=True) for s in section.statements),
        )
        for section in draft.document.sections
    )
    document = dataclasses.replace(draft.document, sections=sections)
    return APP.output(dataclasses.replace(draft, document=document))


def documents(items: Sequence[Mapping[str, Any]], output: Mapping[str, Any]) -> set[str]:
    """The documents of what is quoted, in the answer or on a side of a conflict."""
    names = {p["passage_id"]: p["document_id"] for p in output["passages"]}
    return {names[item["passage_id"]] for item in items}


def quotes(output: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [quote for sentence in output["answer"] or () for quote in sentence["quotes"]]


def sides(output: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [side for conflict in output["conflicts"] for side in conflict["sides"]]


def text_of(output: Mapping[str, Any]) -> str:
    return "\n".join(sentence["text"] for sentence in output["answer"] or ())


def rules(output: Mapping[str, Any]) -> set[str]:
    return {finding["rule"] for finding in output["findings"]}


CHECKS: dict[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "abstained": lambda o, want: o["abstained"] is want and (o["answer"] is None) is want,
    "answer_contains": lambda o, want: all(part in text_of(o) for part in want),
    "answer_lacks": lambda o, want: not any(part in text_of(o) for part in want),
    "cites": lambda o, want: set(want) <= documents(quotes(o), o),
    # What may not be cited may not stand against what is cited either.
    "not_cited": lambda o, want: not set(want) & documents([*quotes(o), *sides(o)], o),
    "findings": lambda o, want: set(want) <= rules(o),
    "no_findings": lambda o, want: not set(want) & rules(o),
    "conflict": lambda o, want: bool(o["conflicts"]) is want and ("ES-02" in rules(o)) is want,
    "sides": lambda o, want: set(want) == documents(sides(o), o),
    "searched_contains": lambda o, want: all(part in o["searched_for"] for part in want),
    "searched_lacks": lambda o, want: not any(part in o["searched_for"] for part in want),
    "similar": lambda o, want: want == [one["document_id"] for one in o["similar_cases"]],
    "output_lacks": lambda o, want: (
        not any(part in json.dumps(o, ensure_ascii=False) for part in want)
    ),
}


@by_id(ANSWERED)
def test_an_answer(case: dict[str, Any]) -> None:
    output = answered(case)
    wrong = [name for name, want in case["expect"].items() if not CHECKS[name](output, want)]
    assert not wrong, {"said": text_of(output), "rules": rules(output), "sides": sides(output)}


@by_id(ANSWERED)
def test_every_citation_is_the_very_span_of_its_passage(case: dict[str, Any]) -> None:
    passages = {p.id: as_shown(p) for p in passages_of(case)}
    output = answered(case)
    assert (output["answer"] is None) == output["abstained"]
    for quote in [*quotes(output), *sides(output)]:
        passage = passages[quote["passage_id"]]
        assert passage.start <= quote["start"] < quote["end"] <= passage.end
        span = slice(quote["start"] - passage.start, quote["end"] - passage.start)
        assert passage.text[span] == quote["text"]


@by_id(REFUSED)
def test_a_wrong_request(case: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        APP.parse(case["request"])
    assert refused.value.code == case["expect"]["error"]
