"""The demonstration hospital through the reader and the application: the planted cases show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from suwen.apps.record_writer.app import APP
from suwen.bootstrap.demonstration import DemonstrationHospital, build_demonstration_hospital
from suwen.core.errors import PreconditionError
from suwen.core.finding import Severity
from suwen.core.record import PatientRecord
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import read_record

#: Planted case -> the rule that must show it.
SHOWN_BY = {
    "allergy-against-order": "RW-M01",
    "sulfa-allergy-english": "RW-M01",
    "renal-dose": "RW-M02",
    "critical-value-overnight": "RW-L01",
    "note-against-laboratory": "RW-L02",
    "copied-forward-note": "RW-N01",
    "missing-signature": "RW-N02",
    "wrong-side": "RW-C02",
}
GRAVE = (Severity.CONTRAINDICATED, Severity.MAJOR)


@pytest.fixture(scope="module", params=[7, 20260])
def hospital(request: pytest.FixtureRequest) -> DemonstrationHospital:
    return build_demonstration_hospital(request.param, datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture(scope="module")
def records(hospital: DemonstrationHospital) -> dict[str, PatientRecord]:
    read = [read_record(read_resources(bundle)) for bundle in hospital.bundles[1:]]
    return {r.patient.reference.removeprefix("Patient/"): r for r in read}


def written(record: PatientRecord, kind: str, language: str = "zh") -> Any:
    request = APP.parse({"bundle": {}, "document_type": kind, "language": language})
    return APP.core(request, record, ()).draft


def test_every_resource_of_the_hospital_is_read(hospital: DemonstrationHospital) -> None:
    for bundle in hospital.bundles:
        assert len(read_resources(bundle)) == len(bundle["entry"])


def test_every_planted_case_is_found_in_its_patient_and_in_nobody_else(
    hospital: DemonstrationHospital, records: dict[str, PatientRecord]
) -> None:
    planted: dict[str, set[str]] = {}
    for case in hospital.show_cases:
        planted.setdefault(case.patient_id, set()).add(SHOWN_BY[case.id])
    assert {case.id for case in hospital.show_cases} == set(SHOWN_BY)
    for patient, record in records.items():
        kind = "discharge_summary"
        try:
            draft = written(record, kind)
        except PreconditionError:
            draft = written(record, "outpatient_note")
        grave = {f.rule for f in draft.findings if f.severity in GRAVE}
        assert grave == planted.get(patient, set()), patient


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_patient_has_a_full_document_in_both_languages(
    records: dict[str, PatientRecord], language: str
) -> None:
    stays = 0
    for record in records.values():
        document = written(record, "outpatient_note", language).document
        assert document.fields_filled == document.fields_total >= 15
        try:
            document = written(record, "discharge_summary", language).document
        except PreconditionError as refusal:
            assert refusal.code == "no_inpatient_encounter"
            continue
        stays += 1
        assert document.fields_filled == document.fields_total >= 15
    assert stays >= 25
