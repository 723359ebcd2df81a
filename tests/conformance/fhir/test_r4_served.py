"""What other systems read of a signed record is R4, resource by resource."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from suwen.core.errors import IntegrationError
from suwen.integration.fhir.leaving import check_resource_leaving
from suwen.integration.fhir.served import SERVED_TYPES, ServedDocument, served
from tests.conformance.fhir.test_r4_documents import AT, source

FINDINGS = [
    {
        "rule": "RW-1",
        "severity": severity,
        "message_zh": "血钾偏高。",
        "message_en": "Potassium is high.",
        "evidence": [
            {"kind": "record", "reference": "Observation/k#Observation.valueQuantity", "quote": ""},
            {"kind": "rule", "reference": "RW-1", "quote": ""},
        ],
    }
    for severity in ("contraindicated", "major", "moderate", "minor", "info")
]


def document(**changes: Any) -> ServedDocument:
    signed_source = source()
    content = copy.deepcopy(dict(signed_source.signed.content))
    content["result"]["findings"] = FINDINGS
    held = replace(signed_source, signed=replace(signed_source.signed, content=content))
    return ServedDocument(
        held,
        **{
            "app": "record_writer",
            "trace": "t-1",
            "drafted_at": AT,
            "superseded": False,
            "base": "https://suwen.example/fhir",
            **changes,
        },
    )


@pytest.mark.parametrize("kind", SERVED_TYPES)
def test_each_type_is_valid_and_names_nothing_that_is_not_there(kind: str) -> None:
    found = served(document(), kind)
    assert found
    for resource in found:
        assert resource["resourceType"] == kind
        if kind == "Bundle":
            continue
        contained = {f"#{one['id']}" for one in resource.get("contained", ())}
        named = set(references(resource))
        assert {one for one in named if one.startswith("#")} == contained
        assert not {one for one in named if one.startswith("urn:")}


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [one for item in value.values() for one in references(item)]
    if isinstance(value, list):
        return [one for item in value for one in references(item)]
    return []


# Source: FHIR R4 (4.0.1) DetectedIssue.severity; a remark is no issue.
def test_findings_become_issues_of_the_standards_severities() -> None:
    issues = served(document(), "DetectedIssue")
    assert [i["severity"] for i in issues] == ["high", "high", "moderate", "low"]
    assert [i["id"] for i in issues] == [f"s-2-{n}" for n in (1, 2, 3, 4)]
    assert issues[0]["detail"] == "血钾偏高。"
    assert issues[0]["implicated"] == [{"reference": "Observation/k"}]
    assert issues[0]["code"]["coding"][0]["code"] == "RW-1"


# Source: FHIR R4 (4.0.1) DocumentReference.status.
def test_what_was_superseded_says_so() -> None:
    [current] = served(document(), "DocumentReference")
    [former] = served(document(superseded=True), "DocumentReference")
    assert (current["status"], former["status"]) == ("current", "superseded")


@pytest.mark.parametrize(
    ("kind", "element", "value", "path"),
    [
        ("DetectedIssue", "severity", "grave", "DetectedIssue.severity"),
        ("DetectedIssue", "status", None, "status"),
        ("DocumentReference", "status", "valid", "DocumentReference.status"),
        ("GuidanceResponse", "status", "done", "GuidanceResponse.status"),
        ("Composition", "title", None, "title"),
    ],
)
def test_what_would_not_be_r4_never_leaves(kind: str, element: str, value: Any, path: str) -> None:
    resource = served(document(), kind)[0]
    check_resource_leaving(resource)
    broken = {k: v for k, v in resource.items() if k != element}
    if value is not None:
        broken[element] = value
    with pytest.raises(IntegrationError) as refused:
        check_resource_leaving(broken)
    assert refused.value.code == "fhir_invalid"
    assert path in str(refused.value.detail["path"]) or kind in str(refused.value.detail["path"])
