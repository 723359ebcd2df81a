"""What the review derives from the facts about a patient, and what it could not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import sqrt

from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.contradictions import contradiction_in
from suwen.clinical.prescription_review.prescription import PatientFacts, Prescription
from suwen.core.finding import Evidence, EvidenceKind
from suwen.core.language import Bilingual

_WEEKS = re.compile(
    r"(?:孕|妊娠|宫内孕|g\d+p\d+.{0,4})\s?(\d{1,2})\s?(?:\+\s?\d\s?)?周|(\d{1,2})\s?weeks? pregnan"
)
_FERTILE = (12.0, 56.0)


@dataclass(frozen=True, slots=True)
class PatientState:
    """Facts, derived values and conditions of one patient.

    Attributes:
        conditions: mask of the conditions that the diagnoses name.
        crcl: creatinine clearance in mL/min by Cockcroft and Gault; ``None`` when an input lacks.
        crcl_is_egfr: whether eGFR stands in for the clearance, which messages then say.
        of_liver: whether a diagnosis names a liver whose Child-Pugh grade is not known.
        contradiction: which facts cannot both be true; ``None`` for none.
        profile: everything that rules by age, kidney, liver, pregnancy and breast-feeding ask.
    """

    facts: PatientFacts
    conditions: int
    egfr: float | None
    crcl: float | None
    crcl_is_egfr: bool
    surface_m2: float | None
    pregnant: bool | None
    lactating: bool | None
    week: int | None
    may_be_pregnant: bool
    profile: int
    contradiction: Bilingual | None = None
    of_liver: bool = False

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The calculations that findings about the kidney rest on."""
        found = []
        if self.crcl is not None and not self.crcl_is_egfr:
            found.append(
                Evidence(EvidenceKind.CALCULATION, "cockcroft_gault", f"{self.crcl:.0f} mL/min")
            )
        if self.egfr is not None:
            kind = "patient.egfr" if self.facts.egfr is not None else "ckd_epi_2021"
            found.append(
                Evidence(EvidenceKind.CALCULATION, kind, f"{self.egfr:.0f} mL/min/1.73 m2")
            )
        return tuple(found)


def state_of(prescription: Prescription, rules: CompiledRules) -> PatientState:
    """What is known and derived of the prescription's patient."""
    facts = prescription.patient
    conditions = 0
    for diagnosis in prescription.diagnoses:
        conditions |= rules.conditions_of(diagnosis.text, diagnosis.code)
    conditions |= rules.conditions.get(facts.sex, 0)
    computed = ckd_epi(facts)
    egfr = facts.egfr if facts.egfr is not None else computed
    crcl = cockcroft_gault(facts)
    instead = crcl is None and egfr is not None
    if instead:
        crcl = egfr
    pregnant = True if conditions & rules.conditions.get("pregnancy", 0) else facts.pregnant
    lactating = True if conditions & rules.conditions.get("lactation", 0) else facts.lactating
    week = _week(prescription) if pregnant else None
    age, weight = facts.age_y, facts.weight_kg
    may = facts.sex != "male" and (age is None or _FERTILE[0] <= age < _FERTILE[1])
    kind = (
        None if age is None else rules.age_band(age),
        None if egfr is None else rules.renal_band("egfr", egfr),
        None if crcl is None else rules.renal_band("crcl", crcl),
        None
        if facts.creatinine_umol_l is None
        else rules.renal_band("creatinine", facts.creatinine_umol_l),
        weight is not None and weight <= 60.0, age is not None and age >= 80,
        (facts.creatinine_umol_l or 0) >= 133, facts.child_pugh, pregnant, lactating, week, may,
    )  # fmt: skip
    return PatientState(
        facts, conditions, egfr, crcl, instead, surface(facts), pregnant, lactating, week, may,
        rules.profile(kind), contradiction_in(facts, computed),
        facts.child_pugh is None and bool(conditions & rules.of_liver),
    )  # fmt: skip


def cockcroft_gault(facts: PatientFacts) -> float | None:
    """Creatinine clearance in mL/min; ``None`` below 18 years or when an input lacks.

    Source: Cockcroft and Gault, Nephron 1976;16:31, with creatinine in umol/L (1.23 for men,
    1.04 for women) and the weight as given.
    """
    age, weight, creatinine = facts.age_y, facts.weight_kg, facts.creatinine_umol_l
    if age is None or weight is None or not creatinine or age < 18:
        return None
    factor = {"male": 1.23, "female": 1.04}.get(facts.sex)
    return None if factor is None else (140 - age) * weight * factor / creatinine


def ckd_epi(facts: PatientFacts) -> float | None:
    """Estimated glomerular filtration in mL/min/1.73 m2, adults only.

    Source: CKD-EPI creatinine equation 2021, Inker et al., NEJM 2021;385:1737.
    """
    age, creatinine = facts.age_y, facts.creatinine_umol_l
    if age is None or not creatinine or age < 18 or facts.sex not in ("male", "female"):
        return None
    female = facts.sex == "female"
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = creatinine / 88.4 / kappa
    value = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.200 * 0.9938**age
    return float(value * (1.012 if female else 1.0))


def surface(facts: PatientFacts) -> float | None:
    """Body surface in m2.

    Source: Mosteller, NEJM 1987;317:1098: root of height (cm) times weight (kg) by 3600.
    """
    if facts.height_cm is None or facts.weight_kg is None:
        return None
    return sqrt(facts.height_cm * facts.weight_kg / 3600)


def _week(prescription: Prescription) -> int | None:
    for diagnosis in prescription.diagnoses:
        if (found := _WEEKS.search(diagnosis.text.lower())) is not None:
            return int(found.group(1) or found.group(2))
    return None
