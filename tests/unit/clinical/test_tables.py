"""The tables: every row has a source and a confidence, and look-ups answer what they say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from suwen.clinical.analytes import analyte_of_loinc, analytes
from suwen.clinical.conditions import body_sites, concepts
from suwen.clinical.derived import age_in_years, body_mass_index, length_of_stay
from suwen.clinical.drugs import drugs
from suwen.core.finding import Confidence


def test_every_row_has_a_source_and_a_confidence() -> None:
    rows = [
        *analytes().values(),
        *drugs().values(),
        *concepts().values(),
        *body_sites().values(),
    ]
    assert len(rows) > 900
    for row in rows:
        assert row.source.title
        assert row.confidence in Confidence


def test_codes_from_records_are_known() -> None:
    potassium = analyte_of_loinc("6298-4")
    assert potassium is not None
    assert potassium.code == "K"
    # Substance concentration in serum or plasma, without saying whether the patient fasted.
    glucose = analyte_of_loinc("14749-6")
    assert glucose is not None
    assert glucose.code == "GLU"
    assert analyte_of_loinc("0000-0") is None
    assert analyte_of_loinc(None) is None


def test_broader_concepts_exist() -> None:
    for concept in concepts().values():
        for name in concept.broader:
            assert name in concepts()


def test_a_chinese_drug_name_means_one_substance() -> None:
    owners: dict[str, str] = {}
    for drug in drugs().values():
        for name in drug.zh:
            assert owners.setdefault(name, drug.name) == drug.name


def test_combinations_name_their_parts() -> None:
    assert drugs()["amoxicillin/clavulanate"].substances == ("amoxicillin", "clavulanate")
    assert drugs()["metformin"].substances == ("metformin",)


def test_body_mass_index() -> None:
    assert body_mass_index(Decimal("93.29"), Decimal("176.4")).value == Decimal("30.0")
    with pytest.raises(ValueError, match="above 0"):
        body_mass_index(Decimal(0), Decimal(170))


def test_length_of_stay() -> None:
    assert length_of_stay(date(2026, 11, 10), date(2026, 11, 16)).value == 6
    assert length_of_stay(date(2026, 11, 10), date(2026, 11, 10)).value == 1
    with pytest.raises(ValueError, match="before"):
        length_of_stay(date(2026, 11, 10), date(2026, 11, 9))


def test_age() -> None:
    assert age_in_years(date(1960, 11, 13), date(2026, 11, 12)).value == 65
    assert age_in_years(date(1960, 11, 12), date(2026, 11, 12)).value == 66
    with pytest.raises(ValueError, match="birth"):
        age_in_years(date(2026, 1, 2), date(2026, 1, 1))
