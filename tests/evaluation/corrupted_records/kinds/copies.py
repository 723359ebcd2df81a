"""Copy-forward: a later day's note is an earlier one's, though the patient has changed."""

from __future__ import annotations

from tests.evaluation.corrupted_records.model import Encounter, Item, Plan
from tests.evaluation.corrupted_records.roll import Roll
from tests.evaluation.corrupted_records.stays import Wish

_TAILS = {
    ("first", "zh"): "继续观察。",
    ("second", "zh"): "余治疗同前。",
    ("first", "en"): " Continue observation.",
    ("second", "en"): " Rest as before.",
}


def copy_note(encounter: Encounter, source: str, target: str, tail: str = "") -> Plan:
    """Puts an earlier note's text in place of a later one's; the span is what was copied."""
    copied = encounter.draft(source).sections[0]
    section = encounter.draft(target).sections[0]
    section.text = copied.text + tail
    spot = (target, section.code, copied.text)
    also = ((source, copied.code, copied.text),)
    return Plan("copy_forward", target, spot, also, about=source)


def copy_with_change(encounter: Encounter, source: str, target: str) -> Plan:
    """Copies a note and changes one stop only, as if something had been edited."""
    copied = encounter.draft(source).sections[0]
    section = encounter.draft(target).sections[0]
    old, new = ("，", "；") if encounter.language == "zh" else (", ", "; ")
    section.text = copied.text.replace(old, new, 1)
    spot = (target, section.code, section.text)
    also = ((source, copied.code, copied.text),)
    return Plan("copy_forward", target, spot, also, about=source)


def items(half: str) -> list[Item]:
    """Whole copies, copies with a tail or a changed stop, next day and days later."""
    roll = Roll(half, "copy")
    for case in roll.cases():
        tail = _TAILS[half, case.language]
        for source, target in (
            ("daily-1", "daily-2"),
            ("daily-2", "daily-3"),
            ("daily-1", "daily-3"),
        ):
            encounter = roll.sound(case)
            roll.add(encounter, [copy_note(encounter, source, target)], "whole copy")
            encounter = roll.sound(case)
            roll.add(encounter, [copy_note(encounter, source, target, tail)], "copy and a tail")
            encounter = roll.sound(case)
            roll.add(encounter, [copy_with_change(encounter, source, target)], "one stop changed")
    for case in roll.cases(surgery=False):
        wish = Wish(case, roll.frame(case), half, days=10)
        encounter = roll.stay(wish)
        plan = copy_note(encounter, "daily-2", "daily-5")
        roll.add(encounter, [plan], "copy of six days ago")
        encounter = roll.stay(wish)
        plans = [
            copy_note(encounter, "daily-3", "daily-4"),
            copy_note(encounter, "daily-3", "daily-5"),
        ]
        roll.add(encounter, plans, "copied twice")
    return roll.items
