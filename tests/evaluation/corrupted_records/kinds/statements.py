"""Contradictions between statements: side, negation, allergy, laboratory."""

from __future__ import annotations

from datetime import timedelta

from tests.evaluation.corrupted_records.case import Case
from tests.evaluation.corrupted_records.kinds.persons import append
from tests.evaluation.corrupted_records.model import Encounter, Item, Plan, Spot, later
from tests.evaluation.corrupted_records.roll import Roll
from tests.evaluation.corrupted_records.stays import observation


def sided_places(encounter: Encounter, case: Case) -> list[tuple[str, str]]:
    """The sections that state the side exactly once."""
    side = case.right_side
    return [
        (draft.key, section.code)
        for draft in encounter.drafts
        for section in draft.sections
        if side and section.text.count(side) == 1
    ]


def flip_side(encounter: Encounter, case: Case, place: tuple[str, str]) -> Plan:
    """States the other side in one place; the other places still say the true one."""
    right, wrong = case.right_side or "", case.wrong_side or ""
    key, code = place
    others = tuple((*other, right) for other in sided_places(encounter, case) if other != place)
    section = encounter.draft(key).section(code)
    section.text = section.text.replace(right, wrong)
    return Plan("contradiction.side", key, (key, code, wrong), others, about="side")


def deny_symptom(encounter: Encounter, case: Case) -> Plan:
    """Denies in the present illness what the chief complaint states."""
    section = encounter.draft("admission").section("illness")
    section.text = section.text.replace(case.symptom, case.denial)
    also = (("admission", "complaint", case.complaint),)
    spot = ("admission", "illness", case.denial)
    return Plan("contradiction.negation", "admission", spot, also, about="symptom")


def smoke(encounter: Encounter, half: str) -> Plan:
    """Smokes in the present illness and never smoked in the personal history."""
    words, never = {
        ("first", "zh"): ("平日吸烟每天20支，已20年。", "从不吸烟"),
        ("second", "zh"): ("现仍吸烟，日均一包。", "一向不吸烟"),
        ("first", "en"): (" Smokes 20 cigarettes a day.", "never smoked"),
        ("second", "en"): (" Still smokes a pack daily.", "has never smoked"),
    }[half, encounter.language]
    phrase = append(encounter, "admission", "illness", words)
    also = (("admission", "personal", never),)
    spot = ("admission", "illness", phrase)
    return Plan("contradiction.negation", "admission", spot, also, about="smoking")


def deny_diabetes(encounter: Encounter) -> Plan:
    """Has had diabetes for years in the present illness and denies it in the past history."""
    chinese = encounter.language == "zh"
    words = "患糖尿病10年，长期服药。" if chinese else " Has had diabetes for 10 years on tablets."
    denied = "，否认糖尿病史" if chinese else ", no history of diabetes"
    stated = append(encounter, "admission", "illness", words)
    phrase = append(encounter, "admission", "past", denied)
    also = (("admission", "illness", stated),)
    spot = ("admission", "past", phrase)
    return Plan("contradiction.negation", "admission", spot, also, about="disease")


def allergy_appears(encounter: Encounter) -> Plan:
    """An allergy appears in a daily note while admission record and front page deny any."""
    words = (
        "追问病史，患者对青霉素过敏。"
        if encounter.language == "zh"
        else " Is allergic to penicillin."
    )
    phrase = append(encounter, "daily-1", "course", words)
    denied = encounter.draft("admission").section("allergy").text
    none = encounter.draft("front-page").section("allergy").text
    also = (("admission", "allergy", denied), ("front-page", "allergy", none))
    spot = ("daily-1", "course", phrase)
    return Plan("contradiction.negation", "daily-1", spot, also, about="allergy")


_ALLERGIES = {
    ("first", "zh"): (
        ("青霉素", "青霉素过敏，曾出现皮疹", "予{}0.5 g口服。", "阿莫西林"),
        ("磺胺类", "磺胺类药物过敏", "加用{}口服。", "复方磺胺甲噁唑片"),
    ),
    ("second", "zh"): (
        ("阿司匹林", "阿司匹林过敏，表现为喘息", "给予{}100 mg每日一次。", "阿司匹林肠溶片"),
        ("磺胺类", "对磺胺药过敏，全身皮疹", "今起口服{}。", "复方新诺明"),
    ),
    ("first", "en"): (
        ("Penicillin", "Penicillin: rash", " Started {} 500 mg.", "amoxicillin"),
        ("Sulfonamides", "Sulfonamides: rash", " Added {}.", "sulfamethoxazole"),
    ),
    ("second", "en"): (
        ("Aspirin", "Aspirin: wheeze", " Given {} 100 mg daily.", "aspirin"),
        ("Sulfonamides", "Allergic to sulfonamides", " Begins {}.", "co-trimoxazole"),
    ),
}


def give_allergen(encounter: Encounter, half: str, number: int) -> Plan:
    """Gives a drug to which the record states an allergy."""
    short, stated, words, drug = _ALLERGIES[half, encounter.language][number]
    encounter.draft("admission").section("allergy").text = stated
    encounter.draft("front-page").section("allergy").text = short
    encounter.draft("daily-2").section("course").text += words.format(drug)
    also: tuple[Spot, ...] = (
        ("admission", "allergy", stated),
        ("front-page", "allergy", short),
    )
    spot = ("daily-2", "course", drug)
    return Plan("contradiction.drug_allergy", "daily-2", spot, also, about=short)


def quote_other_value(encounter: Encounter) -> Plan:
    """Quotes another potassium in a daily note than the laboratory measured that morning."""
    written = encounter.draft("daily-2").written_at
    resource = observation("potassium", 4.2, later(written, timedelta(hours=-3)))
    resource["id"] = f"{encounter.id}-observation-{len(encounter.observations) + 1}"
    encounter.observations.append(resource)
    chinese = encounter.language == "zh"
    words = "今晨血钾5.9 mmol/L。" if chinese else " Potassium this morning 5.9 mmol/L."
    append(encounter, "daily-2", "course", words)
    phrase = "血钾5.9 mmol/L" if chinese else "Potassium this morning 5.9 mmol/L"
    spot = ("daily-2", "course", phrase)
    return Plan("contradiction.laboratory_value", "daily-2", spot, about="potassium")


def transpose_digits(encounter: Encounter) -> Plan:
    """Transposes the digits of the haemoglobin on admission."""
    section = encounter.draft("admission").section("investigations")
    section.text = section.text.replace("138 g/L", "183 g/L")
    phrase = "血红蛋白183 g/L" if encounter.language == "zh" else "haemoglobin 183 g/L"
    spot = ("admission", "investigations", phrase)
    return Plan("contradiction.laboratory_value", "admission", spot, about="haemoglobin")


_DISPROVED = {
    ("first", "zh"): (("低钾血症", "血钾4.1 mmol/L"), ("重度贫血", "血红蛋白138 g/L")),
    ("second", "zh"): (("高钾血症", "血钾4.1 mmol/L"), ("肾功能衰竭", "肌酐72 μmol/L")),
    ("first", "en"): (
        ("hypokalaemia", "Potassium 4.1 mmol/L"),
        ("severe anaemia", "haemoglobin 138 g/L"),
    ),
    ("second", "en"): (
        ("hyperkalaemia", "Potassium 4.1 mmol/L"),
        ("renal failure", "creatinine 72 μmol/L"),
    ),
}


def add_disproved_diagnosis(encounter: Encounter, half: str, number: int, key: str) -> Plan:
    """Adds a diagnosis that the laboratory values disprove."""
    name, value = _DISPROVED[half, encounter.language][number]
    code = "diagnosis" if key == "admission" else "discharge-diagnosis"
    words = f"；{name}" if encounter.language == "zh" else f"; {name}"
    encounter.draft(key).section(code).text += words
    none = encounter.draft("front-page").section("other-diagnoses").text
    also = (("admission", "investigations", value), ("front-page", "other-diagnoses", none))
    return Plan("contradiction.diagnosis_laboratory", key, (key, code, name), also, about=name)


def items(half: str) -> list[Item]:
    """Each contradiction in every case that can have it."""
    roll = Roll(half, "statement")
    for case in roll.cases():
        places = sided_places(roll.sound(case), case)
        for place in places[:6]:
            encounter = roll.sound(case)
            roll.add(encounter, [flip_side(encounter, case, place)], f"side in {place[0]}")
        encounter = roll.sound(case)
        roll.add(encounter, [deny_symptom(encounter, case)], "symptom denied")
        encounter = roll.sound(case)
        roll.add(encounter, [smoke(encounter, half)], "smoking denied")
        if case.key != "diabetes":
            encounter = roll.sound(case)
            roll.add(encounter, [deny_diabetes(encounter)], "disease denied")
        # Whether a cephalosporin may be given then would be another question.
        if "ceftriaxone" not in case.plan and "头孢" not in case.plan:
            encounter = roll.sound(case)
            roll.add(encounter, [allergy_appears(encounter)], "allergy denied")
        _add_laboratory(roll, case)
    return roll.items


def _add_laboratory(roll: Roll, case: Case) -> None:
    for number in (0, 1):
        # Whether sulfonamide allergy forbids furosemide would be another question.
        if number == 0 or "呋塞米" not in case.plan:
            encounter = roll.sound(case)
            plan = give_allergen(encounter, roll.half, number)
            roll.add(encounter, [plan], "drug despite allergy")
        for key in ("admission", "discharge"):
            encounter = roll.sound(case)
            plan = add_disproved_diagnosis(encounter, roll.half, number, key)
            roll.add(encounter, [plan], f"diagnosis disproved in {key}")
    encounter = roll.sound(case)
    roll.add(encounter, [quote_other_value(encounter)], "other value than measured")
    encounter = roll.sound(case)
    roll.add(encounter, [transpose_digits(encounter)], "digits transposed")
