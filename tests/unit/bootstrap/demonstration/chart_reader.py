"""Reads generated bundles as plain JSON, without the generator's own code."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from suwen.bootstrap.demonstration import DemonstrationHospital, build_demonstration_hospital

Json = dict[str, Any]

NOW = datetime(2026, 3, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))
TAG = {"system": "https://suwen.example/fhir/CodeSystem/data-origin", "code": "synthetic"}
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"


def build(seed: int = 7, now: datetime = NOW) -> DemonstrationHospital:
    return build_demonstration_hospital(seed, now)


def bundles_of(hospital: DemonstrationHospital) -> list[Json]:
    """The bundles after a round trip through text, as a reader outside would see them."""
    read: list[Json] = json.loads(json.dumps(hospital.bundles, ensure_ascii=False))
    return read


def resources_of(bundle: Json) -> list[Json]:
    return [entry["resource"] for entry in bundle["entry"]]


def of_type(resources: list[Json], *types: str) -> list[Json]:
    return [item for item in resources if item["resourceType"] in types]


def references_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def quantities_in(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if isinstance(value.get("value"), int | float):
            yield value
        for item in value.values():
            yield from quantities_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from quantities_in(item)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def has_code(concept: Json, system: str, prefix: str) -> bool:
    return any(
        item["system"] == system and item["code"].startswith(prefix)
        for item in concept.get("coding", [])
    )


def laboratory(resources: list[Json], loinc: str) -> list[Json]:
    """Observations of one LOINC code, oldest first."""
    found = [
        item for item in of_type(resources, "Observation") if has_code(item["code"], LOINC, loinc)
    ]
    return sorted(found, key=lambda item: item["effectiveDateTime"])


def category(resource: Json) -> str:
    code: str = resource["category"][0]["coding"][0]["code"]
    return code


def note_text(document: Json) -> str:
    """A note's text without its title, time and signature lines."""
    text = base64.b64decode(document["content"][0]["attachment"]["data"]).decode("utf-8")
    return "\n".join(text.split("\n")[2:-1])


def notes(resources: list[Json], kind: str | None = None) -> list[Json]:
    """Notes of one document type code (or all), oldest first."""
    found = [
        item
        for item in of_type(resources, "DocumentReference")
        if kind is None
        or has_code(item["type"], "https://suwen.example/fhir/CodeSystem/document-type", kind)
    ]
    return sorted(found, key=lambda item: item["date"])


def orders(resources: list[Json], atc: str, status: str = "active") -> list[Json]:
    return [
        item
        for item in of_type(resources, "MedicationRequest")
        if item["status"] == status and has_code(item["medicationCodeableConcept"], ATC, atc)
    ]
