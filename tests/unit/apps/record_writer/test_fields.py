"""Which source fills a field, and which does not, at the edges of each definition."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.apps.record_writer.charts import (
    ADMITTED,
    Resource,
    allergy,
    concept,
    condition,
    document_of,
    draft_of,
    field_of,
    in_encounter,
    observation,
    of_patient,
    order,
    patient,
    section_of,
    status_of,
    stay,
    visit,
)


def value_of(name: str, *resources: Resource, **how: Any) -> str | None:
    field = field_of(document_of(*resources, **how), name)
    assert field.source_present == (field.value is not None)
    return field.value


class TestPatient:
    @pytest.mark.parametrize(
        ("born", "age"),
        [
            ("1960-03-02", "66岁"),
            ("1960-03-03", "65岁"),
            ("2025-03-02", "12个月"),
            ("2025-03-03", "11个月"),
            ("2026-02-02", "1个月"),
            ("2026-02-03", "27天"),
            ("2026-03-02", "0天"),
            ("1960", "65至66岁"),
            ("2026-03-03", None),
        ],
    )
    def test_age_in_completed_units_on_the_day_of_admission(
        self, born: str, age: str | None
    ) -> None:
        expected = "1岁" if born == "2025-03-02" else age
        assert value_of("age", patient(birthDate=born), stay()) == expected

    def test_a_missing_part_is_missing_and_said(self) -> None:
        bare = {"resourceType": "Patient", "id": "p"}
        document = document_of(bare, stay())
        for name in ("patient_name", "sex", "age", "birth_date", "identifier"):
            assert field_of(document, name).value is None
        assert document.fields_total == document.fields_filled

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ({"text": "Ana María de la Cruz"}, "Ana María de la Cruz"),
            ({"family": "王", "given": ["小", "明"]}, "王小明"),
            ({"family": "Koepp", "given": ["Abdul", "J"]}, "Abdul J Koepp"),
            ({"given": ["Solo"]}, "Solo"),
        ],
    )
    def test_names_are_written_as_recorded(self, name: Resource, shown: str) -> None:
        assert value_of("patient_name", patient(name=[name]), stay()) == shown

    def test_the_marked_record_number_wins_over_the_first_identifier(self) -> None:
        numbers = [
            {"value": "S-9"},
            {"type": {"coding": [{"code": "MR"}]}, "value": "MR-7"},
        ]
        assert value_of("identifier", patient(identifier=numbers), stay()) == "MR-7"


class TestStay:
    @pytest.mark.parametrize(
        ("start", "end", "days"),
        [
            ("2026-03-02T23:50:00+08:00", "2026-03-03T00:10:00+08:00", "1天"),
            ("2026-03-02T08:00:00+08:00", "2026-03-02T20:00:00+08:00", "1天"),
            ("2026-03-02T08:00:00+08:00", "2026-03-04T07:00:00+08:00", "2天"),
            ("2026-03-02", "2026-03-05", "3天"),
            ("2026-03", "2026-04", None),
        ],
    )
    def test_length_of_stay_counts_days_and_at_least_one(
        self, start: str, end: str, days: str | None
    ) -> None:
        period = {"start": start, "end": end}
        assert value_of("length_of_stay", patient(), stay(period=period)) == days

    def test_an_open_stay_has_no_discharge_and_says_so(self) -> None:
        draft = draft_of(patient(), stay(period={"start": ADMITTED}, status="in-progress"))
        assert draft.document is not None
        assert field_of(draft.document, "discharge_date").value is None
        assert field_of(draft.document, "length_of_stay").value is None
        assert any("尚未记录出院" in limit.zh for limit in draft.limits)

    def test_the_attender_wins_over_who_comes_first(self) -> None:
        people = [
            {"type": [status_of("v3", "PPRF")], "individual": {"display": "叶舟"}},
            {"type": [status_of("v3", "ATND")], "individual": {"display": "顾长风"}},
        ]
        assert value_of("attending", patient(), stay(participant=people)) == "顾长风"

    def test_names_are_followed_into_the_bundle(self) -> None:
        encounter = stay(
            participant=[{"individual": {"reference": "Practitioner/d"}}],
            serviceProvider={"reference": "Organization/o"},
        )
        doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"text": "Dr Ito"}]}
        ward = {"resourceType": "Organization", "id": "o", "name": "Ward 3"}
        document = document_of(patient(), encounter, doctor, ward)
        assert field_of(document, "attending").value == "Dr Ito"
        assert field_of(document, "department").value == "Ward 3"
        assert [e.quote for e in field_of(document, "department").evidence][-1] == "Ward 3"


class TestConditions:
    def test_reason_falls_back_to_the_conditions_of_the_encounter(self) -> None:
        chart = (patient(), condition("c", "肺炎", "2026-03-01", **in_encounter()))
        coded = stay(reasonCode=[concept("发热3天")])
        assert value_of("reason_for_encounter", *chart, coded) == "发热3天"
        assert value_of("reason_for_encounter", *chart, stay()) == "肺炎"
        assert value_of("reason_for_encounter", patient(), stay()) is None

    @pytest.mark.parametrize(
        ("more", "listed"),
        [
            ({}, True),
            ({"status": "recurrence"}, True),
            ({"status": "resolved"}, False),
            ({"status": "resolved", "abatementDateTime": "2026-03-04"}, True),
            ({"status": "resolved", "abatementDateTime": "2026-03-01"}, False),
            ({"verification": "refuted"}, False),
            ({"verification": "entered-in-error"}, False),
            ({"verification": "provisional"}, True),
        ],
    )
    def test_diagnoses_are_of_the_encounter_or_active_at_it(
        self, more: dict[str, Any], listed: bool
    ) -> None:
        old = condition("c", "高血压病", "2015-06", **more)
        assert (value_of("diagnoses", patient(), stay(), old) is not None) == listed

    @pytest.mark.parametrize(
        ("onset", "listed"),
        [("2026-03-06", True), ("2026-03-06T10:30:00+08:00", True),
         ("2026-03-06T10:30:01+08:00", False), ("2026-03-07", False), (None, True)],
    )  # fmt: skip
    def test_what_began_after_the_stay_is_not_known_to_it(
        self, onset: str | None, listed: bool
    ) -> None:
        later = condition("c", "痛风", onset)
        assert (value_of("diagnoses", patient(), stay(), later) is not None) == listed

    def test_the_ranked_first_diagnosis_is_principal_and_comes_first(self) -> None:
        ranked = stay(
            diagnosis=[
                {"condition": {"reference": "Condition/b"}, "rank": 1},
                {"condition": {"reference": "Condition/a"}, "rank": 2},
            ]
        )
        document = document_of(
            patient(),
            ranked,
            condition("a", "贫血", "2026-03-01", **in_encounter()),
            condition("b", "胃溃疡", "2026-03-02", **in_encounter()),
        )
        texts = [s.text for s in section_of(document, "diagnoses").statements]
        assert texts[0].startswith("主要诊断：胃溃疡")
        assert texts[1].startswith("诊断：贫血")

    @pytest.mark.parametrize(
        ("more", "onset", "past"),
        [
            ({}, "2015", True),
            ({}, "2026-03-02", False),
            ({"status": "resolved"}, "2015", True),
            ({"status": "resolved"}, None, True),
            ({}, None, False),
            (in_encounter(), "2015", False),
            ({"status": "resolved"}, "2026-03-09", False),
        ],
    )
    def test_past_history_is_resolved_or_older_and_not_of_the_encounter(
        self, more: dict[str, Any], onset: str | None, past: bool
    ) -> None:
        item = condition("c", "阑尾炎", onset, **more)
        found = value_of("past_history", patient(), stay(), item, kind="admission_record")
        assert (found is not None) == past


class TestAllergies:
    @pytest.mark.parametrize(
        ("more", "listed"),
        [
            ({}, True),
            ({"status": "resolved"}, True),
            ({"verification": "refuted"}, False),
            ({"verification": "entered-in-error"}, False),
            ({"recordedDate": "2030-01-01"}, True),
        ],
    )
    def test_every_allergy_that_stands_is_listed(self, more: dict[str, Any], listed: bool) -> None:
        found = value_of("allergies", patient(), stay(), allergy("a", "青霉素类", **more))
        assert (found is not None) == listed

    def test_no_allergy_on_record_is_never_written_as_none(self) -> None:
        draft = draft_of(patient(), stay())
        assert draft.document is not None
        assert field_of(draft.document, "allergies").value is None
        assert section_of(draft.document, "allergies").statements == ()
        assert [f.severity for f in draft.findings if "过敏史" in f.message.zh] == ["moderate"]


BEFORE, DURING, AFTER = (
    "2026-02-01T09:00:00+08:00",
    "2026-03-04T09:00:00+08:00",
    "2026-03-06T10:30:01+08:00",
)


class TestMedications:
    @pytest.mark.parametrize(
        ("item", "listed"),
        [
            (order("m", "氨氯地平", BEFORE), True),
            (order("m", "氨氯地平", BEFORE, "stopped"), False),
            (order("m", "氨氯地平", DURING, **in_encounter()), False),
            (order("m", "氨氯地平", BEFORE, "entered-in-error"), False),
            (order("m", "氨氯地平", BEFORE, intent="proposal"), False),
        ],
    )
    def test_on_admission_is_what_ran_before(self, item: Resource, listed: bool) -> None:
        found = value_of("medications_on_admission", patient(), stay(), item,
                         kind="admission_record")  # fmt: skip
        assert (found is not None) == listed

    def test_a_history_taken_on_admission_counts(self) -> None:
        told = of_patient(
            "MedicationStatement",
            "m",
            status="active",
            medicationCodeableConcept=concept("二甲双胍"),
            effectivePeriod={"start": "2020-05"},
            context={"reference": "Encounter/e"},
        )
        found = value_of(
            "medications_on_admission", patient(), stay(), told, kind="admission_record"
        )
        assert found == "二甲双胍，2020-05起"

    @pytest.mark.parametrize(
        ("item", "shown"),
        [
            (order("m", "阿司匹林", DURING, category="discharge", **in_encounter()), "阿司匹林"),
            (order("m", "阿司匹林", DURING, "stopped", **in_encounter()), "已停止"),
            (order("m", "阿司匹林", BEFORE), "阿司匹林"),
            (order("m", "阿司匹林", BEFORE, "stopped"), None),
            (order("m", "阿司匹林", AFTER), None),
            (order("m", "头孢曲松", DURING, category="inpatient", **in_encounter()), "住院医嘱："),
        ],
    )
    def test_at_discharge_is_what_goes_on(self, item: Resource, shown: str | None) -> None:
        found = value_of("medications_at_discharge", patient(), stay(), item)
        assert (found is None) == (shown is None)
        assert shown is None or shown in (found or "")

    def test_treatment_of_the_stay_is_not_taken_home_when_there_are_orders_to_take(self) -> None:
        found = value_of(
            "medications_at_discharge",
            patient(),
            stay(),
            order("a", "头孢曲松", DURING, category="inpatient", **in_encounter()),
            order("b", "头孢克肟", DURING, category="discharge", **in_encounter()),
        )
        assert found is not None
        assert "头孢克肟" in found
        assert "头孢曲松" not in found

    def test_an_order_that_ended_in_the_stay_is_not_taken_home(self) -> None:
        ended = order("m", "头孢曲松", DURING, "completed", **in_encounter()) | {
            "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {
                "start": DURING, "end": "2026-03-06T10:30:00+08:00"}}}}]
        }  # fmt: skip
        assert value_of("medications_at_discharge", patient(), stay(), ended) is None

    def test_a_visit_lists_what_runs_and_what_it_ordered(self) -> None:
        found = value_of(
            "current_medications",
            patient(),
            visit(),
            order("a", "缬沙坦", BEFORE),
            order("b", "布洛芬", BEFORE, "stopped"),
            order("c", "奥司他韦", ADMITTED, "completed", **in_encounter("v")),
            kind="outpatient_note",
        )
        assert found is not None
        assert "缬沙坦" in found
        assert "奥司他韦" in found
        assert "布洛芬" not in found

    def test_a_medicine_by_reference_keeps_its_name(self) -> None:
        item = order("m", "x", DURING, **in_encounter())
        del item["medicationCodeableConcept"]
        item["medicationReference"] = {"reference": "Medication/d"}
        drug = {"resourceType": "Medication", "id": "d", "code": concept("华法林")}
        found = value_of("medications_at_discharge", patient(), stay(), item, drug)
        assert found is not None
        assert found.startswith("华法林")

    def test_dose_and_timing_are_worded_from_their_parts(self) -> None:
        dosage = {
            "timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}},
            "doseAndRate": [{"doseQuantity": {"value": 2.50, "unit": "mg"}}],
        }
        item = order("m", "吗啡", DURING, **in_encounter()) | {"dosageInstruction": [dosage]}
        found = value_of("medications_at_discharge", patient(), stay(), item)
        assert found is not None
        assert "每次2.5 mg，每6小时1次" in found


VITAL = {"category": "vital-signs"}


class TestVitalSigns:
    def test_the_latest_in_the_encounter_is_shown(self) -> None:
        found = value_of(
            "temperature",
            patient(),
            stay(),
            observation("a", "8310-5", 38.5, "2026-03-03T06:00:00+08:00", unit="Cel", **VITAL),
            observation("b", "8331-1", 37.1, "2026-03-05T06:00:00+08:00", unit="Cel", **VITAL),
            observation("c", "8310-5", 36.0, "2026-03-20T06:00:00+08:00", unit="Cel",
                        encounter_id="other", **VITAL),
        )  # fmt: skip
        assert found == "37.1℃"

    @pytest.mark.parametrize(
        ("at", "inside"),
        [
            ("2026-03-02T08:59:59+08:00", False),
            ("2026-03-02T09:00:00+08:00", True),
            ("2026-03-02T01:00:00+00:00", True),
            ("2026-03-06T10:30:00+08:00", True),
            ("2026-03-06T10:30:01+08:00", False),
            ("2026-03-06", True),
            (None, False),
        ],
    )
    def test_without_a_link_the_time_decides(self, at: str | None, inside: bool) -> None:
        item = observation("a", "8867-4", 80, at, unit="/min", encounter_id=None, **VITAL)
        assert (value_of("pulse", patient(), stay(), item) is not None) == inside

    @pytest.mark.parametrize("code", ["85354-9", "55284-4"])
    def test_a_pressure_is_read_from_its_components(self, code: str) -> None:
        item = observation("a", code, None, **VITAL) | {
            "component": [
                {"code": concept(None, "8462-4"), "valueQuantity": {"value": 71, "unit": "mm[Hg]"}},
                {
                    "code": concept(None, "8480-6"),
                    "valueQuantity": {"value": 118, "unit": "mm[Hg]"},
                },
            ]
        }
        assert value_of("blood_pressure", patient(), stay(), item) == "118/71 mmHg"

    def test_half_a_pressure_is_named_as_such(self) -> None:
        item = observation("a", "85354-9", None, **VITAL) | {
            "component": [
                {"code": concept(None, "8480-6"), "valueQuantity": {"value": 118, "unit": "mmHg"}},
                {"code": concept(None, "8462-4"), "dataAbsentReason": concept("unknown")},
            ]
        }
        assert value_of("blood_pressure", patient(), stay(), item) == "收缩压118 mmHg"

    def test_single_pressures_make_a_pair_only_at_one_time(self) -> None:
        def single(identity: str, code: str, value: int, hour: int) -> Resource:
            at = f"2026-03-03T{hour:02d}:00:00+08:00"
            return observation(identity, code, value, at, unit="mmHg", **VITAL)

        pair = (single("s", "8480-6", 120, 8), single("d", "8462-4", 80, 8))
        assert value_of("blood_pressure", patient(), stay(), *pair) == "120/80 mmHg"
        apart = (single("s", "8480-6", 120, 8), single("d", "8462-4", 80, 9))
        assert value_of("blood_pressure", patient(), stay(), *apart) == "舒张压80 mmHg"

    @pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
    def test_a_void_value_is_none(self, status: str) -> None:
        item = observation("a", "8867-4", 80, status=status, **VITAL)
        assert value_of("pulse", patient(), stay(), item) is None

    def test_a_value_that_is_absent_is_no_source(self) -> None:
        item = observation("a", "8867-4", None, dataAbsentReason=concept("unknown"), **VITAL)
        assert value_of("pulse", patient(), stay(), item) is None

    def test_a_ward_without_codes_is_understood_by_the_whole_name_only(self) -> None:
        named = observation("a", "8867-4", 80, name="脉搏", **VITAL)
        named["code"] = {"text": "脉搏"}
        other = named | {"code": {"text": "脉搏短绌"}}
        assert value_of("pulse", patient(), stay(), named) == "80 mmol/L"
        assert value_of("pulse", patient(), stay(), other) is None


class TestHistories:
    def test_tobacco_counts_in_any_category_and_the_latest_wins(self) -> None:
        def smoking(identity: str, text: str, year: int) -> Resource:
            body = observation(identity, "72166-2", None, f"{year}-01-01", category="survey",
                               encounter_id="other")  # fmt: skip
            return body | {"valueCodeableConcept": concept(text)}

        found = value_of(
            "social_history",
            patient(),
            visit(),
            smoking("a", "目前吸烟", 2020),
            smoking("b", "已戒烟", 2025),
            smoking("c", "从不吸烟", 2027),
            kind="outpatient_note",
        )
        assert found == "吸烟：已戒烟（2025-01-01）"

    def test_sensitive_social_history_stays_in_the_record_and_is_counted(self) -> None:
        item = observation("a", "55277-8", None, "2025-01-01", category="social-history",
                           encounter_id="other", valueString="positive")  # fmt: skip
        draft = draft_of(patient(), visit(), item, kind="outpatient_note")
        assert draft.document is not None
        assert field_of(draft.document, "social_history").value is None
        assert any("1 项敏感内容" in limit.zh for limit in draft.limits)

    @pytest.mark.parametrize(
        ("at", "status", "given"),
        [("2025-10-01", "completed", True), ("2025-10-01", "not-done", False),
         ("2026-03-07", "completed", False), ("2026-03-06", "completed", True)],
    )  # fmt: skip
    def test_vaccinations_given_by_the_end(self, at: str, status: str, given: bool) -> None:
        shot = of_patient("Immunization", "i", status=status, vaccineCode=concept("流感疫苗"),
                          occurrenceDateTime=at)  # fmt: skip
        found = value_of("immunisations", patient(), visit(), shot, kind="outpatient_note")
        assert (found is not None) == given

    def test_family_history_names_relative_and_disease(self) -> None:
        item = {
            "resourceType": "FamilyMemberHistory",
            "id": "f",
            "status": "completed",
            "patient": {"reference": "Patient/p"},
            "relationship": concept("父亲"),
            "condition": [{"code": concept("糖尿病")}, {"code": concept("脑卒中")}],
        }
        found = value_of("family_history", patient(), visit(), item, kind="outpatient_note")
        assert found == "父亲：糖尿病、脑卒中"


class TestProceduresAndPlans:
    @pytest.mark.parametrize(
        ("status", "at", "linked", "listed"),
        [
            ("completed", "2026-03-03", True, True),
            ("completed", "2026-03-03", False, True),
            ("completed", "2026-03-09", False, False),
            ("not-done", "2026-03-03", True, False),
            ("preparation", "2026-03-03", True, False),
            ("entered-in-error", "2026-03-03", True, False),
        ],
    )
    def test_procedures_within_the_encounter(
        self, status: str, at: str, linked: bool, listed: bool
    ) -> None:
        link = in_encounter() if linked else {}
        item = of_patient("Procedure", "x", status=status, code=concept("胃镜检查"),
                          performedDateTime=at, **link)  # fmt: skip
        assert (value_of("procedures", patient(), stay(), item) is not None) == listed

    @pytest.mark.parametrize(
        ("period", "status", "listed"),
        [
            ({"start": "2026-01-01"}, "active", True),
            ({"start": "2026-01-01"}, "completed", False),
            ({"start": "2026-01-01", "end": "2026-03-02"}, "completed", True),
            ({"start": "2026-01-01", "end": "2026-03-01"}, "completed", False),
            ({"start": "2026-03-07"}, "active", False),
            ({"start": "2026-01-01"}, "revoked", False),
        ],
    )
    def test_care_plans_that_run_at_the_encounter(
        self, period: Resource, status: str, listed: bool
    ) -> None:
        plan = of_patient("CarePlan", "k", status=status, intent="plan", title="康复计划",
                          period=period)  # fmt: skip
        assert (value_of("care_plan", patient(), stay(), plan) is not None) == listed

    @pytest.mark.parametrize(
        ("start", "status", "listed"),
        [
            ("2026-04-01T09:00:00+08:00", "booked", True),
            ("2026-04-01T09:00:00+08:00", "cancelled", False),
            ("2026-02-01T09:00:00+08:00", "fulfilled", False),
        ],
    )
    def test_follow_up_is_what_is_still_to_come(
        self, start: str, status: str, listed: bool
    ) -> None:
        item = {
            "resourceType": "Appointment",
            "id": "k",
            "status": status,
            "start": start,
            "description": "门诊复诊",
            "participant": [{"actor": {"reference": "Patient/p"}, "status": "accepted"}],
        }
        assert (value_of("follow_up", patient(), stay(), item) is not None) == listed


def test_items_of_a_part_of_the_stay_belong_to_the_stay() -> None:
    part = stay("ward", partOf={"reference": "Encounter/e"}, **{"class": {"code": "AMB"}})
    item = of_patient("Procedure", "x", status="completed", code=concept("穿刺"),
                      performedDateTime="2026-03-03", **in_encounter("ward"))  # fmt: skip
    assert value_of("procedures", patient(), stay(), part, item) == "2026-03-03，穿刺"
