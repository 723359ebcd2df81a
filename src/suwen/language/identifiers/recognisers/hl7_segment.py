"""Segments of HL7 v2 messages in a text: persons, numbers and places by their field.

Source: HL7 v2.5, chapters 2 (MSH), 3 (PID, NK1, PV1), 4 (ORC, OBR), 6 (GT1, IN1); from memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from suwen.language.identifiers.recognisers.cn_address import is_province
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtFinder,
    SoughtPattern,
)
from suwen.language.identifiers.spans import IdentifierType

_SEGMENT = SoughtPattern(
    r"(?:^|[\r\n])((?:MSH|PID|NK1|PV1|PV2|GT1|IN1|OBR|ORC|MRG|ROL|TXA|SPM|AIP|SCH)\|[^\r\n]*)"
)
_NAMES: Final[Mapping[str, tuple[int, ...]]] = {
    "PID": (5, 6, 9),
    "NK1": (2, 30),
    "PV1": (7, 8, 9, 17, 52),
    "GT1": (3, 4),
    "IN1": (16,),
    "OBR": (10, 16, 28, 32, 33, 34, 35),
    "ORC": (10, 11, 12, 19),
    "MRG": (7,),
    "ROL": (4,),
    "AIP": (3,),
    "TXA": (5, 9, 10, 11, 22),
}
_NUMBERS: Final[Mapping[str, tuple[int, ...]]] = {
    "MSH": (10,),
    "PID": (2, 3, 4, 18, 19, 20, 21),
    "NK1": (33, 37),
    "PV1": (5, 19, 50),
    "GT1": (2, 12),
    "IN1": (36, 49),
    "OBR": (2, 3),
    "ORC": (2, 3, 4),
    "MRG": (1, 2, 3, 4),
    "SPM": (2,),
    "SCH": (1, 2),
    "TXA": (12,),
}
_PLACES: Final[Mapping[str, tuple[int, ...]]] = {
    "PID": (11, 23),
    "NK1": (4, 32),
    "GT1": (5,),
    "IN1": (19,),
    "ORC": (22, 24),
}
_SENDERS: Final[Mapping[str, tuple[int, ...]]] = {"MSH": (4, 6)}
_PART = re.compile(r"[^^~&]+")
_OFFICES = frozenset(
    ("LAB", "LIS", "RIS", "PACS", "HIS", "EMR", "EHR", "REF", "ADT", "RAD", "PHARM")
)
_ID_TYPES = frozenset(("MR", "PI", "VN", "AN", "SS", "DL", "NPI", "HIS", "MD", "DR", "RN", "医师"))


def _is_name(part: str) -> bool:
    letters = sum(c.isalpha() for c in part)
    return letters > 0 and not any(c.isdigit() for c in part) and part not in _ID_TYPES


def _is_number(part: str) -> bool:
    return sum(c.isdigit() for c in part) >= 3


def _is_place(part: str) -> bool:
    # States, countries and types of address are of three letters at most.
    if is_province(part) or part in ("同上", "不详", "未知"):
        return False
    return len(part) > 3 or (len(part) > 1 and not (part.isascii() and part.isalpha()))


def _is_sender(part: str) -> bool:
    return len(part) > 3 and part not in _OFFICES and not part.isdigit()


def _in_fields(
    fields: Mapping[str, tuple[int, ...]], is_one: Callable[[str], bool], score: float
) -> SoughtFinder:
    def find(scanned: ScannedText) -> Iterator[Found]:
        text = scanned.text
        for start, end in scanned.matches(_SEGMENT, 1):
            wanted = fields.get(text[start : start + 3])
            if wanted is None:
                continue
            at = start
            # In a header the separator itself is the first field.
            shift = text.startswith("MSH", start)
            for number, field in enumerate(text[start:end].split("|")):
                if number + shift in wanted:
                    for part in _PART.finditer(field):
                        if is_one(part.group().strip()):
                            yield at + part.start(), at + part.end(), score
                at += len(field) + 1

    return SoughtFinder(find, (_SEGMENT,))


NAMES = Recogniser("hl7_name", IdentifierType.NAME, _in_fields(_NAMES, _is_name, 0.9))
NUMBERS = Recogniser(
    "hl7_number", IdentifierType.MEDICAL_RECORD_NUMBER, _in_fields(_NUMBERS, _is_number, 0.9)
)
DOCTORS = Recogniser("hl7_staff_number", IdentifierType.OTHER, _in_fields(_NAMES, _is_number, 0.8))
PLACES = Recogniser("hl7_place", IdentifierType.ADDRESS, _in_fields(_PLACES, _is_place, 0.85))
SENDERS = Recogniser(
    "hl7_sender", IdentifierType.ORGANISATION, _in_fields(_SENDERS, _is_sender, 0.75)
)
AUTHORITIES = Recogniser(
    "hl7_authority",
    IdentifierType.ORGANISATION,
    _in_fields({"PID": (3, 18)}, lambda part: part.isalpha() and _is_sender(part), 0.7),
)
RECOGNISERS: Final = (NAMES, NUMBERS, DOCTORS, PLACES, SENDERS, AUTHORITIES)
