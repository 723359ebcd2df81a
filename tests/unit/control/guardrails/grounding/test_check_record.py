"""Statements against a record: true ones stand, each kind of falsehood falls for its reason."""

from __future__ import annotations

import pytest

from suwen.control.guardrails.grounding import build_checker
from suwen.core.document import UnsupportedReason
from suwen.core.finding import Evidence, EvidenceKind
from suwen.core.grounding import EvidenceBase, StatementChecker
from tests.unit.control.guardrails.grounding.records import record


@pytest.fixture(scope="module")
def checker() -> StatementChecker:
    return build_checker(EvidenceBase(record=record()))


TRUE = [
    "2026-11-12 血钾 3.2 mmol/L（参考区间 3.5–5.3），偏低。",
    "Potassium 3.2 mmol/L (reference 3.5–5.3) on 2026-11-12, low.",
    "血钾 4.1 mmol/L（2026-11-15），正常。",
    "血钠 139 mmol/L。",
    "血糖 10.0 mmol/L（2026-11-12）。",
    "Glucose 180 mg/dL on 12 Nov 2026.",
    "血压 152/88 mmHg。",
    "收缩压 152 mmHg，舒张压 88 mmHg。",
    "体重指数 25.0 kg/m2。",
    "出院带药：二甲双胍片 0.5 g 口服 每日两次。",
    "Metformin 500 mg bid.",
    "阿托伐他汀 20 mg qd。",
    "Allergies: penicillin (rash).",
    "青霉素过敏，反应：皮疹。",
    "患者因‘胸闷3天’于2026-11-10入院。",
    "患者于2026-11-16出院，住院6天。",
    "姓名：王某",
    "Patient name: 王某; sex: female; age 66 years",
    "病案号：MR20260017",
    "诊断：2型糖尿病，2014-05起病。",
    "Type 2 diabetes since 2014.",
    "右膝关节间隙变窄。",
    "未见骨折。",
    "父亲患冠心病。",
]

FALSE = [
    ("2026-11-12 血钾 3.6 mmol/L（参考区间 3.5–5.3）。", "number"),
    ("Potassium 3.2 mmol/L (reference 3.0–5.3).", "number"),
    ("血钠 3.2 mmol/L。", "analyte"),
    ("Sodium 3.2 mmol/L on 2026-11-12.", "analyte"),
    ("2026-11-13 血钾 3.2 mmol/L。", "date"),
    ("2026-11-15 血钾 3.2 mmol/L。", "date"),
    ("血钾 3.2 g/L。", "unit"),
    ("Glucose 180 mmol/L.", "unit"),
    ("血钾 3.2 mmol/L（参考区间 3.5–5.3），偏高。", "negation"),
    ("血钾 3.2 mmol/L（参考区间 3.5–5.3），不低于正常。", "negation"),
    ("血压 162/88 mmHg。", "number"),
    ("体重指数 27.0 kg/m2。", "number"),
    ("出院带药：格列美脲片 0.5 g 口服 每日两次。", "drug"),
    ("出院带药：二甲双胍片 0.85 g 口服 每日两次。", "dose"),
    ("Metformin 500 mg tid.", "dose"),
    ("Metformin 500 g bid.", "dose"),
    ("目前服用青霉素。", "drug"),
    ("Allergies: metformin.", "drug"),
    ("无青霉素过敏。", "negation"),
    ("患者于2026-11-11入院。", "date"),
    ("患者于2026-11-16入院。", "date"),
    ("患者于2026-11-16出院，住院8天。", "number"),
    ("患者因‘胸闷5天’于2026-11-10入院。", "number"),
    ("患者因‘胸闷3小时’于2026-11-10入院。", "unit"),
    ("姓名：赵某某", "person"),
    ("Sex: male", "person"),
    ("Age 56 years", "number"),
    ("病案号：MR20260018", "person"),
    ("诊断：2型糖尿病，2016-05起病。", "date"),
    ("否认2型糖尿病。", "negation"),
    ("左膝关节间隙变窄。", "laterality"),
    ("可见骨折。", "negation"),
    ("髌上囊可见积血。", "negation"),
    ("患者有冠心病。", "person"),
    ("母亲患冠心病。", "person"),
    ("诊断：急性胰腺炎。", "no_evidence"),
    ("建议转往外院行肝移植评估。", "no_evidence"),
]


@pytest.mark.parametrize("text", TRUE)
def test_what_the_record_says_is_supported(checker: StatementChecker, text: str) -> None:
    checked = checker.check_statement(text)
    assert checked.reason is None
    assert checked.supported
    assert checked.evidence


@pytest.mark.parametrize(("text", "reason"), FALSE)
def test_a_falsehood_falls_for_its_reason(
    checker: StatementChecker, text: str, reason: str
) -> None:
    checked = checker.check_statement(text)
    assert not checked.supported
    assert checked.reason == UnsupportedReason(reason)


def test_the_evidence_points_into_the_record(checker: StatementChecker) -> None:
    checked = checker.check_statement("2026-11-12 血钾 3.2 mmol/L。")
    references = {e.reference for e in checked.evidence}
    assert "Observation/k1#Observation.valueQuantity.value" in references
    assert all(e.kind is EvidenceKind.RECORD for e in checked.evidence)


def test_offsets_count_the_text_after_crlf_became_lf(checker: StatementChecker) -> None:
    text = "检验\r\n\r\n血钾 3.2 mmol/L。\r\n血钠 150 mmol/L。"
    clean = text.replace("\r\n", "\n")
    checked = checker.check_text(text)
    assert [clean[c.start : c.end] for c in checked] == [c.text for c in checked]
    assert [c.supported for c in checked] == [True, False]


def test_a_heading_says_what_a_medicine_is_there_for(checker: StatementChecker) -> None:
    assert checker.check_statement("青霉素", "过敏史").supported
    assert not checker.check_statement("青霉素", "出院带药").supported


def test_absence_is_true_only_of_an_empty_list(checker: StatementChecker) -> None:
    assert checker.check_statement("未记录手术史。").supported
    assert checker.check_statement("No immunisations are recorded.").supported
    assert checker.check_statement("未记录过敏史。").reason is UnsupportedReason.NEGATION


def test_a_given_calculation_supports_its_number() -> None:
    bare = EvidenceBase(record=record())
    calculation = Evidence(EvidenceKind.CALCULATION, "creatinine_clearance", "58 mL/min")
    given = EvidenceBase(record=record(), calculations=(calculation,))
    statement = "Creatinine clearance 58 mL/min."
    assert not build_checker(bare).check_statement(statement).supported
    assert build_checker(given).check_statement(statement).supported


def test_an_empty_base_supports_no_claim() -> None:
    checker = build_checker(EvidenceBase())
    assert not checker.check_statement("Potassium 3.2 mmol/L.").supported
    assert not checker.check_statement("Take metformin 500 mg.").supported
