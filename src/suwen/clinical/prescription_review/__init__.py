"""Prescription review: deterministic rules over a prescription and what is known of the patient."""

from suwen.clinical.medicines.rows import Origin, ReviewState, RuleRow
from suwen.clinical.prescription_review.alternatives import alternatives_for
from suwen.clinical.prescription_review.categories import CATEGORIES
from suwen.clinical.prescription_review.changes import (
    PrescriptionTables,
    check_changes,
    rule_book_with,
)
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
from suwen.clinical.row_changes import ChangeKind, ChangeProblem, RowChange

__all__ = [
    "CATEGORIES", "Action", "ChangeKind", "ChangeProblem", "Diagnosis", "IdentifiedLine", "Kind",
    "OrderLine", "Origin", "PatientFacts", "Prescription", "PrescriptionTables", "Review",
    "ReviewFinding", "ReviewState", "RowChange", "RuleBook", "RuleRow", "ShownBefore",
    "Suppression", "alternatives_for", "check_changes", "read_prescription", "review",
    "review_as_json", "rule_book", "rule_book_with", "with_suppressions",
]  # fmt: skip
