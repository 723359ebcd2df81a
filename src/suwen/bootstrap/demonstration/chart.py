"""One patient's growing chart: gives ids, marks everything synthetic, remembers values."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from suwen.bootstrap.demonstration.diagnoses import Term
from suwen.bootstrap.demonstration.fhir_values import Resource, meta, reference
from suwen.bootstrap.demonstration.model import StaffMember
from suwen.bootstrap.demonstration.plans import PatientPlan
from suwen.bootstrap.demonstration.staff_list import WardTeam, team_of
from suwen.bootstrap.demonstration.timeline import Timeline

_ID_PARTS = {
    "AllergyIntolerance": "allergy",
    "Appointment": "appointment",
    "CarePlan": "careplan",
    "Condition": "condition",
    "DiagnosticReport": "report",
    "DocumentReference": "note",
    "Encounter": "encounter",
    "FamilyMemberHistory": "family",
    "ImagingStudy": "imaging",
    "Immunization": "vaccine",
    "MedicationRequest": "order",
    "MedicationStatement": "medication",
    "Observation": "observation",
    "Procedure": "procedure",
    "ServiceRequest": "request",
}


class Values(dict[str, str]):
    """The texts that a note's template may name; an unknown name is an error of the course."""

    def __missing__(self, key: str) -> str:
        raise KeyError(f"the course names {{{key}}}, which the record does not hold")


@dataclass(frozen=True)
class Finding:
    """A result that a note may quote: when it was known, what was examined and what it said."""

    known_at: datetime
    name: str
    text: str


@dataclass
class Chart:
    """The resources of one patient so far, and what is needed to add more.

    Attributes:
        encounter: ``Encounter/id`` that new items belong to.
        values: what templates may name.
        abnormal: laboratory values worth quoting in this encounter, in the order reported:
            flagged ones and those without an interval to be judged by.
        reported: when each laboratory report of this encounter came out.
        images: reports of images and traces of this encounter.
    """

    plan: PatientPlan
    seed: int
    now: datetime
    name: str
    birth_date: str
    timeline: Timeline
    encounter: str = ""
    resources: list[Resource] = field(default_factory=list)
    values: Values = field(default_factory=Values)
    abnormal: list[Finding] = field(default_factory=list)
    reported: list[datetime] = field(default_factory=list)
    images: list[Finding] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """Language in which this patient's record is kept, ``zh`` or ``en``."""
        return self.plan.course.language

    @property
    def team(self) -> WardTeam:
        """Who treats the patient in the present encounter."""
        return team_of(self.plan.course.department, self.language)

    @property
    def subject(self) -> Resource:
        """Reference to the patient."""
        return reference(f"Patient/{self.plan.id}", self.name)

    def noise(self, key: str) -> random.Random:
        """A source of chance for one purpose: the same seed and key give the same numbers."""
        return random.Random(f"{self.seed}/{self.plan.id}/{key}")  # noqa: S311 not a secret

    def pick(self, zh: str, en: str) -> str:
        """The wording in the record's language."""
        return zh if self.language == "zh" else en

    def term(self, term: Term) -> str:
        """A coded term's name in the record's language."""
        return self.pick(term.zh, term.en)

    def person(self, member: StaffMember) -> Resource:
        """Reference to a member of staff, named in the record's language."""
        return reference(f"Practitioner/{member.id}", self.pick(member.name_zh, member.name_en))

    def add(self, resource_type: str, body: dict[str, Any]) -> str:
        """Adds a resource with its own id and the synthetic mark; returns its reference."""
        part = _ID_PARTS[resource_type]
        number = self._counts.get(part, 0) + 1
        self._counts[part] = number
        identity = f"{self.plan.id}-{part}-{number:03d}"
        self.resources.append(
            {"resourceType": resource_type, "id": identity, "meta": meta()} | body
        )
        return f"{resource_type}/{identity}"

    def years_ago(self, years: float, key: str) -> datetime:
        """A day about so many years before the encounter, at noon."""
        days = int(years * 365.25) + self.noise(f"years/{key}").randint(-40, 40)
        return (self.timeline.start - timedelta(days=max(days, 20))).replace(hour=12, minute=0)
