"""Diseases, symptoms, habits, procedures and body sites in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Source


@dataclass(frozen=True, slots=True)
class ClinicalConcept:
    """One concept and its wordings.

    Attributes:
        name: usual English name, which identifies it.
        kind: ``disease``, ``symptom``, ``habit``, ``procedure`` or ``body site``.
        zh: Chinese names.
        en: other English names, lay words included.
        broader: names of concepts that hold whenever this one does.
    """

    name: str
    kind: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    broader: tuple[str, ...]
    source: Source
    confidence: Confidence

    @property
    def names(self) -> tuple[str, ...]:
        """All wordings."""
        return (self.name, *self.zh, *self.en)


@cache
def concepts() -> dict[str, ClinicalConcept]:
    """All diseases, symptoms, habits and procedures by name."""
    return _read("conditions", "conditions", None)


@cache
def body_sites() -> dict[str, ClinicalConcept]:
    """All body sites by name."""
    return _read("body_sites", "body_sites", "body site")


def _read(file: str, key: str, kind: str | None) -> dict[str, ClinicalConcept]:
    table = read_table(file)
    return {
        row["name"]: ClinicalConcept(
            name=row["name"],
            kind=kind or row["kind"],
            zh=tuple(row.get("zh", ())),
            en=tuple(row.get("en", ())),
            broader=tuple(row.get("broader", ())),
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
        for row in table[key]
    }
