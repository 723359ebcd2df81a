"""Whose a study is: linked only where nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from suwen.integration.dicom.matching import IdentifierRules, match
from suwen.integration.dicom.study import imaging_study, resource_id
from suwen.storage.imaging import Candidate, StoredInstance

MRN = "urn:test:mrn"
RULES = IdentifierRules(MRN, {"HIS": MRN})
PATIENT = {
    "resourceType": "Patient",
    "id": "wang",
    "identifier": [{"system": MRN, "value": "P1"}],
    "birthDate": "1960-02-03",
    "gender": "male",
}


def _instance(number: str | None = "P1", issuer: str | None = None, **facts: Any) -> StoredInstance:
    header = {
        "modality": "CT",
        "patient_birth_date": "1960-02-03",
        "patient_sex": "M",
        "study_started": "2026-03-15T10:15:00+08:00",
        "series_number": 1,
        **facts,
    }
    kept = {name: value for name, value in header.items() if value is not None}
    return StoredInstance(
        "1.2.3",
        "1.2",
        "1.2.840.10008.1.2.1",
        "1.9",
        "1.9.1",
        number,
        issuer,
        kept,
        "0" * 64,
        10,
        "pacs",
        False,
        datetime.now(UTC),
    )


def _match(
    instance: StoredInstance, *patients: dict[str, Any], rules: IdentifierRules = RULES
) -> Any:
    found = match([instance], [Candidate(p, False) for p in patients], rules)
    return found.patient or found.reason


def _patient(**change: Any) -> dict[str, Any]:
    return {**PATIENT, **change}


@pytest.mark.parametrize(
    ("instance", "patients", "expected"),
    [
        (_instance(), [PATIENT], "wang"),
        (_instance(issuer="HIS"), [PATIENT], "wang"),
        (_instance(None), [PATIENT], "patient_id_missing"),
        (_instance(), [], "patient_unknown"),
        (_instance("P2"), [PATIENT], "patient_unknown"),
        (_instance(issuer="OTHER"), [PATIENT], "patient_unknown"),
        (_instance(), [PATIENT, _patient(id="li")], "patient_ambiguous"),
        (_instance(), [_patient(identifier=[{"system": "x", "value": "P1"}])], "patient_unknown"),
        (_instance(patient_birth_date="1961-02-03"), [PATIENT], "birth_date_differs"),
        (_instance(patient_sex="F"), [PATIENT], "sex_differs"),
        (_instance(patient_sex="O"), [PATIENT], "wang"),
        (_instance(patient_birth_date=None, patient_sex=None), [PATIENT], "wang"),
        (_instance(), [_patient(birthDate="1960")], "wang"),
    ],
)
def test_a_study_is_linked_or_waits(
    instance: StoredInstance, patients: list[dict[str, Any]], expected: str
) -> None:
    assert _match(instance, *patients) == expected


def test_without_a_declared_system_birth_date_and_sex_must_agree() -> None:
    undeclared = IdentifierRules()
    assert _match(_instance(), PATIENT, rules=undeclared) == "wang"
    for lacking in (_instance(patient_sex=None), _instance(patient_birth_date=None)):
        assert _match(lacking, PATIENT, rules=undeclared) == "patient_system_undeclared"


def test_a_demonstration_and_a_real_patient_never_meet() -> None:
    found = match([_instance()], [Candidate(PATIENT, True)], RULES)
    assert found.reason == "patient_unknown"
    real = replace(_instance(), synthetic=True)
    assert match([real], [Candidate(PATIENT, True)], RULES).patient == "wang"


def test_a_study_that_names_two_patients_waits() -> None:
    found = match([_instance("P1"), _instance("P2")], [Candidate(PATIENT, False)], RULES)
    assert found.reason == "study_of_several_patients"


def test_the_imaging_study_is_valid_r4_and_counts_what_is_there() -> None:
    from fhir.resources.R4B.imagingstudy import ImagingStudy

    two = replace(_instance(body_part="CHEST"), series_uid="1.9.2", sop_instance_uid="1.2.4")
    body = imaging_study(
        [_instance(accession_number="A1", study_description="胸部CT"), two], "wang"
    )
    ImagingStudy.model_validate(body)
    assert (body["numberOfSeries"], body["numberOfInstances"]) == (2, 2)
    assert body["id"] == resource_id("1.9", "wang") != resource_id("1.9", "li")
    assert body["meta"]["source"] == "urn:suwen:pacs"
    assert [s["uid"] for s in body["series"]] == ["1.9.1", "1.9.2"]
    assert body["identifier"][0] == {"system": "urn:dicom:uid", "value": "urn:oid:1.9"}
