"""Allergy classes: sourced rows that fit together, and what they answer."""

from __future__ import annotations

import re

from suwen.clinical.allergy_classes import (
    Agent,
    allergy_classes,
    classes_of,
    cross_reactions,
    substance_wordings,
    worst_conflict,
)
from suwen.clinical.medicines.medicine import medicines
from suwen.core.finding import Confidence, Severity

SUBSTANCES = {name for _, name in substance_wordings()}


def test_every_row_has_a_source_and_says_how_well_it_is_known() -> None:
    rows = [*allergy_classes().values(), *cross_reactions()]
    assert len(rows) > 55
    for row in rows:
        assert row.source.title
        assert row.confidence is Confidence.FROM_MEMORY


def test_rules_name_classes_and_substances_that_there_are() -> None:
    known = allergy_classes().keys()
    for rule in cross_reactions():
        assert re.fullmatch(r"CDS-A\d{2}", rule.id)
        assert rule.from_classes | rule.to_classes | rule.from_named <= known
        assert rule.from_substances | rule.to_substances <= SUBSTANCES
    for one in allergy_classes().values():
        assert one.members
        assert one.members - {"iodinated contrast"} <= SUBSTANCES, one.id
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


def test_names_and_classes_are_those_of_the_one_dictionary() -> None:
    read = set(substance_wordings())
    assert {name for _, name in read} >= set(medicines())
    assert ("阿贝西利", "abemaciclib") in read
    assert {("头孢呋辛酯", "cefuroxime axetil"), ("头孢呋辛酯", "cefuroxime")} <= read
    assert "cefodizime" in allergy_classes()["cephalosporins"].members
    assert not {wording for wording, _ in read} & {"青霉素", "头孢", "penicillin"}
