"""What a worklist shows of a patient, taken from the stored FHIR resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from suwen.clinical.allergies import NO_ALLERGY, NO_KNOWN_ALLERGY

Resource = Mapping[str, Any]

OPEN_STATUSES = ("arrived", "triaged", "in-progress", "onleave")
"""Encounter statuses of a patient who is here. Source: FHIR R4, EncounterStatus."""

VOID_STATUSES = ("cancelled", "entered-in-error", "planned")
"""Encounter statuses of a stay that gives nobody a care relationship."""


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """One row of a worklist; ``None`` always means "not known".

    Attributes:
        birth_date: the full date; ``None`` when the record holds none or only a part of one.
        birth_date_text: as recorded, for example ``1958`` or ``1958-03``.
        department: code of the department of the present (else the last) encounter.
        encounter_id: the present encounter, else the last one.
        has_allergy: true with an active entry, false when it is recorded that no allergy of any
            kind is known, ``None`` when nothing is.
        origin: ``synthetic`` or ``imported``.
    """

    id: str
    name: str | None = field(repr=False)
    sex: str | None
    birth_date: date | None = field(repr=False)
    birth_date_text: str | None = field(repr=False)
    identifier: str | None = field(repr=False)
    department: str | None
    bed: str | None
    encounter_id: str | None
    encounter_class: str | None
    encounter_status: str | None
    admitted_at: datetime | None
    discharged_at: datetime | None
    has_allergy: bool | None
    origin: str


@dataclass(frozen=True, slots=True)
class Stay:
    """An encounter as far as lists and care relationships need it.

    Attributes:
        participants: references of those who took part, for example ``Practitioner/demo-lin``.
    """

    id: str
    patient: str
    department: str | None
    status: str | None
    encounter_class: str | None
    bed: str | None
    started_at: datetime | None
    ended_at: datetime | None
    participants: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether the patient is in it now, as recorded."""
        return self.status in OPEN_STATUSES and self.ended_at is None


def read_stay(resource: Resource, patient: str, department: str | None) -> Stay:
    """The stay that an Encounter resource describes."""
    period = resource.get("period") or {}
    members = [item.get("individual") or {} for item in resource.get("participant") or ()]
    return Stay(
        id=resource["id"],
        patient=patient,
        department=department,
        status=resource.get("status"),
        encounter_class=(resource.get("class") or {}).get("code"),
        bed=_bed(resource),
        started_at=first_instant(period.get("start")),
        ended_at=first_instant(period.get("end")),
        participants=tuple(sorted({m["reference"] for m in members if m.get("reference")})),
    )


def summarise(
    patient: Resource, stays: Sequence[Stay], allergies: Iterable[Resource], origin: str
) -> PatientSummary:
    """The row of one patient."""
    stay = _present_stay(stays)
    birth = patient.get("birthDate")
    return PatientSummary(
        id=patient["id"],
        name=_name(patient.get("name") or ()),
        sex=patient.get("gender"),
        birth_date=full_date(birth),
        birth_date_text=birth,
        identifier=_identifier(patient),
        department=stay.department if stay else None,
        bed=stay.bed if stay else None,
        encounter_id=stay.id if stay else None,
        encounter_class=stay.encounter_class if stay else None,
        encounter_status=stay.status if stay else None,
        admitted_at=stay.started_at if stay else None,
        discharged_at=stay.ended_at if stay else None,
        has_allergy=_has_allergy(allergies),
        origin=origin,
    )


def first_instant(text: str | None) -> datetime | None:
    """The first instant of a FHIR dateTime, in UTC where it names no zone; ``None`` if unreadable.

    Source: FHIR R4, dateTime.
    """
    if not text:
        return None
    padded = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _present_stay(stays: Sequence[Stay]) -> Stay | None:
    real = [stay for stay in stays if stay.status not in VOID_STATUSES]
    earliest = datetime.min.replace(tzinfo=UTC)
    return max(real, key=lambda s: (s.is_open, s.started_at or earliest, s.id), default=None)


def _bed(encounter: Resource) -> str | None:
    for place in encounter.get("location") or ():
        codes = [c.get("code") for c in (place.get("physicalType") or {}).get("coding") or ()]
        if "bd" in codes:
            shown: str | None = (place.get("location") or {}).get("display")
            return shown
    return None


def _name(names: Sequence[Resource]) -> str | None:
    order = {"official": 0, "usual": 1}
    shown = [n for n in names if n.get("use") not in ("old", "maiden", "anonymous")]
    for name in sorted(shown, key=lambda n: order.get(str(n.get("use")), 2)):
        if name.get("text"):
            return str(name["text"])
        family, given = str(name.get("family") or ""), list(name.get("given") or ())
        parts = [part for part in [*given, family] if part]
        if parts and all("\u3400" <= letter <= "\u9fff" for part in parts for letter in part):
            return "".join([family, *given])
        if parts:
            return " ".join(parts)
    return None


def _identifier(patient: Resource) -> str | None:
    first: str | None = None
    for identifier in patient.get("identifier") or ():
        value = identifier.get("value")
        codes = [c.get("code") for c in (identifier.get("type") or {}).get("coding") or ()]
        if value and "MR" in codes:
            return str(value)
        first = first or value
    return first


def full_date(text: str | None) -> date | None:
    """The day that a FHIR date names, ``None`` when it names only a year or month."""
    try:
        return date.fromisoformat(text) if text and len(text) == 10 else None
    except ValueError:
        return None


def _has_allergy(allergies: Iterable[Resource]) -> bool | None:
    absent = False
    for allergy in allergies:
        verification = _codes(allergy.get("verificationStatus"))
        if verification & {"refuted", "entered-in-error"}:
            continue
        codes = _codes(allergy.get("code"))
        if codes & NO_ALLERGY:
            absent = absent or bool(codes & NO_KNOWN_ALLERGY)
        elif not _codes(allergy.get("clinicalStatus")) & {"inactive", "resolved"}:
            return True
    return False if absent else None


def _codes(concept: Resource | None) -> set[str]:
    return {str(c["code"]) for c in (concept or {}).get("coding") or () if c.get("code")}
