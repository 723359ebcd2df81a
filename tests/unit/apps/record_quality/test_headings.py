"""Sections are known however a department writes their headings; what is absent stays absent."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.apps.record_quality.app import APP
from suwen.apps.record_quality.documents import kind_of
from suwen.apps.record_quality.headings import sections_of
from suwen.apps.record_quality.papers import Paper

_CONTENT = {
    "一般项目": "韩玉，女，52岁，已婚，会计",
    "主诉": "上腹隐痛2周",
    "现病史": "2周前进食后上腹隐痛，无呕血。食欲可，二便正常",
    "既往史": "体健，否认手术、外伤史，否认药物过敏",
    "个人史": "不饮酒",
    "婚育史": "育1子",
    "家族史": "父亲胃溃疡",
    "体格检查": "心肺无异常，腹软",
    "专科情况": "剑突下轻压痛",
    "辅助检查": "血常规正常",
    "初步诊断": "慢性胃炎",
}
STYLES = {
    "brackets": "\n".join(f"【{h}】{c}" for h, c in _CONTENT.items()),
    "brackets in one line": "".join(f"【{h}】{c}。" for h, c in _CONTENT.items()),
    "numbers": "\n".join(f"{n}、{h}：{c}" for n, (h, c) in enumerate(_CONTENT.items(), 1)),
    "numbers in one line": "".join(
        f"{n}.{h}：{c}。" for n, (h, c) in enumerate(_CONTENT.items(), 1)
    ),
    "Chinese numbers": "\n".join(
        f"（{n}）{h}：{c}"
        for n, (h, c) in zip("一二三四五六七八九十百", _CONTENT.items(), strict=True)
    ),
    "spread": "\n".join(f"{'　'.join(h)}：{c}" for h, c in _CONTENT.items()),
    "own line": "\n".join(f"{h}\n{c}" for h, c in _CONTENT.items()),
    "blank": "\n".join(f"{h} {c}" for h, c in _CONTENT.items()),
    "one paragraph": "。".join(f"{h}：{c}" for h, c in _CONTENT.items()),
    "semicolons": "；".join(f"{h}：{c}" for h, c in _CONTENT.items()),
    "who told it": "\n".join(f"{h}（患者本人）：{c}" for h, c in _CONTENT.items()),
}
IDS = dict(
    zip(
        _CONTENT,
        (
            *("identity", "complaint", "illness", "past", "personal", "marital", "family"),
            *("examination", "local", "investigations", "diagnosis"),
        ),
        strict=True,
    )
)


def missing(kind: str, text: str, **patient: Any) -> set[str]:
    """Sections that are told as missing or empty."""
    request = {
        "encounter": {
            "patient": patient or {"sex": "female", "age_y": 52},
            "events": [{"type": "admission", "at": "2026-03-02T09:00:00+08:00"}],
        },
        "documents": [
            {
                "id": "n1",
                "document_type": kind,
                "text": text,
                "written_at": "2026-03-02T12:00:00+08:00",
                "signed_by": "沈安",
            }
        ],
    }
    result: Any = APP.output(APP.core(APP.parse(request), None, ()).draft)
    return {f["absent"][1] for f in result["findings"] if f["rule"] in ("RQ-M02", "RQ-M03")}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_headings_opens_its_section(style: str) -> None:
    paper = Paper("n1", "入院记录", kind_of("入院记录"), STYLES[style], None)
    bodies = {part.id: paper.body(part).strip("。；") for part in paper.parts}
    wanted = {IDS[heading]: content for heading, content in _CONTENT.items()}
    assert {name: bodies.get(name) for name in wanted} == wanted
    assert missing("入院记录", STYLES[style]) == set()


@pytest.mark.parametrize("style", ["brackets in one line", "numbers", "blank", "one paragraph"])
@pytest.mark.parametrize("heading", ["主诉", "个人史", "婚育史", "家族史", "体格检查", "辅助检查"])
def test_a_section_that_is_cut_out_is_missing_in_every_style(style: str, heading: str) -> None:
    content = {h: c for h, c in _CONTENT.items() if h != heading}
    text = {
        "brackets in one line": "".join(f"【{h}】{c}。" for h, c in content.items()),
        "numbers": "\n".join(f"{n}、{h}：{c}" for n, (h, c) in enumerate(content.items(), 1)),
        "blank": "\n".join(f"{h} {c}" for h, c in content.items()),
        "one paragraph": "。".join(f"{h}：{c}" for h, c in content.items()),
    }[style]
    assert missing("入院记录", text) == {IDS[heading]}


@pytest.mark.parametrize(
    ("heading", "kind", "ids"),
    [
        ("婚育及月经史", "入院记录", ("marital",)),
        ("月经婚育", "入院记录", ("marital",)),
        ("查体", "入院记录", ("examination",)),
        ("PE", "入院记录", ("examination",)),
        ("PMH", "入院记录", ("past",)),
        ("HPI", "入院记录", ("illness",)),
        ("眼科检查", "入院记录", ("local",)),
        ("个人史及家族史", "入院记录", ("personal", "family")),
        ("处理意见", "首次病程记录", ("plan",)),
        ("拟行", "首次病程记录", ("plan",)),
        ("诊断依据及诊疗计划", "首次病程记录", ("discussion", "plan")),
        ("A/P", "首次病程记录", ("discussion", "plan")),
        ("Hospital course", "出院记录", ("course",)),
        ("Discharge condition", "出院记录", ("outcome",)),
        ("Findings and steps", "手术记录", ("steps", "findings")),
        ("主刀", "手术记录", ("surgeons",)),
        ("患者的猫", "入院记录", ()),
    ],
)
def test_a_heading_opens_what_departments_mean_by_it(
    heading: str, kind: str, ids: tuple[str, ...]
) -> None:
    assert sections_of(heading, kind_of(kind)) == ids


_STAY = (
    "入院情况：腹痛。入院诊断：胆囊炎。诊疗经过：抗感染。"
    "出院诊断：胆囊炎。出院情况：好转。出院医嘱：复诊。"
)


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        (f"患者于2026年1月2日入院，2026-01-09出院。{_STAY}", set()),
        (f"入院日期2026.1.2，出院日期2026.1.9。{_STAY}", set()),
        (f"患者于1月2日入院，住院7天。{_STAY}", {"discharged"}),
        (f"{_STAY}", {"admitted", "discharged"}),
        (f"入院日期：2026-01-02，出院日期：。{_STAY}", {"discharged"}),
    ],
)
def test_a_date_in_running_text_is_a_date(text: str, absent: set[str]) -> None:
    assert missing("出院记录", text) == absent


@pytest.mark.parametrize(
    ("surgeons", "absent"),
    [
        ("手术者高适 助手韦庄", set()),
        ("主刀：高适", set()),
        ("手术医师 高适，一助 韦庄", set()),
        ("Surgeon F. Novotny, assistant C. Okafor", set()),
        ("手术者：", {"surgeons"}),
        ("", {"surgeons"}),
    ],
)
def test_whoever_operated_is_known_by_the_name(surgeons: str, absent: set[str]) -> None:
    text = (
        "韩玉 女 52岁 手术日期2026-03-02 术前诊断胆囊结石 术中诊断同 手术名称胆囊切除术 "
        f"{surgeons} 麻醉方法全麻 经过：分离切除胆囊。术中情况：顺利。"
    )
    assert missing("手术记录", text) == absent


def test_a_childs_record_needs_no_marital_history_and_an_adults_does() -> None:
    text = STYLES["numbers"].replace("6、婚育史：育1子\n", "")
    assert missing("入院记录", text, sex="female", age_y=9) == set()
    assert missing("入院记录", text, sex="female", age_y=19) == {"marital"}
    assert missing("入院记录", text, sex="female", birth_date="2008-03-03") == set()
    assert missing("入院记录", text, sex="female", birth_date="2008-03-02") == {"marital"}


def test_a_disease_called_allergic_tells_nothing_of_allergies() -> None:
    text = STYLES["numbers"].replace("，否认药物过敏", "")
    assert missing("入院记录", text) == {"allergy"}
    assert missing("入院记录", text.replace("胃溃疡", "过敏性鼻炎")) == {"allergy"}
    assert missing("入院记录", text.replace("外伤史", "外伤史，青霉素过敏")) == set()


def test_a_first_note_without_differential_diagnosis_is_told() -> None:
    text = "病例特点：腹痛。诊断依据：B超。诊疗计划：抗感染。"
    assert missing("首次病程记录", text) == {"differential"}
    assert missing("首次病程记录", text.replace("B超", "B超，不支持胰腺炎")) == set()
    assert missing("首次病程记录", "特点：腹痛。依据：B超。鉴别：胰腺炎。计划：抗感染。") == set()
    assert missing("首次病程记录", "特点：腹痛。计划：抗感染。") == {"discussion"}


TOLD_OTHERWISE = {
    "discharge in one paragraph": (
        "出院记录",
        "韩玉，女，52岁，因“腹痛3天”于2026年3月2日入院。入院时右下腹压痛。入院诊断为急性阑尾炎。"
        "入院后完善检查，行阑尾切除术。出院诊断为急性阑尾炎。出院时切口愈合好，于2026年3月9日出院。"
        "嘱休息2周，门诊复查。",
    ),
    "discharge in English": (
        "Discharge summary",
        "Date of admission: 2 Mar 2026    Date of discharge: 9 Mar 2026\n"
        "Reason for admission: abdominal pain. Admission diagnosis: appendicitis.\n"
        "Hospital course: appendicectomy. Final diagnosis: appendicitis.\n"
        "Discharge condition: well. Follow-up: clinic in 2 weeks.",
    ),
    "operation in one paragraph": (
        "手术记录",
        "于2026-03-02 09:00在全麻下由高适主任主刀、韦庄协助为韩玉（女，52岁）行腹腔镜阑尾切除术。"
        "术前诊断急性阑尾炎，术后诊断同前。常规消毒铺巾，置镜，离断系膜，切除阑尾，冲洗，缝合切口。"
        "术中出血10ml，顺利。",
    ),
    "first note with numbered headings": (
        "首次病程记录",
        "一、病例特点\n1. 女，52岁。\n2. 腹痛3天。\n二、诊断依据\n转移性腹痛。\n"
        "三、鉴别诊断\n1. 胃穿孔：无膈下游离气体。\n四、诊治计划\n1. 禁食。\n2. 手术。",
    ),
    "admission in abbreviations": (
        "Admission note",
        "A 61-year-old man.\nCC: chest pain for 2 h\nHPI: woke with pain.\n"
        "PMH: hypertension. NKDA.\n"
        "SH: smokes 20 a day. FH: father had an infarction.\nMarital history: married, 2 children\n"
        "PE: BP 150/90, HR 88.\nLocal examination: no murmur\nLabs: troponin 1.2\n"
        "Impression: NSTEMI",
    ),
}


@pytest.mark.parametrize("told", TOLD_OTHERWISE)
def test_what_is_told_without_the_norms_headings_is_there(told: str) -> None:
    assert missing(*TOLD_OTHERWISE[told], age_y=61) == set()


@pytest.mark.parametrize(
    ("told", "cut", "absent"),
    [
        ("discharge in one paragraph", "于2026年3月2日", "admitted"),
        ("discharge in one paragraph", "，于2026年3月9日出院", "discharged"),
        ("discharge in one paragraph", "嘱休息2周，门诊复查。", "orders"),
        ("discharge in English", "Discharge condition: well.", "outcome"),
        ("operation in one paragraph", "由高适主任主刀、韦庄协助", "surgeons"),
        ("operation in one paragraph", "全麻下", "anaesthesia"),
        ("operation in one paragraph", "，术后诊断同前", "during"),
        ("admission in abbreviations", "FH: father had an infarction.", "family"),
        ("admission in abbreviations", " NKDA.", "allergy"),
    ],
)
def test_what_is_not_told_at_all_is_missing(told: str, cut: str, absent: str) -> None:
    kind, text = TOLD_OTHERWISE[told]
    assert cut in text
    assert missing(kind, text.replace(cut, ""), age_y=61) == {absent}
