"""Injections that must not meet, and infusions that may."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

WHY = "knowledge: "
TCM = "allergy.yaml TCM injections: no mixing, separate line"
# First, second, severity, row or reason.
PAIRS = f"""
ceftriaxone 2g qd ivgtt|calcium_gluconate 1g qd ivgtt|contraindicated|ddi.yaml DDI156
ceftriaxone 1g qd ivgtt|=10%葡萄糖酸钙注射液 10ml qd iv form=注射液|contraindicated|ddi.yaml DDI156
=双黄连注射液 20ml qd ivgtt form=注射液|ampicillin 1g q6h ivgtt|minor|{TCM}
=双黄连注射液 20ml qd ivgtt form=注射液|gentamicin 80mg q8h ivgtt|minor|{TCM}
=清开灵注射液 20ml qd ivgtt form=注射液|gentamicin 80mg q8h ivgtt|minor|{TCM}
=清开灵注射液 20ml qd ivgtt form=注射液|penicillin_g 2400000IU q6h ivgtt|minor|{TCM}
=鱼腥草注射液 20ml qd ivgtt form=注射液|penicillin_g 2400000IU q6h ivgtt|minor|{TCM}
=丹参注射液 20ml qd ivgtt form=注射液|ciprofloxacin 200mg q12h ivgtt form=注射液|minor|{TCM}
=碳酸氢钠注射液 250ml qd ivgtt form=注射液|calcium_gluconate 1g qd ivgtt|minor|{WHY}calcium carbonate falls out
=呋塞米注射液 20mg qd iv form=注射液|=盐酸多巴胺注射液 20mg qd ivgtt form=注射液|minor|{WHY}furosemide falls out in acid
=碳酸氢钠注射液 250ml qd ivgtt form=注射液|=盐酸多巴胺注射液 20mg qd ivgtt form=注射液|minor|{WHY}dopamine is destroyed
=注射用两性霉素B 25mg qd ivgtt form=注射剂|=0.9%氯化钠注射液 500ml qd ivgtt form=注射液|minor|{WHY}falls out in saline
=氨茶碱注射液 250mg qd ivgtt form=注射液|=维生素C注射液 2g qd ivgtt form=注射液|minor|{WHY}acid and alkali
=注射用奥美拉唑钠 40mg qd ivgtt form=注射剂|=维生素B6注射液 100mg qd ivgtt form=注射液|minor|{WHY}discolours in acid
=苯妥英钠注射液 250mg qd ivgtt form=注射液|=5%葡萄糖注射液 250ml qd ivgtt form=注射液|minor|{WHY}falls out in glucose
""".strip().splitlines()
NEONATE = ("ceftriaxone 200mg qd ivgtt", "calcium_gluconate 100mg qd ivgtt")
MAY_MEET = """
ceftriaxone 2g qd ivgtt|=0.9%氯化钠注射液 100ml qd ivgtt form=注射液
meropenem 1g q8h ivgtt|=0.9%氯化钠注射液 100ml q8h ivgtt form=注射液
vancomycin 1g q12h ivgtt|=5%葡萄糖注射液 250ml q12h ivgtt form=注射液
piperacillin_tazobactam 4.5g q8h ivgtt|=0.9%氯化钠注射液 100ml q8h ivgtt form=注射液
cefazolin 1g q8h ivgtt|=0.9%氯化钠注射液 100ml q8h ivgtt form=注射液
ceftazidime 1g q8h ivgtt|=0.9%氯化钠注射液 100ml q8h ivgtt form=注射液
cefotaxime 1g q8h ivgtt|calcium_gluconate 1g qd iv
ceftriaxone 2g qd ivgtt|calcium_carbonate_d3 600mg qd po
penicillin_g 2400000IU q6h ivgtt|=0.9%氯化钠注射液 100ml q6h ivgtt form=注射液
imipenem 500mg q6h ivgtt|=0.9%氯化钠注射液 100ml q6h ivgtt form=注射液
""".strip().splitlines()
TOLERATED = (
    "unknown_drug",
    "unchecked",
    "antibacterial",
    "dose",
    "form",
    "indication",
    "interaction",
)


def _case(first: str, second: str, severity: str | None, basis: str, patient: str = "M47") -> Case:
    keys = (first.split()[0], second.split()[0])
    kinds = ("compatibility", "interaction", "age")
    expected = found(kinds, keys, severity, basis) if severity else None
    return Case(
        "compatibility",
        patient,
        (first, second),
        (expected,) if expected else (),
        diagnoses=("社区获得性肺炎", "低钙血症", "补液"),
        setting="inpatient",
        level=3,
        side="above" if expected else "without",
        tolerated=TOLERATED,
    )


def cases() -> list[Case]:
    """Pairs, a new-born child, and what may be given."""
    made = []
    for row in PAIRS:
        first, second, severity, basis = row.split("|")
        made.append(_case(first, second, severity, basis))
    for patient in ("M10d 3.2kg", "F21d 3.5kg", "M28d 3.9kg"):
        made.append(_case(NEONATE[0], NEONATE[1], "contraindicated", "ddi.yaml DDI156", patient))
    for row in MAY_MEET:
        first, second = row.split("|")
        made.append(_case(first, second, None, ""))
    return made
