"""The application's own cases, each with what its document must and must not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import suwen.apps.record_writer as application
from suwen.apps.record_writer.app import APP
from suwen.core.errors import SuwenError
from suwen.integration.fhir.bundle import read_bundle
from suwen.integration.fhir.record import read_record

FILE = Path(application.__file__).parent / "evaluation" / "cases.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case(case: dict[str, Any]) -> None:
    expected = case["expect"]
    request = APP.parse(case["request"])
    record = read_record(read_bundle(case["request"]["bundle"]))
    if "error" in expected:
        with pytest.raises(SuwenError) as refusal:
            APP.core(request, record, ())
        assert refusal.value.code == expected["error"]
        return
    output = APP.output(APP.core(request, record, ()).draft)
    document = output["document"]
    values = {f["name"]: f["value"] for s in document["sections"] for f in s["fields"]}
    for name, part in expected.get("fields", {}).items():
        assert part in (values[name] or ""), name
    assert [name for name in expected.get("absent", ()) if values[name] is not None] == []
    assert [part for part in expected.get("text", ()) if part not in document["text"]] == []
    assert [part for part in expected.get("not_in_text", ()) if part in document["text"]] == []
    assert {f["rule"] for f in output["findings"]} >= set(expected.get("findings", ()))
