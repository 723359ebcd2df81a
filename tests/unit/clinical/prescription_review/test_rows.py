"""The tables themselves: every row has its source, speaks of something known, and can be read."""

from __future__ import annotations

import re

import pytest

from suwen.clinical.medicines import shipped_names
from suwen.clinical.medicines.rows import TABLES, shipped_rows
from suwen.clinical.prescription_review import (
    CATEGORIES,
    OrderLine,
    PatientFacts,
    Prescription,
    read_prescription,
    review,
    rule_book,
)
from suwen.clinical.prescription_review.compiling import subject_names
from suwen.clinical.prescription_review.examples import example_of
from suwen.clinical.prescription_review.findings import GRAVITY
from suwen.clinical.prescription_review.limits import limit_of
from suwen.core.finding import Severity
from tests.support.shared_data import shared_facts

COLUMNS = {"interactions": ("a", "b"), "allergies": ("to_subject",)}


@pytest.mark.parametrize("table", TABLES)
def test_ids_are_unique_and_every_row_has_a_source(table: str) -> None:
    rows = shipped_rows(table)
    # A hospital's own drug dictionary: nothing of it is shipped.
    assert bool(rows) is (table != "products")
    assert len({row.id for row in rows}) == len(rows)
    assert all(row.source.title and row.source.edition for row in rows)


def test_every_row_speaks_of_medicines_and_classes_that_exist() -> None:
    classes = {name for row in shipped_rows("medicines") for name in row.text("classes").split()}
    known = set(rule_book().medicines) | {f"@{name}" for name in classes}
    known |= {"@iv_drug", "@im_injection", "*", ""}
    for table in TABLES:
        for row in shipped_rows(table):
            for column in COLUMNS.get(table, ("medicine",)):
                for name in subject_names(row.text(column).lstrip("!")):
                    assert name in known or name.startswith("#"), (table, row.id, name)


def test_components_conditions_categories_and_numbers_can_be_read() -> None:
    book = rule_book()
    for medicine in book.medicines.values():
        for name, amount in medicine.contents:
            assert amount is None or amount > 0, (medicine.id, name)
    for row in book.rows("conditions"):
        re.compile("|".join(row.text("words").split(";")))
    conditions = {row.id for row in book.rows("conditions")}
    assert {row.text("condition") for row in book.rows("diseases")} <= conditions
    for row in book.rows("dose_limits"):
        assert limit_of(row).row is row
    categories = {
        row.text("category") for table in ("legal", "statements") for row in book.rows(table)
    }
    assert categories <= {*CATEGORIES, ""}


def test_each_interaction_of_the_facts_is_found_with_its_severity() -> None:
    names = shipped_names()
    facts = shared_facts("ddi")
    checked = 0
    for row in facts["interactions"]:
        one, two = names.identify(row["a"]), names.identify(row["b"])
        if one is None or two is None:
            continue
        orders = tuple(
            OrderLine(drug, f"orders[{index}]", route="po")
            for index, drug in enumerate((row["a"], row["b"]))
        )
        patient = PatientFacts("male", age_y=50, weight_kg=70, egfr=95)
        found = review(Prescription(patient, orders, "inpatient", allergies=())).findings
        grave = max((GRAVITY[f.severity] for f in found if len(f.lines) == 2), default=-1)
        assert grave >= GRAVITY[Severity(row["severity"])], row["id"]
        checked += 1
    assert checked >= 60


def test_members_of_the_facts_classes_belong_to_the_class_here() -> None:
    names = shipped_names()
    differing = {"hormonal_contraceptive", "metformin", "cef_nmtt", "nsaid"}
    for name, entry in shared_facts("ddi")["classes"].items():
        if name in differing:
            continue
        for member in entry["members"]:
            found = names.identify(re.split(r"[ (]", member)[0])
            if found is not None and not member.startswith(("@", "(")):
                assert name in found.medicine.classes, (name, member)


def test_every_rule_fires_on_its_example_and_leaves_the_neighbour_alone() -> None:
    book = rule_book()
    shown = 0
    for row in book.rows():
        if row.table in ("medicines", "conditions", "allergens"):
            continue
        example = example_of(row, book)
        assert example is not None, (row.table, row.id)
        answers = [
            any(
                finding.row is row
                for result in [review(read_prescription(asked))]
                for finding in (*result.findings, *result.reminders)
            )
            for asked in (example.fires, example.silent)
        ]
        assert answers == [True, False], (row.table, row.id)
        shown += 1
    assert shown > 1_500
