"""Dates that cannot be and events in the wrong order."""

from __future__ import annotations

from datetime import timedelta

from tests.evaluation.corrupted_records.kinds.persons import append
from tests.evaluation.corrupted_records.kinds.time_limits import retime
from tests.evaluation.corrupted_records.layout import minute
from tests.evaluation.corrupted_records.model import Encounter, Item, Plan, later
from tests.evaluation.corrupted_records.roll import Roll
from tests.evaluation.corrupted_records.stays import Wish


def shift_date(encounter: Encounter, key: str, code: str, event: str, days: int) -> Plan:
    """States an event's date so many days from when it happened."""
    section = encounter.draft(key).section(code)
    section.text = minute(encounter.event(event) + timedelta(days=days))
    return Plan("contradiction.date", key, (key, code, section.text), about=event)


def name_impossible_day(encounter: Encounter, half: str) -> Plan:
    """Arranges something for a day that no calendar has."""
    year = encounter.events[0][1].year
    day = f"{year}-02-30" if half == "first" else f"{year}-06-31"
    words = f"约定{day}复查。" if encounter.language == "zh" else f" Review on {day}."
    append(encounter, "daily-1", "course", words)
    return Plan("contradiction.date", "daily-1", ("daily-1", "course", day), about="calendar")


def start_after_admission(encounter: Encounter) -> Plan:
    """Lets the illness begin after the admission for it."""
    day = (encounter.event("admission") + timedelta(days=4)).date().isoformat()
    words = (
        f"患者于{day}首次出现上述症状。"
        if encounter.language == "zh"
        else f" First noticed on {day}."
    )
    append(encounter, "admission", "illness", words)
    return Plan("contradiction.date", "admission", ("admission", "illness", day), about="onset")


def write_before_its_time(encounter: Encounter) -> Plan:
    """Writes the discharge record two days before the discharge."""
    retime(encounter, "discharge", later(encounter.event("discharge"), timedelta(days=-2)))
    return Plan("contradiction.order", "discharge", about="written before discharge")


def write_after_the_end(encounter: Encounter, key: str, end: str) -> Plan:
    """Writes a daily note a day and a half after discharge or death."""
    retime(encounter, key, later(encounter.event(end), timedelta(hours=36)))
    return Plan("contradiction.order", key, about=f"written after {end}")


def write_before_admission(encounter: Encounter, key: str) -> Plan:
    """Writes a document a day before the admission."""
    retime(encounter, key, later(encounter.event("admission"), timedelta(days=-1)))
    return Plan("contradiction.order", key, about="written before admission")


def items(half: str) -> list[Item]:
    """Every kind of wrong date and order in every case that can have it."""
    roll = Roll(half, "order")
    for case in roll.cases():
        for code, event, days in (
            ("admitted", "admission", -31),
            ("admitted", "admission", 2),
            ("discharged", "discharge", 3),
            ("discharged", "discharge", -9),
        ):
            encounter = roll.sound(case)
            plan = shift_date(encounter, "discharge", code, event, days)
            roll.add(encounter, [plan], f"{event} {days:+d} days in the discharge record")
        for days in (-4, 8) if case.surgery else ():
            encounter = roll.sound(case)
            plan = shift_date(encounter, "operation", "date", "surgery_end", days)
            roll.add(encounter, [plan], f"operation {days:+d} days")
        encounter = roll.sound(case)
        roll.add(encounter, [name_impossible_day(encounter, half)], "impossible day")
        encounter = roll.sound(case)
        roll.add(encounter, [start_after_admission(encounter)], "onset after admission")
        encounter = roll.sound(case)
        roll.add(encounter, [write_before_its_time(encounter)], "discharge record too early")
        encounter = roll.sound(case)
        plan = write_after_the_end(encounter, "daily-3", "discharge")
        roll.add(encounter, [plan], "daily note after discharge")
        encounter = roll.sound(case)
        roll.add(encounter, [write_before_admission(encounter, "first-course")], "before admission")
    for case in roll.cases("zh", surgery=False):
        encounter = roll.stay(Wish(case, roll.frame(case), half, end="death"))
        plan = write_after_the_end(encounter, "daily-1", "death")
        roll.add(encounter, [plan], "daily note after death")
        encounter = roll.stay(Wish(case, roll.frame(case), half, end="death"))
        plan = shift_date(encounter, "death", "died", "death", -20)
        roll.add(encounter, [plan], "death before admission")
    return roll.items
