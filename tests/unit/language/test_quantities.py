"""Numbers, units, ranges, ratios and comparators."""

from __future__ import annotations

from decimal import Decimal

import pytest

from suwen.core.finding import Span
from suwen.language.quantities import Shape, find_identifiers, find_quantities
from suwen.language.units import convert, unit_named, units
from suwen.language.width import fold


def read(text: str) -> list[tuple[str, str | None]]:
    return [
        ("/".join(str(n.value) for n in q.numbers), q.unit.code if q.unit else None)
        for q in find_quantities(fold(text))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("血钾 3.2 mmol/L", [("3.2", "mmol/L")]),
        ("白细胞１２．３×10^9/L", [("12.3", "10*9/L")]),
        ("WBC 6.1 10*3/uL", [("6.1", "10*3/uL")]),
        ("血压120/80mmHg", [("120/80", "mm[Hg]")]),
        ("T36.5℃ P80次/分 R20次/分", [("36.5", "Cel"), ("80", "/min"), ("20", "/min")]),
        ("(reference 3.5–5.3)", [("3.5/5.3", None)]),
        ("尿量 1,200 mL", [("1200", "mL")]),
        ("胸闷三天，每次两片", [("3", "d"), ("2", "{tablet}")]),
        ("病程十二年", [("12", "a")]),
        ("a 34-year-old man", [("34", "a")]),
        ("five hundred milligrams", [("500", "mg")]),
        ("one twenty over eighty", [("120/80", None)]),
        ("ninety eight point two degrees fahrenheit", [("98.2", "[degF]")]),
        ("one oh five", [("105", None)]),
        ("two and a half years", [("2.5", "a")]),
        ("five to ten days", [("5/10", "d")]),
        ("72.5%", [("72.5", "%")]),
        ("eGFR 45 mL/min/1.73m²", [("45", "mL/min/{1.73_m2}")]),
    ],
)
def test_quantities(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    ["E11.9", "L4-L5", "HbA1c", "vitamin B12", "COVID-19", "一般情况可", "一直如此", "S1 root"],
)
def test_digits_inside_names_are_no_quantities(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "comparator"),
    [("<0.05", "<"), ("≥3 个月", ">="), ("more than 140", ">"), ("超过 5 天", ">"), ("3.2", None)],
)
def test_comparators(text: str, comparator: str | None) -> None:
    assert find_quantities(fold(text))[0].comparator == comparator


def test_shapes() -> None:
    shapes = [q.shape for q in find_quantities(fold("3.5-5.3, 120/80, 7"))]
    assert shapes == [Shape.RANGE, Shape.RATIO, Shape.SINGLE]


def test_a_spoken_number_keeps_its_readings() -> None:
    (quantity,) = find_quantities("eight thirty")
    assert quantity.numbers[0].value == Decimal(830)
    assert quantity.in_words


def test_taken_stretches_are_left_alone() -> None:
    assert find_quantities("on 2026-11-12", [Span(3, 13)]) == []


def test_identifiers() -> None:
    text = fold("tel 555-0134-2210, snomed ct 162864005, MRN20261188")
    found = [text[s.start : s.end] for s in find_identifiers(text)]
    assert "snomed ct 162864005" in found
    assert "mrn20261188" in found


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("1.5", "g", "mg", "1500"),
        ("250", "ug", "mg", "0.25"),
        ("6.2", "10*3/uL", "10*9/L", "6.2"),
        ("13.2", "g/dL", "g/L", "132"),
        ("16", "kPa", "mm[Hg]", "120.00992"),
        ("98.6", "[degF]", "Cel", "37.0"),
        ("2", "wk", "d", "14"),
    ],
)
def test_conversion(value: str, source: str, target: str, expected: str) -> None:
    converted = convert(Decimal(value), units()[source], units()[target])
    assert converted is not None
    assert abs(converted - Decimal(expected)) < Decimal("0.0001")


def test_mass_never_becomes_substance_without_an_analyte() -> None:
    assert convert(Decimal(90), units()["mg/dL"], units()["mmol/L"]) is None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("mm[Hg]", "mm[Hg]"),
        ("mmHg", "mm[Hg]"),
        ("×10^9/L", "10*9/L"),
        ("℃", "Cel"),
        ("次/分", "/min"),
    ],
)
def test_recorded_units_are_known(written: str, code: str) -> None:
    unit = unit_named(written)
    assert unit is not None
    assert unit.code == code


def test_an_unknown_unit_stays_unknown() -> None:
    assert unit_named("furlong") is None
    assert unit_named(None) is None


def test_written_forms_belong_to_one_unit_each() -> None:
    seen: dict[str, str] = {}
    for unit in units().values():
        for form in unit.written:
            assert seen.setdefault(form, unit.code) == unit.code
