"""What a finding says passes the last look at a draft."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from suwen.apps.record_quality.app import APP
from suwen.control.guardrails.other_patient import OwnMaterial

CASES = [
    json.loads(line)
    for line in (files("suwen.apps.record_quality") / "evaluation" / "cases.jsonl")
    .read_text("utf-8")
    .splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_no_finding_reads_as_somebody_elses_identifier(case: dict[str, Any]) -> None:
    """Else the very finding that a record is mixed up would be held back."""
    own = OwnMaterial([json.dumps(case["request"], ensure_ascii=False)])
    result: Any = APP.output(APP.core(APP.parse(case["request"]), None, ()).draft)
    for finding in result["findings"]:
        for text in (finding["message_zh"], finding["message_en"], finding["quote"] or ""):
            assert own.foreign_identifiers(text) == ()


@pytest.mark.parametrize("heading", ["入院前用药", "【入院前用药】"])
def test_what_is_said_of_allergies_ends_at_the_next_heading_though_no_table_knows_it(
    heading: str,
) -> None:
    text = f"过敏史\n过敏记录：海鲜，反应：荨麻疹。\n\n{heading}\n氨氯地平，5 mg 口服 每日1次。"
    papers = [
        {"id": "a", "document_type": "入院记录", "text": text},
        {"id": "b", "document_type": "日常病程记录", "text": "今予氨氯地平 5 mg 口服。"},
    ]
    signed = {"signed_by": "沈安", "written_at": "2026-03-02T12:00:00+08:00"}
    request = {
        "encounter": {
            "patient": {"sex": "male", "age_y": 60},
            "events": [{"type": "admission", "at": "2026-03-02T09:00:00+08:00"}],
        },
        "documents": [{**paper, **signed} for paper in papers],
    }

    def allergies(wanted: dict[str, Any]) -> list[str]:
        result: Any = APP.output(APP.core(APP.parse(wanted), None, ()).draft)
        return [f["quote"] for f in result["findings"] if f["rule"] == "RQ-C08"]

    assert allergies(request) == []
    papers[0]["text"] = text.replace("海鲜", "氨氯地平")
    again = {**request, "documents": [{**paper, **signed} for paper in papers]}
    assert "氨氯地平" in allergies(again)
