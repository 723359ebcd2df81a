"""Levels of antibacterials against the rights of the prescriber, both sides of each level."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

# Only drugs on whose level the provincial lists that the author knows agree.
LEVELS = {
    1: ("amoxicillin", "cefaclor", "cefazolin", "cefuroxime_axetil", "metronidazole", "azithromycin",
        "gentamicin", "penicillin_g"),
    2: ("ceftazidime", "cefoperazone_sulbactam", "moxifloxacin", "piperacillin_tazobactam"),
    3: ("meropenem", "imipenem", "vancomycin", "teicoplanin", "linezolid", "tigecycline"),
}  # fmt: skip
ORAL = frozenset({"amoxicillin", "cefaclor", "cefuroxime_axetil", "metronidazole", "azithromycin",
                  "moxifloxacin", "linezolid"})  # fmt: skip


def cases() -> list[Case]:
    """Each drug by each prescriber; special ones for a walk-in patient; an unknown right."""
    made = []
    for level, drugs in LEVELS.items():
        for drug in drugs:
            setting = "outpatient" if drug in ORAL and level < 3 else "inpatient"
            for right in (1, 2, 3):
                severity = "major" if level - right == 2 else "moderate"
                expected = found("antibacterial", drug, severity, "prescription_rules.yaml AB2")
                made.append(
                    Case("antibacterial", "M53", (drug,), (expected,) if right < level else (),
                         setting=setting, level=right,
                         side="above" if right < level else "at" if right == level else "below",
                         tolerated=("unchecked",))
                )  # fmt: skip
    for drug in LEVELS[3]:
        expected = found("antibacterial", drug, "moderate", "prescription_rules.yaml AB3")
        made.append(Case("antibacterial", "M53", (drug,), (expected,), level=3, side="above"))
        made.append(Case("antibacterial", "M53", (f"{drug} 1d",), setting="emergency", level=3,
                         side="at", tolerated=("antibacterial",)))  # fmt: skip
    for drug in ("meropenem", "vancomycin", "ceftazidime", "moxifloxacin"):
        unknown = found(
            ("unchecked", "antibacterial"), drug, "info", "contracts: null is not known"
        )
        made.append(Case("antibacterial", "M53", (drug,), (unknown,), setting="inpatient"))
    return made
