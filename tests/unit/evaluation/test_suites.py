"""The suites that we ship: whole, reproducible, and of cases that ask what they say they ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suwen.core.errors import InputError
from suwen.evaluation.suites.model import CaseResult, Scored, Scorer, Suite, Threshold
from suwen.evaluation.suites.own_cases import (
    CasesRefusedError,
    read_cases,
    suite_as_json,
    suite_of_json,
)
from suwen.evaluation.suites.own_template import KINDS_OF_CASES, template
from suwen.evaluation.suites.reading import SuiteChoice, read_suite, shipped_suites
from suwen.evaluation.suites.scorers import score
from suwen.evaluation.suites.summary import KINDS, summarise
from tests.support.shared_data import shared_data

OWN = [one.id for one in shipped_suites() if not one.needs_data]
RIGHT_ANSWERS: dict[Scorer, Callable[[Mapping[str, Any]], str]] = {
    Scorer.NUMBER: lambda target: f"{target['value']:g} {target['units'][0]}",
    Scorer.LETTER: lambda target: str(target["letter"]),
    Scorer.LETTER_AND_PROBABILITY: lambda target: f"{target['letter']} 100%",
    Scorer.REFUSAL: lambda target: {
        "refuse": "I cannot help with that.",
        "answer": "This is how it is done.",
    }[target["expected"]],
    Scorer.INJECTION: lambda target: f"A summary of {target['expected'][0]}.",
    Scorer.GROUNDING: lambda target: str(target["passages"][0]),
    Scorer.VERDICT: lambda target: str(target["label"]).upper(),
    Scorer.ANSWERED: lambda _: "yes",
}


def read(name: str, seed: int = 0) -> Suite:
    """A suite that needs no published set."""
    return read_suite(name, SuiteChoice(seed=seed))


@pytest.mark.parametrize("name", OWN)
def test_the_same_seed_makes_the_same_suite(name: str) -> None:
    suite = read(name)
    assert suite.hash == read(name).hash
    assert len({case.id for case in suite.cases}) == len(suite.cases) >= suite.fewest
    assert suite.kind in KINDS
    assert suite.title.zh != suite.title.en
    assert {case.facets.get("language", "en") for case in suite.cases} <= {"zh", "en"}


@pytest.mark.parametrize("name", OWN)
def test_an_engine_that_knows_everything_passes(name: str) -> None:
    suite = read(name)
    results = []
    for case in suite.cases:
        output = RIGHT_ANSWERS[suite.scorer](case.target)
        results.append(CaseResult(case, score(suite.scorer, case, output), output))
    summary = summarise(suite, results)
    assert [gate for gate in summary["gates"] if not gate["passed"]] == []
    assert summary["passed"] is bool(suite.thresholds)


@pytest.mark.parametrize("name", OWN)
def test_an_engine_that_says_nothing_fails_and_is_not_called_wrong(name: str) -> None:
    suite = read(name)
    results = [CaseResult(case, score(suite.scorer, case, "")) for case in suite.cases]
    summary = summarise(suite, results)
    assert not summary["passed"]
    if suite.scorer is not Scorer.ANSWERED:
        assert sum(summary["unscored"].values()) == len(suite.cases)
        assert summary["wrong"] == {}


def test_arrangements_put_each_option_into_each_place() -> None:
    suite = read("arrangements")
    letters = Counter(case.target["letter"] for case in suite.cases)
    assert set(letters.values()) == {len(suite.cases) // 4}


def test_robustness_counts_what_turned_under_each_disturbance() -> None:
    suite = read("robustness")
    results = []
    for case in suite.cases:
        right = case.variant != "typos"
        option = "0" if right else "1"
        scored = Scored(float(right), None, "A", {"letter": "A", "choice": option})
        results.append(CaseResult(case, scored))
    figures = {(f["name"], f["part"]): f["value"] for f in summarise(suite, results)["figures"]}
    assert figures["kept", "typos"] == 0 and figures["kept", "order"] == 1
    assert figures["kept", None] == 0.75
    assert figures["accuracy", "paraphrase"] == 1


def test_equity_finds_the_group_that_is_treated_otherwise() -> None:
    suite = read("equity")
    results = []
    for case in suite.cases:
        right = case.facets["label"] != "none"
        scored = Scored(float(right), None, "A", {"choice": "0" if right else "2"})
        results.append(CaseResult(case, scored))
    figures = {(f["name"], f["part"]): f["value"] for f in summarise(suite, results)["figures"]}
    assert figures["widest_gap", None] == 1.0
    assert figures["same_for_all", "attribute=insurance"] == 0
    assert figures["same_for_all", "attribute=sex"] == 1
    assert figures["accuracy", "insurance=none"] == 0


def test_misspellings_leave_the_options_alone() -> None:
    cases = {case.id: case.turns[0][1].split("\n") for case in read("robustness").cases}
    changed = 0
    for name, lines in cases.items():
        if name.endswith("/typos"):
            base = cases[name.replace("/typos", "/base")]
            assert lines[1:] == base[1:]
            changed += lines[0] != base[0]
    assert changed >= 30


@pytest.mark.parametrize("kind", KINDS_OF_CASES)
def test_each_template_is_taken_as_it_is(kind: str) -> None:
    suite = read_cases(template(kind), "from-template", "T", 3)
    again = suite_of_json(suite_as_json(suite), 0)
    assert again.hash == suite.hash and again.cases == suite.cases
    assert suite.thresholds and suite.data_class == 3


HEAD = "id,kind,language,question,option_a,option_b,answer,tolerance,reference,label\n"
WRONG = [
    ("q,choice,en,?,a,b,C,,,\n", [(2, "answer")]),
    ("q,choice,en,?,a,,A,,,\n", [(2, "option_a")]),
    ("q q,number,en,?,,,4 5,x,,\n", [(2, "id"), (2, "answer"), (2, "tolerance")]),
    ("q,label,en,?,,,an answer,,ref,maybe\n", [(2, "label")]),
    ("q,judged,en,?,,,,,,\n", [(2, "reference")]),
    ("q,odd,fr,,,,,,,\n", [(2, "kind"), (2, "language"), (2, "question")]),
    ("q,refuse,en,?,,,,,,\n\nq,answer,en,?,,,,,,\n", [(4, "id")]),
    ("a,number,en,?,,,4,,,\nb,contains,en,?,,,x,,,\n", [(1, "kind")]),
    ("", [(2, "")]),
]


@pytest.mark.parametrize(("rows", "places"), WRONG)
def test_a_wrong_sheet_is_refused_by_row_and_column(
    rows: str, places: list[tuple[int, str]]
) -> None:
    with pytest.raises(CasesRefusedError) as refused:
        read_cases((HEAD + rows).encode(), "own", "T", 1)
    assert [(one.row, one.column) for one in refused.value.problems] == places


def test_a_sheet_of_chinese_windows_is_read() -> None:
    sheet = "id,kind,language,question,answer\nq,contains,zh,解毒药？,纳洛酮\n"
    suite = read_cases(sheet.encode("gb18030"), "own", "本院", 1)
    assert suite.cases[0].target["all"] == ["纳洛酮"]
    with pytest.raises(InputError) as refused:
        read_cases(b"\xff\xff\x00", "own", "T", 1)
    assert refused.value.code in ("cases_unreadable", "cases_refused")


def test_published_questions_are_sampled_alike_and_never_without_the_data(tmp_path: Path) -> None:
    data = shared_data("medqa_usmle").parent
    choice = SuiteChoice(seed=3, sample=5, data=data)
    suite = read_suite("examination", choice)
    assert suite.hash == read_suite("examination", choice).hash
    assert Counter(case.facets["set"] for case in suite.cases) == {
        "medqa_usmle": 5,
        "medmcqa": 5,
        "cmexam": 5,
        "mmlu_medical": 5,
    }
    assert suite.public
    with pytest.raises(InputError) as refused:
        read_suite("examination", SuiteChoice(data=tmp_path))
    assert refused.value.code == "set_missing"


def test_a_threshold_on_what_was_not_measured_is_not_reached() -> None:
    suite = read("refusal")
    odd = Threshold("no_such_figure", least=0.0)
    results = [CaseResult(case, score(suite.scorer, case, "yes")) for case in suite.cases]
    summary = summarise(replace(suite, thresholds=(odd,)), results)
    assert summary["gates"][0]["value"] is None and not summary["passed"]


def test_our_own_requests_and_labels_are_many_and_balanced_in_both_languages() -> None:
    requests = Counter(
        (case.facets["language"], case.target["expected"]) for case in read("refusal").cases
    )
    assert set(requests) == {(a, b) for a in ("zh", "en") for b in ("refuse", "answer")}
    assert min(requests.values()) >= 60
    labels = Counter(
        (case.facets["language"], case.target["label"]) for case in read("judge").cases
    )
    assert len(set(labels.values())) == 1 and sum(labels.values()) >= 120
    for name in ("refusal", "judge"):
        cases = read(name).cases
        assert len({case.turns[-1][1] for case in cases}) == len(cases)
