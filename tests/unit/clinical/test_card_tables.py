"""Allergy words and grades: sourced rows that fit together, and what they answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from suwen.clinical.allergy_classes import (
    Agent,
    allergy_classes,
    classes_of,
    substance_wordings,
)
from suwen.clinical.allergy_conflicts import AllergyGrades, worst_conflict
from suwen.clinical.medicines.medicine import medicines
from suwen.clinical.medicines.rows import shipped_rows
from suwen.clinical.prescription_review import ChangeKind, PrescriptionTables, RowChange
from suwen.core.finding import Confidence, Severity

SUBSTANCES = {name for _, name in substance_wordings()}
ALLERGIES = shipped_rows("allergies")
_GRADES = [severity.value for severity in Severity]


def of(substance: str) -> Agent:
    return Agent(substance, classes_of(substance))


def named(name: str) -> Agent:
    return Agent(None, frozenset({name}), frozenset({name}))


def grade(allergen: Agent, order: str, *, grave: bool = False) -> str | None:
    found = worst_conflict([allergen], [of(order)], grave=grave)
    return None if found is None else found.severity.value


def test_every_class_has_a_source_and_says_how_well_it_is_known() -> None:
    assert len(allergy_classes()) == 20
    for one in allergy_classes().values():
        assert one.source.title
        assert one.confidence is Confidence.FROM_MEMORY


def test_every_class_is_one_of_the_dictionary_and_every_row_of_cards_a_row_of_reviews() -> None:
    tagged = {name for medicine in medicines().values() for name in medicine.classes}
    for one in allergy_classes().values():
        assert one.dictionary_class in tagged, one.id
        assert one.members - {"imipenem", "panipenem"} <= SUBSTANCES, one.id
        for stem in one.stems:
            re.compile(stem)
    for row in ALLERGIES:
        # Never weaker at the order than in the review.
        for column in ("card_severity", "card_named"):
            written = row.text(column) or row.text("severity")
            assert _GRADES.index(written) <= _GRADES.index(row.text("severity")), row.id


@pytest.mark.parametrize(
    ("allergen", "order", "expected"),
    [
        (of("amoxicillin"), "piperacillin", "contraindicated"),
        (of("amoxicillin"), "cefaclor", "moderate"),
        (of("amoxicillin"), "ceftriaxone", "minor"),
        (of("penicillin g"), "meropenem", "info"),
        (of("ceftriaxone"), "cefotaxime", "contraindicated"),
        (of("ceftazidime"), "cefiderocol", "contraindicated"),
        (of("cefuroxime"), "amoxicillin", "minor"),
        (named("cephalosporins"), "cefuroxime", "contraindicated"),
        (named("quinolones"), "moxifloxacin", "contraindicated"),
        (of("levofloxacin"), "moxifloxacin", "moderate"),
        (named("iodinated_contrast"), "iodinated contrast", "moderate"),
        (named("phenanthrene_opioids"), "codeine", "major"),
        (of("sulfamethoxazole/trimethoprim"), "sulfasalazine", "contraindicated"),
        (of("sulfadiazine"), "celecoxib", "moderate"),
        (of("aspirin"), "ibuprofen", "major"),
        (of("aspirin"), "celecoxib", "minor"),
        (of("carbamazepine"), "lamotrigine", "major"),
        (of("erythromycin"), "clarithromycin", "moderate"),
        (of("erythromycin"), "azithromycin", "minor"),
        (of("heparin"), "enoxaparin", "contraindicated"),
        (of("captopril"), "sacubitril/valsartan", "contraindicated"),
        (of("paclitaxel"), "docetaxel", "major"),
        (of("egg"), "propofol", "minor"),
        (of("fish"), "insulin nph", "minor"),
        # Members that only the dictionary knows.
        (of("vancomycin"), "norvancomycin", "moderate"),
        (of("meropenem"), "imipenem/cilastatin", "moderate"),
        (of("aspirin"), "aceclofenac", "major"),
        (of("enoxaparin"), "bemiparin", "contraindicated"),
        (of("aspirin"), "paracetamol", None),
        (of("heparin"), "fondaparinux", None),
        (of("amoxicillin"), "azithromycin", None),
    ],
)
def test_grades_at_the_order(allergen: Agent, order: str, expected: str | None) -> None:
    assert grade(allergen, order) == expected


def test_after_a_grave_reaction_more_holds() -> None:
    assert grade(of("penicillin g"), "ceftriaxone", grave=True) == "moderate"
    assert grade(of("penicillin g"), "ceftriaxone") == "minor"


def test_a_hospitals_row_counts_at_the_order_as_in_the_review() -> None:
    values = {
        "from_subject": "azithromycin", "to_subject": "metformin", "severity": "major",
        "advice_zh": "本院经验", "advice_en": "seen here",
    }  # fmt: skip
    at = datetime(2026, 3, 1, tzinfo=UTC)
    added = RowChange(
        "allergies", "own", ChangeKind.ADD, "本院药事会", "2026-03", "药师甲", at, "评审", values
    )
    tables = PrescriptionTables()
    assert tables.check([added]) == ()
    rows = [row for row in tables.rows([added]) if row.table == "allergies" and row.enabled]
    worst = AllergyGrades(rows, medicines()).worst
    found = worst([of("azithromycin")], [of("metformin")], grave=False)
    assert found is not None and (found.rule, found.severity) == ("CDS-A:own", Severity.MAJOR)
    assert grade(of("azithromycin"), "metformin") is None


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
