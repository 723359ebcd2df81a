"""Wordings that mean the same when somebody looks something up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Source


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One thing and how hospitals write it, lay wordings included.

    Wider than a synonym of terminology: good for finding, never for concluding that a record
    states the one where it says the other.

    Attributes:
        kind: ``disease``, ``symptom``, ``drug class``, ``laboratory``, ``procedure``, ``care``,
            ``score`` or ``department``.
        zh: Chinese wordings, the usual one first.
        en: English wordings, the usual one first.
        abbreviations: as written; several rows may share one.
    """

    kind: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    abbreviations: tuple[str, ...]
    source: Source
    confidence: Confidence


@cache
def search_terms() -> tuple[SearchTerm, ...]:
    """All rows of the table."""
    table = read_table("search_terms")
    return tuple(
        SearchTerm(
            kind=row["kind"],
            zh=tuple(row["zh"]),
            en=tuple(row["en"]),
            abbreviations=tuple(row.get("abbreviations", ())),
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
        for row in table["terms"]
    )
