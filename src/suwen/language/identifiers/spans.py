"""What an identifier in a text is: where it stands, of what kind, who found it, how surely."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KNOWN_NAME = "known_name"
"""The recogniser of names that are known for the encounter."""


class IdentifierType(StrEnum):
    """Kinds of identifiers; organisations are hospitals, schools and employers."""

    NAME = "NAME"
    ID_NUMBER = "ID_NUMBER"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"
    DATE = "DATE"
    MEDICAL_RECORD_NUMBER = "MEDICAL_RECORD_NUMBER"
    INSURANCE_NUMBER = "INSURANCE_NUMBER"
    EMAIL = "EMAIL"
    BANK_CARD = "BANK_CARD"
    ORGANISATION = "ORGANISATION"
    AGE_OVER_89 = "AGE_OVER_89"
    LICENCE_PLATE = "LICENCE_PLATE"
    URL = "URL"
    IP = "IP"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class IdentifierSpan:
    """An identifier in a text.

    Attributes:
        start: code point of the text where it begins.
        end: code point behind its last one.
        recogniser: who found it, for example ``cn_resident_id``.
        score: how sure it is, 0 to 1; 1 where a check digit or a known name confirms it.
    """

    start: int
    end: int
    type: IdentifierType
    recogniser: str
    score: float
