"""The rules are the tables of ``clinical.prescription_review``; here they meet one prescription."""

from __future__ import annotations

from suwen.clinical.prescription_review import (
    Kind,
    Prescription,
    Review,
    ReviewState,
    RuleBook,
    review,
    review_as_json,
)


def judged(prescription: Prescription, book: RuleBook) -> Review:
    """What the rules have against a prescription; every row brings source and confidence."""
    return review(prescription, book)


def result_of(found: Review) -> dict[str, object]:
    """The contract's result, with the lines as they were read and the reminders."""
    return dict(review_as_json(found))


def unchecked_in(found: Review) -> int:
    """How many things could not be checked."""
    return sum(f.kind in (Kind.UNCHECKED, Kind.UNKNOWN_DRUG) for f in found.findings)


def awaiting_in(found: Review) -> bool:
    """Whether a rule that spoke awaits the hospital's own review."""
    return any(f.review_state is ReviewState.AWAITING for f in found.findings)
