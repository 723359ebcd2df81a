"""Missing signatures of physicians, patients and surgeons."""

from __future__ import annotations

from tests.evaluation.corrupted_records.model import Encounter, Item, Plan
from tests.evaluation.corrupted_records.roll import Roll

_PLAIN = (
    "admission",
    "first-course",
    "attending-round",
    "chief-round",
    "daily-1",
    "daily-2",
    "discharge",
    "front-page",
)
_SURGICAL = ("operation", "postoperative", "consent", "pre-operative", "anaesthesia-before")


def unsign(encounter: Encounter, key: str) -> Plan:
    """Nobody signed: the field is absent and the place for the name is empty."""
    encounter.draft(key).signed_by = None
    return Plan("missing.signature", key, about="author")


def items(half: str) -> list[Item]:
    """Every kind of document unsigned, and consents without patient or surgeon."""
    roll = Roll(half, "signature")
    for case in roll.cases(surgery=False):
        for key in _PLAIN:
            encounter = roll.sound(case)
            roll.add(encounter, [unsign(encounter, key)], f"{key} unsigned")
    for case in roll.cases(surgery=True):
        for key in _SURGICAL:
            encounter = roll.sound(case)
            roll.add(encounter, [unsign(encounter, key)], f"{key} unsigned")
        for key, code in (
            ("consent", "patient-signature"),
            ("consent", "surgeon-signature"),
            ("consent-anaesthesia", "patient-signature"),
        ):
            encounter = roll.sound(case)
            encounter.draft(key).section(code).text = ""
            plan = Plan("missing.signature", key, about=code)
            roll.add(encounter, [plan], f"{key}: {code} empty")
    return roll.items
