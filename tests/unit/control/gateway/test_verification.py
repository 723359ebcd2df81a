"""A statement is held against what it cites, and against nothing else."""

from __future__ import annotations

import pytest

from suwen.control.gateway.verification import known_references, verify_document
from suwen.control.guardrails.grounding import build_checker
from suwen.core.document import Document, Section, Statement, StatementOrigin, UnsupportedReason
from suwen.core.finding import Evidence, EvidenceKind
from suwen.core.grounding import EvidenceBase, EvidencePassage
from suwen.core.language import Language

RENAL = EvidencePassage("lib/metformin#0", "二甲双胍在 eGFR 低于 30 时禁用。")
DOSE = EvidencePassage("lib/metformin#1", "二甲双胍每日最大剂量 2000 mg。")
BASE = EvidenceBase(passages=(RENAL, DOSE))


def verified(text: str, *cited: str, origin: StatementOrigin = StatementOrigin.MODEL) -> Statement:
    evidence = tuple(Evidence(EvidenceKind.PASSAGE, c, "") for c in cited)
    section = Section("answer", None, "回答", (), (Statement(text, evidence, origin),))
    document = Document("evidence_answer", Language.ZH, "检索", (section,))
    return verify_document(document, build_checker, BASE).statements[0]


@pytest.mark.parametrize("passage", [RENAL, DOSE])
def test_a_quoted_sentence_stands_with_its_passage(passage: EvidencePassage) -> None:
    statement = verified(passage.text, passage.id, origin=StatementOrigin.RULE)
    assert statement.supported
    assert [e.reference for e in statement.evidence] == [passage.id]


def test_a_true_sentence_under_the_wrong_citation_is_not_supported() -> None:
    told = "二甲双胍的每日最大剂量是 2000 mg。"
    assert verified(told, DOSE.id).supported
    assert not verified(told, RENAL.id).supported


def test_a_passage_of_the_same_document_that_was_not_retrieved_is_no_evidence() -> None:
    statement = verified(RENAL.text, "lib/metformin#7")
    assert (statement.supported, statement.reason) == (False, UnsupportedReason.NO_EVIDENCE)


def test_a_changed_number_is_not_supported_by_what_it_cites() -> None:
    assert not verified("二甲双胍每日最大剂量 3000 mg。", DOSE.id).supported


def test_a_passage_is_known_by_its_whole_id() -> None:
    assert known_references(BASE) == {"lib/metformin#0", "lib/metformin#1"}
