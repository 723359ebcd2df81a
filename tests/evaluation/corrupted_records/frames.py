"""Who the encounters are about: patients and staff of the demonstration hospital."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from suwen.bootstrap.demonstration import build_demonstration_hospital

_SEEDS = {"first": 11, "second": 12}
_NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Frame:
    """A stay of the demonstration hospital: who, on which ward, arrived at which hour."""

    patient_id: str
    name: str
    sex: str
    birth_date: date
    language: str
    department: str
    hour: int
    minute: int
    physician: str
    senior: str
    chief: str


@cache
def frames(half: str, language: str) -> tuple[Frame, ...]:
    """Adults with an inpatient stay that speak the language; always the same for a half."""
    hospital = build_demonstration_hospital(_SEEDS[half], _NOW)
    chinese = language == "zh"
    names = [
        member.name_zh if chinese else member.name_en
        for member in hospital.staff
        if "physician" in member.roles
    ]
    found = []
    for number, bundle in enumerate(hospital.bundles[1:]):
        resources = [entry["resource"] for entry in bundle["entry"]]
        patient = next(item for item in resources if item["resourceType"] == "Patient")
        stays = [
            item
            for item in resources
            if item["resourceType"] == "Encounter" and item["class"]["code"] == "IMP"
        ]
        speaks = patient["communication"][0]["language"]["coding"][0]["code"]
        if not stays or speaks.startswith("zh") != chinese:
            continue
        arrived = datetime.fromisoformat(stays[0]["period"]["start"])
        found.append(
            Frame(
                patient_id=patient["id"],
                name=patient["name"][0]["text"],
                sex=patient["gender"],
                birth_date=date.fromisoformat(patient["birthDate"]),
                language=language,
                department=stays[0]["serviceType"]["coding"][0]["code"],
                hour=arrived.hour,
                minute=arrived.minute,
                physician=names[number % len(names)],
                senior=names[(number + 1) % len(names)],
                chief=names[(number + 2) % len(names)],
            )
        )
    return tuple(found)
