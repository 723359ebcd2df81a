"""Every rule fires in its example and is silent in its twin; what holds for every answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from suwen.appkit import InputError, ModelAnswer
from suwen.apps.record_quality.app import APP
from suwen.apps.record_quality.findings import rules
from suwen.apps.record_quality.rows import ALLOWED, FORBIDDEN, RULES, SET_ID
from suwen.clinical.row_changes import ChangeKind, RowChange

_LINES = (Path(__file__).parents[1] / "evaluation" / "cases.jsonl").read_text("utf-8").splitlines()
_CASES = [json.loads(line) for line in _LINES]
_NOTE = {
    "id": "n",
    "document_type": "日常病程记录",
    "text": "今日体温37.2℃，切口干燥。",
    "written_at": "2026-03-03T09:00:00+08:00",
    "signed_by": "沈安",
}


def judged(request: dict[str, Any], app: Any = APP) -> Any:
    return app.output(app.core(app.parse(request), None, ()).draft)


def stay(*documents: dict[str, Any], **more: Any) -> dict[str, Any]:
    patient = {"sex": "male", "age_y": 60}
    events = [{"type": "admission", "at": "2026-03-02T09:00:00+08:00"}]
    return {
        "encounter": {"patient": patient, "events": events},
        "documents": list(documents),
        **more,
    }


@pytest.mark.parametrize("case", _CASES, ids=[case["id"] for case in _CASES])
def test_a_rule_fires_in_its_example_and_not_in_its_twin(case: dict[str, Any]) -> None:
    result = judged(case["request"])
    assert any(f["rule"] == case["rule"] for f in result["findings"]) is case["fires"]
    texts = {d["id"]: d["text"] for d in case["request"]["documents"]}
    for finding in result["findings"]:
        if finding["span"]:
            start, end = finding["span"]["start"], finding["span"]["end"]
            assert texts[finding["document_id"]][start:end] == finding["quote"]
        assert finding["source"] and finding["message_zh"] and finding["message_en"]


def test_every_rule_has_both_examples() -> None:
    told = {(case["rule"], case["fires"]) for case in _CASES}
    # RQ-U03 is the model's and RQ-A04 the hospital's; both have a test of their own.
    assert told == {
        (rule, fires)
        for rule in rules()
        if rule not in ("RQ-U03", "RQ-A04")
        for fires in (True, False)
    }


def test_a_model_adds_places_by_their_words_and_takes_nothing_off() -> None:
    request = APP.parse(stay(_NOTE))
    result = APP.core(request, None, ())
    said = [
        {"document": 1, "quote": "切口干燥", "reason": "与手术记录不符"},
        {"document": 1, "quote": "没有写过的话", "reason": "无"},
        {"document": 9, "quote": "切口干燥", "reason": "无"},
    ]
    draft = APP.merge(request, result, ModelAnswer({"findings": said}))
    told = [f for f in APP.output(draft)["findings"] if f["rule"] == "RQ-U03"]
    assert [f["quote"] for f in told] == ["切口干燥"] and told[0]["deduction"] == 0
    assert APP.output(draft)["score"] == APP.output(result.draft)["score"]
    assert APP.merge(request, result, None) is result.draft


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"documents": [{**_NOTE, "written_at": "2026-03-03T09:00:00"}]}, "documents.0.written_at"),
        ({"documents": [_NOTE, _NOTE]}, "documents.1.id"),
        ({"documents": [{**_NOTE, "text": 5}]}, "documents.0.text"),
        ({"bundle": {"resourceType": "Patient"}}, "bundle"),
        ({"patient_id": "p1"}, "encounter"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_request_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        judged({**stay(_NOTE), **change})
    assert refused.value.field == field


def test_a_hospitals_rows_are_judged_by() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def change(kind: ChangeKind, table: str, row: str, **values: str) -> RowChange:
        return RowChange(table, row, kind, "本院病历质量管理规定", "2026", "甲", at, "评审", values)

    own = APP.with_rules(
        {
            SET_ID: [
                change(ChangeKind.OVERRIDE, RULES, "EMR-T01", hours="36"),
                change(ChangeKind.OVERRIDE, RULES, "RQ-A01", points="3"),
                change(ChangeKind.ADD, ALLOWED, "IU"),
                change(ChangeKind.ADD, FORBIDDEN, "own", find="自拟词", zh="写规范词", en="proper"),
            ]
        }
    )
    late = next(c["request"] for c in _CASES if c["id"] == "EMR-T01.fires")
    assert "EMR-T01" in _rules(judged(late)) and "EMR-T01" not in _rules(judged(late, own))
    note = {**_NOTE, "text": "维生素片QOD口服，自拟词，肝素5000 IU。"}
    before, after = judged(stay(note)), judged(stay(note), own)
    assert _rules(after) >= {"RQ-A01", "RQ-A04"} and "RQ-A04" not in _rules(before)
    assert [f["quote"] for f in after["findings"] if f["rule"] == "RQ-A01"] == ["QOD"]
    assert [f["deduction"] for f in after["findings"] if f["rule"] == "RQ-A01"] == [3]
    own_list = next(f for f in after["findings"] if f["rule"] == "RQ-A04")
    assert own_list["source"].startswith("本院病历质量管理规定")


def _rules(result: Any) -> set[str]:
    return {f["rule"] for f in result["findings"]}


@pytest.mark.parametrize(
    ("heads", "missing"),
    [
        (("Patient's signature", "Surgeon's signature"), set()),
        (("PATIENT'S SIGNATURE", "SURGEON'S SIGNATURE"), set()),
        (("患者签名", "术者签名"), set()),
        (("Patient's signature", None), {"RQ-S03"}),
        ((None, "术者签名"), {"RQ-S02"}),
    ],
)
def test_a_consent_is_signed_below_a_heading_of_its_own_line(
    heads: tuple[str | None, str | None], missing: set[str]
) -> None:
    lines = ["手术知情同意书", "患者意见", "同意。"]
    lines += [text for head, name in zip(heads, ("周一鸣", "罗川"), strict=True) if head
              for text in (head, name)]  # fmt: skip
    consent = {**_NOTE, "document_type": "手术知情同意书", "text": "\n".join(lines)}
    found = {f["rule"] for f in judged(stay(consent))["findings"]}
    assert found & {"RQ-S02", "RQ-S03"} == missing


def test_a_heading_for_a_signature_with_nothing_below_it_is_not_a_signature() -> None:
    text = "手术知情同意书\n患者签名\n\n术者签名\n罗川"
    consent = {**_NOTE, "document_type": "手术知情同意书", "text": text}
    found = {f["rule"] for f in judged(stay(consent))["findings"]}
    assert found & {"RQ-S02", "RQ-S03"} == {"RQ-S02"}


@pytest.mark.parametrize(("text", "told"), [("男" * 500, True), ("?? ?? \ufffd\ufffd", True),
                                            (_NOTE["text"], False)])  # fmt: skip
def test_what_cannot_be_read_as_words_is_told(text: str, told: bool) -> None:
    found = judged(stay({**_NOTE, "text": text}))["findings"]
    assert any("无法读作病历" in f["message_zh"] for f in found) is told
