"""Prescriptions without a diagnosis, and antibacterials without any infection."""

from __future__ import annotations

from .model import Case, found
from .writing import catalogue

DRUGS = ("amlodipine", "metformin", "atorvastatin", "loratadine", "ibuprofen", "omeprazole",
         "levothyroxine", "cefaclor", "montelukast", "folic_acid", "valsartan", "azithromycin",
         "allopurinol", "tamsulosin", "sertraline", "levetiracetam")  # fmt: skip
ANTIBACTERIALS = ("amoxicillin", "cefaclor", "azithromycin", "levofloxacin", "cefixime",
                  "cefuroxime_axetil", "metronidazole", "clarithromycin")  # fmt: skip
NOT_INFECTED = ("高血压", "2型糖尿病", "高脂血症", "骨质疏松症")


def cases() -> list[Case]:
    """Empty, meaningless and fitting diagnoses."""
    made = []
    for index, drug in enumerate(DRUGS):
        missing = found("indication", (), "minor", "prescription_rules.yaml RX17 IRR10")
        made.append(Case("indication", "M43", (drug,), (missing,), diagnoses=(), side="without"))
        made.append(Case("indication", "M43", (drug,), level=3, side="at"))
        if index % 4 == 0:
            made.append(Case("indication", "F45", (drug, "calcium_carbonate_d3")
                             if drug != "levothyroxine" else (drug,), (missing,),
                             diagnoses=(), tolerated=("interaction",)))  # fmt: skip
    for index, drug in enumerate(ANTIBACTERIALS):
        unfounded = found(("indication", "antibacterial"), drug, "minor",
                          "prescription_rules.yaml EXC1")  # fmt: skip
        use = NOT_INFECTED[index % len(NOT_INFECTED)]
        made.append(Case("indication", "M43", (drug,), (unfounded,), diagnoses=(use,), level=3,
                         tolerated=("indication", "antibacterial")))  # fmt: skip
        made.append(Case("indication", "M43", (drug,), level=3, side="at",
                         diagnoses=(use, catalogue()[drug].dx)))  # fmt: skip
    return made
