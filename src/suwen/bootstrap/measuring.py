"""Measuring the statement check on our own documents and on public notes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from suwen.appkit.discover import discover
from suwen.bootstrap.demonstration import build_demonstration_hospital
from suwen.bootstrap.demonstration_site import SEED
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.verification import verify_line
from suwen.core.application import InstalledApplication
from suwen.core.document_form import document_text
from suwen.core.errors import PreconditionError
from suwen.core.identity import AppId
from suwen.evaluation.grounding_report import evaluate_grounding
from suwen.evaluation.grounding_sets import (
    GroundedText,
    own_texts,
    read_aci_bench,
    read_mts_dialog,
)
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.reading import Unit, read_units, unit_files
from suwen.integration.fhir.record import read_record

RECORD_WRITER = AppId("record_writer")
FORMS = (("discharge_summary", "zh"), ("outpatient_note", "en"), ("outpatient_note", "zh"))

Document = tuple[str, str, Mapping[str, Any]]


async def measure_grounding(
    settings: Settings, data: Path | None, falsehoods: int, seed: int
) -> dict[str, Any]:
    """The report of ``suwen evaluate grounding``; without ``data`` our own documents alone."""
    return await asyncio.to_thread(_measure, settings, data, falsehoods, seed)


def _measure(settings: Settings, data: Path | None, falsehoods: int, seed: int) -> dict[str, Any]:
    writer = discover()[RECORD_WRITER]
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC).astimezone(settings.zone)
    hospital = build_demonstration_hospital(SEED, moment)
    suites: dict[str, Sequence[GroundedText]] = {
        "own: demonstration hospital": own_texts(_write_all(writer, hospital.bundles[1:]), seed)
    }
    if data is not None:
        synthea = data / "fhir_synthea_r4" / "dev"
        units = (unit for file in unit_files(synthea) for unit in read_units(file))
        bundles = [_bundle(unit) for unit in units if isinstance(unit, Unit)]
        suites["own: Synthea records"] = own_texts(_write_all(writer, bundles), seed)
        suites["third party: aci_bench"] = read_aci_bench(data / "aci_bench" / "dev", seed)
        suites["third party: mts_dialog"] = read_mts_dialog(data / "mts_dialog" / "dev", seed)
    return evaluate_grounding(verify_line, suites, falsehoods, seed)


def _bundle(unit: Unit) -> Mapping[str, Any]:
    entries = [{"resource": resource} for resource in unit.resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _write_all(
    writer: InstalledApplication, bundles: Sequence[Mapping[str, Any]]
) -> list[Document]:
    """Every document that the rules alone can write of each bundle."""
    documents = []
    for number, bundle in enumerate(bundles):
        record = read_record(read_resources(bundle))
        for document_type, language in FORMS:
            request = {"bundle": bundle, "document_type": document_type, "language": language}
            application = writer.application
            parsed = application.parse(request)
            try:
                draft = application.core(parsed, record, ()).draft
            except PreconditionError:
                # A patient without such a stay has no such document.
                continue
            if draft.document is not None:
                name = f"{number}-{document_type}-{language}"
                documents.append((name, document_text(draft.document), bundle))
    return documents
