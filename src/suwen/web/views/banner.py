"""Who the patient is: the banner that stands on every page about a patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from suwen.bootstrap.platform import Platform
from suwen.clinical.allergies import NO_ALLERGY, NO_KNOWN_ALLERGY_OF_A_KIND
from suwen.core.record import AllergyItem, PatientRecord
from suwen.storage.patient_summary import PatientSummary
from suwen.storage.record_import import SYNTHETIC
from suwen.web import formats
from suwen.web.guard import Visitor
from suwen.web.texts import Texts

_NOT_STANDING = frozenset({"inactive", "resolved"})
_NOT_TRUE = frozenset({"refuted", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class AllergyView:
    """One standing allergy."""

    text: str
    criticality: str | None
    reactions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientBanner:
    """Who the patient is; an empty text means "not recorded".

    Attributes:
        allergy_state: ``recorded`` (there are some), ``none_known`` (their absence is recorded)
            or ``not_recorded`` (nothing is known, which is not the same).
        absences: what is recorded as not known for one kind of allergy alone, in its own words.
    """

    id: str
    name: str
    sex: str
    age: str
    birth_date: str
    identifier: str
    department: str
    bed: str
    encounter_class: str | None
    admitted_at: datetime | None
    discharged_at: datetime | None
    allergy_state: str
    allergies: tuple[AllergyView, ...]
    absences: tuple[str, ...]
    synthetic: bool
    deceased: bool


async def read_banner(
    platform: Platform, visitor: Visitor, patient: str, texts: Texts
) -> PatientBanner:
    """The banner of a patient alone; raises as ``ChartDesk.open_chart``."""
    record = await platform.charts.open_chart(visitor.principal, patient)
    summary = await platform.records.read_summary(patient)
    if summary is None:
        raise AssertionError("a record that was opened has a summary")
    return await make_banner(platform, texts, summary, record)


def standing_allergies(items: tuple[AllergyItem, ...]) -> tuple[AllergyItem, ...]:
    """Allergies that hold, as recorded; an entry that says "none known" is not one of them."""
    return tuple(
        item
        for item in items
        if item.clinical_status not in _NOT_STANDING
        and item.verification_status not in _NOT_TRUE
        and not (item.code is not None and item.code.code in NO_ALLERGY)
    )


def absences_of_a_kind(items: tuple[AllergyItem, ...]) -> tuple[str, ...]:
    """What the record says of allergies that are not known, as recorded ("No known drug
    allergy"): more than nothing, and no word on the other kinds."""
    return tuple(
        item.code.text
        for item in items
        if item.code is not None
        and item.code.code in NO_KNOWN_ALLERGY_OF_A_KIND
        and item.verification_status not in _NOT_TRUE
    )


async def make_banner(
    platform: Platform, texts: Texts, summary: PatientSummary, record: PatientRecord
) -> PatientBanner:
    """The banner of a patient whose record was opened."""
    zone = platform.settings.zone
    today = platform.clock.now().astimezone(zone).date()
    allergies = standing_allergies(record.allergies)
    state = "recorded"
    if not allergies:
        state = "none_known" if summary.has_allergy is False else "not_recorded"
    name = await platform.departments.naming((summary.department,), texts.language)
    return PatientBanner(
        id=summary.id,
        name=summary.name or texts("banner.name_unknown"),
        sex=texts.coded("sex", summary.sex) if summary.sex else "",
        age=formats.age(summary.birth_date, today, texts.language),
        birth_date=summary.birth_date_text or "",
        identifier=summary.identifier or "",
        department=name(summary.department),
        bed=summary.bed or "",
        encounter_class=summary.encounter_class,
        admitted_at=summary.admitted_at,
        discharged_at=summary.discharged_at,
        allergy_state=state,
        allergies=tuple(
            AllergyView(
                item.code.text if item.code else texts("banner.allergy_unnamed"),
                item.criticality,
                item.reactions,
            )
            for item in allergies
        ),
        absences=absences_of_a_kind(record.allergies),
        synthetic=summary.origin == SYNTHETIC,
        deceased=record.patient.deceased,
    )
