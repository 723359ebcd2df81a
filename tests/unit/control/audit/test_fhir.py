"""Audit events as R4 resources."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.auditevent import AuditEvent as R4AuditEvent

from suwen.control.audit.fhir import audit_event_resource
from suwen.core.audit import AuditOutcome
from tests.support.audit_chains import entry, linked


@pytest.mark.parametrize("outcome", list(AuditOutcome))
@pytest.mark.parametrize("subject", [None, "Patient/p1", "Draft/d1"])
def test_every_event_is_a_valid_resource(outcome: AuditOutcome, subject: str | None) -> None:
    event = linked([entry(1, outcome=outcome, subject=subject, patient="p1")])[0]
    resource = audit_event_resource(event)
    R4AuditEvent.model_validate_json(json.dumps(resource))
    assert resource["recorded"] == event.at.isoformat()
    assert {"type": "hash", "valueString": event.hash} in resource["entity"][0]["detail"]


def test_what_happened_is_told_in_the_codes_of_the_standard() -> None:
    event = linked([entry(1, action="draft.amend", outcome=AuditOutcome.REFUSED)])[0]
    resource = audit_event_resource(event)
    assert (resource["action"], resource["outcome"]) == ("U", "4")
    assert resource["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    references = [e["what"].get("reference") for e in resource["entity"]]
    assert "Patient/demo-p01" in references
    bare = audit_event_resource(linked([entry(2, purpose=None, app=None, trace=None)])[0])
    assert "purposeOfEvent" not in bare
