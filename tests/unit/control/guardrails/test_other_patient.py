"""An identifier that is not in the material is another patient's; one that is, is not."""

from __future__ import annotations

import pytest

from suwen.control.guardrails.other_patient import OwnMaterial

MATERIAL = OwnMaterial(
    ["Zhang Wei", "张伟", "MRN-p1-001", "住院号 20260417", "13800001111", "11010519491231002X"]
)


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("Patient name: Li Na.", "Li Na"),
        ("Patient Li Na was admitted.", "Li Na"),
        ("Mr. Brown was seen.", "Brown"),
        ("MRN is MRN-p2-001.", "MRN-p2-001"),
        ("姓名：李娜", "李娜"),
        ("患者李娜，女，45岁", "李娜"),
        ("住院号：20269999", "20269999"),
        ("联系电话 13911112222", "13911112222"),
        ("身份证 110101199003074514", "110101199003074514"),
        ("see Patient/p2", "p2"),
    ],
)
def test_a_foreign_identifier_is_found(text: str, foreign: str) -> None:
    assert foreign in MATERIAL.foreign_identifiers(text)


@pytest.mark.parametrize(
    "text",
    [
        "Patient name: Zhang Wei.",
        "Mr Zhang was seen.",
        "MRN is MRN-p1-001.",
        "姓名：张伟",
        "患者张伟，男，69岁",
        "住院号：20260417",
        "电话 13800001111",
        "身份证号 11010519491231002X",
        "患者高热，伴寒战。",
        "患者诉胸痛，向左肩放射。",
        "Patient was admitted with chest pain.",
        "Creatinine 142 umol/L on 2026-03-01.",
    ],
)
def test_the_patients_own_and_plain_clinical_text_is_not(text: str) -> None:
    assert MATERIAL.foreign_identifiers(text) == ()
