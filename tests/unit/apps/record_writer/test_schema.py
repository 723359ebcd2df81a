from __future__ import annotations

from typing import Any

import pytest

from suwen.apps.record_writer.app import APP, READS
from suwen.core.errors import InputError, PreconditionError
from suwen.core.language import Language

GOOD = {"patient_id": "p1", "document_type": "discharge_summary", "language": "zh"}


def test_a_request_from_the_store_and_from_a_bundle() -> None:
    read = APP.plan(APP.parse(GOOD | {"encounter_id": "Encounter/e1"})).read
    assert read is not None
    assert (read.patient_id, read.bundle, read.encounter_id) == ("p1", None, "e1")
    bundle = {"resourceType": "Bundle"}
    plan = APP.plan(
        APP.parse({"bundle": bundle, "document_type": "outpatient_note", "language": "en"})
    )
    assert plan.language is Language.EN
    assert plan.read is not None
    assert (plan.read.patient_id, plan.read.bundle) == (None, bundle)
    assert plan.read.resource_types == READS


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"document_type": "poem"}, "request_invalid", "document_type"),
        ({"document_type": 5}, "request_invalid", "document_type"),
        ({"language": "fr"}, "request_invalid", "language"),
        ({"language": ...}, "request_invalid", "language"),
        ({"patient_id": "a b"}, "request_invalid", "patient_id"),
        ({"patient_id": ""}, "request_invalid", "patient_id"),
        ({"patient_id": 5}, "request_invalid", "patient_id"),
        ({"patient_id": "x" * 65}, "request_invalid", "patient_id"),
        ({"encounter_id": "../e"}, "request_invalid", "encounter_id"),
        ({"bundle": []}, "request_invalid", "bundle"),
        ({"colour": "red"}, "request_invalid", "colour"),
        ({"patient_id": ...}, "patient_or_bundle", "patient_id"),
        ({"bundle": {}}, "patient_or_bundle", "patient_id"),
        ({"dialogue": []}, "form_not_available", "dialogue"),
        ({"document": {}, "task": "correct"}, "form_not_available", "document"),
    ],
)
def test_a_wrong_request_is_refused_at_its_field(
    change: dict[str, Any], code: str, field: str
) -> None:
    request = {k: v for k, v in (GOOD | change).items() if v is not ...}
    with pytest.raises(InputError) as refusal:
        APP.parse(request)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(InputError) as refusal:
        APP.parse(GOOD | {"encounter_id": "secret value"})
    assert "secret" not in f"{refusal.value.safe_message}{refusal.value.detail}"


def test_without_a_record_there_is_no_document() -> None:
    with pytest.raises(PreconditionError) as refusal:
        APP.core(APP.parse(GOOD), None, ())
    assert refusal.value.code == "no_record"
