"""The sections that the platform itself writes into documents: how they are called, and which
mandatory section of the norm each is.

The one place for both: what record_writer writes above its text is what record_quality reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from suwen.core.language import Bilingual


@dataclass(frozen=True, slots=True)
class WrittenSection:
    """One section as the platform writes it.

    Attributes:
        stands_for: by kind of document, the mandatory section that it is.

    Source: 病历书写基本规范（卫医政发〔2010〕11号）; sections of HL7 C-CDA R2.1.
    """

    title: Bilingual
    stands_for: Mapping[str, str] = field(default_factory=dict)


def _section(zh: str, en: str, **stands_for: str) -> WrittenSection:
    return WrittenSection(Bilingual(zh, en), stands_for)


WRITTEN_SECTIONS: Final[Mapping[str, WrittenSection]] = {
    "patient": _section("一般项目", "Patient", admission_record="identity"),
    "stay": _section("住院信息", "Stay"),
    "visit": _section("就诊信息", "Visit"),
    "reason": _section("入院原因", "Reason for admission", admission_record="complaint"),
    "visit_reason": _section("就诊原因", "Reason for visit"),
    "present_illness": _section("病情概述", "Summary of the case", admission_record="illness"),
    "course": _section("诊疗经过", "Course and treatment", discharge_summary="course"),
    "diagnoses": _section(
        "诊断",
        "Diagnoses",
        admission_record="diagnosis",
        discharge_summary="discharge-diagnosis",
    ),
    "allergies": _section("过敏史", "Allergies", admission_record="allergy"),
    "past_history": _section("既往史", "Past history", admission_record="past"),
    "social_history": _section("个人史", "Social history", admission_record="personal"),
    "family_history": _section("家族史", "Family history", admission_record="family"),
    "immunisations": _section("预防接种史", "Immunisations"),
    "medications_on_admission": _section("入院前用药", "Medications on admission"),
    "medications_at_discharge": _section(
        "出院带药", "Medications at discharge", discharge_summary="orders"
    ),
    "current_medications": _section("目前用药", "Current medications"),
    "procedures": _section("手术及操作", "Procedures"),
    # Vital signs are a part of the physical examination and do not stand for the whole of it.
    "vital_signs": _section("生命体征与体格测量", "Vital signs and body measures"),
    "laboratory": _section("实验室检查", "Laboratory", admission_record="investigations"),
    "imaging": _section(
        "影像学及其他检查",
        "Imaging and other examinations",
        admission_record="investigations",
    ),
    "plan": _section("诊疗计划与随访", "Plan and follow-up", discharge_summary="orders"),
}
"""By the id that the document's section carries."""

_OPENING: Final = re.compile(r"^(?:住院信息|就诊信息|Stay|Visit)[ \t]*$", re.MULTILINE)


def is_written_here(text: str) -> bool:
    """Whether a text has the sections of the platform's own documents."""
    return _OPENING.search(text) is not None


def written_section(line: str, kind: str) -> str | None:
    """What the heading on a line of its own is in a document of a kind: the id of the mandatory
    section that it stands for, else ``written:ID``; ``None`` where the platform writes no such.
    """
    name = _by_title().get(line.strip())
    if name is None:
        return None
    return WRITTEN_SECTIONS[name].stands_for.get(kind, f"written:{name}")


@cache
def _by_title() -> Mapping[str, str]:
    return {
        title: name
        for name, section in WRITTEN_SECTIONS.items()
        for title in (section.title.zh, section.title.en)
    }
