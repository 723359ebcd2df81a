"""Contradictions of side, date, denial, value, age and allergy: what is told and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from suwen.apps.record_quality.app import APP

_AT = "2026-03-03T09:00:00+08:00"
ADMISSION, FIRST, DAILY = "入院记录", "首次病程记录", "日常病程记录"
ROUND, DISCHARGE, OPERATION = "主治医师查房记录", "出院记录", "手术记录"


def _findings(
    sex: str, age: int, documents: Sequence[tuple[str, str]], written: Sequence[str] = ()
) -> list[dict[str, Any]]:
    request: dict[str, Any] = {
        "encounter": {
            "patient": {"name": "周一鸣", "sex": sex, "age_y": age},
            "events": [{"type": "admission", "at": "2026-03-02T09:00:00+08:00"}],
        },
        "documents": [
            {
                "id": f"d{n}",
                "document_type": kind,
                "text": text,
                "written_at": written[n] if written else _AT,
            }
            for n, (kind, text) in enumerate(documents)
        ],
    }
    findings: list[dict[str, Any]] = APP.output(APP.core(APP.parse(request), None, ()).draft)[
        "findings"
    ]
    return findings


def _told(sex: str, age: int, documents: Sequence[tuple[str, str]]) -> set[str]:
    found = _findings(sex, age, documents)
    return {f["rule"] for f in found if f["kind"] in ("contradiction", "abbreviation")}


_STONE = "主诉：左肾绞痛3小时。\n辅助检查：B超：左输尿管上段结石。\n初步诊断：左输尿管结石"


@pytest.mark.parametrize(
    ("rule", "age", "documents"),
    [
        ("RQ-C05", 40, [(ADMISSION, _STONE), (ROUND, "拟明日行右侧输尿管镜碎石术。")]),
        ("RQ-C05", 40, [(ADMISSION, _STONE), (FIRST, "诊疗计划：右侧腹腔镜切开取石。")]),
        (
            "RQ-C05",
            40,
            [
                (ADMISSION, "主诉：右前臂肿痛。\n初步诊断：右尺桡骨骨折"),
                (
                    OPERATION,
                    "手术日期2026-03-02 术前诊断：右尺桡骨骨折 术中诊断：同 "
                    "手术名称：左尺桡骨切开复位内固定术 麻醉方法：臂丛",
                ),
            ],
        ),
        (
            "RQ-C05",
            40,
            [
                (
                    ADMISSION,
                    "Chief complaint: Right hip pain.\n"
                    "Preliminary diagnosis: Right femoral neck fracture.",
                ),
                (DAILY, "Left hip hemiarthroplasty planned tomorrow. Right hip still painful."),
            ],
        ),
        ("RQ-C12", 40, [(DAILY, "3月8日CT示肺部感染吸收。")]),
        ("RQ-C12", 40, [(ROUND, "2月27日行急诊PCI，植入支架1枚。")]),
        ("RQ-C12", 40, [(FIRST, "病例特点：患者于3月6日起病，咳嗽。")]),
        ("RQ-C12", 40, [(FIRST, "Plan: aspirin; onset of pain 2026-03-05 02:50.")]),
        ("RQ-C12", 40, [(ADMISSION, "辅助检查：2026-03-29外院尿蛋白3+。")]),
        (
            "RQ-C06",
            40,
            [(ADMISSION, "既往史：否认手术、外伤史。\n体格检查：右下腹陈旧性手术瘢痕。")],
        ),
        (
            "RQ-C06",
            40,
            [
                (ADMISSION, "既往史：无手术外伤史，无输血史。"),
                (ROUND, "追问病史，2015年因胃溃疡行胃大部切除术。"),
            ],
        ),
        (
            "RQ-C06",
            40,
            [(ADMISSION, "Past history: No surgery.\nPhysical examination: old midline scar.")],
        ),
        ("RQ-C06", 40, [(ADMISSION, "既往史：2012年车祸致骨盆骨折。否认外伤史。")]),
        (
            "RQ-C07",
            40,
            [
                (
                    ADMISSION,
                    "Chief complaint: Cough.\nHistory of present illness: Cough since Friday. "
                    "Denies haemoptysis and chest pain.",
                ),
                (FIRST, "Case features: 40M, cough with haemoptysis. Basis: x-ray."),
            ],
        ),
        ("RQ-C09", 40, [(DAILY, "血钠128mmol/L，考虑高钠血症，予限盐。")]),
        (
            "RQ-C09",
            40,
            [(ADMISSION, "辅助检查：PLT 68×10^9/L。\n初步诊断：1.消化道出血？ 2.血小板增多症")],
        ),
        ("RQ-C09", 40, [(ADMISSION, "辅助检查：TG 1.1mmol/L。\n初步诊断：高甘油三酯血症")]),
        ("RQ-C04", 29, [(FIRST, "病例特点：老年男性，发热3天。")]),
        ("RQ-C04", 29, [(FIRST, "病例特点：1.患者62岁，发热3天。")]),
        ("RQ-C04", 60, [(ROUND, "患儿一般情况好。")]),
        ("RQ-C08", 40, [(ADMISSION, "既往史：庆大霉素过敏。"), (DAILY, "禁食，予庆大霉素肌注。")]),
        ("RQ-A05", 40, [(DAILY, "频繁PA，继续观察。")]),
        ("RQ-A05", 40, [(DAILY, "予wqzl，继续观察。")]),
        ("RQ-A03", 40, [(ADMISSION, "初步诊断：支扩")]),
    ],
)
def test_two_tales_of_one_stay_are_told(
    rule: str, age: int, documents: list[tuple[str, str]]
) -> None:
    assert rule in _told("male", age, documents)


def test_the_age_of_a_pregnant_patient_is_hers() -> None:
    assert "RQ-C04" in _told("female", 30, [(FIRST, "病例特点：孕29周，孕母50岁。")])


@pytest.mark.parametrize(
    ("sex", "age", "documents"),
    [
        (
            "male",
            60,
            [
                (
                    ADMISSION,
                    "主诉：左膝痛1年。\n既往史：2019年右膝关节置换术。\n初步诊断：左膝骨关节炎",
                ),
                (DAILY, "明日行左膝关节置换术，右股静脉置管。"),
            ],
        ),
        ("male", 40, [(DAILY, "拟3月8日行CT复查；3月10日复查CT示吸收后可出院。")]),
        ("male", 40, [(ROUND, "2月27日外院行胃镜示溃疡。")]),
        (
            "female",
            30,
            [
                (ADMISSION, "现病史：2月20日行剖宫产，3月1日切口渗液。"),
                (ROUND, "2月20日剖宫产，切口愈合差。"),
            ],
        ),
        ("male", 40, [(ADMISSION, "既往史：2015年胆囊切除术；外院评估无手术指征。")]),
        ("male", 40, [(ADMISSION, "既往史：2015年阑尾切除术，否认其他手术史，否认外伤史。")]),
        (
            "male",
            40,
            [(ADMISSION, "既往史：否认手术、外伤史。\n家族史：母亲2010年胆囊切除。")],
        ),
        ("male", 40, [(DAILY, "血钾3.2mmol/L，低钾血症，予补钾。")]),
        ("male", 40, [(DAILY, "血钾4.2mmol/L，无高钾血症；低钾血症已纠正。")]),
        ("male", 40, [(FIRST, "鉴别诊断：低血糖：随机血糖6.8mmol/L；肺癌：多见于老年男性。")]),
        ("male", 40, [(ADMISSION, "既往史：青霉素过敏。"), (DAILY, "停青霉素，用左氧氟沙星。")]),
        (
            "male",
            40,
            [(ADMISSION, "既往史：碘对比剂过敏。"), (DAILY, "聚维酮碘与对比剂无关。")],
        ),
        ("male", 40, [(DAILY, "D-二聚体升高，CTPA未见肺栓塞，PE排除。")]),
        ("female", 30, [(DAILY, "LOA，胎心140次/分，先露-2。")]),
        ("male", 40, [(DAILY, "cTnI正常，hs-CRP 3mg/L，药物bid口服，ivgtt。")]),
        ("male", 40, [(ADMISSION, "既往史：幼时常上感，风心病10年。")]),
    ],
)
def test_one_tale_in_other_words_is_not(
    sex: str, age: int, documents: list[tuple[str, str]]
) -> None:
    assert not _told(sex, age, documents)


def test_the_note_that_came_too_late_is_pointed_at() -> None:
    notes = [(ROUND, "一般好。"), (DAILY, "无不适。")]
    found = _findings("male", 40, notes, ("2026-03-03T09:00:00+08:00", "2026-03-09T09:00:00+08:00"))
    assert [f["document_id"] for f in found if f["rule"] == "EMR-T07"] == ["d1"]
