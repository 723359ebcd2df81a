"""What holds for every document, whatever is missing from the record."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from fhirpathpy import compile as compile_path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suwen.apps.record_writer.app import APP
from suwen.bootstrap.demonstration import build_demonstration_hospital
from suwen.core.document import Document
from suwen.core.document_form import document_from_json
from suwen.core.finding import Evidence, EvidenceKind
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.record import read_record

KINDS = ("discharge_summary", "admission_record", "outpatient_note")
LANGUAGES = ("zh", "en")
Resource = dict[str, Any]


@cache
def charts() -> list[list[Any]]:
    hospital = build_demonstration_hospital(3, datetime(2026, 5, 20, 1, tzinfo=UTC))
    wanted = (2, 5, 16, 29, 37, 40)
    return [read_resources(hospital.bundles[number]) for number in wanted]


def written(resources: list[Any], kind: str, language: str) -> Document:
    request = APP.parse({"bundle": {}, "document_type": kind, "language": language})
    document = APP.core(request, read_record(resources), ()).draft.document
    assert document is not None
    return document


compiled = cache(compile_path)


def assert_evidence_holds(evidence: Evidence, by_reference: dict[str, Any]) -> None:
    if evidence.kind is not EvidenceKind.RECORD:
        assert evidence.kind is EvidenceKind.CALCULATION
        return
    reference, path = evidence.reference.split("#")
    found = [
        str(value).lower() if isinstance(value, bool) else str(value)
        for value in compiled(path)(by_reference[reference], [])
    ]
    assert any(evidence.quote in value for value in found), (evidence, found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_value_and_statement_rests_on_evidence_that_evaluates(
    kind: str, language: str
) -> None:
    for resources in charts():
        by_reference = {f"{r['resourceType']}/{r['id']}": r for r in resources}
        document = written(resources, kind, language)
        for section in document.sections:
            for item in section.statements:
                assert item.evidence, item.text
                assert item.supported is None
            for entry in section.fields:
                assert bool(entry.evidence) == (entry.value is not None), entry.name
            for holder in (*section.fields, *section.statements):
                for evidence in holder.evidence:
                    assert_evidence_holds(evidence, by_reference)


NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_a_statement_stands_in_its_evidence(kind: str, language: str) -> None:
    for resources in charts():
        for statement in written(resources, kind, language).statements:
            quotes = " ".join(e.quote for e in statement.evidence)
            held = set(NUMBER.findall(re.sub(r"[-T:+]", " ", quotes)))
            held |= {n.lstrip("0") or "0" for n in held}
            text = re.sub(r"\(UTC[^)]*\)|SNOMED CT|ICD-10(-CM)?|ICD-9-CM-3", "", statement.text)
            for number in NUMBER.findall(re.sub(r"[-:]", " ", text)):
                plain = number.lstrip("0") or "0"
                assert number in held or plain in held or number in quotes, (number, statement)


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_survives_its_json_form(kind: str) -> None:
    for resources in charts():
        document = written(resources, kind, "zh")
        request = APP.parse({"bundle": {}, "document_type": kind, "language": "zh"})
        result = APP.core(request, read_record(resources), ())
        output = json.loads(json.dumps(dict(APP.output(result.draft))))
        assert document_from_json(output["document"]) == document
        assert output["completion"] == {
            "fields_total": document.fields_total,
            "fields_filled": document.fields_filled,
        }


def test_the_same_record_gives_the_same_document() -> None:
    for resources in charts():
        shuffled = [resources[0], *reversed(resources[1:])]
        assert written(resources, KINDS[0], "zh") == written(shuffled, KINDS[0], "zh")


def pruned(resource: Resource, seed: int) -> Resource:
    """A copy without one optional element, chosen by the seed."""
    required = {
        "resourceType", "id", "status", "class", "code", "subject", "patient", "intent",
        "medicationCodeableConcept", "vaccineCode", "occurrenceDateTime", "relationship",
        "participant", "content", "type", "author", "date", "title",
    }  # fmt: skip
    optional = sorted(set(resource) - required)
    body = copy.deepcopy(resource)
    if optional:
        del body[optional[seed % len(optional)]]
    return body


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    chart=st.integers(0, 5),
    dropped=st.sets(st.integers(0, 400), max_size=60),
    seeds=st.lists(st.integers(0, 30), min_size=1, max_size=40),
    kind=st.sampled_from(KINDS),
    language=st.sampled_from(LANGUAGES),
)
def test_whatever_is_missing_stays_missing(
    chart: int, dropped: set[int], seeds: list[int], kind: str, language: str
) -> None:
    whole = charts()[chart]
    kept = [
        r
        for number, r in enumerate(whole)
        if number not in dropped or r["resourceType"] in ("Patient", "Encounter")
    ]
    resources = [
        pruned(dict(r), seeds[n % len(seeds)]) if r["resourceType"] != "Encounter" else r
        for n, r in enumerate(kept)
    ]
    by_reference = {f"{r['resourceType']}/{r['id']}": r for r in resources}
    document = written(resources, kind, language)
    assert document.fields_filled == document.fields_total
    full = {f.name: f for s in written(list(whole), kind, language).sections for f in s.fields}
    for section in document.sections:
        for entry in section.fields:
            assert entry.source_present == (entry.value is not None)
            assert entry.value is None or entry.name in full
        for statement in section.statements:
            assert statement.text.strip()
            for evidence in statement.evidence:
                assert_evidence_holds(evidence, by_reference)


@pytest.mark.parametrize("kind", KINDS)
def test_every_section_code_is_loinc(kind: str) -> None:
    codes = [s.code for s in written(charts()[0], kind, "zh").sections if s.code]
    assert len(codes) >= 8
    for code in codes:
        digits, check = code.split("-")
        total = sum(
            sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10))
            for i, d in enumerate(reversed(digits))
        )
        assert (10 - total % 10) % 10 == int(check), code
