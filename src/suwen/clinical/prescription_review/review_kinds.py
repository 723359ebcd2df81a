"""The words that a review answers with."""

from __future__ import annotations

from enum import StrEnum


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
