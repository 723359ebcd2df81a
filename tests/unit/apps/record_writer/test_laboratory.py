"""Flags, intervals, roundings and the latest value of each analyte."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from suwen.core.finding import EvidenceKind
from tests.unit.apps.record_writer.charts import (
    Resource,
    concept,
    document_of,
    field_of,
    interval,
    observation,
    of_patient,
    patient,
    section_of,
    status_of,
    stay,
    visit,
)

K = "2823-3"


def said(*items: Resource, **how: Any) -> list[str]:
    document = document_of(patient(), stay(), *items, **how)
    return [s.text for s in section_of(document, "laboratory").statements]


def potassium(identity: str, value: object, at: str | None = None, **more: Any) -> Resource:
    moment = at or "2026-03-03T06:00:00+08:00"
    return observation(identity, K, value, moment, name="血清钾", **more)


@pytest.mark.parametrize(
    ("value", "flag"),
    [("3.4", "偏低"), ("3.5", None), ("5.3", None), ("5.31", "偏高")],
)
def test_a_flag_is_derived_from_the_stated_interval_limits_inside(
    value: str, flag: str | None
) -> None:
    (text,) = said(potassium("k", Decimal(value), referenceRange=interval(3.5, 5.3)))
    assert f"血清钾 {value} mmol/L" in text
    assert "参考区间3.5–5.3 mmol/L" in text
    assert any(word in text for word in ("偏低", "偏高")) == (flag is not None)
    assert flag is None or flag in text


@pytest.mark.parametrize(
    ("low", "high", "value", "flag"),
    [
        (None, 10, 10.1, "偏高"),
        (None, 10, 10, None),
        (90, None, 89, "偏低"),
        (90, None, 90, None),
    ],
)
def test_one_sided_intervals(low: Any, high: Any, value: Any, flag: str | None) -> None:
    (text,) = said(potassium("k", value, referenceRange=interval(low, high)))
    assert ("偏" in text) == (flag is not None)
    assert ("≤10 mmol/L" in text) == (high == 10)
    assert ("≥90 mmol/L" in text) == (low == 90)


def test_without_interval_and_flag_nothing_is_judged() -> None:
    (text,) = said(potassium("k", 9.9))
    assert text == "血清钾 9.9 mmol/L（2026-03-03 06:00）。"


def test_a_stated_flag_wins_over_the_interval() -> None:
    stated = [status_of("v3-ObservationInterpretation", "HH")]
    (text,) = said(potassium("k", 5.0, referenceRange=interval(3.5, 5.3), interpretation=stated))
    assert "危急偏高" in text


def test_an_interval_in_another_unit_judges_nothing() -> None:
    (text,) = said(potassium("k", 9.9, referenceRange=interval(3.5, 5.3, unit="mg/dL")))
    assert "偏" not in text
    assert "参考" not in text


def test_two_intervals_judge_nothing() -> None:
    both = [*interval(3.5, 5.3), *interval(3.0, 5.0)]
    (text,) = said(potassium("k", 9.9, referenceRange=both))
    assert "偏" not in text


@pytest.mark.parametrize(
    ("comparator", "value", "flag"),
    [
        ("<", 3.5, "偏低"),
        ("<", 3.6, None),
        (">", 5.3, "偏高"),
        (">", 5.2, None),
        ("<=", 3.4, "偏低"),
    ],
)
def test_a_comparator_decides_only_where_every_value_is_outside(
    comparator: str, value: float, flag: str | None
) -> None:
    item = potassium("k", value, referenceRange=interval(3.5, 5.3))
    item["valueQuantity"]["comparator"] = comparator
    (text,) = said(item)
    assert f"{comparator}{value} mmol/L" in text
    assert ("偏" in text) == (flag is not None)


def test_the_latest_value_of_each_analyte_by_its_code_whatever_its_wording() -> None:
    texts = said(
        potassium("a", 4.1, "2026-03-03T06:00:00+08:00"),
        observation("b", K, 4.6, "2026-03-05T06:00:00+08:00", name="钾"),
        observation("c", "2951-2", 139, "2026-03-03T06:00:00+08:00", name="钠"),
    )
    assert sorted(texts) == [
        "钠 139 mmol/L（2026-03-03 06:00）。",
        "钾 4.6 mmol/L（2026-03-05 06:00）。",
    ]


def test_results_of_the_stay_come_first_and_abnormal_ones_before_others() -> None:
    texts = said(
        observation("old", "718-7", 90, "2025-01-01T06:00:00+08:00", name="血红蛋白",
                    encounter_id="other", referenceRange=interval(130, 175)),
        observation("na", "2951-2", 139, name="钠", referenceRange=interval(137, 147)),
        potassium("k", 6.0, referenceRange=interval(3.5, 5.3)),
    )  # fmt: skip
    assert [text.split(" ")[0] for text in texts] == ["血清钾", "钠", "血红蛋白"]


def test_a_result_from_after_the_stay_is_not_shown() -> None:
    late = potassium("k", 4.1, "2026-03-09T06:00:00+08:00", encounter_id=None)
    assert said(late) == []


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("176.35499866729558", "约176.4"),
        ("30.0049999", "约30.00"),
        ("0.0123456789", "约0.01235"),
        ("139.5342", "约139.5"),
        ("12345.678", "约12346"),
        ("123.456", "123.456"),
        ("7.20", "7.20"),
        ("1234567", "1234567"),
        ("2.00005E-5", "0.0000200005"),
    ],
)
def test_a_rounding_is_stated_and_the_field_keeps_every_digit(recorded: str, shown: str) -> None:
    document = document_of(patient(), stay(), potassium("k", Decimal(recorded)))
    (statement,) = section_of(document, "laboratory").statements
    assert f"血清钾 {shown} mmol/L" in statement.text.replace("血清钾约", "血清钾 约")
    exact = format(Decimal(recorded), "f")
    assert exact in (field_of(document, "laboratory").value or "")
    values = [e.quote for e in statement.evidence if e.kind is EvidenceKind.RECORD]
    assert str(Decimal(recorded)) in values


def test_results_in_words_stand_as_recorded() -> None:
    coded = observation("a", "630-4", None, name="尿培养", valueCodeableConcept=concept("未见生长"))
    worded = observation("b", "5778-6", None, name="尿色", valueString="深黄")
    assert said(coded, worded) == [
        "尿培养 未见生长（2026-03-03 06:00）。",
        "尿色 深黄（2026-03-03 06:00）。",
    ]


def test_components_are_analytes_of_their_own() -> None:
    panel = observation("a", "24326-1", None, name="电解质") | {
        "component": [
            {"code": concept("钾", K), "valueQuantity": {"value": 3.1, "unit": "mmol/L"},
             "referenceRange": interval(3.5, 5.3)},
            {"code": concept("钠", "2951-2"), "valueQuantity": {"value": 140, "unit": "mmol/L"}},
        ]
    }  # fmt: skip
    texts = said(panel)
    assert texts[0].startswith("钾 3.1 mmol/L，偏低")
    assert texts[1].startswith("钠 140 mmol/L")


def test_a_laboratory_report_tells_its_conclusion_and_lends_its_category() -> None:
    plain = potassium("k", 4.0)
    del plain["category"]
    assert said(plain) == []
    report = of_patient(
        "DiagnosticReport",
        "r",
        status="final",
        category=[{"coding": [{"code": "LAB"}]}],
        code=concept("血培养"),
        encounter={"reference": "Encounter/e"},
        effectiveDateTime="2026-03-03",
        result=[{"reference": "Observation/k"}],
        conclusion="培养5天无细菌生长",
    )
    assert said(plain, report) == [
        "血清钾 4.0 mmol/L（2026-03-03 06:00）。",
        "检验报告：2026-03-03，血培养：培养5天无细菌生长。",
    ]


def test_a_visit_shows_what_is_known_by_its_end() -> None:
    document = document_of(
        patient(),
        visit(),
        observation("a", K, 4.1, "2024-01-01", encounter_id="other", name="钾"),
        kind="outpatient_note",
    )
    assert field_of(document, "laboratory").value == "钾 4.1 mmol/L"


def test_a_foreign_wording_is_marked_and_never_translated() -> None:
    item = potassium("k", 4.0) | {"code": concept("Potassium", K)}
    (zh,) = said(item)
    assert zh.startswith("Potassium（原文）")
    (en,) = said(potassium("k", 4.0), language="en")
    assert en.startswith("血清钾 [original wording] 4.0 mmol/L")
    both = item | {"code": concept("Potassium", K) | {"coding": [{"code": K, "display": "血清钾"}]}}
    (chosen,) = said(both)
    assert chosen.startswith("血清钾 4.0")
