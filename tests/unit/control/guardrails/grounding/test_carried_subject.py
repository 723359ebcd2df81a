"""A dose may rest on a sentence whose medicine stands before it, and on no other medicine."""

from __future__ import annotations

import pytest

from suwen.control.guardrails.grounding import build_checker
from suwen.core.document import UnsupportedReason
from suwen.core.grounding import EvidenceBase, EvidencePassage

CARRIED = [
    ("二甲双胍在 eGFR 低于 30 时禁用。每日最大剂量 2000 mg。", "二甲双胍每日最大剂量 2000 mg。"),
    ("# 二甲双胍\n成人起始剂量 500 mg，每日2次。", "二甲双胍成人起始剂量 500 mg，每日2次。"),
    (
        "盐酸二甲双胍片\n\n随餐服用。起始剂量 500 mg。最大剂量 2000 mg。",
        "二甲双胍最大剂量 2000 mg。",
    ),
    (
        "阿司匹林用于二级预防。维持剂量 100 mg。利伐沙班用于房颤。每日 20 mg。",
        "利伐沙班每日 20 mg。",
    ),
    (
        "Metformin is taken with meals. The maximum daily dose is 2000 mg.",
        "The maximum daily dose of metformin is 2000 mg.",
    ),
    ("Enoxaparin\n\nTreatment: 1 mg/kg every 12 hours.", "Enoxaparin 1 mg/kg every 12 hours."),
]
NOT_CARRIED = [
    ("二甲双胍随餐服用。阿卡波糖餐前服用。每日最大剂量 300 mg。", "二甲双胍每日最大剂量 300 mg。"),
    ("二甲双胍与阿卡波糖可合用。每日最大剂量 300 mg。", "二甲双胍每日最大剂量 300 mg。"),
    ("二甲双胍随餐服用。瑞普列净片每日 25 mg。", "二甲双胍每日 25 mg。"),
    ("二甲双胍随餐服用。另一药物每日 25 mg。", "二甲双胍每日 25 mg。"),
    ("二甲双胍随餐服用。每日最大剂量 2000 mg。", "二甲双胍每日最大剂量 3000 mg。"),
    (
        "Metformin is taken with meals. Acarbose is taken before meals. The dose is 50 mg.",
        "The dose of metformin is 50 mg.",
    ),
]


@pytest.mark.parametrize(("passage", "statement"), CARRIED)
def test_the_medicine_named_last_is_the_subject(passage: str, statement: str) -> None:
    checker = build_checker(EvidenceBase(passages=(EvidencePassage("p", passage),)))
    assert checker.check_statement(statement).reason is None


@pytest.mark.parametrize(("passage", "statement"), NOT_CARRIED)
def test_a_dose_is_lent_to_no_other_medicine(passage: str, statement: str) -> None:
    checker = build_checker(EvidenceBase(passages=(EvidencePassage("p", passage),)))
    assert checker.check_statement(statement).reason is UnsupportedReason.DOSE


def test_no_medicine_is_carried_from_one_passage_to_the_next() -> None:
    told = (
        EvidencePassage("p0", "二甲双胍随餐服用。"),
        EvidencePassage("p1", "每日最大剂量 2000 mg。"),
    )
    checker = build_checker(EvidenceBase(passages=told))
    assert (
        checker.check_statement("二甲双胍每日最大剂量 2000 mg。").reason is UnsupportedReason.DOSE
    )
