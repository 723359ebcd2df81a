"""Contradictions about who the patient is: sex, age, identity."""

from __future__ import annotations

from tests.evaluation.corrupted_records.case import Case
from tests.evaluation.corrupted_records.frames import frames
from tests.evaluation.corrupted_records.model import Encounter, Item, Plan
from tests.evaluation.corrupted_records.roll import Roll

#: What is only said of the other sex, by half, language and the patient's sex.
_OTHER_SEX: dict[tuple[str, str, str], dict[tuple[str, str], str]] = {
    ("first", "zh", "male"): {
        ("admission", "past"): "，曾患子宫肌瘤",
        ("admission", "marital"): "，月经规律",
        ("admission", "examination"): "子宫大小正常，附件未触及包块。",
    },
    ("first", "zh", "female"): {
        ("admission", "past"): "，前列腺增生病史5年",
        ("admission", "examination"): "双侧睾丸大小对称。",
        ("discharge", "outcome"): "前列腺不大。",
    },
    ("second", "zh", "male"): {
        ("admission", "past"): "，曾患卵巢囊肿",
        ("admission", "marital"): "，孕2产1",
        ("discharge", "outcome"): "宫颈光滑。",
    },
    ("second", "zh", "female"): {
        ("admission", "past"): "，曾患精索静脉曲张",
        ("admission", "examination"): "阴囊未见肿胀，睾丸可触及。",
        ("discharge", "outcome"): "前列腺质软。",
    },
    ("first", "en", "male"): {
        ("admission", "past"): ", uterine fibroids years ago",
        ("discharge", "outcome"): " Uterus of normal size.",
    },
    ("first", "en", "female"): {
        ("admission", "past"): ", enlarged prostate for 5 years",
        ("discharge", "outcome"): " Testes normal.",
    },
    ("second", "en", "male"): {
        ("admission", "past"): ", an ovarian cyst years ago",
        ("discharge", "outcome"): " Cervix smooth.",
    },
    ("second", "en", "female"): {
        ("admission", "past"): ", prostatitis years ago",
        ("discharge", "outcome"): " Scrotum without swelling.",
    },
}
_EDGES = "，。, ."


def append(encounter: Encounter, key: str, code: str, words: str) -> str:
    """Adds words to a section and gives the phrase without the punctuation at its edges."""
    section = encounter.draft(key).section(code)
    section.text += words
    return words.strip(_EDGES)


def flip_sex(encounter: Encounter, key: str) -> Plan:
    """States the other sex in the line that says who the patient is."""
    section = encounter.draft(key).section("general")
    female = encounter.patient["sex"] == "female"
    if encounter.language == "zh":
        true, wrong = ("女", "男") if female else ("男", "女")
        section.text = section.text.replace(f"，{true}，", f"，{wrong}，")
    else:
        true, wrong = ("woman", "man") if female else ("man", "woman")
        section.text = section.text.replace(f"-old {true}", f"-old {wrong}")
        wrong = f"year-old {wrong}"
    return Plan("contradiction.sex", key, (key, "general", wrong), about="general line")


def add_other_sex(encounter: Encounter, half: str, key: str, code: str) -> Plan:
    """Says something that only the other sex can have."""
    which = (half, encounter.language, encounter.patient["sex"])
    phrase = append(encounter, key, code, _OTHER_SEX[which][key, code])
    return Plan("contradiction.sex", key, (key, code, phrase), about=code)


def wrong_age(encounter: Encounter, key: str) -> Plan:
    """States another age, a generation away."""
    section = encounter.draft(key).section("general")
    digits = next(
        part
        for part in section.text.replace("，", " ").replace("-", " ").split()
        if part[0].isdigit()
    )
    true = int(digits.rstrip("岁"))
    wrong = true - 23 if true > 50 else true + 26
    if encounter.language == "zh":
        section.text = section.text.replace(f"{true}岁", f"{wrong}岁")
        phrase = f"{wrong}岁"
    else:
        section.text = section.text.replace(f"{true}-year", f"{wrong}-year")
        phrase = f"{wrong}-year-old"
    return Plan("contradiction.age", key, (key, "general", phrase), about="general line")


def diagnosis_of_another_age(encounter: Encounter, half: str) -> Plan:
    """Gives an adult a diagnosis of the newborn."""
    words = {
        ("first", "zh"): "；新生儿黄疸",
        ("second", "zh"): "；新生儿肺炎",
        ("first", "en"): "; neonatal jaundice",
        ("second", "en"): "; neonatal sepsis",
    }[half, encounter.language]
    encounter.draft("discharge").section("discharge-diagnosis").text += words
    spot = ("discharge", "discharge-diagnosis", words[1:].strip())
    none = encounter.draft("front-page").section("other-diagnoses").text
    also = (("front-page", "other-diagnoses", none),)
    return Plan("contradiction.age", "discharge", spot, also, about="diagnosis")


def other_name(encounter: Encounter, half: str, key: str) -> Plan:
    """States another patient's name in the line that says who the patient is."""
    name = encounter.patient["name"]
    other = next(
        frame.name for frame in reversed(frames(half, encounter.language)) if frame.name != name
    )
    section = encounter.draft(key).section("general")
    section.text = section.text.replace(name, other)
    return Plan("contradiction.identity", key, (key, "general", other), about="name")


def items(half: str) -> list[Item]:
    """Each contradiction in every case, women and men."""
    roll = Roll(half, "person")
    for case in roll.cases():
        for sex in ("male", "female"):
            if any(frame.sex == sex for frame in frames(half, case.language)):
                _add_sex(roll, case, sex)
        for key in ("admission", "front-page", *(("operation",) if case.surgery else ())):
            encounter = roll.sound(case)
            roll.add(encounter, [wrong_age(encounter, key)], f"age in {key}")
        encounter = roll.sound(case)
        roll.add(encounter, [diagnosis_of_another_age(encounter, half)], "diagnosis of the newborn")
        for key in ("admission", "front-page"):
            encounter = roll.sound(case)
            roll.add(encounter, [other_name(encounter, half, key)], f"another name in {key}")
    return roll.items


def _add_sex(roll: Roll, case: Case, sex: str) -> None:
    for key in ("admission", "front-page"):
        encounter = roll.sound(case, sex)
        roll.add(encounter, [flip_sex(encounter, key)], f"other sex in {key}")
    for key, code in _OTHER_SEX[roll.half, case.language, sex]:
        encounter = roll.sound(case, sex)
        plan = add_other_sex(encounter, roll.half, key, code)
        roll.add(encounter, [plan], f"organ of the other sex in {key}, {code}")
