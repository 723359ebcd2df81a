"""What is recorded of allergies that are not known is shown, and never as more than it says."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.integration.fhir.bundle import read_bundle
from suwen.integration.fhir.record import read_record
from suwen.web.views.banner import absences_of_a_kind, standing_allergies


def _allergies(code: str, text: str, verification: str = "confirmed") -> Any:
    entries: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "p"},
        {
            "resourceType": "AllergyIntolerance",
            "id": "a",
            "patient": {"reference": "Patient/p"},
            "verificationStatus": {"coding": [{"code": verification}]},
            "code": {
                "coding": [{"system": "http://snomed.info/sct", "code": code}],
                "text": text,
            },
        },
    ]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": entry} for entry in entries],
    }
    return read_record(read_bundle(bundle)).allergies


@pytest.mark.parametrize(
    ("code", "text", "shown"),
    [
        ("409137002", "No known drug allergy", ("No known drug allergy",)),
        ("716186003", "No known allergy", ()),
        ("91936005", "Allergy to penicillin", ()),
    ],
)
def test_an_absence_of_one_kind_is_shown_as_it_is_written(
    code: str, text: str, shown: tuple[str, ...]
) -> None:
    assert absences_of_a_kind(_allergies(code, text)) == shown


def test_an_absence_that_was_entered_in_error_is_not_shown() -> None:
    items = _allergies("409137002", "No known drug allergy", "entered-in-error")
    assert absences_of_a_kind(items) == ()
    assert standing_allergies(items) == ()
