"""By what a record names who wrote a document."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.apps.record_quality.app import APP
from suwen.integration.fhir.record import read_record

STAY = {
    "resourceType": "Encounter",
    "id": "e",
    "status": "finished",
    "class": {"code": "IMP"},
    "subject": {"reference": "Patient/p"},
    "period": {"start": "2026-03-02T09:00:00+08:00", "end": "2026-03-04T09:00:00+08:00"},
}


@pytest.mark.parametrize(
    ("author", "name", "ids"),
    [
        ({"reference": "Practitioner/lin", "display": "林怀瑾"}, "林怀瑾", ["lin"]),
        ({"identifier": {"value": "0042"}, "display": "林怀瑾"}, "林怀瑾", ["0042"]),
        ({"reference": "Organization/ward", "display": "心内科"}, "心内科", []),
        ({"display": "林怀瑾"}, "林怀瑾", []),
    ],
)
def test_an_author_is_told_with_the_identifier_that_the_record_has(
    author: dict[str, Any], name: str, ids: list[str]
) -> None:
    note = {
        "resourceType": "Composition",
        "id": "n",
        "status": "final",
        "type": {"text": "日常病程记录"},
        "title": "日常病程记录",
        "subject": {"reference": "Patient/p"},
        "encounter": {"reference": "Encounter/e"},
        "date": "2026-03-02T12:00:00+08:00",
        "author": [author],
        "section": [{"title": "记录", "text": {"status": "generated", "div": "<div>平稳。</div>"}}],
    }
    record = read_record([{"resourceType": "Patient", "id": "p"}, STAY, note])
    result: Any = APP.output(APP.core(APP.parse({"patient_id": "p"}), record, ()).draft)
    [document] = result["documents"]
    assert (document["author"], document["author_ids"]) == (name, ids)
