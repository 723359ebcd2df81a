"""Liver: Child-Pugh C and active disease, beside A and drugs that the liver allows."""

from __future__ import annotations

from .model import Case, found
from .writing import catalogue

CHILD_C = "drug_disease.yaml cirrhosis Child C"
ACTIVE = "drug_disease.yaml active liver disease"
CIRRHOSIS = "失代偿期肝硬化"
DRUGS_CHILD_C = ("ibuprofen", "diclofenac", "naproxen", "meloxicam", "indometacin", "enalapril",
                 "captopril", "perindopril", "diazepam", "alprazolam", "midazolam", "estazolam",
                 "metformin")  # fmt: skip
DRUGS_ACTIVE = ("atorvastatin", "simvastatin", "rosuvastatin", "pravastatin", "valproate",
                "pyrazinamide", "propylthiouracil")  # fmt: skip
ALLOWED = ("ursodeoxycholic_acid", "entecavir", "ceftriaxone", "montmorillonite", "levetiracetam",
           "amoxicillin", "calcium_carbonate_d3", "folic_acid")  # fmt: skip
ALT = "活动性肝炎，ALT 320 U/L（正常上限8倍）"


def cases() -> list[Case]:
    """Each drug of the rows with the disease, without it, and neighbours with it."""
    made = []
    for drug in DRUGS_CHILD_C:
        patient = "M52 cp=C"
        expected = found(("hepatic", "disease"), drug, "major", CHILD_C)
        made.append(Case("hepatic", patient, (drug,), (expected,), side="above"))
        made.append(Case("hepatic", "M52 cp=A", (drug,), side="below", tolerated=("hepatic",)))
        made.append(Case("hepatic", "M52", (drug,), side="without"))
    for drug in DRUGS_ACTIVE:
        usual = (ALT,)
        expected = found(("hepatic", "disease"), drug, "contraindicated", ACTIVE)
        made.append(Case("hepatic", "F47", (drug,), (expected,),
                         diagnoses=(*usual, *_use(drug)), tolerated=("indication",)))  # fmt: skip
        made.append(Case("hepatic", "F47", (drug,), side="without", tolerated=("pregnancy",)))
    for drug in ALLOWED:
        inpatient = drug == "ceftriaxone"
        made.append(
            Case(
                "hepatic",
                "M52 cp=C",
                (drug,),
                diagnoses=(CIRRHOSIS, *_use(drug)),
                level=3,
                setting="inpatient" if inpatient else "outpatient",
                side="without",
                tolerated=("hepatic", "indication", "antibacterial"),
            )
        )
    return made


def _use(drug: str) -> tuple[str, ...]:
    return (catalogue()[drug].dx,)
