"""What the platform writes is read by its own quality rules: every heading is known to them."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.apps.record_quality.app import APP
from suwen.apps.record_quality.documents import document_kinds, kind_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_writer.app import APP as WRITER
from suwen.clinical.document_sections import WRITTEN_SECTIONS, is_written_here
from suwen.core.document_form import document_as_json
from suwen.integration.fhir.record import read_record
from tests.unit.apps.record_writer.test_document import KINDS, LANGUAGES, charts

DOCUMENTS = [(kind, language) for kind in KINDS for language in LANGUAGES]


def written(kind: str, language: str) -> list[tuple[str, str]]:
    """Title and text of the document of each chart."""
    found = []
    for resources in charts():
        request = WRITER.parse({"bundle": {}, "document_type": kind, "language": language})
        document = WRITER.core(request, read_record(resources), ()).draft.document
        assert document is not None
        found.append((document.title, document_as_json(document)["text"]))
    return found


def findings(title: str, text: str) -> list[dict[str, Any]]:
    request = {
        "encounter": {
            "patient": {},
            "events": [{"type": "admission", "at": "2026-03-02T09:00:00+08:00"}],
        },
        "documents": [
            {
                "id": "n1",
                "document_type": title,
                "text": text,
                "written_at": "2026-03-02T12:00:00+08:00",
                "signed_by": "沈安",
            }
        ],
    }
    result: Any = APP.output(APP.core(APP.parse(request), None, ()).draft)
    return list(result["findings"])


@pytest.mark.parametrize(("kind", "language"), DOCUMENTS)
def test_no_heading_of_a_template_is_unknown(kind: str, language: str) -> None:
    for title, text in written(kind, language):
        assert is_written_here(text)
        paper = Paper("n1", title, kind_of(title), text, None)
        assert paper.strangers == ()
        told = [f for f in findings(title, text) if f["rule"] == "RQ-U02" and f["document_id"]]
        assert told == [], kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_section_that_is_there_is_found_and_one_that_is_not_is_missing(language: str) -> None:
    for title, text in written("discharge_summary", language):
        absent = {f["absent"][1] for f in findings(title, text) if f["rule"] == "RQ-M02"}
        assert not absent & {"admitted", "course", "discharge-diagnosis"}
        assert {"state", "outcome"} <= absent


def test_a_local_heading_of_somebody_elses_document_is_still_told_as_unchecked() -> None:
    [(title, text), *_] = written("admission_record", "zh")
    other = text.replace("住院信息", "入院情况").replace("入院原因\n", "来院缘由：不适\n")
    assert not is_written_here(other)
    rules = {f["rule"] for f in findings(title, other)}
    assert "RQ-U02" in rules


def test_a_written_section_stands_for_one_that_the_norm_asks_for() -> None:
    kinds = document_kinds()
    for section in WRITTEN_SECTIONS.values():
        for kind, wanted in section.stands_for.items():
            assert wanted in {one.id for one in kinds[kind].sections}
