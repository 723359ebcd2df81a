"""The report counts what a check finds and what it wrongly marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from suwen.evaluation.grounding_markdown import grounding_as_markdown
from suwen.evaluation.grounding_report import evaluate_grounding, plan_corruptions, statements_of
from suwen.evaluation.grounding_sets import (
    GroundedText,
    own_texts,
    parse_dialogue,
    read_aci_bench,
    read_mts_dialog,
)
from suwen.evaluation.intervals import wilson_interval
from tests.evaluation.test_corruption import bundle
from tests.support.shared_data import shared_data

TEXT = "2025-03-02 血钾 5.9 mmol/L。\n右侧气胸。\n阿司匹林 100 mg 每日1次。\n否认药物过敏。"


@pytest.fixture
def texts() -> list[GroundedText]:
    return own_texts([("d1", TEXT, bundle()), ("d2", TEXT.replace("5.9", "6.7"), bundle(6.7))], 5)


def checker(mark: Callable[[str, str], bool]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """A check that marks a statement by its text and the name of the document."""

    def verify(line: Mapping[str, Any]) -> Mapping[str, Any]:
        found = []
        for match in re.finditer(r"[^。\n]+。?", line["text"]):
            bad = mark(match.group(), line["id"])
            reason = "number" if bad else None
            found.append(
                {
                    "start": match.start(),
                    "end": match.end(),
                    "text": match.group(),
                    "supported": not bad,
                    "reason": reason,
                    "evidence": [],
                }
            )
        return {"id": line["id"], "statements": found}

    return verify


def test_a_perfect_check_scores_one(texts: list[GroundedText]) -> None:
    known = {t.id: t.text for t in texts}
    report = evaluate_grounding(
        checker(lambda s, name: s not in known[name]), {"own": texts}, per_suite=20
    )
    suite = report["suites"]["own"]
    assert suite["planted"] == 20
    assert suite["overall"]["found"]["share"] == 1.0
    assert suite["untouched"]["count"] == suite["beside_a_corruption"]["count"] == 0
    assert suite["misses"] == []


def test_a_blind_check_scores_nothing(texts: list[GroundedText]) -> None:
    report = evaluate_grounding(checker(lambda s, name: False), {"own": texts}, per_suite=20)
    suite = report["suites"]["own"]
    assert suite["overall"]["found"]["count"] == 0
    assert len(suite["misses"]) == suite["planted"]
    assert suite["overall"]["paired"]["neither_marked"] == suite["planted"]


def test_a_check_that_marks_everything_is_seen_through(texts: list[GroundedText]) -> None:
    report = evaluate_grounding(checker(lambda s, name: True), {"own": texts}, per_suite=20)
    suite = report["suites"]["own"]
    assert suite["overall"]["found"]["share"] == 1.0
    assert suite["untouched"]["share"] == 1.0
    assert suite["overall"]["found_where_clean_was_supported"]["of"] == 0
    assert suite["overall"]["paired"]["both_marked"] == suite["planted"]


def test_kinds_are_planted_evenly(texts: list[GroundedText]) -> None:
    planted, available = plan_corruptions(texts, 1000, seed=1)
    assert len(planted) == sum(available.values())
    some, _ = plan_corruptions(texts, len(available), seed=1)
    assert {p.corruption.kind for p in some} == set(available)


def test_the_report_is_readable_and_holds_no_text(texts: list[GroundedText]) -> None:
    report = evaluate_grounding(checker(lambda s, name: False), {"own": texts}, per_suite=10)
    page = grounding_as_markdown(report)
    assert "| number |" in page
    assert "0.0 %" in page
    assert "血钾" not in page + str(report)


def test_statements_keep_their_place() -> None:
    text = "Dr. Wu saw her. BP 120.5 mmHg! No fever\n否认过敏；血钾 5.9。"
    found = list(statements_of(text))
    assert [t for _, t in found] == [
        "Dr. Wu saw her.",
        "BP 120.5 mmHg!",
        "No fever",
        "否认过敏；",
        "血钾 5.9。",
    ]
    assert all(text[at : at + len(t)] == t for at, t in found)


def test_speakers_of_both_transcripts_are_read() -> None:
    turns = parse_dialogue("[doctor] hi\n[patient] i am\nfine\r\nGuest_family: she is\nDoctor: ok")
    assert turns == [
        ("doctor", "hi"),
        ("patient", "i am fine"),
        ("other", "she is"),
        ("doctor", "ok"),
    ]


def test_the_wilson_interval_is_the_published_one() -> None:
    low, high = wilson_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)


def test_the_public_sets_yield_more_than_three_hundred_of_every_sort() -> None:
    for name, reader in (("aci_bench", read_aci_bench), ("mts_dialog", read_mts_dialog)):
        texts = reader(shared_data(name) / "dev", 7)
        assert all(t.evidence["dialogue"] for t in texts)
        planted, available = plan_corruptions(texts, 330, 7)
        assert len(planted) == 330
        assert len(available) == 11
