"""What a row of the laboratory's tables says, as a laboratory writes it."""

from __future__ import annotations

from suwen.clinical.laboratory.rows import INTERVALS, LIMITS
from suwen.clinical.medicines.rows import RuleRow
from suwen.core.language import Bilingual, Language

_SEXES = {"male": Bilingual("男", "male"), "female": Bilingual("女", "female")}


def limits_in_words(row: RuleRow, language: Language) -> str:
    """The limits of a row with unit, ages and sex; empty for a row of another table."""
    lower, upper, unit = row.text("lower"), row.text("upper"), row.text("unit")
    if row.table == LIMITS:
        edges = [f"≤ {lower}"] if lower else []
        edges += [f"≥ {upper}"] if upper else []
        said = " / ".join(edges)
    elif row.table == INTERVALS:
        said = f"{lower}–{upper}" if lower and upper else f"≥ {lower}" if lower else f"≤ {upper}"
    else:
        return ""
    named = _SEXES.get(row.text("sex"))
    parts = [
        said if unit == "1" else f"{said} {unit}",
        _ages(row).in_language(language),
        "" if named is None else named.in_language(language),
    ]
    return ("，" if language is Language.ZH else ", ").join(filter(None, parts))


def _ages(row: RuleRow) -> Bilingual:
    first, last = row.text("age_min_y"), row.text("age_max_y")
    if last:
        return Bilingual(f"{first}–{last} 岁", f"age {first}–{last}")
    return Bilingual(f"{first} 岁起", f"age {first} and over")
