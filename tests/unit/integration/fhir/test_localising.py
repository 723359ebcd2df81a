"""Resources of another system under this site's ids, patients and source."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.integration.fhir.localising import (
    DELETED_TAG,
    ORIGINAL_SOURCE,
    IdSpace,
    as_deleted,
    last_updated,
    localised,
    patients_named,
)

IDS = st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True)
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"source": "urn:other", "lastUpdated": "2024-05-31T08:00:00.500+08:00"},
    "status": "final",
    "code": {"text": "K"},
    "subject": {"reference": "Patient/p1"},
    "encounter": {"reference": "Encounter/e1/_history/3"},
    "performer": [{"reference": "#c"}, {"reference": "https://elsewhere/Practitioner/x"}],
    "contained": [{"resourceType": "Practitioner", "id": "c"}],
}


def test_the_own_numbering_keeps_its_ids_and_says_its_source() -> None:
    before = copy.deepcopy(OBSERVATION)
    body = localised(OBSERVATION, IdSpace("emr", ""), {})
    assert (before, body["id"], body["subject"]) == (OBSERVATION, "o1", OBSERVATION["subject"])
    assert body["encounter"] == {"reference": "Encounter/e1"}
    assert body["meta"]["source"] == "urn:suwen:emr"
    assert body["meta"]["extension"] == [{"url": ORIGINAL_SOURCE, "valueUri": "urn:other"}]
    assert localised(body, IdSpace("emr", ""), {}) == body


def test_another_numbering_is_set_apart_and_its_patients_matched() -> None:
    body = localised(OBSERVATION, IdSpace("lis", "lis-"), {"p1": "ours"})
    assert body["id"] == "lis-o1"
    assert body["subject"] == {"reference": "Patient/ours"}
    assert body["encounter"] == {"reference": "Encounter/lis-e1"}
    assert body["performer"] == OBSERVATION["performer"]
    patient = {"resourceType": "Patient", "id": "p1"}
    assert localised(patient, IdSpace("lis", "lis-"), {"p1": "ours"})["id"] == "ours"


@given(IDS, IDS)
def test_two_sources_never_meet_and_ids_stay_ids(first: str, second: str) -> None:
    lis, pacs = IdSpace("lis", "lis-"), IdSpace("pacs", "pacs-")
    assert lis.local("Patient", first) != pacs.local("Patient", second)
    assert (lis.local("Patient", first) == lis.local("Patient", second)) == (first == second)
    assert len(lis.local("Patient", first)) <= 64


def test_every_patient_that_is_named_is_found() -> None:
    body = {**OBSERVATION, "focus": [{"reference": "Patient/p2"}]}
    assert patients_named(body) == {"p1", "p2"}


# Source: FHIR R4 (4.0.1), Condition con-5: no clinical status beside entered-in-error.
@pytest.mark.parametrize(
    ("body", "element"),
    [
        (OBSERVATION, "status"),
        (
            {
                "resourceType": "Condition",
                "id": "c",
                "clinicalStatus": {"coding": [{"code": "active"}]},
                "subject": {"reference": "Patient/p1"},
            },
            "verificationStatus",
        ),
    ],
)
def test_what_was_deleted_is_entered_in_error(body: dict[str, Any], element: str) -> None:
    gone = as_deleted(body)
    assert gone is not None and "clinicalStatus" not in gone
    assert "entered-in-error" in str(gone[element])
    assert gone["meta"]["tag"] == [{"system": DELETED_TAG, "code": "deleted"}]
    former, now = last_updated(body), last_updated(gone)
    assert former is None or (now is not None and now > former)
    assert as_deleted(gone) is not None


def test_a_patient_is_never_marked_deleted() -> None:
    assert as_deleted({"resourceType": "Patient", "id": "p"}) is None


@pytest.mark.parametrize("meta", [None, "x", {}, {"lastUpdated": 5}, {"lastUpdated": "soon"}])
def test_a_time_that_is_not_told_is_not_known(meta: Any) -> None:
    assert last_updated({"resourceType": "Patient", "meta": meta}) is None


def test_the_time_of_change_keeps_its_zone() -> None:
    assert last_updated(OBSERVATION) == datetime(2024, 5, 31, 0, 0, 0, 500_000, tzinfo=UTC)
