"""Contradictions and abbreviations in the words of many wards: what is told and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from suwen.apps.record_quality.app import APP

_AT = "2026-03-03T09:00:00+08:00"
ADMISSION, FIRST, DAILY = "入院记录", "首次病程记录", "日常病程记录"


def _told(sex: str, age: int, documents: Sequence[tuple[str, str]]) -> set[str]:
    request: dict[str, Any] = {
        "encounter": {
            "patient": {"name": "周一鸣", "sex": sex, "age_y": age},
            "events": [{"type": "admission", "at": "2026-03-02T09:00:00+08:00"}],
        },
        "documents": [
            {"id": f"d{n}", "document_type": kind, "text": text, "written_at": _AT}
            for n, (kind, text) in enumerate(documents)
        ],
    }
    findings = APP.output(APP.core(APP.parse(request), None, ()).draft)["findings"]
    return {f["rule"] for f in findings if f["kind"] in ("contradiction", "abbreviation")}


@pytest.mark.parametrize(
    ("rule", "sex", "age", "documents"),
    [
        ("RQ-C04", "male", 5, [(FIRST, "病例特点：患儿，男，15岁，发热2天。")]),
        ("RQ-C04", "female", 72, [(FIRST, "病例特点：27岁女性，反复心悸。")]),
        ("RQ-C01", "male", 61, [(FIRST, "病例特点：老年女性，咳嗽1周。")]),
        (
            "RQ-C08",
            "male",
            40,
            [(ADMISSION, "既往史：否认手术，阿莫西林过敏。"), (DAILY, "予青霉素静滴。")],
        ),
        (
            "RQ-C07",
            "male",
            40,
            [
                (ADMISSION, "主诉：腹痛2天。\n现病史：2天前腹痛，无发热、呕吐。"),
                (FIRST, "病例特点：腹痛2天，频繁呕吐。诊断依据：查体。"),
            ],
        ),
        (
            "RQ-C05",
            "male",
            40,
            [
                (ADMISSION, "主诉：右膝疼痛1月。\n专科情况：右膝肿胀，右膝压痛。"),
                (DAILY, "明日行左膝关节镜。"),
            ],
        ),
        (
            "RQ-C09",
            "female",
            30,
            [(ADMISSION, "辅助检查：TSH 52mIU/L。\n初步诊断：甲状腺功能亢进症")],
        ),
        ("RQ-C11", "male", 40, [(DAILY, "一般好，预计2月20日出院。")]),
        ("RQ-A05", "male", 40, [(DAILY, "考虑WQX，继续观察。")]),
    ],
)
def test_what_contradicts_is_told(
    rule: str, sex: str, age: int, documents: list[tuple[str, str]]
) -> None:
    assert rule in _told(sex, age, documents)


def test_an_abbreviation_of_a_list_is_told_once() -> None:
    assert _told("male", 40, [(DAILY, "维生素片QOD口服。")]) == {"RQ-A01"}


@pytest.mark.parametrize(
    ("sex", "age", "documents"),
    [
        ("male", 8, [(ADMISSION, "个人史：G1P1，足月顺产，母乳喂养。")]),
        ("male", 40, [(FIRST, "病例特点：25岁结婚，其女儿，女，3岁，体健。")]),
        ("male", 40, [(ADMISSION, "既往史：对芒果过敏，否认药物过敏。")]),
        (
            "male",
            40,
            [
                (ADMISSION, "过敏史：可待因（呕吐）；可用对乙酰氨基酚。"),
                (DAILY, "予对乙酰氨基酚。"),
            ],
        ),
        ("male", 40, [(ADMISSION, "既往史：头孢曲松过敏。"), (DAILY, "予头孢唑林静滴。")]),
        (
            "male",
            40,
            [(ADMISSION, "主诉：转移性右下腹痛1天。\n现病史：右下腹痛，无左下腹痛，无呕吐。")],
        ),
        (
            "female",
            60,
            [
                (ADMISSION, "主诉：右眼视物模糊。\n既往史：2020年左眼手术史。"),
                (DAILY, "明日行右眼手术。"),
            ],
        ),
        (
            "male",
            40,
            [(DAILY, "NIHSS 4分，GCS 15分，BNP正常；择期CAG。胰岛素8U，甲钴胺0.5mg qd。")],
        ),
        ("male", 40, [(DAILY, "择期QVPT（某某腔镜手术）。QVPT前禁食。")]),
        ("male", 40, [(DAILY, "预计3月9日出院。2月20日外院CT正常。")]),
    ],
)
def test_what_only_looks_like_it_is_not(
    sex: str, age: int, documents: list[tuple[str, str]]
) -> None:
    assert not _told(sex, age, documents)
