from __future__ import annotations

import pytest

from suwen.core.errors import NotFoundError, PreconditionError
from tests.unit.apps.record_writer.charts import document_of, field_of, patient, stay, visit

LATER = {"period": {"start": "2026-04-01T08:00:00+08:00", "end": "2026-04-02T08:00:00+08:00"}}


def test_the_latest_stay_is_taken_and_a_later_visit_is_not() -> None:
    document = document_of(patient(), stay("old"), stay("new", **LATER), visit(**LATER))
    assert field_of(document, "admission_date").value == "2026-04-01 08:00"


def test_the_latest_encounter_of_any_class_is_taken_for_a_visit() -> None:
    document = document_of(patient(), visit(), stay("new", **LATER), kind="outpatient_note")
    assert field_of(document, "visit_date").value == "2026-04-01 08:00"


@pytest.mark.parametrize("code", ["IMP", "ACUTE", "NONAC"])
def test_every_inpatient_class_is_a_stay(code: str) -> None:
    document = document_of(patient(), stay(**{"class": {"code": code}}))
    assert field_of(document, "admission_date").value == "2026-03-02 09:00"


@pytest.mark.parametrize("code", ["AMB", "EMER", "OBSENC", "SS", "VR"])
@pytest.mark.parametrize("kind", ["discharge_summary", "admission_record"])
def test_a_patient_without_a_stay_is_refused(code: str, kind: str) -> None:
    with pytest.raises(PreconditionError) as refusal:
        document_of(patient(), stay(**{"class": {"code": code}}), kind=kind)
    assert refusal.value.code == "no_inpatient_encounter"


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_a_stay_that_was_not_held_is_no_stay(status: str) -> None:
    with pytest.raises(PreconditionError) as refusal:
        document_of(patient(), stay(status=status))
    assert refusal.value.code == "no_inpatient_encounter"
    with pytest.raises(PreconditionError) as named:
        document_of(patient(), stay(status=status), encounter_id="e")
    assert named.value.code == "encounter_not_held"


@pytest.mark.parametrize("given", ["old", "Encounter/old"])
def test_the_named_encounter_is_taken(given: str) -> None:
    document = document_of(patient(), stay("old"), stay("new", **LATER), encounter_id=given)
    assert field_of(document, "admission_date").value == "2026-03-02 09:00"


def test_a_named_encounter_that_is_not_there_or_no_stay_is_refused() -> None:
    with pytest.raises(NotFoundError) as absent:
        document_of(patient(), stay(), encounter_id="other")
    assert absent.value.code == "encounter_not_found"
    with pytest.raises(PreconditionError) as outpatient:
        document_of(patient(), stay(), visit("v"), encounter_id="v")
    assert outpatient.value.code == "encounter_not_inpatient"


def test_a_patient_without_any_encounter_gets_no_note() -> None:
    with pytest.raises(PreconditionError) as refusal:
        document_of(patient(), kind="outpatient_note")
    assert refusal.value.code == "no_encounter"
