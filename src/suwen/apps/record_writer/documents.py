"""Which sections each document has, in which order, and what the reader must be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from suwen.apps.record_writer.labels import (
    DIAGNOSES_CODES,
    DOCUMENT_TITLES,
    SECTION_CODES,
    SECTION_TITLES,
)
from suwen.apps.record_writer.moments import zone_of
from suwen.apps.record_writer.parts.background import (
    family_part,
    imaging_part,
    immunisations_part,
    sensitive_left_out,
    social_part,
)
from suwen.apps.record_writer.parts.course import case_part, course_part
from suwen.apps.record_writer.parts.identity import patient_part, stay_part, visit_part
from suwen.apps.record_writer.parts.laboratory import laboratory_part
from suwen.apps.record_writer.parts.measurements import vital_signs_part
from suwen.apps.record_writer.parts.medications import (
    admission_medications,
    current_medications,
    discharge_medications,
    medications_part,
)
from suwen.apps.record_writer.parts.part import Part
from suwen.apps.record_writer.parts.plans import plan_part, procedures_part
from suwen.apps.record_writer.parts.problems import (
    allergies_part,
    diagnoses_part,
    past_part,
    reason_part,
)
from suwen.apps.record_writer.schema import DocumentType
from suwen.apps.record_writer.visit import Visit
from suwen.core.document import Document, Section
from suwen.core.language import Bilingual

Builder = Callable[[Visit], Part]

_BUILDERS: dict[str, Builder] = {
    "patient": patient_part,
    "stay": stay_part,
    "visit": visit_part,
    "reason": reason_part,
    "visit_reason": reason_part,
    "present_illness": case_part,
    "course": course_part,
    "diagnoses": diagnoses_part,
    "allergies": allergies_part,
    "past_history": past_part,
    "social_history": social_part,
    "family_history": family_part,
    "immunisations": immunisations_part,
    "medications_on_admission": lambda v: medications_part(
        "medications_on_admission", admission_medications(v), v
    ),
    "medications_at_discharge": lambda v: medications_part(
        "medications_at_discharge", discharge_medications(v), v
    ),
    "current_medications": lambda v: medications_part(
        "current_medications", current_medications(v), v
    ),
    "procedures": procedures_part,
    "vital_signs": vital_signs_part,
    "laboratory": laboratory_part,
    "imaging": imaging_part,
    "plan": plan_part,
}

_SECTIONS: dict[DocumentType, tuple[str, ...]] = {
    DocumentType.DISCHARGE_SUMMARY: (
        "patient",
        "stay",
        "reason",
        "diagnoses",
        "allergies",
        "course",
        "procedures",
        "vital_signs",
        "laboratory",
        "imaging",
        "medications_at_discharge",
        "plan",
    ),
    DocumentType.ADMISSION_RECORD: (
        "patient",
        "stay",
        "reason",
        "present_illness",
        "past_history",
        "allergies",
        "medications_on_admission",
        "social_history",
        "family_history",
        "immunisations",
        "vital_signs",
        "laboratory",
        "imaging",
        "diagnoses",
    ),
    DocumentType.OUTPATIENT_NOTE: (
        "patient",
        "visit",
        "visit_reason",
        "course",
        "past_history",
        "allergies",
        "current_medications",
        "social_history",
        "family_history",
        "immunisations",
        "vital_signs",
        "laboratory",
        "imaging",
        "procedures",
        "diagnoses",
        "plan",
    ),
}
#: Where a model's sentences go.
NARRATIVE_SECTIONS: dict[DocumentType, str] = {
    DocumentType.DISCHARGE_SUMMARY: "course",
    DocumentType.ADMISSION_RECORD: "present_illness",
    DocumentType.OUTPATIENT_NOTE: "course",
}


def build_document(visit: Visit) -> Document:
    """The whole document from the record alone, with every field of the contract's table."""
    kind = visit.document_type
    return Document(
        document_type=kind.value,
        language=visit.language,
        title=DOCUMENT_TITLES[kind.value].in_language(visit.language),
        sections=tuple(_section(name, visit) for name in _SECTIONS[kind]),
    )


def _section(name: str, visit: Visit) -> Section:
    part = _BUILDERS[name](visit)
    code = SECTION_CODES.get(name)
    if name == "diagnoses":
        code = DIAGNOSES_CODES[visit.document_type.value]
    return Section(
        id=name,
        code=code,
        title=SECTION_TITLES[name].in_language(visit.language),
        fields=part.fields,
        statements=part.statements,
    )


def limits_of(visit: Visit) -> tuple[Bilingual, ...]:
    """What the reader must know besides what is not recorded (the fields say that, and the
    platform discloses it): the zone of the times, an open stay, what was left out."""
    found: list[Bilingual] = []
    if visit.start is not None and (zone := zone_of(visit.start.text)):
        found.append(
            Bilingual(
                zh=f"文中时间按记录原样书写，时区为 UTC{zone}。",
                en=f"Times stand as recorded, in zone UTC{zone}.",
            )
        )
    if visit.is_stay and visit.end is None:
        found.append(
            Bilingual(
                zh="本次住院尚未记录出院时间，内容截至现有记录。",
                en="No discharge is recorded for this stay; the content is as of the record so "
                "far.",
            )
        )
    if not visit.document_type.needs_stay and visit.is_stay:
        found.append(
            Bilingual(
                zh="最近一次就诊为住院，请核对文书类型。",
                en="The latest encounter is an inpatient stay; check the type of document.",
            )
        )
    found.extend(_notices(visit))
    return tuple(found)


def _notices(visit: Visit) -> Iterable[Bilingual]:
    if visit.document_type is DocumentType.ADMISSION_RECORD:
        yield Bilingual(
            zh="生命体征与检验为本次住院中最近一次的值，各附时间，不一定是入院当时的值。",
            en="Vital signs and laboratory values are the latest of the stay, each with its "
            "time; they need not be those at admission.",
        )
    sensitive = sensitive_left_out(visit)
    if sensitive and visit.document_type is not DocumentType.DISCHARGE_SUMMARY:
        yield Bilingual(
            zh=f"个人史中有 {sensitive} 项敏感内容未写入，可在病历中查看。",
            en=f"{sensitive} sensitive entries of social history were left out; see the record.",
        )
