"""Third-party R4 bundles: read without losing a resource, written in both languages."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fhirpathpy import compile as compile_path

from suwen.apps.record_writer.app import APP
from suwen.core.errors import PreconditionError
from suwen.core.exact_json import read_exact, write_exact
from suwen.core.finding import EvidenceKind
from suwen.core.record import Quantity
from suwen.integration.fhir.reading import Unit, read_units, unit_files
from suwen.integration.fhir.record import read_record
from suwen.integration.fhir.stored import stored_resources
from tests.support.shared_data import shared_data

KINDS = ("discharge_summary", "admission_record", "outpatient_note")
compiled = cache(compile_path)


@pytest.fixture(scope="module")
def files() -> list[Path]:
    found = unit_files(shared_data("fhir_synthea_r4") / "dev")
    assert len(found) == 15
    return found


@pytest.fixture(scope="module")
def units(files: list[Path]) -> list[Unit]:
    read = [unit for file in files for unit in read_units(file)]
    assert all(isinstance(unit, Unit) for unit in read)
    return [unit for unit in read if isinstance(unit, Unit)]


def test_no_resource_is_lost_and_none_is_changed_but_its_references(
    files: list[Path], units: list[Unit]
) -> None:
    for file, unit in zip(files, units, strict=True):
        raw = json.loads(gzip.decompress(file.read_bytes()), parse_float=Decimal)
        given = [entry["resource"] for entry in raw["entry"]]
        assert len(given) == len(unit.resources)
        kinds = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in raw["entry"]}

        def resolved(value: Any, known: dict[str, str] = kinds) -> Any:
            if isinstance(value, dict):
                return {k: resolved(v) for k, v in value.items()}
            if isinstance(value, list):
                return [resolved(v) for v in value]
            if isinstance(value, str) and value in known:
                return f"{known[value]}/{value.removeprefix('urn:uuid:')}"
            return value

        assert [resolved(resource) for resource in given] == list(unit.resources)


def test_every_resource_is_typed_or_kept_raw_once(units: list[Unit]) -> None:
    for unit in units:
        record = read_record(unit.resources)
        lists = [getattr(record, name) for name in record.__slots__ if name != "patient"]
        typed = sum(len(items) for items in lists)
        assert typed + 1 == len(unit.resources)
        assert len(stored_resources(unit.resources, "imported")) == len(unit.resources)


def test_a_height_keeps_all_its_digits_to_the_store_and_back(units: list[Unit]) -> None:
    wanted = Decimal("176.35499866729558")
    heights = [
        o
        for unit in units
        for o in read_record(unit.resources).observations
        if isinstance(o.value, Quantity) and o.value.value == wanted
    ]
    assert heights
    again = read_exact(write_exact(heights[0].resource))
    assert again == heights[0].resource
    assert str(again["valueQuantity"]["value"]) == "176.35499866729558"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_documents_are_written_with_evidence_or_refused_for_lack_of_a_stay(
    units: list[Unit], language: str
) -> None:
    written = refused = 0
    for unit in units:
        record = read_record(unit.resources)
        stay = any(e.encounter_class == "IMP" for e in record.encounters)
        by_reference = {f"{r['resourceType']}/{r['id']}": r for r in unit.resources}
        for kind in KINDS:
            request = APP.parse({"bundle": {}, "document_type": kind, "language": language})
            if kind != "outpatient_note" and not stay:
                with pytest.raises(PreconditionError) as refusal:
                    APP.core(request, record, ())
                assert refusal.value.code == "no_inpatient_encounter"
                refused += 1
                continue
            document = APP.core(request, record, ()).draft.document
            assert document is not None
            assert document.fields_filled == document.fields_total >= 12
            for statement in document.statements:
                for evidence in statement.evidence:
                    if evidence.kind is EvidenceKind.RECORD:
                        reference, path = evidence.reference.split("#")
                        values = compiled(path)(by_reference[reference], [])
                        assert evidence.quote in [str(v).lower() for v in values] + [
                            str(v) for v in values
                        ]
            written += 1
    assert (written, refused) == (21, 24)
