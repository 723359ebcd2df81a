"""Abbreviations that are not allowed, in the words around them."""

from __future__ import annotations

from tests.evaluation.corrupted_records.kinds.persons import append
from tests.evaluation.corrupted_records.model import Encounter, Item, Plan
from tests.evaluation.corrupted_records.roll import Roll

#: Sentence with a place for the abbreviation, and the abbreviation.
_SENTENCES: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("first", "zh"): (
        ("既往诊断{}，现已稳定。", "慢支炎"),
        ("家属询问是否为{}，已解释不是。", "胃Ca"),
        ("外院曾考虑{}。", "化扁"),
        ("邻床为{}患者，已隔开。", "阑炎"),
        ("夜间予{}镇痛一次。", "MSO4"),
        ("维生素片{}口服。", "QOD"),
    ),
    ("second", "zh"): (
        ("外院曾疑为{}。", "肺Ca"),
        ("亲属中有人患{}。", "肾综"),
        ("曾有{}，未再发。", "上消"),
        ("童年曾诊断{}。", "先心"),
        ("补液中加入{}。", "MgSO4"),
        ("钙片{}服用。", "QOD"),
    ),
    ("first", "en"): (
        (" Vitamin tablet {}.", "QOD"),
        (" Heparin 5000 {} given.", "IU"),
        (" Pain relieved by {}.", "MSO4"),
        (" Syringe of 5 {} kept ready.", "cc"),
        (" Thyroxine 50 {} continued.", "μg"),
    ),
    ("second", "en"): (
        (" Calcium tablet {}.", "Q.O.D."),
        (" Insulin 6 {} given.", "U"),
        (" Infusion with {}.", "MgSO4"),
        (" Drops {} twice.", "AU"),
        (" Sleeping tablet {}.", "HS"),
    ),
}


def abbreviate(encounter: Encounter, half: str, number: int, place: tuple[str, str]) -> Plan:
    """Adds a sentence with an abbreviation that is not allowed."""
    sentence, short = _SENTENCES[half, encounter.language][number]
    key, code = place
    append(encounter, key, code, sentence.format(short))
    # A single letter is found by the words before it.
    head = sentence.split("{}")[0].strip()
    if encounter.draft(key).section(code).text.count(short) == 1:
        return Plan("abbreviation", key, (key, code, short), about=short)
    return Plan("abbreviation", key, (key, code, f"{head} {short}"), about=short)


def items(half: str) -> list[Item]:
    """Every abbreviation in daily notes, discharge records and first course notes."""
    roll = Roll(half, "abbreviation")
    places = (("daily-1", "course"), ("discharge", "course"), ("first-course", "plan"))
    for case in roll.cases():
        for number in range(len(_SENTENCES[half, case.language])):
            for place in places[number % 2 : number % 2 + 2]:
                encounter = roll.sound(case)
                plan = abbreviate(encounter, half, number, place)
                roll.add(encounter, [plan], f"{plan.about} in {place[0]}")
    return roll.items
