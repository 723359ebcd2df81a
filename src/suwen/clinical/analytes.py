"""What is measured: laboratory analytes and vital signs, their names and molar masses."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from suwen.clinical.tables import read_table, row_confidence, row_source
from suwen.core.finding import Confidence, Source


@dataclass(frozen=True, slots=True)
class Analyte:
    """One analyte or vital sign.

    Attributes:
        code: our short code, for example ``K``.
        category: ``laboratory``, ``vital-sign`` or ``measurement``.
        zh: Chinese names, the usual one first.
        en: English names, the usual one first.
        abbreviations: as printed on reports, case as printed.
        loinc: LOINC codes under which records carry it.
        unit: usual unit as UCUM code, ``None`` where there is none.
        molar_mass_g_per_mol: turns mass into substance concentration; ``None`` where the two
            must not be converted.
    """

    code: str
    category: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    abbreviations: tuple[str, ...]
    loinc: tuple[str, ...]
    unit: str | None
    molar_mass_g_per_mol: Decimal | None
    source: Source
    confidence: Confidence

    @property
    def names(self) -> tuple[str, ...]:
        """All wordings."""
        return (*self.zh, *self.en, *self.abbreviations)


@cache
def analytes() -> dict[str, Analyte]:
    """All analytes by our code."""
    table = read_table("analytes")
    found = {}
    for row in table["analytes"]:
        molar = row.get("molar_mass_g_per_mol")
        found[row["code"]] = Analyte(
            code=row["code"],
            category=row["category"],
            zh=tuple(row.get("zh", ())),
            en=tuple(row.get("en", ())),
            abbreviations=tuple(row.get("abbreviations", ())),
            loinc=tuple(row.get("loinc", ())),
            unit=row.get("unit"),
            molar_mass_g_per_mol=Decimal(molar) if molar else None,
            source=row_source(row, table),
            confidence=row_confidence(row),
        )
    return found


@cache
def _by_loinc() -> dict[str, Analyte]:
    return {code: analyte for analyte in analytes().values() for code in analyte.loinc}


def analyte_of_loinc(code: str | None) -> Analyte | None:
    """The analyte behind a LOINC code, ``None`` when the table does not know it."""
    return _by_loinc().get(code) if code else None
