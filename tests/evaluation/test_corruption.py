"""Planted falsehoods are false, repeatable and of every kind, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.evaluation.corruption.context import (
    CorruptionContext,
    dialogue_context,
    record_context,
    text_values,
)
from suwen.evaluation.corruption.model import Corruption, CorruptionKind
from suwen.evaluation.corruption.numerals import numbers_in
from suwen.evaluation.corruption.plant import corruptions


def observation(name: str, code: str, value: float, unit: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": name},
        "effectiveDateTime": f"{day}T08:00:00+08:00",
        "valueQuantity": {"value": value, "unit": unit},
    }


def bundle(potassium: float = 5.9) -> dict[str, Any]:
    resources = [
        {"resourceType": "Patient", "birthDate": "1960-05-01"},
        observation("钾", "2823-3", potassium, "mmol/L", "2025-03-02"),
        observation("钾", "2823-3", 4.2, "mmol/L", "2025-03-08"),
        observation("钠", "2951-2", 138, "mmol/L", "2025-03-02"),
        {"resourceType": "Condition", "code": {"text": "右侧气胸"}},
        {
            "resourceType": "MedicationRequest",
            "medicationCodeableConcept": {"text": "阿司匹林"},
            "dosageInstruction": [{"text": "100 mg 每日1次"}],
        },
    ]
    return {"entry": [{"resource": r} for r in resources]}


@pytest.fixture
def chinese() -> CorruptionContext:
    return record_context(bundle(), [bundle(6.7)], seed=3)


@pytest.fixture
def english() -> CorruptionContext:
    turns = [
        ("doctor", "so your left knee hurts since two weeks ago and you take lisinopril twenty"),
        ("patient", "yes twenty milligrams my mother had a stroke in march"),
        ("doctor", "no fever okay your blood pressure is one forty over ninety"),
    ]
    others = text_values("The patient is a 71-year-old man. Blood pressure: 168/95.")
    return dialogue_context(turns, others, seed=3)


def by_kind(statement: str, context: CorruptionContext) -> dict[CorruptionKind, list[Corruption]]:
    found: dict[CorruptionKind, list[Corruption]] = {}
    for corruption in corruptions(statement, context):
        found.setdefault(corruption.kind, []).append(corruption)
    return found


CHINESE_CASES = [
    ("血钾 5.9 mmol/L", CorruptionKind.NUMBER),
    ("血钾 5.9 mmol/L", CorruptionKind.UNIT),
    ("血钾 5.9 mmol/L", CorruptionKind.OTHER_PATIENT),
    ("血钾 5.9 mmol/L", CorruptionKind.ANALYTE),
    ("2025-03-02血钾 5.9 mmol/L", CorruptionKind.DATE),
    ("阿司匹林 100 mg 每日1次", CorruptionKind.DRUG),
    ("阿司匹林 100 mg 每日1次", CorruptionKind.DOSE),
    ("右侧气胸", CorruptionKind.LATERALITY),
    ("否认药物过敏", CorruptionKind.NEGATION_REMOVED),
    ("患者有高血压病史", CorruptionKind.NEGATION_INSERTED),
    ("患者有高血压病史", CorruptionKind.PERSON),
]
ENGLISH_CASES = [
    ("Left knee pain for 2 weeks.", CorruptionKind.NUMBER),
    ("Left knee pain for 2 weeks.", CorruptionKind.UNIT),
    ("Left knee pain for 2 weeks.", CorruptionKind.LATERALITY),
    ("She takes lisinopril 20 mg.", CorruptionKind.DRUG),
    ("She takes lisinopril 20 mg.", CorruptionKind.DOSE),
    ("The patient denies fever.", CorruptionKind.NEGATION_REMOVED),
    ("The patient reports left knee pain.", CorruptionKind.NEGATION_INSERTED),
    ("Blood pressure: 140/90.", CorruptionKind.OTHER_PATIENT),
    ("Blood pressure: 140/90.", CorruptionKind.ANALYTE),
    ("Her mother had a stroke in March.", CorruptionKind.DATE),
    ("Her mother had a stroke in March.", CorruptionKind.PERSON),
]


@pytest.mark.parametrize(("statement", "kind"), CHINESE_CASES)
def test_chinese_statements_are_falsified(
    statement: str, kind: CorruptionKind, chinese: CorruptionContext
) -> None:
    found = by_kind(statement, chinese)
    assert kind in found
    assert all(c.corrupted != statement for c in found[kind])


@pytest.mark.parametrize(("statement", "kind"), ENGLISH_CASES)
def test_english_statements_are_falsified(
    statement: str, kind: CorruptionKind, english: CorruptionContext
) -> None:
    assert kind in by_kind(statement, english)


def test_the_span_holds_what_was_changed(chinese: CorruptionContext) -> None:
    for statement, _ in CHINESE_CASES:
        for c in corruptions(statement, chinese):
            assert 0 <= c.start < c.end <= len(c.corrupted)
            tail = len(c.corrupted) - c.end
            assert c.corrupted[: c.start] == statement[: c.start]
            assert tail == 0 or statement.endswith(c.corrupted[c.end :])


def test_the_same_input_gives_the_same_output(english: CorruptionContext) -> None:
    first = [c.corrupted for s, _ in ENGLISH_CASES for c in corruptions(s, english)]
    assert first == [c.corrupted for s, _ in ENGLISH_CASES for c in corruptions(s, english)]


def test_a_number_that_is_true_is_never_planted(chinese: CorruptionContext) -> None:
    true = {5.9, 4.2, 138.0, 100.0}
    for seed in range(60):
        context = record_context(bundle(), [bundle(4.2)], seed)
        for kind in (CorruptionKind.NUMBER, CorruptionKind.OTHER_PATIENT):
            for corruption in by_kind("血钾 5.9 mmol/L", context).get(kind, ()):
                planted = corruption.corrupted[corruption.start : corruption.end]
                assert float(planted) not in true


def test_spoken_numbers_count_as_said() -> None:
    said = numbers_in("one forty over ninety, twenty five milligrams, two weeks, point five")
    assert {140, 90, 25, 14} <= {int(n) for n in said}
    assert any(str(n) == "0.5" for n in said)
    assert {25, 103} <= {int(n) for n in numbers_in("二十五毫克，血钾103")}


def test_a_side_is_left_alone_where_both_are_spoken_of() -> None:
    one = dialogue_context([("patient", "my left knee hurts")])
    both = dialogue_context([("patient", "my left knee hurts and my right knee too")])
    assert CorruptionKind.LATERALITY in by_kind("Left knee pain.", one)
    assert CorruptionKind.LATERALITY not in by_kind("Left knee pain.", both)


def test_a_drug_that_is_spoken_of_is_never_planted() -> None:
    for seed in range(40):
        context = dialogue_context([("patient", "i take motrin and aleve and mobic")], seed=seed)
        planted = [
            c.corrupted.lower() for c in by_kind("Takes ibuprofen.", context)[CorruptionKind.DRUG]
        ]
        assert not any(n in p for n in ("naproxen", "meloxicam", "ibuprofen") for p in planted)


def test_another_analyte_with_the_same_value_is_not_planted() -> None:
    resources = [
        observation("钾", "2823-3", 4.0, "mmol/L", "2025-03-02"),
        observation("镁", "19123-9", 4.0, "mmol/L", "2025-03-02"),
    ]
    for seed in range(40):
        context = record_context({"entry": [{"resource": r} for r in resources]}, seed=seed)
        for corruption in by_kind("血钾 4.0 mmol/L", context)[CorruptionKind.ANALYTE]:
            assert "镁" not in corruption.corrupted


@pytest.mark.parametrize(
    "statement",
    [
        "高血压病（I10），2013年起病",
        "阿托伐他汀钙 20 mg 每晚1次",
        "国际标准化比值 0.95 INR（0.8–1.2）",
        "Hemoglobin A1c in 3 months.",
        "CBC and a Chem-12 test, hemoglobin, potassium WNL.",
    ],
)
def test_what_only_looks_like_a_measured_value_keeps_its_name(
    statement: str, chinese: CorruptionContext
) -> None:
    for corruption in by_kind(statement, chinese).get(CorruptionKind.ANALYTE, ()):
        assert corruption.corrupted.endswith(" 0.95 INR（0.8–1.2）")


@pytest.mark.parametrize("statement", ["复查血钾 5.9 mmol/L", "2025-03-02血钾 5.9 mmol/L"])
def test_a_name_in_running_chinese_is_seen(statement: str, chinese: CorruptionContext) -> None:
    assert CorruptionKind.ANALYTE in by_kind(statement, chinese)


def test_what_stands_under_a_condition_is_not_denied(english: CorruptionContext) -> None:
    kinds = by_kind("If she does not improve, she reports back.", english)
    assert not {CorruptionKind.NEGATION_INSERTED, CorruptionKind.NEGATION_REMOVED} & kinds.keys()


def test_dates_and_list_numbers_are_no_quantities(chinese: CorruptionContext) -> None:
    for statement in ("2025-03-02 入院", "1. 右侧气胸", "2型糖尿病史", "10:30 查房"):
        assert CorruptionKind.NUMBER not in by_kind(statement, chinese) or "2型" in statement
