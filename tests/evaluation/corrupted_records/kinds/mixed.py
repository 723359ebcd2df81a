"""Several defects of different kinds in one stay, for their order by severity."""

from __future__ import annotations

from datetime import timedelta

from tests.evaluation.corrupted_records.kinds.abbreviations import abbreviate
from tests.evaluation.corrupted_records.kinds.copies import copy_note
from tests.evaluation.corrupted_records.kinds.missing import remove_section
from tests.evaluation.corrupted_records.kinds.order import shift_date
from tests.evaluation.corrupted_records.kinds.persons import flip_sex, wrong_age
from tests.evaluation.corrupted_records.kinds.signatures import unsign
from tests.evaluation.corrupted_records.kinds.statements import give_allergen
from tests.evaluation.corrupted_records.kinds.time_limits import retime
from tests.evaluation.corrupted_records.model import Item, Plan, later
from tests.evaluation.corrupted_records.roll import Roll


def items(half: str) -> list[Item]:
    """Three to five defects at once in every case."""
    roll = Roll(half, "mixed")
    for case in roll.cases():
        encounter = roll.sound(case)
        plans = [
            flip_sex(encounter, "admission"),
            unsign(encounter, "daily-1"),
            abbreviate(encounter, half, 0, ("discharge", "course")),
        ]
        roll.add(encounter, plans, "sex, signature, abbreviation")
        encounter = roll.sound(case)
        retime(encounter, "first-course", later(encounter.event("admission"), timedelta(hours=8.5)))
        plans = [
            give_allergen(encounter, half, 0),
            wrong_age(encounter, "front-page"),
            remove_section(encounter, "admission", "family"),
            Plan("time_limit", "first-course", about="EMR-T04"),
            abbreviate(encounter, half, 1, ("first-course", "plan")),
        ]
        roll.add(encounter, plans, "allergy, age, section, time, abbreviation")
        encounter = roll.sound(case)
        plans = [
            copy_note(encounter, "daily-1", "daily-3"),
            shift_date(encounter, "discharge", "admitted", "admission", 2),
            unsign(encounter, "discharge"),
        ]
        roll.add(encounter, plans, "copy, date, signature")
    return roll.items
