"""Ages and weights: limits of age, doses by weight in children, and what the old should not take."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

# Patient below the limit, patient at or above it, order, severity below, row, diagnosis.
AGE_LIMITS = """
M17|M18|levofloxacin|major|fluoroquinolones|社区获得性肺炎
F12|F18|moxifloxacin|major|fluoroquinolones|社区获得性肺炎
M8|M18|ciprofloxacin 250mg bid|major|fluoroquinolones|膀胱炎
F7|F12|minocycline 50mg bid|major|tetracyclines|支原体感染
M5|M18|minocycline 50mg bid|major|tetracyclines|支原体感染
M11|M18|codeine|contraindicated|codeine_tramadol|干咳
F6|F18|codeine|contraindicated|codeine_tramadol|干咳
M11|M18|tramadol 50mg bid|contraindicated|codeine_tramadol|骨折后疼痛
M9mo|M2|metoclopramide 1mg tid|contraindicated|metoclopramide|恶心呕吐
F20mo|F6|promethazine 5mg qn|contraindicated|promethazine|荨麻疹
M18mo|M7|loperamide 1mg bid|contraindicated|loperamide|急性腹泻
M20mo|M9|loperamide 2mg bid|contraindicated|loperamide|急性腹泻
F5mo|F8mo|ibuprofen 50mg q8h|moderate|ibuprofen|发热
M4mo|M7mo|ibuprofen 50mg q8h|moderate|ibuprofen|发热
M5mo|M7mo|azithromycin 60mg qd|moderate|azithromycin|急性支气管炎
M4mo|M8mo|cefixime 30mg bid|moderate|cefixime|急性支气管炎
F5mo|F8mo|clarithromycin 50mg bid|moderate|clarithromycin|急性支气管炎
F18mo|F3|loratadine 5mg qd|moderate|loratadine|过敏性鼻炎
M4|M18|gentamicin 40mg q12h|moderate|gentamicin|尿路感染
""".strip().splitlines()
# Patient, drug and dose by weight: at the limit, above it, far above it; interval; row, diagnosis.
BY_WEIGHT = """
M4 16kg|paracetamol|200mg 240mg 290mg 800mg|q6h|paracetamol|发热
F9mo 9kg|paracetamol|100mg 135mg 165mg 500mg|q6h|paracetamol|发热
M6 20kg|ibuprofen|150mg 200mg 240mg 600mg|q8h|ibuprofen|发热
F18mo 11kg|ibuprofen|80mg 110mg 135mg 330mg|q8h|ibuprofen|发热
M4 16kg|amoxicillin|400mg 720mg 850mg 2000mg|q12h|amoxicillin|急性中耳炎
M6 20kg|azithromycin|150mg 200mg 250mg 500mg|qd|azithromycin|肺炎支原体肺炎
F10 30kg|azithromycin|250mg 300mg 400mg 1000mg|qd|azithromycin|肺炎支原体肺炎
M5 18kg|clarithromycin|100mg 135mg 165mg 500mg|q12h|clarithromycin|肺炎支原体肺炎
F5 18kg|erythromycin|150mg 225mg 275mg 600mg|q6h|erythromycin|百日咳
M6 20kg|cefaclor|150mg 260mg 320mg 700mg|q8h|cefaclor|急性扁桃体炎
M3 15kg|cefuroxime_axetil|125mg 225mg 280mg 600mg|q12h|cefuroxime_po|急性扁桃体炎
M6 20kg|cefixime|60mg 80mg 100mg 300mg|q12h|cefixime|急性支气管炎
M6 20kg|ceftriaxone|1000mg 2000mg 2400mg 5000mg|qd|ceftriaxone|化脓性脑膜炎
M3 14kg|oseltamivir|30mg 30mg 45mg 75mg|q12h|oseltamivir|流行性感冒
F5 20kg|oseltamivir|45mg 45mg 60mg 150mg|q12h|oseltamivir|流行性感冒
M8 28kg|oseltamivir|60mg 60mg 75mg 150mg|q12h|oseltamivir|流行性感冒
M6 20kg|metoclopramide|2mg 3mg 4mg 10mg|tid|metoclopramide|恶心呕吐
M6 20kg|promethazine|5mg 10mg 12.5mg 50mg|q6h|promethazine|荨麻疹
F8 25kg|vancomycin|250mg 375mg 450mg 1000mg|q6h|vancomycin|脓毒症
M4 16kg|montelukast|4mg 4mg 5mg 10mg|qn|montelukast|支气管哮喘
F9 28kg|montelukast|5mg 5mg 10mg 20mg|qn|montelukast|支气管哮喘
M4 16kg|cetirizine|2.5mg 5mg 10mg 20mg|qd|cetirizine|荨麻疹
M5 18kg|loratadine|5mg 5mg 10mg 30mg|qd|loratadine|过敏性鼻炎
M6 20kg|dexamethasone|3mg 12mg 15mg 30mg|st|dexamethasone|急性喉炎
F6 20kg|ondansetron|2mg 3mg 4mg 16mg|st|ondansetron|急性胃肠炎
M8mo 9kg|montmorillonite|1g 1g 3g 6g|tid|montmorillonite|急性腹泻
""".strip().splitlines()
# Order, severity at 65 and above, row.
OLD = """
diphenhydramine 25mg qn|first-generation antihistamines|荨麻疹
chlorpheniramine|first-generation antihistamines|过敏性鼻炎
promethazine|first-generation antihistamines|荨麻疹
diazepam|benzodiazepines|失眠症
estazolam|benzodiazepines|失眠症
alprazolam|benzodiazepines|失眠症
zolpidem|Z-drugs|失眠症
amitriptyline|TCAs|抑郁症
paroxetine|paroxetine|抑郁症
glibenclamide|glibenclamide|2型糖尿病
indometacin|indomethacin, ketorolac|强直性脊柱炎
metoclopramide|metoclopramide|恶心呕吐
digoxin 0.25mg qd|digoxin >0.125 mg/d|心房颤动
estradiol|estrogen systemic|围绝经期综合征
""".strip().splitlines()
# Far above, but without danger to life: nobody needs to be stopped.
MILD = frozenset({"montelukast", "cetirizine", "loratadine", "montmorillonite", "oseltamivir"})
TOLERATED = ("indication", "antibacterial", "form")
INPATIENT = frozenset({"gentamicin", "ceftriaxone", "vancomycin"})


def _setting(order: str) -> str:
    return "inpatient" if order.split()[0] in INPATIENT else "outpatient"


def limits() -> list[Case]:
    """Just below a limit of age, and at or above it."""
    made = []
    for row in AGE_LIMITS:
        young, old, order, severity, name, use = row.split("|")
        drug = order.split()[0]
        expected = found(("age", "dose"), drug, severity, f"paediatric.yaml {name}")
        for patient, findings, side in ((young, (expected,), "below"), (old, (), "at")):
            made.append(
                Case("age", patient, (order,), findings, diagnoses=(use,), level=3,
                     setting=_setting(order), side=side,
                     tolerated=(*TOLERATED, "dose", "age") if findings else (*TOLERATED, "dose"))
            )  # fmt: skip
    for age, side in (("M15", "below"), ("M19", "above")):
        findings = (found(("age", "disease"), "aspirin", "major", "paediatric.yaml aspirin"),)
        made.append(Case("age", age, ("aspirin 300mg tid",), findings if side == "below" else (),
                         diagnoses=("流行性感冒",), side=side, tolerated=TOLERATED))  # fmt: skip
    for use in ("水痘", "病毒性上呼吸道感染"):
        expected = found(("age", "disease"), "aspirin", "major", "paediatric.yaml aspirin")
        made.append(Case("age", "F9", ("aspirin 300mg tid",), (expected,), diagnoses=(use,),
                         side="below", tolerated=(*TOLERATED, "dose")))  # fmt: skip
    return made


def weights() -> list[Case]:
    """Below, at, just above and far above a dose by weight."""
    made = []
    for row in BY_WEIGHT:
        patient, drug, amounts, interval, name, use = row.split("|")
        usual, limit, above, far = amounts.split()
        steps = [
            (limit, "at", None),
            (above, "above", None),
            (far, "above", None if drug in MILD else True),
        ]
        if usual != limit:
            steps.insert(0, (usual, "below", None))
        for amount, side, stop in steps:
            severity = "major" if stop else "moderate"
            expected = found(("dose", "age"), drug, severity, f"paediatric.yaml {name}",
                             interrupts=stop)  # fmt: skip
            order = f"{drug} {amount} {interval}"
            made.append(
                Case("age", patient, (order,), (expected,) if side == "above" else (),
                     diagnoses=(use,), level=3, setting=_setting(order), side=side,
                     tolerated=TOLERATED)
            )  # fmt: skip
    return made


def aged() -> list[Case]:
    """What the old should not take: at 64 nothing, at 65 and at 82 an unobtrusive remark."""
    made = []
    for row in OLD:
        order, name, use = row.split("|")
        drug = order.split()[0]
        for age, side in ((64, "below"), (65, "at"), (82, "above")):
            sex = "F" if drug == "estradiol" else "M"
            expected = found(("age", "dose", "disease"), drug, "minor", f"beers.yaml {name}")
            made.append(
                Case("age", f"{sex}{age} egfr=88", (order,), (expected,) if age >= 65 else (),
                     diagnoses=(use,), side=side,
                     tolerated=(*TOLERATED, "dose", "age", "renal") if age >= 65 else TOLERATED)
            )  # fmt: skip
    return made


def cases() -> list[Case]:
    """All of them."""
    return limits() + weights() + aged()
