from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from suwen.storage.patient_summary import first_instant, read_stay, summarise


def _allergy(
    code: str, clinical: str = "active", verification: str = "confirmed"
) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "code": {"coding": [{"code": code}]},
        "clinicalStatus": {"coding": [{"code": clinical}]},
        "verificationStatus": {"coding": [{"code": verification}]},
    }


def _stay(identifier: str, status: str, start: str | None, end: str | None = None) -> Any:
    period = {"start": start, "end": end}
    return read_stay(
        {
            "id": identifier,
            "status": status,
            "class": {"code": "IMP"},
            "period": {name: value for name, value in period.items() if value},
        },
        "p",
        f"dept-{identifier}",
    )


PENICILLIN, NO_KNOWN_ALLERGY, NO_KNOWN_FOOD_ALLERGY = "91936005", "716186003", "429625007"


@pytest.mark.parametrize(
    ("allergies", "expected"),
    [
        ([], None),
        ([_allergy(PENICILLIN)], True),
        ([_allergy(NO_KNOWN_ALLERGY)], False),
        ([_allergy(NO_KNOWN_ALLERGY), _allergy(PENICILLIN)], True),
        ([_allergy(NO_KNOWN_FOOD_ALLERGY)], None),
        ([_allergy(NO_KNOWN_FOOD_ALLERGY), _allergy(PENICILLIN)], True),
        ([_allergy(NO_KNOWN_FOOD_ALLERGY), _allergy(NO_KNOWN_ALLERGY)], False),
        ([_allergy(PENICILLIN, verification="refuted")], None),
        ([_allergy(PENICILLIN, verification="entered-in-error")], None),
        ([_allergy(PENICILLIN, clinical="resolved")], None),
        ([{"resourceType": "AllergyIntolerance", "code": {"text": "青霉素"}}], True),
    ],
)
def test_allergy_is_known_absent_or_unknown(
    allergies: list[dict[str, Any]], expected: bool | None
) -> None:
    assert summarise({"id": "p"}, [], allergies, "imported").has_allergy is expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], None),
        ([{"family": "欧阳", "given": ["明"]}], "欧阳明"),
        ([{"family": "Meyer", "given": ["Ann", "B."]}], "Ann B. Meyer"),
        ([{"text": "王 芳", "family": "x"}], "王 芳"),
        ([{"use": "usual", "text": "Nan"}, {"use": "official", "text": "Nancy"}], "Nancy"),
        ([{"use": "old", "text": "Former"}], None),
    ],
)
def test_the_name_is_as_it_is_written(names: list[dict[str, Any]], expected: str | None) -> None:
    assert summarise({"id": "p", "name": names}, [], [], "imported").name == expected


def test_an_empty_patient_stays_empty() -> None:
    row = summarise({"id": "p"}, [], [], "synthetic")
    known = {name for name in row.__slots__ if getattr(row, name) is not None}
    assert known == {"id", "origin"}


def test_the_record_number_is_preferred_to_other_identifiers() -> None:
    other = {"value": "id-card"}
    marked = {"type": {"coding": [{"code": "MR"}]}, "value": "R-7"}
    both = summarise({"id": "p", "identifier": [other, marked]}, [], [], "imported")
    assert both.identifier == "R-7"
    assert summarise({"id": "p", "identifier": [other]}, [], [], "imported").identifier == "id-card"


def test_a_partial_birth_date_is_kept_and_not_completed() -> None:
    row = summarise({"id": "p", "birthDate": "1958-03"}, [], [], "imported")
    assert (row.birth_date, row.birth_date_text) == (None, "1958-03")
    full = summarise({"id": "p", "birthDate": "1958-03-02"}, [], [], "imported")
    assert full.birth_date == date(1958, 3, 2)


def test_the_open_stay_counts_else_the_latest_that_took_place() -> None:
    old = _stay("old", "finished", "2020-01-01T08:00:00+08:00", "2020-01-09T08:00:00+08:00")
    here = _stay("here", "in-progress", "2021-01-01T08:00:00+08:00")
    later = _stay("later", "finished", "2022-01-01", "2022-01-02")
    void = _stay("void", "cancelled", "2023-01-01")
    patient = {"id": "p"}
    assert summarise(patient, [old, here, later, void], [], "imported").encounter_id == "here"
    row = summarise(patient, [void, later, old], [], "imported")
    assert (row.encounter_id, row.department) == ("later", "dept-later")
    assert row.discharged_at == datetime(2022, 1, 2, tzinfo=UTC)
    assert summarise(patient, [void], [], "imported").encounter_id is None


def test_only_a_place_marked_as_bed_is_the_bed() -> None:
    ward = {"location": {"display": "Ward 3"}, "physicalType": {"coding": [{"code": "wa"}]}}
    bed = {"location": {"display": "12床"}, "physicalType": {"coding": [{"code": "bd"}]}}
    assert read_stay({"id": "e", "location": [ward, bed]}, "p", None).bed == "12床"
    assert read_stay({"id": "e", "location": [ward]}, "p", None).bed is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("2014", datetime(2014, 1, 1, tzinfo=UTC)),
        ("2014-05", datetime(2014, 5, 1, tzinfo=UTC)),
        ("2014-05-06", datetime(2014, 5, 6, tzinfo=UTC)),
        (
            "2014-05-06T07:08:09.5+08:00",
            datetime(2014, 5, 6, 7, 8, 9, 500000, timezone(timedelta(hours=8))),
        ),
        ("2014-05-06T07:08:09Z", datetime(2014, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("yesterday", None),
    ],
)
def test_first_instant_of_a_fhir_date(text: str | None, expected: datetime | None) -> None:
    assert first_instant(text) == expected
