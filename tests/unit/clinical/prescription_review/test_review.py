"""Each kind of finding, beside the neighbour in which the cause is missing."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.clinical.prescription_review import Action, Kind, ShownBefore, read_prescription, review
from suwen.core.finding import EvidenceKind, Severity
from tests.unit.clinical.prescription_review.cases import (
    ADULT,
    WOMAN,
    order,
    request,
    reviewed,
    rules,
)

FINE = order("氨氯地平", "5 mg", "qd")


def test_an_ordinary_prescription_passes_in_silence() -> None:
    result = reviewed(FINE, order("阿托伐他汀钙片", "20 mg", "qn"))
    assert (result.decision, result.findings) == (Action.PASS, ())


CASES: list[tuple[str, Kind, dict[str, Any], dict[str, Any]]] = [
    ("DDI086", Kind.INTERACTION,
     request(order("西地那非", "50 mg", "qd"), order("单硝酸异山梨酯", "40 mg", "qd")),
     request(order("西地那非", "50 mg", "qd"), FINE)),
    ("TCM01", Kind.COMPATIBILITY,
     request(order("附子", "9 g", "qd", form="饮片"), order("瓜蒌", "9 g", "qd", form="饮片")),
     request(order("附子", "9 g", "qd", form="饮片"), order("干姜", "9 g", "qd", form="饮片"))),
    ("IV02", Kind.COMPATIBILITY,
     request(order("头孢曲松", "2 g", "qd", route="ivgtt"),
             order("乳酸钠林格注射液", "500 ml", "qd", route="ivgtt")),
     request(order("头孢曲松", "2 g", "qd", route="ivgtt"),
             order("0.9%氯化钠注射液", "100 ml", "qd", route="ivgtt"))),
    ("ALG-same", Kind.ALLERGY, request(FINE, allergies=["氨氯地平过敏"]),
     request(FINE, allergies=["否认氨氯地平过敏"])),
    ("penicillin-penicillin", Kind.ALLERGY,
     request(order("哌拉西林他唑巴坦", "4.5 g", "q8h", route="ivgtt"), allergies=["阿莫西林"]),
     request(order("阿奇霉素", "0.5 g", "qd"), allergies=["阿莫西林"])),
    ("MAX-amlodipine-po", Kind.DOSE, request(order("氨氯地平", "11 mg", "qd")),
     request(order("氨氯地平", "10 mg", "qd"))),
    ("MTX-daily", Kind.DOSE,
     request(order("甲氨蝶呤", "10 mg", "qd"), diagnoses=[{"text": "类风湿关节炎"}]),
     request(order("甲氨蝶呤", "10 mg", "qw"), diagnoses=[{"text": "类风湿关节炎"}])),
    ("REN-metformin-30", Kind.RENAL,
     request(order("二甲双胍", "0.5 g", "bid"), patient={**ADULT, "egfr": 29}),
     request(order("二甲双胍", "0.5 g", "bid"), patient={**ADULT, "egfr": 60})),
    ("REN-apixaban-af", Kind.RENAL,
     request(order("阿哌沙班", "5 mg", "bid"), diagnoses=[{"text": "心房颤动"}],
             patient={**ADULT, "age_y": 82, "weight_kg": 55}),
     request(order("阿哌沙班", "5 mg", "bid"), diagnoses=[{"text": "心房颤动"}],
             patient={**ADULT, "age_y": 82})),
    ("child-c", Kind.HEPATIC,
     request(order("布洛芬", "0.3 g", "bid"), patient={**ADULT, "child_pugh": "C"}),
     request(order("布洛芬", "0.3 g", "bid"), patient={**ADULT, "child_pugh": "A"})),
    ("acei", Kind.PREGNANCY,
     request(order("依那普利", "10 mg", "qd"), patient={**WOMAN, "pregnant": True}),
     request(order("依那普利", "10 mg", "qd"), patient=WOMAN)),
    ("amiodarone", Kind.LACTATION,
     request(order("胺碘酮", "0.2 g", "qd"), patient={**WOMAN, "lactating": True}),
     request(order("胺碘酮", "0.2 g", "qd"), patient=WOMAN)),
    ("paed-fq", Kind.AGE,
     request(order("左氧氟沙星", "0.25 g", "qd"), patient={**ADULT, "age_y": 17}),
     request(order("左氧氟沙星", "0.25 g", "qd"), patient={**ADULT, "age_y": 18})),
    ("beers-tca", Kind.AGE,
     request(order("阿米替林", "25 mg", "qn"), patient={**ADULT, "age_y": 65}),
     request(order("阿米替林", "25 mg", "qn"), patient={**ADULT, "age_y": 64})),
    ("C10AA", Kind.DUPLICATE,
     request(order("阿托伐他汀", "20 mg", "qn"), order("瑞舒伐他汀", "10 mg", "qn")),
     request(order("阿托伐他汀", "20 mg", "qn"), order("依折麦布", "10 mg", "qn"))),
    ("DUP-SUBSTANCE", Kind.DUPLICATE,
     request(order("对乙酰氨基酚", "0.5 g", "tid"), order("感冒灵颗粒", "1 袋", "tid")),
     request(order("对乙酰氨基酚", "0.5 g", "tid"), FINE)),
    ("asthma-bb", Kind.DISEASE,
     request(order("普萘洛尔", "10 mg", "tid"), diagnoses=[{"text": "支气管哮喘"}]),
     request(order("普萘洛尔", "10 mg", "tid"), diagnoses=[{"text": "心源性哮喘"}])),
    ("RX06", Kind.QUANTITY,
     request(order("羟考酮缓释片", "10 mg", "q12h", days=8, form="缓释片")),
     request(order("羟考酮缓释片", "10 mg", "q12h", days=7, form="缓释片"))),
    ("RX16", Kind.QUANTITY, request(*[FINE] * 6), request(*[FINE] * 5)),
    ("RX19", Kind.FORM, request(order("氨氯地平", "5 mg", "遵医嘱")), request(FINE)),
    ("RT-kcl-push", Kind.FORM, request(order("氯化钾注射液", "1 g", "st", route="静脉推注")),
     request(order("氯化钾注射液", "1 g", "st", route="静滴"))),
    ("RT-vinca-it", Kind.FORM, request(order("长春新碱", "2 mg", "st", route="鞘内注射")),
     request(order("甲氨蝶呤", "10 mg", "st", route="鞘内注射"))),
    ("RX17", Kind.INDICATION, request(FINE, diagnoses=[]), request(FINE)),
    ("EXC1", Kind.INDICATION,
     request(order("阿莫西林", "0.5 g", "tid"), diagnoses=[{"text": "高血压"}]),
     request(order("阿莫西林", "0.5 g", "tid"))),
    ("AB2", Kind.ANTIBACTERIAL,
     request(order("头孢他啶", "1 g", "q8h", route="ivgtt"), setting="inpatient",
             prescriber={"antibacterial_level": 1}),
     request(order("头孢他啶", "1 g", "q8h", route="ivgtt"), setting="inpatient",
             prescriber={"antibacterial_level": 2})),
    ("AMBIGUOUS-DRUG", Kind.UNKNOWN_DRUG, request(order("MSO4", "10 mg", "qd")), request(FINE)),
    ("UNKNOWN-DRUG", Kind.UNKNOWN_DRUG, request(order("白色药片", "1 片", "qd")), request(FINE)),
    ("UNC-renal", Kind.UNCHECKED,
     request(order("二甲双胍", "0.5 g", "bid"), patient={"age_y": 46, "sex": "male"}),
     request(order("二甲双胍", "0.5 g", "bid"))),
    ("UNC-pregnancy", Kind.UNCHECKED,
     request(order("依那普利", "10 mg", "qd"), patient={**WOMAN, "pregnant": None}),
     request(order("依那普利", "10 mg", "qd"), patient=WOMAN)),
    ("UNC-allergies", Kind.UNCHECKED, request(FINE, allergies=None), request(FINE)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "kind", "wrong", "right"), CASES, ids=[c[0] for c in CASES])
def test_a_rule_fires_and_its_neighbour_does_not(
    rule: str, kind: Kind, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    found = [f for f in review(read_prescription(wrong)).findings if f.rule == rule]
    assert found
    assert found[0].kind is kind
    assert rule not in rules(review(read_prescription(right)))


def test_every_finding_says_what_why_and_from_where() -> None:
    for _, _, wrong, _ in CASES:
        for finding in review(read_prescription(wrong)).findings:
            for text in (finding.message, finding.explanation):
                assert text.zh.strip() and text.en.strip(), finding.rule
                assert "{" not in text.zh + text.en, finding.rule
            assert finding.advice.zh and finding.advice.en, finding.rule
            assert finding.source.title and finding.source.edition
            assert finding.evidence[0].kind is EvidenceKind.RULE
            assert finding.overridable


def test_what_is_from_memory_interrupts_and_says_that_it_awaits_review() -> None:
    result = reviewed(order("伊曲康唑", "0.2 g", "qd"), order("伊伐布雷定", "5 mg", "bid"))
    finding = result.findings[0]
    assert (finding.rule, finding.action) == ("DDI178", Action.INTERRUPT)
    assert "待本院药师审核" in finding.explanation.zh
    assert "awaits local review" in finding.explanation.en


def test_a_slip_of_the_decimal_point_interrupts_and_a_little_too_much_does_not() -> None:
    assert reviewed(order("地高辛", "2.5 mg", "qd")).decision is Action.INTERRUPT
    little = reviewed(order("地高辛", "0.275 mg", "qd"))
    assert (little.decision, little.findings[0].severity) == (Action.INFORM, Severity.MODERATE)


def test_a_dose_by_weight_is_held_against_the_child() -> None:
    child = {"age_y": 6, "sex": "male", "weight_kg": 20.0, "egfr": 110}
    fever = [{"text": "发热"}]
    right = reviewed(order("布洛芬", "200 mg", "q8h"), patient=child, diagnoses=fever)
    wrong = reviewed(order("布洛芬", "30 mg/kg", "q8h"), patient=child, diagnoses=fever)
    assert Kind.DOSE not in {f.kind for f in right.findings}
    assert wrong.decision is Action.INTERRUPT


def test_moles_volumes_and_pieces_become_milligrams() -> None:
    lines = reviewed(
        order("氯化钾", "20 mmol", "qd"),
        order("10%氯化钾注射液", "10 ml", "qd", route="ivgtt"),
        order("左甲状腺素 50ug/片", "2 片", "qd"),
        order("青霉素", "80 万单位", "q6h", route="im"),
    ).identified
    assert [round(line.single or 0, 3) for line in lines] == [1491.0, 1000.0, 0.1, 800_000]
    assert lines[3].unit == "IU"


def test_components_add_up_over_lines() -> None:
    result = reviewed(
        order("对乙酰氨基酚", "1 g", "qid"), order("感冒灵颗粒", "2 袋", "tid"),
        diagnoses=[{"text": "发热"}],
    )  # fmt: skip
    sums = [f for f in result.findings if f.kind is Kind.DOSE]
    assert sums and "5200" in sums[0].message.zh


def test_an_eye_drop_is_no_interaction_but_still_an_allergy() -> None:
    drop = order("噻吗洛尔滴眼液", "1 滴", "bid", route="滴眼", form="滴眼液")
    together = reviewed(drop, order("维拉帕米", "40 mg", "tid"))
    assert Kind.INTERACTION not in {f.kind for f in together.findings}
    assert Kind.ALLERGY in {f.kind for f in reviewed(drop, allergies=["噻吗洛尔"]).findings}


def test_what_is_taken_already_counts_and_two_old_ones_alone_do_not() -> None:
    nitrate, sildenafil = order("硝酸甘油", "0.5 mg", "prn"), order("西地那非", "50 mg", "qd")
    assert reviewed(sildenafil, current_medications=[nitrate]).decision is Action.INTERRUPT
    old = reviewed(FINE, current_medications=[nitrate, sildenafil])
    assert "DDI086" not in rules(old)


def test_overridden_before_informs_and_another_pair_still_interrupts() -> None:
    asked = request(order("西地那非", "50 mg", "qd"), order("单硝酸异山梨酯", "40 mg", "qd"))
    first = review(read_prescription(asked))
    shown = ShownBefore(frozenset({first.findings[0].key}))
    again = review(read_prescription(asked), shown=shown)
    assert (first.decision, again.decision) == (Action.INTERRUPT, Action.INFORM)
    assert rules(first) == rules(again)
    other = request(order("他达拉非", "10 mg", "qd"), order("单硝酸异山梨酯", "40 mg", "qd"))
    assert review(read_prescription(other), shown=shown).decision is Action.INTERRUPT


def test_reminders_ask_for_nothing() -> None:
    result = reviewed(order("华法林", "2.5 mg", "qd"), diagnoses=[{"text": "心房颤动"}])
    assert {f.rule for f in result.reminders} == {"HA-anticoagulant"}
    assert result.decision is Action.PASS


def test_the_gravest_stands_first_and_decides() -> None:
    result = reviewed(
        order("西地那非", "50 mg", "qd"), order("硝酸甘油", "0.5 mg", "qd"), order("白色药片"),
        diagnoses=[],
    )  # fmt: skip
    assert result.findings[0].severity is Severity.CONTRAINDICATED
    assert result.decision is Action.INTERRUPT


def test_all_that_two_compounds_share_is_one_finding() -> None:
    pair = (order("泰诺", "1 片", "tid"), order("氨酚伪麻美芬片", "1 片", "tid"))
    [found] = [one for one in reviewed(*pair).findings if one.rule == "DUP-SUBSTANCE"]
    told = found.message.zh
    assert "对乙酰氨基酚" in told and "伪麻黄碱" in told
    assert told.partition("相同成分")[2].count("酚麻美敏") == 0


def test_a_substance_in_a_compound_with_a_vitamin_is_counted_too() -> None:
    pair = (order("维C银翘片", "2 片", "tid"), order("对乙酰氨基酚", "500 mg", "tid"))
    assert "DUP-SUBSTANCE" in rules(reviewed(*pair))


@pytest.mark.parametrize(
    ("drug", "route", "form", "rule"),
    [
        ("注射用奥美拉唑钠", "im", None, "RT-ppi-muscle"),
        ("左氧氟沙星注射液", "静脉推注", None, "RT-quinolone-push"),
        ("10%氯化钾注射液", "iv", None, "RT-kcl-push"),
        ("硝苯地平控释片", "嚼服", None, "RT-modified-chewed"),
        ("琥珀酸美托洛尔缓释片", "研碎后口服", None, "RT-modified-chewed"),
        ("胰岛素", "嚼服", None, "RT-injection-only-oral"),
        ("多柔比星", "肌注", "注射剂", "RT-vesicant-muscle"),
        ("罗哌卡因", "ivgtt", None, "RT-local-anaesthetic-vein"),
        ("噻托溴铵粉吸入剂", "po", None, "RT-inhalation-only"),
        ("炉甘石洗剂", "口服", None, "RT-external-only"),
        ("拉坦前列素", "po", None, "RT-eye-only"),
        ("头孢呋辛", "po", "注射剂", "RT-injection-form-oral"),
        ("黄体酮注射液", "静滴", None, "RT-oil-vein"),
    ],
)
def test_a_product_given_by_a_route_that_it_is_not_for(
    drug: str, route: str, form: str | None, rule: str
) -> None:
    assert rule in rules(reviewed(order(drug, "1 g", "qd", route=route, form=form)))


def test_swallowed_whole_is_not_chewed() -> None:
    whole = order("硝苯地平控释片", "30 mg", "qd", route="整片吞服，不得嚼碎")
    assert "RT-modified-chewed" not in rules(reviewed(whole))


@pytest.mark.parametrize("drug", ["法罗培南", "环磷酰胺片", "依托泊苷软胶囊", "哌替啶片"])
def test_what_is_also_swallowed_is_not_told_to_be_for_injection_only(drug: str) -> None:
    found = rules(reviewed(order(drug, "100 mg", "qd")))
    assert not {rule for rule in found if rule.startswith("RT-injection")}


def test_a_patch_on_the_skin_acts_in_the_blood_and_a_cream_does_not() -> None:
    strong = order("克拉仙", "0.5 g", "bid")
    assert "DDI133" in rules(reviewed(order("多瑞吉4.2mg贴", "1 贴", "q72h", route="外用"), strong))
    statin = order("可定", "10 mg", "qn")
    assert "DDI111" in rules(
        reviewed(order("夫西地酸钠注射液", "0.5 g", "tid", route="静滴"), statin)
    )
    assert "DDI111" not in rules(
        reviewed(order("夫西地酸乳膏", "1 g", "tid", route="外用"), statin)
    )


def test_a_pacemaker_that_is_missing_does_not_allow_the_beta_blocker() -> None:
    blocker = order("倍他乐克", "25 mg", "bid")
    for said, found in (
        ("三度房室传导阻滞（未安装起搏器）", True),
        ("三度房室传导阻滞 起搏器植入术后", False),
    ):
        result = reviewed(blocker, diagnoses=[{"text": said}])
        assert ("avb" in rules(result)) is found, said


def test_potassium_into_a_vein_is_a_push_where_nothing_dilutes_it() -> None:
    potassium = order("10%氯化钾注射液", "10 ml", "st", route="iv")
    alone = reviewed(potassium)
    assert (alone.decision, "RT-kcl-push" in rules(alone)) == (Action.INTERRUPT, True)
    fluid = order("0.9%氯化钠注射液", "500 ml", "st", route="ivgtt")
    diluted = reviewed(potassium, fluid)
    assert "RT-kcl-vein" in rules(diluted)
    assert not any(one.action is Action.INTERRUPT for one in diluted.findings)
    # A fluid that is drunk dilutes nothing.
    drunk = reviewed(potassium, order("口服补液盐Ⅲ", "1 包", "tid"))
    assert drunk.decision is Action.INTERRUPT


def test_what_is_for_the_other_sex_has_no_use_here() -> None:
    woman = reviewed(order("坦索罗辛", "0.2 mg", "qn"), patient=WOMAN)
    (one,) = (f for f in woman.findings if f.rule == "sex-alpha-blocker")
    assert (one.kind, one.severity) == (Kind.INDICATION, Severity.MINOR)
    assert "sex-alpha-blocker" not in rules(reviewed(order("坦索罗辛", "0.2 mg", "qn")))
    man = reviewed(order("地屈孕酮", "10 mg", "bid"))
    assert "sex-oestrogen" in rules(man)
    unknown = reviewed(order("坦索罗辛", "0.2 mg", "qn"), patient={**ADULT, "sex": "unknown"})
    assert "sex-alpha-blocker" not in rules(unknown)


def test_a_tenth_of_the_usual_antibacterial_is_taken_for_a_slip() -> None:
    low = reviewed(order("阿莫西林", "50 mg", "tid"))
    (one,) = (f for f in low.findings if f.rule == "LOW-dose")
    assert (one.kind, one.severity, one.action) == (Kind.DOSE, Severity.MINOR, Action.INFORM)
    assert "LOW-dose" not in rules(reviewed(order("阿莫西林", "250 mg", "tid")))
    poor = {**ADULT, "creatinine_umol_l": 400, "egfr": 15}
    assert "LOW-dose" not in rules(reviewed(order("阿莫西林", "50 mg", "tid"), patient=poor))
    child = {**ADULT, "age_y": 3, "weight_kg": 14.0}
    assert "LOW-dose" not in rules(reviewed(order("阿莫西林", "50 mg", "tid"), patient=child))


def test_insulin_in_millilitres_has_at_least_forty_units_in_each() -> None:
    slip = reviewed(order("诺和锐30", "12 ml", "bid", route="ih"))
    assert slip.decision is Action.INTERRUPT
    assert not any(
        f.kind is Kind.DOSE
        for f in reviewed(order("诺和锐30", "12 IU", "bid", route="ih")).findings
    )


@pytest.mark.parametrize(
    ("drug", "dose", "route"),
    [("福善美", "70 mg", "po"), ("度拉糖肽", "1.5 mg", "ih"), ("依洛尤单抗", "140 mg", "ih")],
)
def test_what_is_given_weekly_is_not_given_daily(drug: str, dose: str, route: str) -> None:
    assert reviewed(order(drug, dose, "qd", route=route)).decision is Action.INTERRUPT
    weekly = reviewed(order(drug, dose, "qw", route=route))
    assert not any(f.kind is Kind.DOSE for f in weekly.findings)


def test_a_brand_of_one_form_says_how_it_is_released() -> None:
    assert "RT-modified-chewed" in rules(reviewed(order("拜新同", "30 mg", "qd", route="嚼服")))
    pain = {"diagnoses": [{"text": "癌性疼痛"}]}
    slow = reviewed(order("奥施康定", "20 mg", "q12h", days=15), **pain)
    assert "RX12" not in rules(slow)
    assert "RX11" in rules(reviewed(order("奥施康定", "20 mg", "q12h", days=16), **pain))
