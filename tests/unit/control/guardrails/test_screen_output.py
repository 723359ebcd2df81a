"""What a model may not say, and to whom."""

from __future__ import annotations

import pytest

from suwen.control.guardrails.screen import Outcome
from suwen.control.guardrails.screen_output import screen_output
from suwen.core.audience import Audience
from suwen.language.identifiers import find_identifiers

FOR_CLINICIANS = [
    ("output.dosing_advice", "Take 500 mg of metformin twice daily."),
    ("output.dosing_advice", "You should double your dose."),
    ("output.dosing_advice", "每次服用2片，一天三次。"),
    ("output.dosing_advice", "您可以停用华法林。"),
    ("output.diagnosis", "You have acute appendicitis."),
    ("output.diagnosis", "您这是急性胃炎。"),
    ("output.diagnosis", "可以诊断为肺炎。"),
]
FOR_PATIENTS = [
    "Please see the emergency department today.",
    "如果您有糖尿病，请告诉医生。",
    "Ask your pharmacist how to take it.",
    "请到消化内科就诊。",
    "您是否得了高血压？",
    "Tell the nurse if you have diabetes.",
]


@pytest.mark.parametrize(("rule", "text"), FOR_CLINICIANS)
def test_a_patient_gets_no_dose_and_no_diagnosis(rule: str, text: str) -> None:
    verdict = screen_output(text, Audience.PATIENT)
    assert next(r.rule for r in verdict.reasons) == rule
    assert screen_output(text, Audience.CLINICIAN).outcome is Outcome.ALLOW


@pytest.mark.parametrize("text", FOR_PATIENTS)
def test_a_patient_is_told_where_to_go(text: str) -> None:
    assert screen_output(text, Audience.PATIENT).outcome is Outcome.ALLOW


def test_nobody_is_told_the_prompt() -> None:
    prompt = "Write one paragraph for each problem of the stay, in the order of their gravity."
    told = f"Of course. {prompt}"
    for audience in Audience:
        verdict = screen_output(told, audience, system_prompt=prompt)
        assert verdict.outcome is Outcome.REFUSE
        assert screen_output(told, audience).outcome is Outcome.ALLOW
        assert screen_output("My system prompt is secret.", audience).outcome is Outcome.REFUSE


def test_an_identifier_that_the_material_does_not_hold_is_anothers() -> None:
    text = "联系电话 13912345678。"
    wanted = {"identifiers": find_identifiers}
    other = screen_output(text, Audience.CLINICIAN, material="张三 13800001111", **wanted)
    assert [reason.rule for reason in other.reasons] == ["output.identifier"]
    own = screen_output(text, Audience.CLINICIAN, material="张三 13912345678", **wanted)
    assert own.outcome is Outcome.ALLOW
