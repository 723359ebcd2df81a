"""Allergy classes and critical limits: sourced rows that fit together, and what they answer."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from suwen.clinical.allergy_classes import (
    Agent,
    allergy_classes,
    classes_of,
    cross_reactions,
    substance_wordings,
    worst_conflict,
)
from suwen.clinical.analytes import analytes
from suwen.clinical.critical_values import adult_from_y, critical_limits
from suwen.core.finding import Confidence, Severity
from suwen.language.units import unit_named

SUBSTANCES = {name for _, name in substance_wordings()}


def test_every_row_has_a_source_and_says_how_well_it_is_known() -> None:
    rows = [*allergy_classes().values(), *cross_reactions(), *critical_limits().values()]
    assert len(rows) > 80
    for row in rows:
        assert row.source.title
        assert row.confidence is Confidence.FROM_MEMORY


def test_rules_name_classes_and_substances_that_there_are() -> None:
    known = allergy_classes().keys()
    unspecific = {"iodinated contrast"}
    for rule in cross_reactions():
        assert re.fullmatch(r"CDS-A\d{2}", rule.id)
        assert rule.from_classes | rule.to_classes | rule.from_named <= known
        assert rule.from_substances | rule.to_substances <= SUBSTANCES
    for one in allergy_classes().values():
        assert one.members - unspecific <= SUBSTANCES, one.id
        for stem in one.stems:
            re.compile(stem)
    assert len({rule.id for rule in cross_reactions()}) == len(cross_reactions())


def test_the_particular_rule_goes_before_the_general_one() -> None:
    cefazolin = Agent("cefazolin", classes_of("cefazolin"))
    cefuroxime = Agent("cefuroxime", classes_of("cefuroxime"))
    cefaclor = Agent("cefaclor", classes_of("cefaclor"))
    low = worst_conflict([cefazolin], [cefuroxime], grave=False)
    general = worst_conflict([cefuroxime], [cefaclor], grave=False)
    assert low is not None
    assert general is not None
    assert (low.severity, general.severity) == (Severity.MINOR, Severity.MODERATE)
    assert worst_conflict([], [cefaclor], grave=False) is None


def test_limits_are_in_units_that_the_analyte_can_have() -> None:
    for code, limit in critical_limits().items():
        assert code in analytes()
        unit = unit_named(limit.unit)
        assert unit is not None
        usual = unit_named(analytes()[limit.analyte].unit)
        assert usual is not None
        same = unit.dimension == usual.dimension
        assert same or analytes()[limit.analyte].molar_mass_g_per_mol is not None
        assert limit.low is not None or limit.high is not None
        if limit.low is not None and limit.high is not None:
            assert limit.low < limit.high
    assert adult_from_y() == 18


@pytest.mark.parametrize(
    ("value", "comparator", "reached"),
    [
        ("6.2", None, "high"),
        ("6.1", None, None),
        ("2.8", None, "low"),
        ("6.2", ">", "high"),
        ("6.2", ">=", "high"),
        ("6.0", ">", "undecided"),
        ("2.8", "<", "low"),
        ("3.0", "<", "undecided"),
    ],
)
def test_a_limit_and_a_bound(value: str, comparator: str | None, reached: str | None) -> None:
    assert critical_limits()["K"].reached_by(Decimal(value), comparator) == reached


def test_a_limit_that_there_is_not_is_not_reached() -> None:
    assert critical_limits()["CREA"].reached_by(Decimal("5"), "<") is None
    assert critical_limits()["CREA"].reached_by(Decimal("5"), None) is None
