"""Prescription review: deterministic rules over a prescription and what is known of the patient."""

from suwen.clinical.medicines.rows import Origin, ReviewState, RuleRow
from suwen.clinical.prescription_review.fatigue import (
    ShownBefore,
    Suppression,
    with_suppressions,
)
from suwen.clinical.prescription_review.findings import ReviewFinding
from suwen.clinical.prescription_review.prescription import (
    Diagnosis,
    OrderLine,
    PatientFacts,
    Prescription,
)
from suwen.clinical.prescription_review.reading import read_prescription
from suwen.clinical.prescription_review.review_kinds import Action, Kind
from suwen.clinical.prescription_review.reviewing import (
    IdentifiedLine,
    Review,
    review,
    review_as_json,
)
from suwen.clinical.prescription_review.rulebook import RuleBook, rule_book

__all__ = [
    "Action", "Diagnosis", "IdentifiedLine", "Kind", "OrderLine", "Origin", "PatientFacts",
    "Prescription", "Review", "ReviewFinding", "ReviewState", "RuleBook", "RuleRow",
    "ShownBefore", "Suppression", "read_prescription", "review", "review_as_json", "rule_book",
    "with_suppressions",
]  # fmt: skip
