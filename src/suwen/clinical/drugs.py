"""Medicines by their generic, Chinese and well-known product names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Source


@dataclass(frozen=True, slots=True)
class Drug:
    """One medicine.

    Attributes:
        name: generic English name; parts of a combination are joined by a slash.
        en: other English generic names and salts.
        zh: Chinese generic names.
        brands: product names in both languages.
        components: generic names of a combination's parts, else empty.
        atc: ATC code of one use, ``None`` where not recorded.
    """

    name: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    brands: tuple[str, ...]
    components: tuple[str, ...]
    atc: str | None
    source: Source
    confidence: Confidence

    @property
    def substances(self) -> tuple[str, ...]:
        """The generic names of what it contains."""
        return self.components or (self.name,)

    @property
    def names(self) -> tuple[str, ...]:
        """All wordings."""
        return (self.name, *self.en, *self.zh, *self.brands)


@cache
def drugs() -> dict[str, Drug]:
    """All medicines by generic name."""
    table = read_table("drugs")
    return {
        row["name"]: Drug(
            name=row["name"],
            en=tuple(row.get("en", ())),
            zh=tuple(row.get("zh", ())),
            brands=tuple(row.get("brands", ())),
            components=tuple(row.get("components", ())),
            atc=row.get("atc"),
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
        for row in table["drugs"]
    }
