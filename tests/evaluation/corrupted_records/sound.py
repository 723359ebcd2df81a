"""Sound stays: nothing is wrong in them, though much of it looks as if it were."""

from __future__ import annotations

from tests.evaluation.corrupted_records.model import Item
from tests.evaluation.corrupted_records.roll import Roll
from tests.evaluation.corrupted_records.stays import Wish
from tests.evaluation.corrupted_records.writer import Values

_EVENTS = (
    "rescue_end",
    "transfer_in",
    "takeover",
    "consult_request",
    "critical_value_received",
    "transfusion_end",
)


def items(half: str) -> list[Item]:
    """Plain stays of every case, stays with every event, and twins of planted defects."""
    roll = Roll(half, "sound")
    for case in roll.cases():
        for _ in range(6):
            roll.add(roll.sound(case), [], "plain stay")
    for case in roll.cases("zh", surgery=False):
        for event in _EVENTS:
            wish = Wish(case, roll.frame(case), half, extra=(event,))
            roll.add(roll.stay(wish), [], f"stay with {event}")
        for end, short in (("death", False), ("death", True), ("discharge", True)):
            wish = Wish(case, roll.frame(case), half, end=end, short=short)
            roll.add(roll.stay(wish), [], f"{end}{', within a day' if short else ''}")
        wish = Wish(case, roll.frame(case), half, days=10)
        roll.add(roll.stay(wish), [], "long stay")
    _add_twins(roll)
    return roll.items


def _add_twins(roll: Roll) -> None:
    _add_avoided_drug(roll)
    _add_true_laboratory_diagnosis(roll)
    _add_stopped_smoking(roll)
    _add_stock_sentences(roll)
    _add_family_member(roll)


def _add_avoided_drug(roll: Roll) -> None:
    """An allergy is stated everywhere and the drug is named only to be avoided."""
    allergies = {"zh": "青霉素过敏，曾出现皮疹", "en": "Penicillin: rash"}
    avoids = {
        "zh": "患者青霉素过敏，避免使用阿莫西林。",
        "en": " Allergic to penicillin: no amoxicillin.",
    }
    for case in roll.cases():
        if "ceftriaxone" in case.plan or "头孢" in case.plan:
            continue  # Whether a related drug may be given is another question.
        encounter = roll.sound(case)
        encounter.draft("admission").section("allergy").text = allergies[case.language]
        encounter.draft("front-page").section("allergy").text = allergies[case.language][:3]
        if case.language == "en":
            encounter.draft("front-page").section("allergy").text = "Penicillin"
        encounter.draft("daily-1").section("course").text += avoids[case.language]
        roll.add(encounter, [], "drug avoided for allergy")


def _add_true_laboratory_diagnosis(roll: Roll) -> None:
    """A diagnosis from the laboratory that the values bear out."""
    names = {"zh": "；低钾血症", "en": "; hypokalaemia"}
    for case in roll.cases():
        wish = Wish(case, roll.frame(case), roll.half, values=Values(potassium=2.9))
        encounter = roll.stay(wish)
        for key, code in (
            ("admission", "diagnosis"),
            ("discharge", "admission-diagnosis"),
            ("discharge", "discharge-diagnosis"),
        ):
            encounter.draft(key).section(code).text += names[case.language]
        encounter.draft("front-page").section("other-diagnoses").text = names[case.language][1:]
        roll.add(encounter, [], "diagnosis borne out by the laboratory")


def _add_stopped_smoking(roll: Roll) -> None:
    """Smoked once, stopped: nothing contradicts."""
    words = {
        "zh": "生长于本地，曾吸烟10年，已戒烟5年，不饮酒",
        "en": "Smoked for 10 years, stopped 5 years ago, no alcohol",
    }
    asks = {"zh": "戒烟5年未复吸。", "en": " Has not smoked for 5 years."}
    for case in roll.cases():
        encounter = roll.sound(case)
        encounter.draft("admission").section("personal").text = words[case.language]
        encounter.draft("daily-1").section("course").text += asks[case.language]
        roll.add(encounter, [], "former smoker")


def _add_stock_sentences(roll: Roll) -> None:
    """Two days share a stock sentence; everything that matters is new."""
    stock = {
        "zh": "神志清楚，双肺呼吸运动对称，腹平软，四肢活动自如。",
        "en": " Alert, abdomen soft, moves all limbs.",
    }
    for case in roll.cases():
        encounter = roll.sound(case)
        for key in ("daily-1", "daily-2"):
            encounter.draft(key).section("course").text += stock[case.language]
        roll.add(encounter, [], "stock sentence on two days")


def _add_family_member(roll: Roll) -> None:
    """Words of the other sex belong to a relative."""
    words = {
        ("zh", "male"): "；母亲患子宫肌瘤，已治愈",
        ("zh", "female"): "；父亲患前列腺增生",
        ("en", "male"): "; mother had uterine fibroids",
        ("en", "female"): "; father has an enlarged prostate",
    }
    for case in roll.cases():
        encounter = roll.sound(case)
        sex = encounter.patient["sex"]
        encounter.draft("admission").section("family").text += words[case.language, sex]
        roll.add(encounter, [], "illness of a relative of the other sex")
