"""The words that a review answers with."""

from __future__ import annotations

from enum import StrEnum

from suwen.core.finding import Severity


class Action(StrEnum):
    """What a finding, or the whole review, asks of the person who prescribes."""

    PASS = "pass"  # noqa: S105 - a decision, no password
    INFORM = "inform"
    INTERRUPT = "interrupt"


class Kind(StrEnum):
    """What a finding is about."""

    INTERACTION = "interaction"
    ALLERGY = "allergy"
    DOSE = "dose"
    RENAL = "renal"
    HEPATIC = "hepatic"
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    AGE = "age"
    DUPLICATE = "duplicate"
    DISEASE = "disease"
    QUANTITY = "quantity"
    FORM = "form"
    INDICATION = "indication"
    ANTIBACTERIAL = "antibacterial"
    COMPATIBILITY = "compatibility"
    UNKNOWN_DRUG = "unknown_drug"
    UNCHECKED = "unchecked"


def action_of(severity: Severity, *, interrupts: bool = False) -> Action:
    """What a severity asks for; remarks ask for nothing."""
    if severity is Severity.CONTRAINDICATED or interrupts:
        return Action.INTERRUPT
    return Action.PASS if severity is Severity.INFO else Action.INFORM
