"""Sides, denials, values and lengths of time that contradict, and their twins that do not."""

from __future__ import annotations

import pytest

from tests.unit.apps.record_quality.stays import (
    ADMISSION,
    DAILY,
    DISCHARGE,
    FIRST,
    LEFT,
    OPERATION,
    ROUND,
    told,
)

_KNEE = (
    ADMISSION,
    "主诉：右膝疼痛2年。\n专科情况：右膝肿胀，右膝压痛，左膝活动正常。\n"
    "辅助检查：X线：右膝间隙变窄。\n初步诊断：右膝骨性关节炎",
)
_STROKE = (
    ADMISSION,
    "主诉：左侧肢体无力1天。\n体格检查：左上肢肌力3级，左下肢肌力3级，右侧正常。\n"
    "辅助检查：MRI：右侧基底节区梗死。\n初步诊断：脑梗死（右侧基底节区）",
)
_DENIES = (
    ADMISSION,
    "主诉：咳嗽3天。\n现病史：3天前咳嗽，无发热、咯血。\n"
    "既往史：否认高血压、糖尿病史，否认手术史，否认输血史，否认药物过敏史。\n"
    "个人史：不吸烟，不饮酒。\n体格检查：皮肤巩膜无黄染，双肺未闻及啰音。",
)


@pytest.mark.parametrize(
    ("rule", "documents"),
    [
        ("RQ-C05", [_KNEE, (ROUND, "明日行左侧全膝关节置换术。")]),
        ("RQ-C05", [_KNEE, (OPERATION, "手术名称：右膝置换术 手术经过：取左膝前正中切口。")]),
        ("RQ-C05", [_KNEE, (DAILY, "左膝切口敷料干燥，无渗血。")]),
        ("RQ-C05", [_KNEE, (DAILY, "右下肢制动。左膝引流管引出80ml。")]),
        ("RQ-C05", [_STROKE, (DAILY, "右上肢肌力4级，言语清。")]),
        ("RQ-C05", [_STROKE, (ROUND, "MRI示左侧基底节区梗死，诊断明确。")]),
        ("RQ-C06", [_DENIES, (DAILY, "患者2型糖尿病8年，平素二甲双胍控制。")]),
        ("RQ-C06", [_DENIES, (ROUND, "追问，患者血压升高5年，间断服用降压药。")]),
        ("RQ-C06", [_DENIES, (ROUND, "补充：10年前曾行胆囊切除术。")]),
        ("RQ-C06", [_DENIES, (ROUND, "患者补充2018年曾输血400ml。")]),
        ("RQ-C06", [_DENIES, (ROUND, "追问：既往用青霉素后全身皮疹。")]),
        ("RQ-C06", [_DENIES, (DAILY, "家属诉患者每日饮白酒半斤。")]),
        ("RQ-C06", [_DENIES, (ROUND, "有30年吸烟史，建议戒烟。")]),
        ("RQ-C06", [(ADMISSION, "既往史：否认热性惊厥史。"),
                    (ROUND, "补充：2岁时曾有热性惊厥一次。")]),
        ("RQ-C06", [(ADMISSION, "家族史：父母体健。"), (ROUND, "追问，其母亲死于乳腺癌。")]),
        ("RQ-C07", [_DENIES, (FIRST, "病例特点：咳嗽3天，体温最高39.1℃。诊断依据：略。")]),
        ("RQ-C07", [_DENIES, (ROUND, "补充病史：入院前咯血2次。")]),
        ("RQ-C07", [_DENIES, (FIRST, "病例特点：皮肤巩膜黄染。诊断依据：略。")]),
        ("RQ-C09", [(ROUND, "ER阳性、PR阳性，属三阴性乳腺癌。")]),
        ("RQ-C09", [(ADMISSION, "辅助检查：TSH 0.01，FT4 45。\n初步诊断：甲状腺功能减退症")]),
        ("RQ-C09", [(ADMISSION, "辅助检查：HBsAg阴性。\n初步诊断：慢性乙型肝炎")]),
        ("RQ-C15", [(DAILY, "肌酐356μmol/L，肾功能正常。")]),
        ("RQ-C15", [(DAILY, "血钾6.2mmol/L，继续补钾治疗。")]),
        ("RQ-C15", [(DAILY, "今晨T 39.2℃，体温正常。")]),
        ("RQ-C15", [(DAILY, "复查血红蛋白11.2g/L，无明显变化。")]),
        ("RQ-C10", [(ADMISSION, "辅助检查：WBC 12.6×10^9/L。"),
                    (FIRST, "病例特点：WBC 2.6×10^9/L。诊断依据：略。")]),
        ("RQ-C14", [(ADMISSION, "主诉：腹痛3天。\n现病史：患者2周前腹痛。")]),
        ("RQ-C14", [(ADMISSION, "主诉：头晕2年。\n现病史：2年前头晕。"),
                    (DISCHARGE, "入院情况：头晕2月入院。")]),
        ("RQ-C16", [(DAILY, "剖娩一男婴，3300g。"), (OPERATION, "取出一活女婴，重3300g。")]),
    ],
)  # fmt: skip
def test_what_contradicts_is_told(rule: str, documents: list[tuple[str, str]]) -> None:
    assert rule in told(*documents)


@pytest.mark.parametrize(
    "documents",
    [
        [_KNEE, (DAILY, "左膝活动自如；左股静脉置管通畅。")],
        [_KNEE, (ROUND, "2019年左膝镜检，瘢痕愈合。明日行右膝关节置换术。")],
        [_STROKE, (DAILY, "左上肢肌力4级，右侧肌力5级。右手持拐步行。")],
        [_DENIES, (ROUND, "高血压需鉴别，血压正常；母亲糖尿病8年；嘱戒烟酒。")],
        [_DENIES, (DAILY, "体温39℃，咳嗽同前；昨输血200ml，手术顺利。")],
        [_DENIES, (DISCHARGE, "出院诊断：1.支气管炎 2.2型糖尿病（新诊断）")],
        [(ADMISSION, "既往史：对花生过敏，无药物过敏史。")],
        [(DAILY, "血钾3.0mmol/L，予补钾；昨体温38.6℃，今体温正常。")],
        [(DAILY, "血红蛋白112g/L，白细胞正常，WBC 6.1×10^9/L。")],
        [(ADMISSION, "主诉：反复咳嗽10年，加重3天。\n现病史：10年来咳嗽，3天前加重。")],
        [(ADMISSION, "既往史：2015年胆囊切除术后。"), (DAILY, "B超：胆囊缺如。")],
    ],
)
def test_what_only_looks_like_it_is_not(documents: list[tuple[str, str]]) -> None:
    assert not told(*documents)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("患者昨日行腹腔镜阑尾切除术。", True),
        ("3月3日拔除引流管，切口干燥。", True),
        ("3月3日术后病理回报。", True),
        ("患者3天前行腹腔镜阑尾切除术。", False),
        ("3月6日拔除引流管。", False),
    ],
)
def test_what_follows_an_operation_is_not_dated_before_it(text: str, wrong: bool) -> None:
    assert ("RQ-C11" in told((DAILY, text, "2026-03-07T09:00"), events=LEFT)) is wrong
