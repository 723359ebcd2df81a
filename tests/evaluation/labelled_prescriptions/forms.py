"""Form, route and manner of use: what cannot be given so, and the same drug given rightly."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

# Wrong, severity, right (or "-"), why.
ROWS = """
=硫酸长春新碱注射液 2mg st it form=注射液|contraindicated|=硫酸长春新碱注射液 2mg st ivgtt form=注射液|high_alert.yaml vincristine
=氯化钾注射液 1g st iv form=注射液|contraindicated|=氯化钾注射液 1g qd ivgtt form=注射液|max_dose.yaml potassium_chloride_iv
=10%氯化钾注射液 10ml st route=静脉推注 form=注射液|contraindicated|=10%氯化钾注射液 10ml qd ivgtt form=注射液|high_alert.yaml potassium chloride
metformin 500mg bid ivgtt|moderate|metformin 500mg bid po|knowledge: tablets are not infused
amlodipine 5mg qd im|moderate|amlodipine 5mg qd po|knowledge: tablets are not injected
atorvastatin 20mg qn ih|moderate|atorvastatin 20mg qn po|knowledge: tablets are not injected
loratadine 10mg qd iv|moderate|loratadine 10mg qd po|knowledge: tablets are not injected
insulin_glargine 12IU qn po|moderate|insulin_glargine 12IU qn ih|knowledge: destroyed in the stomach
insulin_glargine 12IU qn ivgtt|moderate|insulin_aspart 6IU tid ih|knowledge: long-acting insulin is not infused
insulin_aspart 6IU tid im|minor|insulin_aspart 4IU tid ih|knowledge: subcutaneous by its label
heparin 5000IU q12h im|moderate|heparin 5000IU q12h ih|knowledge: haematoma
enoxaparin 4000IU qd im|moderate|enoxaparin 4000IU qd ih|knowledge: haematoma
vancomycin 1g q12h im|moderate|vancomycin 1g q12h ivgtt|knowledge: necrosis in muscle
nifedipine_xr 30mg qd ng|moderate|nifedipine_xr 30mg qd po|knowledge: controlled release is not crushed
nifedipine_xr 30mg st sl|moderate|nitroglycerin 0.5mg st sl|knowledge: controlled release is not chewed
morphine 30mg q12h ng|moderate|morphine 30mg q12h po|knowledge: sustained release is not crushed
omeprazole 20mg qd sl|minor|omeprazole 20mg qd po|knowledge: enteric coat
salbutamol 5mg tid iv|moderate|salbutamol 5mg tid inh|knowledge: solution for inhalation
budesonide 1mg bid ivgtt|moderate|budesonide 1mg bid inh|knowledge: suspension for inhalation
budesonide 1mg bid im|moderate|budesonide 1mg qd inh|knowledge: suspension for inhalation
tiotropium 18ug qd po|moderate|tiotropium 18ug qd inh|knowledge: powder for inhalation
=炉甘石洗剂 10ml tid po form=洗剂|moderate|=炉甘石洗剂 10ml tid top form=洗剂|knowledge: for the skin only
=高锰酸钾外用片 0.1g bid po form=外用片|moderate|=高锰酸钾外用片 0.1g bid top form=外用片|knowledge: corrosive
=开塞露 20ml st po form=灌肠剂|moderate|=开塞露 20ml st pr form=灌肠剂|knowledge: rectal
=左氧氟沙星滴眼液 1ml tid ivgtt form=滴眼液|moderate|=左氧氟沙星滴眼液 1ml tid eye form=滴眼液|knowledge: not sterile for the vein
=红霉素眼膏 1g qn po form=眼膏|moderate|=红霉素眼膏 1g qn eye form=眼膏|knowledge: for the eye
=青霉素钠注射剂 800000IU st it form=注射剂|major|=青霉素钠注射剂 2400000IU q6h ivgtt form=注射剂|knowledge: convulsions
=脂肪乳注射液 250ml qd im form=注射液|moderate|=脂肪乳注射液 250ml qd ivgtt form=注射液|knowledge: volume
ceftriaxone 1g qd po|moderate|ceftriaxone 1g qd ivgtt|knowledge: not absorbed
meropenem 1g q8h po|moderate|meropenem 1g q8h ivgtt|knowledge: not absorbed
gentamicin 80mg bid it|moderate|gentamicin 80mg bid im|knowledge: not for this route by its label
""".strip().splitlines()
VAGUE = ("amlodipine freq=遵医嘱", "metformin freq=遵医嘱", "cefaclor freq=自用", "ibuprofen freq=遵医嘱",
         "atorvastatin freq=自用", "loratadine freq=遵医嘱服用")  # fmt: skip
INPATIENT = ("长春新碱", "氯化钾", "脂肪乳", "青霉素钠", "heparin", "enoxaparin", "vancomycin",
             "meropenem", "ceftriaxone", "gentamicin")  # fmt: skip
USES = {
    "长春新碱": "急性淋巴细胞白血病", "氯化钾": "低钾血症", "脂肪乳": "肠外营养支持", "炉甘石": "湿疹",
    "高锰酸钾": "痔疮", "开塞露": "便秘", "左氧氟沙星滴眼": "细菌性结膜炎", "红霉素眼膏": "睑缘炎",
    "青霉素钠": "细菌性脑膜炎", "nitroglycerin": "稳定型心绞痛",
}  # fmt: skip
TOLERATED = ("unknown_drug", "unchecked", "antibacterial", "indication", "dose", "compatibility")


def _case(line: str, severity: str | None, basis: str) -> Case:
    key = line.split()[0]
    use = next((text for word, text in USES.items() if word in key), None)
    expected = found(("form", "compatibility"), key, severity, basis) if severity else None
    return Case(
        "form",
        "M47",
        (line,),
        (expected,) if expected else (),
        diagnoses=(use,) if use else None,
        setting="inpatient" if any(word in key for word in INPATIENT) else "outpatient",
        level=3,
        side="above" if expected else "without",
        tolerated=TOLERATED,
    )


def cases() -> list[Case]:
    """Wrong and right; and use left to the patient."""
    made = []
    for row in ROWS:
        wrong, severity, right, basis = row.split("|")
        made.append(_case(wrong, severity, basis))
        made.append(_case(right, None, basis))
    for line in VAGUE:
        key = line.split()[0]
        expected = found(("form", "quantity", "dose"), key, "minor", "prescription_rules.yaml RX19")
        made.append(Case("form", "M47", (line,), (expected,), tolerated=("unchecked",)))
    return made
