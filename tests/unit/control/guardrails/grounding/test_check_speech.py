"""Statements against a conversation and against passages."""

from __future__ import annotations

import pytest

from suwen.control.guardrails.grounding import build_checker
from suwen.core.document import UnsupportedReason
from suwen.core.finding import EvidenceKind
from suwen.core.grounding import EvidenceBase, EvidencePassage, StatementChecker
from tests.unit.control.guardrails.grounding.records import CONVERSATION


@pytest.fixture(scope="module")
def checker() -> StatementChecker:
    return build_checker(EvidenceBase(dialogue=CONVERSATION))


@pytest.mark.parametrize(
    "text",
    [
        "The patient presents with right knee pain for 3 weeks.",
        "She denies fever and chills.",
        "She reports swelling.",
        "Family history: father had a myocardial infarction at 62.",
        "Blood pressure 130/85.",
        "Start meloxicam 15 mg once daily.",
        "Start Mobic 15 mg daily.",
        "She takes lisinopril 10 mg.",
        "Follow up in 4 weeks.",
    ],
)
def test_what_was_said_is_supported(checker: StatementChecker, text: str) -> None:
    checked = checker.check_statement(text)
    assert checked.reason is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The patient presents with left knee pain.", "laterality"),
        ("Right knee pain for 5 weeks.", "number"),
        ("Right knee pain for 3 months.", "unit"),
        ("She reports fever.", "negation"),
        ("She denies swelling.", "negation"),
        ("She had a myocardial infarction.", "person"),
        ("Her mother had a heart attack.", "person"),
        ("Blood pressure 140/85.", "number"),
        ("Start celecoxib 15 mg once daily.", "drug"),
        ("Start meloxicam 7.5 mg once daily.", "dose"),
        ("Start meloxicam 15 mg twice daily.", "dose"),
        ("She fell yesterday.", "date"),
    ],
)
def test_what_was_not_said_falls(checker: StatementChecker, text: str, reason: str) -> None:
    checked = checker.check_statement(text)
    assert checked.reason == UnsupportedReason(reason)


def test_evidence_names_the_turn(checker: StatementChecker) -> None:
    checked = checker.check_statement("Start meloxicam 15 mg once daily.")
    assert ("dialogue", "9") in {(e.kind, e.reference) for e in checked.evidence}


def test_passages_are_evidence_by_their_id() -> None:
    passages = (
        EvidencePassage("g1", "Metformin is contraindicated when eGFR is below 30 mL/min/1.73m²."),
        EvidencePassage("g2", "阿司匹林用于二级预防，每日 100 mg。"),
    )
    checker = build_checker(EvidenceBase(passages=passages))
    held = checker.check_statement(
        "Metformin is contraindicated below an eGFR of 30 mL/min/1.73m²."
    )
    assert held.supported
    assert {e.reference for e in held.evidence} == {"g1"}
    assert all(e.kind is EvidenceKind.PASSAGE for e in held.evidence)
    assert checker.check_statement("阿司匹林每日 100 mg。").supported
    assert checker.check_statement("阿司匹林每日 300 mg。").reason is UnsupportedReason.DOSE
    assert checker.check_statement("Metformin below an eGFR of 45 mL/min/1.73m².").reason in (
        UnsupportedReason.NUMBER,
        UnsupportedReason.ANALYTE,
    )
