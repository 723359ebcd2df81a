"""What the reader is told of the age of the data counts what the document rests on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from suwen.control.gateway.disclosure import newest
from suwen.integration.fhir.bundle import read_bundle
from suwen.integration.fhir.record import read_record

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def _observation(name: str, at: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"text": "potassium"},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": at,
        "valueQuantity": {"value": 4.1, "unit": "mmol/L"},
    }


def test_what_was_not_used_does_not_make_the_data_look_newer() -> None:
    resources = [
        {"resourceType": "Patient", "id": "p"},
        _observation("used", "2026-03-02T08:00:00Z"),
        _observation("after", "2026-05-20T08:00:00Z"),
        _observation("future", "2026-07-01T08:00:00Z"),
    ]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": r} for r in resources],
    }
    record = read_record(read_bundle(bundle))
    used = newest(record, NOW, frozenset({"Observation/used", "Observation/future"}))
    assert used == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert newest(record, NOW) == datetime(2026, 5, 20, 8, tzinfo=UTC)
    assert newest(record, NOW, frozenset()) is None
