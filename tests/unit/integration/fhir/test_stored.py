"""What the record store takes of a resource besides its body."""

from __future__ import annotations

from suwen.integration.fhir.stored import department_wording


def test_a_department_is_called_as_its_stay_calls_it_and_a_bare_code_is_no_name() -> None:
    coded = {"serviceType": {"coding": [{"code": "0302"}], "text": "0302"}}
    assert department_wording({"resourceType": "Encounter", **coded}) is None
    named = {"serviceType": {"coding": [{"code": "0302"}], "text": "心内科一病区"}}
    assert department_wording({"resourceType": "Encounter", **named}) == "心内科一病区"
    provider = {"serviceProvider": {"display": "Cardiology"}}
    assert department_wording({"resourceType": "Encounter", **coded, **provider}) == "Cardiology"
    assert department_wording({"resourceType": "Encounter"}) is None
