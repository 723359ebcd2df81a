"""The patient's record as applications read it: typed where used, raw where not.

Every item keeps the R4 resource it was read from, so that evidence can point into it. Absent
stays absent: ``None`` and empty tuples mean "not known", never "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded concept: the first coding's system, code and display, and the text.

    ``text`` is the wording to show: CodeableConcept.text, else the display, else the code.
    """

    text: str
    code: str | None = None
    system: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured value with its unit exactly as recorded.

    ``value`` keeps the decimal digits of the source (JSON number read as Decimal).
    """

    value: Decimal
    unit: str | None
    code: str | None = None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A point or stretch of time; a date without time has ``precision`` ``day`` or coarser.

    Attributes:
        start: aware datetime; for coarser precision the first instant, in UTC if no zone is given.
        precision: ``year``, ``month``, ``day`` or ``instant``.
        text: the start exactly as recorded, for example ``2014-05`` or an instant with zone.
    """

    start: datetime
    precision: str
    text: str
    end: datetime | None = None
    end_text: str | None = None


@dataclass(frozen=True, slots=True)
class RecordItem:
    """What every item has: where it comes from.

    Attributes:
        reference: ``Type/id``.
        status: the resource's status code as recorded.
        encounter: ``Encounter/id`` that it belongs to, where recorded.
        when: clinically relevant time (effective, onset, authored, performed, period).
        resource: the whole resource as received.
    """

    reference: str
    status: str | None
    encounter: str | None
    when: When | None
    resource: Resource = field(repr=False, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class PatientItem(RecordItem):
    """Demographics; ``identifier`` is the medical record number where one is marked, else the
    first identifier."""

    name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    birth_date_text: str | None = None
    deceased: bool = False
    identifier: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class EncounterItem(RecordItem):
    """A stay or visit; ``when`` is its period. ``encounter_class`` is the v3 ActCode."""

    encounter_class: str | None = None
    types: tuple[Coded, ...] = ()
    reasons: tuple[Coded, ...] = ()
    department: str | None = None
    department_code: str | None = None
    attending: str | None = None
    bed: str | None = None
    discharge_disposition: Coded | None = None
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionItem(RecordItem):
    """A problem or diagnosis; ``when`` is its onset, else the date of recording."""

    code: Coded | None = None
    clinical_status: str | None = None
    verification_status: str | None = None
    abatement: When | None = None
    body_sites: tuple[Coded, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """Interval that the laboratory stated with the value, in the value's unit."""

    low: Decimal | None
    high: Decimal | None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ObservationComponent:
    """A part of an observation, for example the systolic pressure."""

    code: Coded
    value: Quantity | Coded | str | None


@dataclass(frozen=True, slots=True)
class ObservationItem(RecordItem):
    """A laboratory value, vital sign or social-history entry."""

    category: str | None = None
    code: Coded | None = None
    value: Quantity | Coded | str | bool | None = None
    components: tuple[ObservationComponent, ...] = ()
    reference_range: ReferenceRange | None = None
    interpretation: str | None = None


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A component of a compounded medicine.

    ``amount`` is how much of it the preparation holds, ``per`` of how much of the preparation
    that is said, as recorded; ``None`` where it is not.
    """

    medication: Coded
    amount: Quantity | None = None
    per: Quantity | None = None


@dataclass(frozen=True, slots=True)
class MedicationItem(RecordItem):
    """An order or statement of a drug (MedicationRequest, MedicationStatement).

    ``ingredients`` are those of a compounded medicine, each of which takes part in every check;
    empty where the record states none, which does not mean that there are none.
    """

    medication: Coded | None = None
    intent: str | None = None
    category: str | None = None
    dose: Quantity | None = None
    route: Coded | None = None
    frequency: str | None = None
    as_needed: bool | None = None
    dosage_text: str | None = None
    reasons: tuple[Coded, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()


@dataclass(frozen=True, slots=True)
class AllergyItem(RecordItem):
    """An allergy or intolerance, or the recorded absence of one (by its code)."""

    code: Coded | None = None
    clinical_status: str | None = None
    verification_status: str | None = None
    criticality: str | None = None
    reactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcedureItem(RecordItem):
    """A procedure; ``when`` is when it was performed."""

    code: Coded | None = None
    body_sites: tuple[Coded, ...] = ()
    outcome: Coded | None = None


@dataclass(frozen=True, slots=True)
class ReportItem(RecordItem):
    """A diagnostic report; ``results`` are the observations it groups, as ``Type/id``."""

    category: str | None = None
    code: Coded | None = None
    conclusion: str | None = None
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImagingItem(RecordItem):
    """An imaging study; ``when`` is when it started."""

    description: str | None = None
    modalities: tuple[str, ...] = ()
    body_sites: tuple[Coded, ...] = ()


@dataclass(frozen=True, slots=True)
class CodedItem(RecordItem):
    """Any item of which one code and one time are used: Immunization, Appointment,
    ServiceRequest, CarePlan (``details`` are its activities), FamilyMemberHistory
    (``relationship`` and conditions in ``details``)."""

    code: Coded | None = None
    relationship: Coded | None = None
    details: tuple[Coded, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class NoteItem(RecordItem):
    """A narrative document of the record (DocumentReference, Composition), as plain text."""

    note_type: Coded | None = None
    text: str = ""
    authors: tuple[str, ...] = ()
    signed: bool | None = None


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """One patient's record, each list ordered by time, oldest first, unknown times first.

    ``others`` holds resources that are kept raw because nothing of ours types them.
    """

    patient: PatientItem
    encounters: tuple[EncounterItem, ...] = ()
    conditions: tuple[ConditionItem, ...] = ()
    observations: tuple[ObservationItem, ...] = ()
    medications: tuple[MedicationItem, ...] = ()
    allergies: tuple[AllergyItem, ...] = ()
    procedures: tuple[ProcedureItem, ...] = ()
    reports: tuple[ReportItem, ...] = ()
    imaging: tuple[ImagingItem, ...] = ()
    immunizations: tuple[CodedItem, ...] = ()
    family_history: tuple[CodedItem, ...] = ()
    care_plans: tuple[CodedItem, ...] = ()
    appointments: tuple[CodedItem, ...] = ()
    service_requests: tuple[CodedItem, ...] = ()
    notes: tuple[NoteItem, ...] = ()
    others: tuple[Resource, ...] = ()
