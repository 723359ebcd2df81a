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
