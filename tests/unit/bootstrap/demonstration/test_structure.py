"""The hospital's resources are valid, marked, resolvable and reproducible."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from datetime import UTC

import pytest
from fhir.resources.R4B import get_fhir_model_class

from suwen.bootstrap.demonstration import DemonstrationHospital
from suwen.core.identity import Role
from tests.unit.bootstrap.demonstration.chart_reader import (
    NOW,
    TAG,
    Json,
    build,
    note_text,
    notes,
    of_type,
    quantities_in,
    references_in,
    resources_of,
)

_STATUSES = {
    "AllergyIntolerance": set(),
    "Appointment": {"booked"},
    "CarePlan": {"active"},
    "DiagnosticReport": {"final"},
    "DocumentReference": {"current"},
    "Encounter": {"in-progress", "finished"},
    "FamilyMemberHistory": {"completed"},
    "ImagingStudy": {"available"},
    "Immunization": {"completed"},
    "MedicationRequest": {"active", "completed", "stopped"},
    "MedicationStatement": {"active"},
    "Observation": {"final"},
    "Procedure": {"completed"},
    "ServiceRequest": {"active"},
}


def test_same_arguments_give_the_same_bytes(hospital: DemonstrationHospital) -> None:
    again = build()
    assert json.dumps(again.bundles) == json.dumps(hospital.bundles)
    assert again == hospital


def test_another_seed_gives_other_people_and_values(hospital: DemonstrationHospital) -> None:
    other = build(seed=8)
    names = [
        {
            item["name"][0]["text"]
            for bundle in one.bundles
            for item in of_type(resources_of(bundle), "Patient")
        }
        for one in (hospital, other)
    ]
    assert names[0] != names[1]
    assert json.dumps(other.bundles[3]) != json.dumps(hospital.bundles[3])
    assert other.show_cases == hospital.show_cases


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build(now=NOW.replace(tzinfo=None))


def test_there_are_enough_patients_of_every_kind(bundles: list[Json]) -> None:
    patients = [of_type(resources_of(bundle), "Patient") for bundle in bundles[1:]]
    assert all(len(found) == 1 for found in patients)
    languages = Counter(
        found[0]["communication"][0]["language"]["coding"][0]["code"] for found in patients
    )
    assert languages["zh-CN"] >= 30
    assert languages["en"] >= 6
    encounters = [
        item for bundle in bundles[1:] for item in of_type(resources_of(bundle), "Encounter")
    ]
    kinds = Counter((item["class"]["code"], item["status"]) for item in encounters)
    assert kinds["IMP", "in-progress"] >= 12
    assert kinds["IMP", "finished"] >= 10
    assert kinds["AMB", "finished"] >= 8
    assert kinds["EMER", "in-progress"] >= 1
    wards = {
        item["serviceProvider"]["identifier"]["value"]
        for item in encounters
        if item["class"]["code"] == "IMP"
    }
    assert wards >= {"cardiology", "respiratory", "nephrology", "gi-surgery"}


def test_beds_of_present_inpatients_are_taken_once(bundles: list[Json]) -> None:
    beds = [
        item["location"][0]["location"]["reference"]
        for bundle in bundles[1:]
        for item in of_type(resources_of(bundle), "Encounter")
        if item["status"] == "in-progress"
    ]
    assert len(beds) == len(set(beds)) >= 15


def test_every_resource_is_valid_r4(bundles: list[Json]) -> None:
    for bundle in bundles:
        assert bundle["type"] == "collection"
        for resource in resources_of(bundle):
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_statuses_are_those_we_mean(bundles: list[Json]) -> None:
    for bundle in bundles[1:]:
        for resource in resources_of(bundle):
            allowed = _STATUSES.get(resource["resourceType"], set())
            assert resource.get("status") is None or resource["status"] in allowed


def test_every_reference_resolves(bundles: list[Json]) -> None:
    def known(bundle: Json) -> set[str]:
        return {f"{item['resourceType']}/{item['id']}" for item in resources_of(bundle)}

    house = known(bundles[0])
    for bundle in bundles:
        missing = set(references_in(bundle)) - known(bundle) - house
        assert not missing


def test_ids_are_valid_and_used_once(bundles: list[Json]) -> None:
    seen: Counter[str] = Counter()
    for bundle in bundles:
        for entry in bundle["entry"]:
            resource = entry["resource"]
            assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource["id"])
            assert entry["fullUrl"].endswith(f"{resource['resourceType']}/{resource['id']}")
            seen[f"{resource['resourceType']}/{resource['id']}"] += 1
    assert set(seen.values()) == {1}


def test_everything_is_marked_synthetic(bundles: list[Json]) -> None:
    for bundle in bundles:
        for resource in [bundle, *resources_of(bundle)]:
            tags = [
                {"system": tag["system"], "code": tag["code"]} for tag in resource["meta"]["tag"]
            ]
            assert TAG in tags


def test_no_number_could_be_a_real_persons(bundles: list[Json]) -> None:
    for bundle in bundles[1:]:
        for patient in of_type(resources_of(bundle), "Patient"):
            assert all(item["value"].startswith("DEMO-") for item in patient["identifier"])
            assert all(item["value"].startswith("000-0000-") for item in patient["telecom"])
        text = json.dumps(bundle, ensure_ascii=False)
        for document in notes(resources_of(bundle)):
            text += note_text(document)
        assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text)
        assert not re.search(r"(?<![\d.])[1-9]\d{16}[\dXx](?!\d)", text)


def test_every_quantity_has_a_unit(bundles: list[Json]) -> None:
    for bundle in bundles:
        for resource in resources_of(bundle):
            for quantity in quantities_in(resource):
                assert quantity["unit"]
                assert quantity["system"] == "http://unitsofmeasure.org"
                assert quantity["code"]


def test_staff_cover_every_role_and_ward(hospital: DemonstrationHospital) -> None:
    people = Role.__members__.values()
    held = {role for member in hospital.staff for role in member.roles}
    assert held == {role.value for role in people} - {Role.SERVICE.value}
    for ward in ("cardiology", "respiratory", "nephrology", "gi-surgery"):
        titles = {item.title_en for item in hospital.staff if item.department_code == ward}
        assert titles >= {"Attending physician", "Resident physician", "Chief physician"}
    usernames = [member.username for member in hospital.staff]
    assert len(usernames) == len(set(usernames))
    assert "dr.lin" in usernames


def test_staff_are_practitioners_of_the_hospital_bundle(
    hospital: DemonstrationHospital, bundles: list[Json]
) -> None:
    practitioners = {item["id"] for item in of_type(resources_of(bundles[0]), "Practitioner")}
    assert {member.id for member in hospital.staff} == practitioners


def test_some_facts_are_missing_so_that_missing_can_be_shown(bundles: list[Json]) -> None:
    charts = [resources_of(bundle) for bundle in bundles[1:]]
    assert any(not of_type(chart, "AllergyIntolerance") for chart in charts)
    for loinc in ("8302-2", "29463-7", "72166-2"):
        with_it = [
            any(
                item["code"]["coding"][0]["code"] == loinc for item in of_type(chart, "Observation")
            )
            for chart in charts
        ]
        assert any(with_it)
        assert not all(with_it)


def test_the_machines_time_zone_does_not_matter(
    hospital: DemonstrationHospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Lima")
    time.tzset()
    try:
        assert json.dumps(build().bundles) == json.dumps(hospital.bundles)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_same_moment_in_another_zone_gives_the_same_hospital(
    hospital: DemonstrationHospital,
) -> None:
    assert json.dumps(build(now=NOW.astimezone(UTC)).bundles) == json.dumps(hospital.bundles)
