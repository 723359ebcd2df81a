"""Facts about a patient that cannot all be true, so that nothing computed from them is sure."""

from __future__ import annotations

from typing import Final

from suwen.clinical.prescription_review.prescription import PatientFacts
from suwen.core.language import Bilingual

# Up to an age in years: the least and the most weight (kg) and height (cm) of anybody alive.
# Source: wide bounds around WHO growth standards (2006, 2007) and the extremes of adults.
_BODIES: Final = (
    (0.08, 0.3, 9.0, 20.0, 70.0),
    (1.0, 1.5, 20.0, 30.0, 95.0),
    (2.0, 3.0, 30.0, 45.0, 110.0),
    (6.0, 5.0, 60.0, 60.0, 140.0),
    (12.0, 8.0, 130.0, 75.0, 190.0),
    (18.0, 14.0, 300.0, 90.0, 240.0),
    (200.0, 18.0, 500.0, 60.0, 260.0),
)
_FERTILE: Final = (8.0, 65.0)
_APART: Final = 3.0
"""How many times a stated and a computed glomerular filtration may differ."""

_WEIGHT = Bilingual("年龄与体重", "age and weight")
_HEIGHT = Bilingual("年龄与身高", "age and height")
_BUILD = Bilingual("身高与体重", "height and weight")
_SEX = Bilingual("性别与妊娠、哺乳", "sex and pregnancy or breast-feeding")
_AGE = Bilingual("年龄与妊娠、哺乳", "age and pregnancy or breast-feeding")
_KIDNEY = Bilingual("eGFR与肌酐", "eGFR and creatinine")


def contradiction_in(facts: PatientFacts, computed_egfr: float | None) -> Bilingual | None:
    """Which two facts contradict one another; ``None`` where none do.

    Args:
        computed_egfr: glomerular filtration by the creatinine; ``None`` where there is none.
    """
    age, weight, height = facts.age_y, facts.weight_kg, facts.height_cm
    if age is not None and (weight is not None or height is not None):
        body = next(row for row in _BODIES if age < row[0])
        if weight is not None and not body[1] <= weight <= body[2]:
            return _WEIGHT
        if height is not None and not body[3] <= height <= body[4]:
            return _HEIGHT
    if weight is not None and height is not None and not 6 <= weight * 1e4 / height**2 <= 150:
        return _BUILD
    if facts.pregnant or facts.lactating:
        if facts.sex == "male":
            return _SEX
        if age is not None and not _FERTILE[0] <= age < _FERTILE[1]:
            return _AGE
    if facts.egfr is not None and computed_egfr is not None:
        low, high = sorted((facts.egfr, computed_egfr))
        if high > 60 and high > low * _APART:
            return _KIDNEY
    return None
