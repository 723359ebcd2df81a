"""Each rule at its limit, just beyond it, and where it must keep silent."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.core.finding import Confidence, Severity
from tests.unit.apps.record_writer.charts import (
    Resource,
    allergy,
    concept,
    condition,
    draft_of,
    findings_of,
    in_encounter,
    interval,
    note,
    observation,
    of_patient,
    order,
    patient,
    status_of,
    stay,
)

DURING = "2026-03-04T09:00:00+08:00"
NOW = observation("now", "8867-4", 80, "2026-03-06T09:00:00+08:00", category="vital-signs")


def given(drug: str, **more: Any) -> Resource:
    return order("m", drug, DURING, **in_encounter(), **more)


class TestAllergyAgainstOrder:
    @pytest.mark.parametrize(
        ("agent", "drug"),
        [
            ("青霉素类", "阿莫西林克拉维酸钾"),
            ("青霉素", "哌拉西林他唑巴坦"),
            ("Penicillin", "Amoxicillin 500 MG Oral Capsule"),
            ("Allergy to penicillin", "ampicillin"),
            ("磺胺类", "复方磺胺甲噁唑"),
            ("Sulfonamides", "sulfamethoxazole/trimethoprim"),
            ("头孢菌素", "头孢曲松"),
            ("阿司匹林", "阿司匹林肠溶片"),
            ("左氧氟沙星", "左氧氟沙星"),
            ("喹诺酮类", "左氧氟沙星"),
        ],
    )
    def test_a_shared_substance_or_class_is_found(self, agent: str, drug: str) -> None:
        (finding,) = findings_of("RW-M01", patient(), stay(), allergy("a", agent), given(drug))
        assert finding.severity is Severity.MAJOR
        assert agent in finding.message.zh
        assert len(finding.evidence) == 2

    @pytest.mark.parametrize(
        ("agent", "drug"),
        [
            ("青霉素类", "头孢曲松"),
            ("磺胺类", "呋塞米"),
            ("花生", "阿司匹林肠溶片"),
            ("否认药物过敏", "阿莫西林"),
            ("No known allergy", "amoxicillin"),
            ("Allergy to mould", "penicillamine"),
        ],
    )
    def test_what_shares_nothing_is_not_reported(self, agent: str, drug: str) -> None:
        assert not findings_of("RW-M01", patient(), stay(), allergy("a", agent), given(drug))

    def test_a_grave_allergy_is_contraindicated(self) -> None:
        grave = allergy("a", "青霉素类", criticality="high")
        (finding,) = findings_of("RW-M01", patient(), stay(), grave, given("阿莫西林"))
        assert finding.severity is Severity.CONTRAINDICATED

    @pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
    def test_a_disproved_allergy_is_silent(self, status: str) -> None:
        gone = allergy("a", "青霉素类", verification=status)
        assert not findings_of("RW-M01", patient(), stay(), gone, given("阿莫西林"))

    def test_the_order_code_decides_where_its_wording_is_unknown(self) -> None:
        item = given("某注射剂", atc="J01CR05")
        assert findings_of("RW-M01", patient(), stay(), allergy("a", "青霉素类"), item)
        other = given("某注射剂", atc="J01DD04")
        assert not findings_of("RW-M01", patient(), stay(), allergy("a", "青霉素类"), other)

    def test_an_old_order_that_ended_is_silent(self) -> None:
        old = order("m", "阿莫西林", "2020-01-01", "completed")
        assert not findings_of("RW-M01", patient(), stay(), allergy("a", "青霉素类"), old)


class TestMetformin:
    @pytest.mark.parametrize(
        ("value", "unit", "found"),
        [
            (29.9, "mL/min/1.73m²", True),
            (30, "mL/min/1.73m²", False),
            (29.9, "mL/s", False),
        ],
    )
    def test_below_thirty_only(self, value: float, unit: str, found: bool) -> None:
        egfr = observation("g", "62238-1", value, unit=unit)
        findings = findings_of("RW-M02", patient(), stay(), egfr, given("二甲双胍"))
        assert bool(findings) == found

    def test_a_stopped_order_is_silent(self) -> None:
        egfr = observation("g", "62238-1", 20, unit="mL/min/1.73m²")
        stopped = order("m", "二甲双胍", DURING, "stopped", **in_encounter())
        assert not findings_of("RW-M02", patient(), stay(), egfr, stopped)


def potassium(value: float, at: str = "2026-03-04T02:10:00+08:00", **more: Any) -> Resource:
    return observation("k", "2823-3", value, at, name="血清钾",
                       referenceRange=interval(3.5, 5.3), **more)  # fmt: skip


CRITICAL = {"interpretation": [status_of("v3-ObservationInterpretation", "LL")]}


class TestCriticalValues:
    def test_a_critical_value_that_no_later_note_mentions(self) -> None:
        silent = note("n", "日常病程记录", "2026-03-04T09:00:00+08:00", "患者气促好转。")
        (finding,) = findings_of("RW-L01", patient(), stay(), potassium(2.6, **CRITICAL), silent)
        assert "2.6 mmol/L" in finding.message.zh

    @pytest.mark.parametrize("word", ["血钾", "血清钾"])
    def test_a_later_note_that_mentions_it_is_enough(self, word: str) -> None:
        told = note("n", "病程记录", "2026-03-04T02:10:00+08:00", f"{word} 2.6，已静脉补钾。")
        assert not findings_of("RW-L01", patient(), stay(), potassium(2.6, **CRITICAL), told)

    def test_an_earlier_note_is_not(self) -> None:
        told = note("n", "病程记录", "2026-03-04T02:09:59+08:00", "血钾待查。")
        assert findings_of("RW-L01", patient(), stay(), potassium(2.6, **CRITICAL), told)

    def test_a_value_that_is_only_low_is_not_critical(self) -> None:
        assert not findings_of("RW-L01", patient(), stay(), potassium(2.6))


class TestNoteAgainstLaboratory:
    @pytest.mark.parametrize(
        ("text", "value", "found"),
        [
            ("复查电解质示血钾正常。", 6.1, True),
            ("血清钾结果正常。", 3.0, True),
            ("血钾正常。", 4.5, False),
            ("血钾偏高，予降钾。", 6.1, False),
            ("血钠正常。", 6.1, False),
        ],
    )
    def test_calling_an_abnormal_result_normal(self, text: str, value: float, found: bool) -> None:
        written = note("n", "病程记录", "2026-03-04T10:00:00+08:00", text)
        findings = findings_of("RW-L02", patient(), stay(), potassium(value), written)
        assert bool(findings) == found

    @pytest.mark.parametrize(
        ("at", "found"),
        [
            ("2026-03-04T02:10:00+08:00", True),
            ("2026-03-05T02:10:00+08:00", True),
            ("2026-03-05T02:10:01+08:00", False),
            ("2026-03-04T02:09:59+08:00", False),
        ],
    )
    def test_the_result_must_be_of_the_day_before_the_note(self, at: str, found: bool) -> None:
        written = note("n", "病程记录", at, "血钾正常。")
        findings = findings_of("RW-L02", patient(), stay(), potassium(6.1), written)
        assert bool(findings) == found

    @pytest.mark.parametrize(
        ("value", "severity"),
        [(5.82, Severity.MODERATE), (5.83, Severity.MAJOR), (3.16, Severity.MODERATE),
         (3.15, Severity.MAJOR)],
    )  # fmt: skip
    def test_a_tenth_beyond_the_limit_is_major(self, value: float, severity: Severity) -> None:
        written = note("n", "病程记录", "2026-03-04T10:00:00+08:00", "血钾正常。")
        (finding,) = findings_of("RW-L02", patient(), stay(), potassium(value), written)
        assert finding.severity is severity


@pytest.mark.parametrize(
    ("value", "flag", "found"),
    [(6.0, "H", False), (6.0, "N", True), (6.0, "L", True), (4.0, "H", True), (4.0, "N", False),
     (3.0, "L", False), (3.0, "N", True), (4.0, "A", False), (5.3, "N", False)],
)  # fmt: skip
def test_a_flag_against_its_own_interval(value: float, flag: str, found: bool) -> None:
    stated = {"interpretation": [status_of("v3-ObservationInterpretation", flag)]}
    assert bool(findings_of("RW-L03", patient(), stay(), potassium(value, **stated))) == found


BODY = "患者仍有发热，体温38.3℃，咳嗽，咳黄痰，右侧胸腔引流管在位，引流出淡黄色液体约120 mL。"


class TestCopiedForward:
    def notes(self, first: str, second: str, title: str = "日常病程记录") -> list[Resource]:
        return [
            note("a", title, "2026-03-04T09:00:00+08:00", f"2026-03-04 09:00\n{first}"),
            note("b", "日常病程记录", "2026-03-05T09:00:00+08:00", f"2026-03-05 09:00\n{second}"),
        ]

    def test_the_same_text_on_another_day(self) -> None:
        (finding,) = findings_of("RW-N01", patient(), stay(), *self.notes(BODY, BODY))
        assert finding.severity is Severity.MAJOR
        assert "2026-03-05" in finding.message.zh

    def test_the_share_of_equal_text_decides(self) -> None:
        text = "".join(chr(0x4E00 + n) for n in range(100))
        at_limit = text[:90] + "".join(chr(0x6E00 + n) for n in range(10))
        below = text[:89] + "".join(chr(0x6E00 + n) for n in range(11))
        assert findings_of("RW-N01", patient(), stay(), *self.notes(text, at_limit))
        assert not findings_of("RW-N01", patient(), stay(), *self.notes(text, below))

    def test_short_notes_and_other_kinds_are_not_compared(self) -> None:
        assert not findings_of("RW-N01", patient(), stay(), *self.notes("同前。", "同前。"))
        others = self.notes(BODY, BODY, title="手术记录")
        assert not findings_of("RW-N01", patient(), stay(), *others)


class TestUnsigned:
    @pytest.mark.parametrize(
        ("title", "at", "severity"),
        [
            ("手术记录", "2026-03-05T09:00:00+08:00", Severity.MINOR),
            ("手术记录", "2026-03-05T08:59:59+08:00", Severity.MAJOR),
            ("首次病程记录", "2026-03-06T01:00:00+08:00", Severity.MINOR),
            ("首次病程记录", "2026-03-06T00:59:59+08:00", Severity.MAJOR),
            ("抢救记录", "2026-03-06T03:00:00+08:00", Severity.MINOR),
            ("抢救记录", "2026-03-06T02:59:59+08:00", Severity.MAJOR),
            ("主治医师查房记录", "2026-03-04T09:00:00+08:00", Severity.MINOR),
            ("主治医师查房记录", "2026-03-04T08:59:59+08:00", Severity.MAJOR),
        ],
    )
    def test_the_limit_of_each_kind_against_the_newest_entry(
        self, title: str, at: str, severity: Severity
    ) -> None:
        written = note("n", title, at, BODY, status="preliminary")
        (finding,) = findings_of("RW-N02", patient(), stay(), written, NOW)
        assert finding.severity is severity
        assert finding.confidence is Confidence.VERIFIED

    def test_a_signed_note_and_one_of_unknown_state_are_silent(self) -> None:
        unknown = note("n", "手术记录", DURING, BODY)
        del unknown["docStatus"]
        signed = note("s", "手术记录", DURING, BODY)
        assert not findings_of("RW-N02", patient(), stay(), unknown, signed, NOW)


class TestContradictions:
    @pytest.mark.parametrize(
        ("sex", "text", "found"),
        [
            ("male", "子宫肌瘤", True),
            ("female", "子宫肌瘤", False),
            ("female", "前列腺增生", True),
            ("male", "Benign prostatic hyperplasia of prostate", False),
            ("female", "Carcinoma of prostate", True),
            ("unknown", "前列腺增生", False),
        ],
    )
    def test_sex(self, sex: str, text: str, found: bool) -> None:
        item = condition("c", text, "2026-03-01", **in_encounter())
        assert bool(findings_of("RW-C01", patient(gender=sex), stay(), item)) == found

    @pytest.mark.parametrize(
        ("diagnosis", "operation", "found"),
        [
            ("右侧腹股沟疝", "行左侧腹股沟疝修补术。", True),
            ("右侧腹股沟疝", "行右侧腹股沟疝修补术。", False),
            ("右侧腹股沟疝", "左侧腹股沟未见异常。", False),
            ("右侧腹股沟疝", "左侧股静脉穿刺。", False),
            ("右侧肱骨骨折", "取左侧髂骨植骨。", False),
            ("left inguinal hernia", "Repair of right inguinal hernia.", True),
            ("left inguinal hernia", "No right inguinal hernia.", False),
        ],
    )
    def test_side(self, diagnosis: str, operation: str, found: bool) -> None:
        item = condition("c", diagnosis, "2026-03-01", **in_encounter())
        written = note("n", "手术记录", DURING, operation)
        assert bool(findings_of("RW-C02", patient(), stay(), item, written)) == found

    def test_a_disease_of_both_sides_contradicts_nothing(self) -> None:
        sides = [
            condition("a", "右侧腹股沟疝", "2026-03-01", **in_encounter()),
            condition("b", "左侧腹股沟疝", "2026-03-01", **in_encounter()),
        ]
        written = note("n", "手术记录", DURING, "行左侧腹股沟疝修补术。")
        assert not findings_of("RW-C02", patient(), stay(), *sides, written)

    def test_the_site_of_a_procedure_counts(self) -> None:
        procedure = of_patient("Procedure", "x", status="completed", code=concept("膝关节镜"),
                               performedDateTime="2026-03-03", bodySite=[concept("左膝关节")],
                               **in_encounter())  # fmt: skip
        reason = stay(reasonCode=[concept("右膝关节疼痛")])
        assert findings_of("RW-C02", patient(), reason, procedure)


class TestMandatoryContent:
    def test_what_is_missing_is_named_and_what_is_there_is_not(self) -> None:
        chart = (patient(), stay(), condition("c", "肺炎", "2026-03-01", **in_encounter()))
        texts = [f.message.zh for f in findings_of("RW-S01", *chart)]
        assert any("过敏史" in text for text in texts)
        assert any("出院医嘱" in text for text in texts)
        assert not any("诊断" in text for text in texts)

    @pytest.mark.parametrize("kind", ["discharge_summary", "admission_record", "outpatient_note"])
    def test_what_a_physician_must_write_is_always_said(self, kind: str) -> None:
        (finding,) = findings_of("RW-S02", patient(), stay(), kind=kind)
        assert finding.severity is Severity.INFO


def test_findings_come_gravest_first_and_each_has_a_source() -> None:
    draft = draft_of(
        patient(gender="male"),
        stay(),
        allergy("a", "青霉素类", criticality="high"),
        given("阿莫西林"),
        condition("c", "子宫肌瘤", "2026-03-01", **in_encounter()),
        potassium(2.6, **CRITICAL),
    )
    ranks = [list(Severity).index(f.severity) for f in draft.findings]
    assert ranks == sorted(ranks)
    assert len(ranks) >= 4
    for finding in draft.findings:
        assert finding.source.title
        assert finding.source.edition
        assert finding.message.zh != finding.message.en
